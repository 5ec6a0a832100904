#!/usr/bin/env python3
# limit_s: 1200
"""kill -9 of iocd at random moments under load: what the publisher saw acknowledged is in PostgreSQL exactly once, the ledger balances.

Full: 18 kills under 2,000 messages a second and two at half of the knee, which is measured first. Short: three and one.
"""
import random
import sys
import time

from _load import Load, catch_up, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()
moments = random.Random()
seed = int(time.time())
moments.seed(seed)
print(f"      seed of the moments: {seed}")


def kills(s, load, count, gap_s):
    times = []
    for _ in range(count):
        time.sleep(moments.uniform(0.3, gap_s))
        s.kill("iocd")
        time.sleep(moments.uniform(0, 0.5))
        s.start("iocd", ready=False)
        times.append(catch_up(s, load.rate))
    late = [t for t in times if t is None]
    checks.equal(f"{load.name}: each time it caught up within 60 s", len(late), 0)
    good = sorted(t for t in times if t is not None)
    if good:
        print(f"      {load.name}: {count} kills; caught up after {good[0]:.1f} to {good[-1]:.1f} s, median {good[len(good) // 2]:.1f} s")


def knee(s):
    """Messages a second that go through all parts: what a flat-out publisher gets in, divided by the time until all of it is worked in."""
    load = Load(s, "knee", 30000, 4)
    checks.equal("knee: the publisher ended well", load.end(), 0)
    load.settle()
    seconds = time.monotonic() - load.began - 1.6  # settle() looks four times at a still count
    load.reckon(checks)
    return sum(len(v) for v in load.acknowledged.values()) / seconds


with Stack(users=("officer",)) as s:
    count = full(18, 3)
    load = Load(s, "k2", 2000, full(100, 16))
    kills(s, load, count, full(4, 2))
    checks.equal("k2: the publisher ended well", load.end(), 0)
    load.reckon(checks)

    half = knee(s) / 2 if full(True, False) else 5000
    print(f"      half of the knee: {half:.0f} messages/s")
    load = Load(s, "h", int(half), full(20, 8))
    kills(s, load, full(2, 1), 3)
    checks.equal("h: the publisher ended well", load.end(), 0)
    load.reckon(checks)
    ledger = ledger_balances(s, checks, s.login("officer"))
    if ledger:
        checks.equal("nothing was rejected", ledger["total"]["rejected"], 0)
        print("      ledger:", ledger["total"])
sys.exit(checks.end())
