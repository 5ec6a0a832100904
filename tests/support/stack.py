#!/usr/bin/env python3
"""The real parts for integration tests: private PostgreSQL, Mosquitto, iocd (and ioc-sim) on free ports in a temporary folder.

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
    from stack import Stack
    from checks import Checks

    with Stack() as s:                                # all up, /readyz is 200; users officer, leader, admin exist
        s.http                                        # "http://127.0.0.1:…"
        s.postgres.url, s.postgres.sql("select 1")    # real database, SQL as superuser
        s.broker.port, s.gateway                      # ("demo-gateway", password): publishes for every device of the demo units
        s.users["officer"]                            # {"user": …, "password": …}
        token = s.login("officer")                    # Bearer token
        s.api("GET", "/api/v1/alerts?state=open", token=token)      # (status, parsed JSON or text)
        s.kill("iocd"); s.start("iocd")               # kill -9 and back; also "mosquitto", "postgres", "ioc-sim"
        s.stop("iocd")                                # SIGTERM, in order
        s.pause("postgres"); s.resume("postgres")     # SIGSTOP / SIGCONT of its main process

Options: Stack(iocd=False) only the services; Stack(stories=[(file, 60)]) with rules of a story at that speed (None = what fits);
sim=True plays them; users=(…keys of users.demo_people()); config=DIR; keep=True leaves the folder for a look (or IOC_TEST_KEEP=1).
From another language (browser tests): start this file as a process, see main() below.
Accounts of devices: Stack(devices=[("03478", "WL-01")]), then s.device("03478", "WL-01") gives (user, password). Everything is stopped by pid at the end, also after a failure, SIGTERM or kill -9 of the test.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "lib"))
from common import ROOT, Failure, binary, fail_plainly, tail  # noqa: E402,F401
from installation import GATEWAY, Installation  # noqa: E402
from users import UNITS, demo_people  # noqa: E402
from waiting import OPENER, until  # noqa: E402,F401

SCENARIOS = ROOT / "tests" / "scenarios"


class Stack:
    """One installation for one test. Build it in the main thread: the children die with the thread that made them."""

    def __init__(self, iocd=True, sim=False, stories=(), users=("admin", "officer", "leader"), config=None, devices=(), units=UNITS,
                 first_login_changes_password=False, broker_debug_log=False, pg_settings=None, keep=False):
        self.want_iocd, self.want_sim, self.want_users = iocd, sim, users
        self.keep = keep or os.environ.get("IOC_TEST_KEEP") == "1"
        self.folder = Path(tempfile.mkdtemp(prefix="ioc-test-"))
        self.folder.chmod(0o711)  # PostgreSQL's and Mosquitto's accounts pass through
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` is left in order
        self.inst = Installation(self.folder, 0, 0, 0, config_source=config, units=units, stories=stories,
                                 first_login_changes_password=first_login_changes_password, broker_debug_log=broker_debug_log, pg_settings=pg_settings)
        for unit, device in devices:
            self.broker.accounts.add_device(unit, device, self.inst.secrets.get(f"device-{unit}/{device}"))

    postgres = property(lambda self: self.inst.postgres)
    broker = property(lambda self: self.inst.broker)
    iocd = property(lambda self: self.inst.iocd)
    http = property(lambda self: self.inst.http)
    users = property(lambda self: self.inst.users)
    config_dir = property(lambda self: self.inst.config_dir)
    iocd_yaml = property(lambda self: self.inst.iocd_yaml)
    gateway = property(lambda self: (GATEWAY, self.inst.secrets.get("mqtt-gateway")))
    server_account = property(lambda self: ("ioc-server", self.inst.secrets.get("mqtt-server")))

    def device(self, unit, device):
        return f"{unit}/{device}", self.inst.secrets.get(f"device-{unit}/{device}")

    def up(self):
        self.inst.postgres.start()
        self.inst.broker.start()
        self.inst.note_pids()
        if self.want_iocd:
            self.inst.make_config()
            self.inst.start_iocd()
            people = demo_people()
            self.inst.add_users({key: people[key] for key in self.want_users})
        if self.want_sim:
            self.inst.start_sim()
        self.inst.note_pids()
        return self

    def down(self):
        self.inst.stop()
        if self.keep:
            print(f"kept: {self.folder}", flush=True)
        else:
            self.inst.remove()

    def __enter__(self):
        try:
            return self.up()
        except BaseException:
            self.down()
            raise

    def __exit__(self, kind, *_):
        if kind not in (None, SystemExit):
            print(f"last lines of iocd.log:\n{tail(self.iocd.log, 30)}", flush=True)
        self.down()

    # --- one process at a time: "iocd", "mosquitto", "postgres", "ioc-sim" ---

    def child(self, name):
        return next(c for c in self.inst.children if c.name == name)

    def kill(self, name):
        """kill -9; returns once it is gone."""
        self.child(name).kill()

    def stop(self, name, grace_s=30.0):
        """Asks it to end. True when it did by itself in time."""
        return self.child(name).stop(grace_s)

    def start(self, name, ready=True):
        """Starts it again. ready=False: does not wait for iocd's /readyz (for a start while PostgreSQL is away)."""
        if name == "iocd":
            self.inst.spawn_iocd()
            if ready:
                self.inst.wait_ready()
        else:
            {"mosquitto": self.broker.start, "postgres": self.postgres.start, "ioc-sim": self.inst.start_sim}[name]()
        self.inst.note_pids()

    def pause(self, name):
        self.child(name).pause()

    def resume(self, name):
        self.child(name).resume()

    # --- HTTP ---

    def api(self, method, path, body=None, token=None, headers=None, timeout_s=10.0):
        """(status, JSON or text). (0, reason) when nothing answers."""
        request = urllib.request.Request(self.http + path, method=method, headers=dict(headers or {}))
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with OPENER.open(request, timeout=timeout_s) as r:
                status, text = r.status, r.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as e:
            status, text = e.code, e.read().decode("utf-8", "replace")
        except OSError as e:
            return 0, str(e)
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def login(self, who):
        """Bearer token of one of self.users."""
        status, answer = self.api("POST", "/api/v1/session", self.users[who])
        if status != 200:
            raise Failure(f"log-in of {who} answered {status}: {answer}")
        return answer["token"]

    def wait(self, condition, seconds=10.0, step_s=0.05):
        """The condition's last answer, once true or after `seconds`."""
        return until(condition, seconds, step_s)


