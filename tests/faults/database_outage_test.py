#!/usr/bin/env python3
# limit_s: 900
"""PostgreSQL away for five minutes (short: 20 s) under load: the alert stands within 1 s, `unsaved`; it is acknowledged, its broadcast
approved and sent; afterwards all of it is in PostgreSQL, once."""
import sys
import time

from _duty import ACCOUNTS, Duty, check_saved
from _load import Load, catch_up, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()
AWAY_S = full(300, 20)

with Stack(users=("officer", "leader"), devices=ACCOUNTS) as s:
    duty = Duty(s)
    duty.listen()
    time.sleep(3.5)  # a start holds its timers for three seconds
    load = Load(s, "o", 1000, AWAY_S + 6)
    time.sleep(1.5)
    s.kill("postgres")
    began = time.monotonic()
    time.sleep(1)
    sent = time.monotonic()
    checks.that("the gauge's reading was acknowledged", duty.level(3.9))
    alert = s.wait(duty.alert, 5)
    took = time.monotonic() - sent
    checks.that("the alert stands without PostgreSQL", alert is not None)
    checks.that("within 1 s", took <= 1, f"{took:.2f} s")
    checks.that("marked unsaved within 3 s", bool(s.wait(lambda: (duty.alert() or {}).get("unsaved"), 3)))
    print(f"      alert after {took * 1000:.0f} ms")
    status, answer = duty.acknowledge(alert)
    checks.equal("an acknowledgement counts", (status, answer.get("state")), (202, "active_acked"))
    status, answer = duty.approve(alert)
    checks.equal("an approval counts", status, 202)
    checks.equal("siren and loudspeakers heard their commands", sorted(duty.answer_commands(15)), ["LS-01", "LS-02", "SIREN-01"])
    checks.that("each once", all(n == 1 for n in duty.attempts().values()), str(duty.attempts()))
    checks.equal("/readyz says 503", s.api("GET", "/readyz")[0], 503)
    time.sleep(max(0, AWAY_S - (time.monotonic() - began)))
    s.start("postgres")
    caught_up = catch_up(s, load.rate, 120)
    checks.that("iocd caught up", caught_up is not None)
    print(f"      away {AWAY_S} s, caught up {caught_up or 0:.1f} s after its return")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    check_saved(checks, s, alert, "afterwards")
    checks.that("and no longer marked unsaved", bool(s.wait(lambda: duty.alert() is not None and not duty.alert().get("unsaved"), 15)))
    ledger_balances(s, checks, duty.officer)
    duty.close()
sys.exit(checks.end())
