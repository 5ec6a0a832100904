"""The load behind every fault test, and the reckoning afterwards: what the publisher saw acknowledged against what PostgreSQL holds.

    load = Load(s, "k", rate=2000, seconds=20)      # ioc-sim load: native telemetry, QoS 1, ts and seq, raw_value = seq
    …faults…
    load.end(); load.reckon(checks)                 # missing, twice, how many

IOC_FAULTS_FULL=1 asks for the full counts and outages (make soak); without it each test takes about a minute.
"""

import collections
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from stack import Failure, binary  # noqa: E402

UNIT = "03478"
FULL = os.environ.get("IOC_FAULTS_FULL") == "1"


def full(long, short):
    return long if FULL else short


class Load:
    """One `ioc-sim load` process. `acknowledged`: device → seq numbers that the broker acknowledged to it."""

    def __init__(self, stack, name, rate, seconds, devices=200, unit=UNIT):
        self.s, self.name, self.rate, self.seconds, self.unit = stack, name, rate, seconds, unit
        self.out = stack.folder / f"{name}.acknowledged"
        self.log = stack.folder / f"{name}.load.log"
        password = stack.folder / "gateway.password"
        if not password.exists():
            password.write_text(stack.gateway[1])
            password.chmod(0o600)
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary("ioc-sim"), "load", "--host", "127.0.0.1", "--port", str(stack.broker.port), "--user", stack.gateway[0], "--password-file", str(password),
                 "--unit", unit, "--devices", str(devices), "--rate", str(rate), "--seconds", str(seconds), "--prefix", name, "--out", str(self.out)],
                stdout=log, stderr=subprocess.STDOUT)
        self.took = 0.0

    def running(self):
        return self.process.poll() is None

    def end(self, patience_s=180):
        """Waits for its own end (all acknowledged). Its exit code; it is killed when it takes longer."""
        try:
            self.process.wait(self.seconds + patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.took = time.monotonic() - self.began
        return self.process.returncode

    def stop(self):
        if self.running():
            self.process.kill()
            self.process.wait()

    @property
    def acknowledged(self):
        seen = collections.defaultdict(list)
        for line in self.out.read_text().splitlines():
            device, _, seq = line.partition(" ")
            if seq.isdigit():  # the last line may be half written
                seen[device].append(int(seq))
        return seen

    def stored_rows(self):
        return int(self.s.postgres.sql(f"select count(*) from reading_value s "
                                       f"where s.unit = '{self.unit}' and s.device like '{self.name}%'"))

    def stored(self):
        answer = self.s.postgres.sql(f"select s.device, s.value::bigint, count(*) from reading_value s "
                                     f"where s.unit = '{self.unit}' and s.device like '{self.name}%' group by 1, 2")
        return {(d, int(q)): int(n) for d, q, n in (line.split("|") for line in answer.splitlines() if line)}

    def settle(self, patience_s=120):
        """Until nothing is in flight and the number of rows stands still."""
        deadline = time.monotonic() + patience_s
        last, still = -1, 0
        while time.monotonic() < deadline and still < 4:
            now = self.stored_rows()
            still = still + 1 if now == last and in_flight(self.s) == 0 else 0
            last = now
            time.sleep(0.4)

    def reckon(self, checks, may_miss=False):
        """Acknowledged against stored; prints the count. Returns (acknowledged, missing) as lists of (device, seq)."""
        self.settle()
        wanted = self.acknowledged
        stored = self.stored()
        total = sum(len(v) for v in wanted.values())
        missing = [(d, q) for d, seqs in wanted.items() for q in seqs if (d, q) not in stored]
        twice = [key for key, n in stored.items() if n != 1]
        print(f"      {self.name}: {total} acknowledged in {self.took:.1f} s ({total / max(self.took, 0.1):.0f}/s), {len(missing)} missing, {len(twice)} twice", flush=True)
        if not may_miss:
            checks.equal(f"{self.name}: acknowledged and missing", len(missing), 0)
            if missing:
                print("      missing:", sorted(missing, key=lambda x: x[1])[:20])
        checks.equal(f"{self.name}: stored more than once", len(twice), 0)
        if twice:
            print("      twice:", twice[:10])
        checks.that(f"{self.name}: a real load", total > self.rate * self.seconds * 0.4, f"only {total}")
        return wanted, missing


def metrics(stack):
    status, text = stack.api("GET", "/metrics")
    if status != 200 or not isinstance(text, str):
        return {}
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            try:
                found[name] = float(value)
            except ValueError:
                continue
    return found


def in_flight(stack):
    """Messages in the journal and not yet worked in; None when iocd does not answer."""
    return metrics(stack).get("ioc_messages_in_flight")


def catch_up(stack, rate, limit_s=60):
    """Seconds until iocd is ready and less than a quarter of a second of the load is in flight; None when that took longer than the limit."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        if stack.api("GET", "/readyz")[0] == 200:
            m = metrics(stack)
            if m.get("ioc_messages_in_flight", 1e9) < max(rate * 0.25, 50) and m.get("ioc_database_up") == 1 and m.get("ioc_database_queue_bytes", 1e9) < 128 << 10:
                return time.monotonic() - began
        time.sleep(0.03)
    return None


def ledger_balances(stack, checks, token):
    """The ledger in total and per source, once nothing is in flight."""
    def settled():
        status, ledger = stack.api("GET", "/api/v1/ledger", token=token)
        return ledger if status == 200 and ledger["total"]["in_flight"] == 0 else None

    ledger = stack.wait(settled, 60)
    if not checks.that("the ledger answers with nothing in flight", bool(ledger)):
        return None
    t = ledger["total"]
    checks.equal("the ledger balances", t["received"], t["stored"] + t["duplicate"] + t["ignored"] + t["rejected"] + t["in_flight"])
    checks.equal("and so does every source", [x["source"] for x in ledger["sources"] if x["received"] != x["stored"] + x["duplicate"] + x["ignored"] + x["rejected"]], [])
    return ledger


__all__ = ["FULL", "Failure", "Load", "UNIT", "catch_up", "full", "in_flight", "ledger_balances", "metrics"]
