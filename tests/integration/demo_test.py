#!/usr/bin/env python3
# limit_s: 420
"""deploy/demo as a newcomer meets it: ready.json, restart of what dies, stop in order, second start with the data, plain errors."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).resolve().parents[2] / "deploy" / "lib")]
from checks import Checks  # noqa: E402
from common import ROOT, tail  # noqa: E402
from mqtt_tools import pub  # noqa: E402
from postgres import bin_dir  # noqa: E402
from process import start_time  # noqa: E402
from waiting import http_status, until  # noqa: E402

DEMO = ROOT / "deploy" / "demo"
SERVICES = ("iocd", "mosquitto", "postgres")


class Demo:
    """One run of deploy/demo in a run directory, with free ports."""

    def __init__(self, run_dir, *options):
        self.ready_json = run_dir / "ready.json"
        self.began = time.monotonic()
        self.out = run_dir.parent / "demo.out"
        with open(self.out, "ab") as out:
            self.process = subprocess.Popen([DEMO, "--run-dir", run_dir, "--http-port", "0", "--mqtt-port", "0", "--pg-port", "0", *options],
                                            stdout=out, stderr=out, start_new_session=True)

    def ready(self, seconds):
        """Content of ready.json once it is there, or None when the demo ended or the time passed."""
        until(lambda: self.ready_json.exists() or self.process.poll() is not None, seconds)
        return json.loads(self.ready_json.read_text("utf-8")) if self.ready_json.exists() else None

    def now(self):
        return json.loads(self.ready_json.read_text("utf-8"))

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                return self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return None
        return self.process.returncode


def psql(url, sql):
    done = subprocess.run([bin_dir() / "psql", "-X", "-q", "-A", "-t", url, "-c", sql], text=True, capture_output=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"refused: {done.stderr.strip()}"


class Port:
    """What mqtt_tools needs of a broker."""

    def __init__(self, port):
        self.port = port


def shape(ready, checks):
    checks.that("ready.json names http, mqtt, postgres, users, pids", {"http", "mqtt", "postgres", "users", "pids"} <= set(ready), list(ready))
    checks.equal("its mqtt part", sorted(ready["mqtt"]), ["host", "password", "port", "user"])
    checks.that("its users", all({"user", "password"} == set(ready["users"].get(k, {})) for k in ("admin", "officer", "leader")), list(ready["users"]))
    checks.that("its pids run", all(start_time(ready["pids"][name]) for name in SERVICES), ready["pids"])
    checks.equal("/readyz answers 200", http_status(ready["http"] + "/readyz")[0], 200)
    checks.equal("PostgreSQL answers", psql(ready["postgres"], "select current_user"), "ioc")
    checks.equal("its role is no superuser", psql(ready["postgres"], "select rolsuper from pg_roles where rolname = 'ioc'"), "f")
    mqtt = ready["mqtt"]
    for unit, device in (("03478", "WL-01"), ("18775", "anything")):
        code, text = pub(Port(mqtt["port"]), mqtt["user"], mqtt["password"], f"ioc/v1/{unit}/{device}/telemetry", '{"values":{"level":1}}')
        checks.that(f"the gateway account publishes for {unit}/{device}", code == 0 and not text, text)
    pids = ready["pids"].values()
    listening = [line for line in subprocess.run(["ss", "-ltnpH"], text=True, capture_output=True, check=False).stdout.splitlines()
                 if any(f"pid={pid}," in line for pid in pids)]
    checks.that("everything listens on 127.0.0.1 only", len(listening) >= 3 and all(line.split()[3].startswith("127.0.0.1:") for line in listening), listening)


def restarts(demo, checks):
    for name in SERVICES:
        before = demo.now()["pids"][name]
        began = time.monotonic()
        os.kill(before, signal.SIGKILL)
        back = until(lambda: demo.now()["pids"][name] != before, 30)
        checks.that(f"{name}, killed, runs again and ready.json says so", back, f"after {time.monotonic() - began:.1f} s")
        checks.that(f"and /readyz is 200 after {name} was killed", until(lambda: http_status(demo.now()["http"] + "/readyz")[0] == 200, 15))


def lives(run_dir, checks):
    demo = Demo(run_dir, "--no-sim")
    try:
        ready = demo.ready(120)
        if not checks.that("the demo becomes ready", ready is not None, "\n" + tail(demo.out, 30)):
            return
        checks.equal("ready.json is 0600", oct(stat.S_IMODE(demo.ready_json.stat().st_mode)), "0o600")
        shape(ready, checks)
        psql(ready["postgres"], "create table kept(word text); insert into kept values ('still here')")
        restarts(demo, checks)
        pids = demo.now()["pids"]
        checks.equal("SIGTERM ends it with exit code 0", demo.stop(), 0)
        checks.that("ready.json is gone then", not demo.ready_json.exists())
        checks.equal("and no process is left", [n for n, pid in pids.items() if start_time(pid)], [])
    finally:
        demo.stop()

    again = Demo(run_dir)
    try:
        second = again.ready(60)
        if not checks.that("a second start, with the simulated devices, becomes ready", second is not None, "\n" + tail(again.out, 30)):
            return
        took = time.monotonic() - again.began
        checks.that("within 10 s", took < 10, f"{took:.1f} s")
        checks.equal("the data is kept", psql(second["postgres"], "select word from kept"), "still here")
        checks.equal("the passwords are kept", second["users"], ready["users"])
        checks.that("ioc-sim runs", until(lambda: "ioc-sim" in again.now()["pids"] and start_time(again.now()["pids"]["ioc-sim"]), 5))
        other = subprocess.run([DEMO, "--run-dir", run_dir, "--http-port", "0", "--mqtt-port", "0", "--pg-port", "0"], text=True, capture_output=True, check=False)
        checks.that("a second demo in the same run directory is refused plainly", other.returncode == 1 and "another demo runs" in other.stderr, other.stderr)
        again.process.send_signal(signal.SIGKILL)
        again.process.wait()
        gone = until(lambda: not any(start_time(pid) for pid in second["pids"].values()), 30)
        checks.that("kill -9 of the demo itself leaves nothing running", gone, second["pids"])
    finally:
        again.stop()


def plain_errors(folder, checks):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--http-port", "--mqtt-port", "--pg-port"):
            others = [w for o in ("--http-port", "--mqtt-port", "--pg-port") if o != option for w in (o, "0")]
            done = subprocess.run([DEMO, "--run-dir", folder / "busy", option, str(port), *others], text=True, capture_output=True, check=False)
            text = done.stderr.strip()
            checks.that(f"a busy {option} is one line that names port and cure",
                        done.returncode == 1 and str(port) in text and option in text and "\n" not in text, text)
    done = subprocess.run([DEMO, "--run-dir", folder / "unbuilt"], text=True, capture_output=True, check=False, env={**os.environ, "IOC_BIN_DIR": "/nowhere"})
    checks.that("what is not built is one line that names the cure", done.returncode == 1 and "make build" in done.stderr, done.stderr)


def main():
    checks = Checks()
    folder = Path(tempfile.mkdtemp(prefix="ioc-demo-test-"))
    folder.chmod(0o711)
    try:
        plain_errors(folder, checks)
        lives(folder / "run", checks)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
