"""One installation in a run directory: PostgreSQL, Mosquitto, iocd and ioc-sim, with their files, passwords and logs.

deploy/demo supervises one; tests/support/stack.py makes short-lived ones. Layout of the run directory:
    secrets.json   passwords (0600)         config/    what iocd reads, made from the project's config/
    iocd.yaml      iocd's configuration     state/     iocd's journal
    postgres/ broker/  the two services     log/       *.log of each process
    pids.json      what runs, to find it after a crash of ours
PostgreSQL's and Mosquitto's accounts must be able to reach their folders; where they cannot (a run directory under /root),
both live in /var/lib/ioc-demo-<hash> instead.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

from broker import SERVER, Broker
from common import ROOT, Failure, binary, can_traverse, choose_port, service_user, tail, write_private, write_private_json
from configuration import iocd_yaml, make_config
from postgres import Postgres
from process import Child, end_leftover, start_time
from secrets_file import Secrets
from users import add_users
from waiting import http_status

GATEWAY = "demo-gateway"
STOP_SIGNALS = {"postgres": signal.SIGINT}


def service_folder(run_dir):
    """Where PostgreSQL and Mosquitto keep their files for this run directory."""
    accounts = [service_user("postgres"), service_user("mosquitto")]
    if all(can_traverse(run_dir, account) for account in accounts):
        return run_dir
    return Path("/var/lib") / f"ioc-demo-{hashlib.sha256(str(run_dir).encode()).hexdigest()[:8]}"


class Installation:
    """Owner of the run directory and of four child processes. Single-threaded. Parts are started in the order of their use.

    A port of 0 becomes a free one; a busy one is a Failure that names it.
    """

    def __init__(self, run_dir, http_port, mqtt_port, pg_port, config_source=None, units=(), stories=(), first_login_changes_password=False,
                 broker_debug_log=False, outlive=False, pg_settings=None):
        self.run_dir = Path(run_dir).resolve()
        self.config_source = Path(config_source or ROOT / "config").resolve()
        self.stories = list(stories)          # (file, speed or None = the fastest that fits), one story a unit
        self.played = []                      # (file, speed) after make_config
        self.first_login_changes_password = first_login_changes_password
        self.config_dir = self.run_dir / "config"
        self.log_dir = self.run_dir / "log"
        self.iocd_yaml = self.run_dir / "iocd.yaml"
        self.ready_json = self.run_dir / "ready.json"
        self.journal_mib = (1024, 64)         # most, and of one segment
        self.users = {}

        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._lock()
        self.ready_json.unlink(missing_ok=True)
        self.end_leftovers()  # before the ports are looked at: they may hold them
        self.http_port = choose_port(http_port, "--http-port", "the web server")
        self.mqtt_port = choose_port(mqtt_port, "--mqtt-port", "the MQTT broker")
        self.pg_port = choose_port(pg_port, "--pg-port", "PostgreSQL")
        self.secrets = Secrets(self.run_dir / "secrets.json")
        services = service_folder(self.run_dir)
        self.services = services
        if services != self.run_dir:
            services.mkdir(mode=0o711, exist_ok=True)
        word = self.secrets.get
        self.postgres = Postgres(services / "postgres", self.pg_port, self.log_dir / "postgres.log", word("postgres-superuser"), word("postgres-ioc"), pg_settings)
        self.broker = Broker(services / "broker", self.mqtt_port, self.log_dir / "mosquitto.log", word("mqtt-server"), word("mqtt-admin"),
                             debug_log=broker_debug_log)
        self.broker.accounts.add_gateway(GATEWAY, list(units), word("mqtt-gateway"), raw="+")
        for name in ("mqtt-server", "mqtt-gateway", "mqtt-admin", "postgres-ioc"):
            write_private(self._password_file(name), word(name) + "\n")
        self.postgres.child.outlive = self.broker.child.outlive = outlive
        self.iocd = Child("iocd", [], self.log_dir / "iocd.log", cwd=self.run_dir)
        self.sim = Child("ioc-sim", [], self.log_dir / "ioc-sim.log", cwd=self.run_dir)

    # In start order; a stop goes backwards.
    @property
    def children(self):
        return [self.postgres.child, self.broker.child, self.iocd, self.sim]

    @property
    def http(self):
        return f"http://127.0.0.1:{self.http_port}"

    def make_config(self):
        """The configuration directory and iocd.yaml, made anew from the project's at each start; data and passwords stay."""
        self.played = make_config(self.config_source, self.config_dir, self.stories)
        write_private(self.iocd_yaml, iocd_yaml(self))

    def start_iocd(self, timeout_s=60.0):
        self.spawn_iocd()
        self.wait_ready(timeout_s)

    def spawn_iocd(self):
        self.iocd.argv = [binary("iocd"), "--config", str(self.iocd_yaml)]
        self.iocd.start()

    def wait_ready(self, timeout_s=60.0):
        """Until /readyz answers 200. A Failure shows iocd's own last words."""
        deadline = time.monotonic() + timeout_s
        while True:
            status, text = self.readyz()
            if status == 200:
                return
            if not self.iocd.alive():
                raise Failure(f"iocd stopped (exit code {self.iocd.exit_code()}). Last lines of {self.iocd.log}:\n{tail(self.iocd.log)}")
            if time.monotonic() > deadline:
                raise Failure(f"iocd was not ready within {timeout_s:.0f} s; {self.http}/readyz said {status}: {text.strip()[:400]}\n"
                              f"Last lines of {self.iocd.log}:\n{tail(self.iocd.log)}")
            time.sleep(0.1)

    def readyz(self):
        return http_status(self.http + "/readyz")

    def add_users(self, people):
        """Makes the accounts that are new to this cluster; `people`: key → users.Person."""
        self.users = add_users(self, people)

    def start_sim(self):
        argv = [binary("ioc-sim"), "demo", "--host", "127.0.0.1", "--port", str(self.mqtt_port), "--user", GATEWAY,
                "--password-file", str(self._password_file("mqtt-gateway")), "--config", str(self.config_dir)]
        for file, speed in self.played:
            argv += ["--story", f"{file}:{speed:g}"]
        self.sim.argv = argv
        self.sim.start()

    def write_ready(self):
        write_private_json(self.ready_json, {
            "http": self.http,
            "mqtt": {"host": "127.0.0.1", "port": self.mqtt_port, "user": GATEWAY, "password": self.secrets.get("mqtt-gateway")},
            "postgres": self.postgres.url,
            "users": self.users,
            "pids": {name: child.pid for name, child in (("iocd", self.iocd), ("mosquitto", self.broker.child), ("postgres", self.postgres.child))}
            | ({"ioc-sim": self.sim.pid} if self.sim.alive() else {}),
        })

    def note_pids(self):
        """For end_leftovers of a later start: each pid with its kernel start time, so a recycled pid is never signalled."""
        write_private_json(self.run_dir / "pids.json", {c.name: {"pid": c.pid, "started": start_time(c.pid)} for c in self.children if c.alive()})

    def end_leftovers(self):
        """Ends what an earlier start in this run directory left running (after --keep, or when it was killed)."""
        file = self.run_dir / "pids.json"
        if not file.exists():
            return
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            known = {}
        for name in ("ioc-sim", "iocd", "mosquitto", "postgres"):
            entry = known.get(name, {})
            end_leftover(entry.get("pid"), entry.get("started"), STOP_SIGNALS.get(name, signal.SIGTERM))
        file.unlink()

    def stop(self, keep_services=False):
        """All in reverse order, by pid. With keep_services database and broker go on. Names of those that had to be killed."""
        self.ready_json.unlink(missing_ok=True)
        killed = [child.name for child in (self.sim, self.iocd) if not child.stop()]
        if keep_services:
            self.note_pids()
            return killed
        if not self.broker.stop():
            killed.append("mosquitto")
        if not self.postgres.stop():
            killed.append("postgres")
        (self.run_dir / "pids.json").unlink(missing_ok=True)
        return killed

    def remove(self):
        """Everything of a stopped installation, data included."""
        if self.services != self.run_dir:
            shutil.rmtree(self.services, ignore_errors=True)
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def _password_file(self, name):
        return self.run_dir / f"{name}.password"

    def _lock(self):
        """One installation at a time in a run directory. The lock ends with our process."""
        self._lock_fd = os.open(self.run_dir / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another demo runs in {self.run_dir}. Stop it (Ctrl-C there), or give this one its own --run-dir and ports (0 = a free one)") from None


__all__ = ["GATEWAY", "SERVER", "Installation"]
