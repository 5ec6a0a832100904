#!/usr/bin/env python3
# limit_s: 1200
"""kill -9 of PostgreSQL's postmaster at random moments under load; it is started again until its orphans are gone. Lost 0, twice 0.

Full: 20 kills. Short: three.
"""
import random
import sys
import time

from _load import Load, catch_up, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()
seed = int(time.time())
moments = random.Random(seed)
print(f"      seed of the moments: {seed}")

with Stack(users=("officer",)) as s:
    count = full(20, 3)
    load = Load(s, "p", 2000, full(110, 18))
    down, times = [], []
    for _ in range(count):
        time.sleep(moments.uniform(0.5, 3))
        began = time.monotonic()
        s.kill("postgres")
        s.start("postgres")
        down.append(time.monotonic() - began)
        times.append(catch_up(s, load.rate))
    checks.equal("each time iocd caught up within 60 s", times.count(None), 0)
    good = sorted(t for t in times if t is not None)
    print(f"      {count} kills; PostgreSQL was away {min(down):.1f} to {max(down):.1f} s; caught up after another {good[0]:.1f} to {good[-1]:.1f} s")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    checks.that("iocd was not restarted", s.iocd.alive())
    ledger_balances(s, checks, s.login("officer"))
sys.exit(checks.end())
