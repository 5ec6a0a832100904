#!/usr/bin/env python3
# limit_s: 1200
"""kill -9 of Mosquitto at random moments under load with iocd connected: what the broker acknowledged to the publisher is in PostgreSQL, once.

Every other time iocd is held up (SIGSTOP) for a tenth of a second before the kill, so that messages surely lie unread in its socket when
the broker dies. Full: 20 kills. Short: four.
"""
import random
import sys
import time

from _load import Load, full, ledger_balances, metrics

from checks import Checks
from stack import Stack

checks = Checks()
seed = int(time.time())
moments = random.Random(seed)
print(f"      seed of the moments: {seed}")

with Stack(users=("officer",)) as s:
    count = full(20, 4)
    time.sleep(1)
    load = Load(s, "b", 2000, full(100, 20))
    away = []
    for k in range(count):
        time.sleep(moments.uniform(1.5, 3.5))
        held = k % 2 == 1
        if held:
            s.pause("iocd")
            time.sleep(0.1)
        began = time.monotonic()
        s.kill("mosquitto")
        if held:
            s.resume("iocd")
        time.sleep(moments.uniform(0, 0.3))
        s.start("mosquitto")
        back = s.wait(lambda: metrics(s).get("ioc_broker_up") == 1 and metrics(s).get("ioc_broker_connects_total", 0) >= k + 2, 30)
        checks.that(f"kill {k + 1}{' (iocd held up)' if held else ''}: iocd came back to the broker", bool(back))
        away.append(time.monotonic() - began)
    print(f"      {count} kills; connected again after {min(away):.1f} to {max(away):.1f} s")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    ledger = ledger_balances(s, checks, s.login("officer"))
    if ledger:
        print("      ledger:", ledger["total"])
sys.exit(checks.end())
