#!/usr/bin/env python3
# limit_s: 900
"""A power cut under load: iocd dies, and of its journal only what had been synced is still there. It costs at most 200 ms of telemetry,
and never an alert change, an approval or a command.

The synced offset stands in each segment's header; the test zeroes everything behind it, which is what a disk without the unsynced pages
holds. Full: ten cuts. Short: two.
"""
import random
import struct
import sys
import time

from _duty import ACCOUNTS, Duty, check_saved
from _load import Load, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()
seed = int(time.time())
moments = random.Random(seed)
print(f"      seed of the moments: {seed}")
HEADER, SYNCED_AT = 64, 32
ALLOWED_MS = 200


def cut(journal):
    """Zeroes what was not synced; returns how many bytes had stood there."""
    lost = 0
    for path in sorted(journal.glob("segment-*.journal")):
        with open(path, "r+b") as f:
            head = f.read(HEADER)
            synced = struct.unpack_from("<Q", head, SYNCED_AT)[0]
            f.seek(synced)
            rest = f.read()
            lost += len(rest.rstrip(b"\0"))
            f.seek(synced)
            f.write(bytes(len(rest)))
    return lost


with Stack(users=("officer", "leader"), devices=ACCOUNTS) as s:
    journal = s.folder / "state" / "journal"
    duty = Duty(s)
    duty.listen()
    time.sleep(3.5)
    count = full(10, 2)
    load = Load(s, "c", 2000, full(80, 22))
    time.sleep(2)

    # What people do, then the cut at once.
    checks.that("the gauge's reading was acknowledged", duty.level(3.9))
    alert = s.wait(duty.alert, 5)
    checks.that("the alert stands", alert is not None)
    status, _ = duty.acknowledge(alert)
    checks.that("acknowledged", status in (200, 202), status)
    status, _ = duty.approve(alert)
    checks.that("approved", status in (200, 202), status)
    kills, positions = [], []
    for k in range(count):
        if k:
            time.sleep(moments.uniform(1.0, 3.0))
        s.kill("iocd")
        kills.append(time.time())
        lost = cut(journal)
        position = int(s.postgres.sql("select position from position"))
        positions.append((lost, position))
        s.start("iocd")
    checks.that("PostgreSQL never held more than the journal", "the unsynced end was lost" not in s.iocd.log.read_text())
    print(f"      {count} cuts; unsynced bytes lost at each: {[x[0] for x in positions]}")
    duty.officer, duty.leader = s.login("officer"), s.login("leader")
    heard = duty.answer_commands(40)
    checks.equal("siren and loudspeakers heard their commands", sorted(heard), ["LS-01", "LS-02", "SIREN-01"])
    again = s.wait(duty.alert, 5)
    checks.that("the alert is as it was", again is not None and again["id"] == alert["id"] and again["state"] == "active_acked", str(again)[:200])
    checks.equal("the publisher ended well", load.end(), 0)
    wanted, missing = load.reckon(checks, may_miss=True)
    # Record n of the load is device n mod 200 with seq n / 200 + 1, sent at began + n / rate.
    ages = []
    for device, seq in missing:
        sent_at = time.time() - (time.monotonic() - load.began) + ((seq - 1) * 200 + int(device[1:]) - 1) / load.rate
        ages.append(min((k - sent_at for k in kills if k >= sent_at), default=-1) * 1000)
    print(f"      telemetry lost by {count} cuts: {len(missing)} of {sum(len(v) for v in wanted.values())}; the oldest was sent {max(ages, default=0):.0f} ms before its cut")
    checks.that(f"nothing older than {ALLOWED_MS} ms was lost", all(a <= ALLOWED_MS for a in ages), f"{max(ages, default=0):.0f} ms")
    check_saved(checks, s, alert, "after the cuts")
    ledger_balances(s, checks, duty.officer)
    duty.close()
sys.exit(checks.end())
