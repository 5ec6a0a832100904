#!/usr/bin/env python3
# limit_s: 600
"""The journal nearly full because PostgreSQL is away: iocd takes no more from the broker before it is full, the broker's queue takes over,
/readyz says so, a command sent meanwhile goes out; with PostgreSQL back everything comes in, once."""
import sys
import time

from _duty import ACCOUNTS, Duty, check_saved
from _load import Load, full, ledger_balances, metrics

from checks import Checks
from stack import Stack

checks = Checks()


def journal_line(s):
    status, answer = s.api("GET", "/readyz")
    found = {c["name"]: c for c in answer["checks"]} if isinstance(answer, dict) and "checks" in answer else {}
    return status, found


stack = Stack(users=("officer", "leader"), devices=ACCOUNTS)
stack.inst.journal_mib = (16, 1)
with stack as s:
    duty = Duty(s)
    duty.listen()
    time.sleep(3.5)
    load = Load(s, "f", 4000, full(90, 46))  # 110 bytes a record: 14.4 MiB after half a minute
    time.sleep(1)
    s.kill("postgres")
    checks.that("the gauge's reading was acknowledged", duty.level(3.9))
    alert = s.wait(duty.alert, 5)
    checks.that("the alert stands", alert is not None)
    paused = s.wait(lambda: metrics(s).get("ioc_broker_paused") == 1, 60)
    checks.that("iocd takes no more from the broker", bool(paused))
    m = metrics(s)
    used, most = m["ioc_journal_used_bytes"], m["ioc_journal_max_bytes"]
    print(f"      paused at {used / 2**20:.1f} of {most / 2**20:.0f} MiB after {time.monotonic() - load.began:.1f} s")
    checks.that("while there is room for people and commands", used < most * 0.95, f"{used / most:.3f}")
    time.sleep(1)
    still = metrics(s)
    checks.that("and nothing more comes in", still["ioc_journal_used_bytes"] - used < 64 << 10, f"{still['ioc_journal_used_bytes'] - used:.0f} bytes")
    checks.equal("the connection stands", still.get("ioc_broker_up"), 0.0 if still.get("ioc_broker_paused") else 1.0)
    status, lines = journal_line(s)
    checks.equal("/readyz says 503", status, 503)
    checks.that("and why", "nearly full" in str(lines.get("journal")) and "nearly full" in str(lines.get("broker")), str(lines))
    status, _ = duty.acknowledge(alert)
    checks.equal("an acknowledgement counts", status, 202)
    status, _ = duty.approve(alert)
    checks.equal("an approval counts", status, 202)
    checks.equal("siren and loudspeakers heard their commands meanwhile", sorted(duty.answer_commands(15)), ["LS-01", "LS-02", "SIREN-01"])
    checks.equal("the publisher was never held up", load.end(), 0)
    began = time.monotonic()
    s.start("postgres")
    checks.that("it takes messages again by itself", bool(s.wait(lambda: metrics(s).get("ioc_broker_paused") == 0, 60)))
    print(f"      again after {time.monotonic() - began:.1f} s")
    checks.that("ready", bool(s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 120)))
    load.reckon(checks)
    check_saved(checks, s, alert, "afterwards")
    ledger_balances(s, checks, duty.officer)
    duty.close()
sys.exit(checks.end())