def main():
    """The same for programs in other languages: `tests/support/stack.py [--sim] [--no-iocd] [--story FILE[:SPEED]]…`

    Prints one line of JSON when all is up: {http, mqtt, postgres, users, pids, config, folder}. Then each line on stdin is a command:
    `kill NAME`, `stop NAME`, `start NAME`, `pause NAME`, `resume NAME`; each is answered by a line `{"done": …}` or `{"error": …}`.
    End of stdin, or SIGTERM, stops everything.
    """
    stories, options, words = [], {}, sys.argv[1:]
    while words:
        word = words.pop(0)
        if word == "--sim":
            options["sim"] = True
        elif word == "--no-iocd":
            options["iocd"] = False
        elif word == "--story" and words:
            file, _, speed = words.pop(0).partition(":")
            stories.append((Path(file) if Path(file).exists() else SCENARIOS / file, float(speed) if speed else None))
        else:
            print(main.__doc__, file=sys.stderr)
            return 2
    with Stack(stories=stories, **options) as stack:
        inst = stack.inst
        print(json.dumps({
            "http": inst.http, "mqtt": {"host": "127.0.0.1", "port": inst.mqtt_port, "user": stack.gateway[0], "password": stack.gateway[1]},
            "postgres": inst.postgres.url, "users": inst.users, "pids": {c.name: c.pid for c in inst.children if c.alive()},
            "config": str(inst.config_dir), "folder": str(stack.folder)}), flush=True)
        commands = {"kill": stack.kill, "stop": stack.stop, "start": stack.start, "pause": stack.pause, "resume": stack.resume}
        for line in sys.stdin:
            verb, _, name = line.strip().partition(" ")
            try:
                commands[verb](name)
                answer = {"done": line.strip()}
            except (KeyError, StopIteration):
                answer = {"error": f"unknown: {line.strip()}"}
            except Failure as e:
                answer = {"error": str(e)}
            print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    fail_plainly(main)
