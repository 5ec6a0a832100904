#!/usr/bin/env python3
# limit_s: 900
"""The broker away for five minutes (short: 20 s), stopped in order: iocd waits, says why once, comes back by itself; nothing acknowledged is lost."""
import re
import sys
import time

from _load import Load, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()
AWAY_S = full(300, 20)

with Stack(users=("officer",)) as s:
    load = Load(s, "w", 1000, AWAY_S + 10)
    time.sleep(3)
    before = len(s.iocd.log.read_text().splitlines())
    s.stop("mosquitto")
    checks.that("/readyz says that the broker is away", bool(s.wait(lambda: s.api("GET", "/readyz")[0] == 503, 5)))
    time.sleep(AWAY_S)
    lines = s.iocd.log.read_text().splitlines()[before:]
    reasons = [line for line in lines if "broker: waiting" in line]
    checks.that("the log gives a reason", len(reasons) >= 1)
    checks.that("each reason once", len(reasons) == len({re.sub(r"^.*broker: ", "", line) for line in reasons}) and len(reasons) <= 3, "\n".join(reasons[:6]))
    began = time.monotonic()
    s.start("mosquitto")
    checks.that("iocd comes back by itself within 10 s", bool(s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 10)))
    print(f"      away {AWAY_S} s, ready again after {time.monotonic() - began:.1f} s; the log: {[re.sub(r'^.*broker: ', '', x) for x in reasons]}")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    ledger_balances(s, checks, s.login("officer"))
sys.exit(checks.end())
