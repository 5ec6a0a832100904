#!/usr/bin/env python3
# limit_s: 300
"""The system clock of iocd alone stepped by an hour ahead and an hour back (libfaketime, the steady clock untouched) under load: nothing is
lost, an alert rises and its command goes out, /readyz says by how much the clock is off."""
import ctypes
import glob
import os
import sys
import time

from _duty import ACCOUNTS, Duty, check_saved
from _load import Load, full, ledger_balances, metrics

from checks import Checks
from stack import Stack

checks = Checks()


def library():
    for place in sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")):
        return place
    return None


def clock(s):
    status, answer = s.api("GET", "/readyz")
    return status, next((c for c in answer["checks"] if c["name"] == "clock"), {}) if isinstance(answer, dict) else {}


def clock_line(s):
    return clock(s)[1].get("detail", "")


def kernel_in_step():
    """What adjtimex says: True while something keeps the machine's clock in step."""
    buffer = ctypes.create_string_buffer(1024)  # struct timex; modes = 0 only reads
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    status = int.from_bytes(buffer.raw[40:44], sys.byteorder)
    return state not in (-1, 5) and not status & 0x40  # TIME_ERROR, STA_UNSYNC


if not checks.that("libfaketime is installed", library() is not None, "deploy/install-packages"):
    sys.exit(checks.end())
stack = Stack(users=("officer", "leader"), devices=ACCOUNTS)
step_file = stack.folder / "clock"


def step(seconds):
    part = step_file.with_suffix(".part")
    part.write_text(f"{seconds:+d}\n")
    os.replace(part, step_file)


step(0)
stack.inst.iocd.env = {**os.environ, "LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(step_file), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                       "FAKETIME_CACHE_DURATION": "1", "FAKETIME_NO_CACHE": "0"}
with stack as s:
    duty = Duty(s)
    duty.listen()
    time.sleep(4)
    checks.that("/readyz says whether the clock is synchronised", "synchronised" in clock_line(s) or "kernel" in clock_line(s), clock_line(s))
    status, line = clock(s)
    checks.equal("it is degraded where the kernel says that nothing keeps it in step, and not otherwise", line.get("degraded"), not kernel_in_step())
    checks.equal("and the server serves all the same", (status, line.get("ok")), (200, True))
    checks.that("/metrics says the same", metrics(s).get("ioc_clock_synchronised") == (1 if kernel_in_step() else 0), str(metrics(s).get("ioc_clock_synchronised")))
    load = Load(s, "t", 500, full(60, 36))
    time.sleep(2)
    for hour, name in ((3600, "an hour ahead"), (0, "back again"), (-3600, "an hour back")):
        step(hour)
        expect = {3600: "PostgreSQL -3", 0: "stepped by -3", -3600: "PostgreSQL +3"}[hour]  # the database's clock is not stepped
        checks.that(f"{name}: /readyz shows it", bool(s.wait(lambda e=expect: e in clock_line(s) and "stepped by" in clock_line(s), 20)), clock_line(s))
        print(f"      {name}: {clock_line(s)}")
        if hour:
            checks.equal(f"{name}: an offset above a second is degraded, not fatal", (clock(s)[0], clock(s)[1].get("degraded")), (200, True))
            checks.that(f"{name}: and in /metrics", abs(metrics(s).get("ioc_clock_offset_seconds", 0)) > 3500, str(metrics(s).get("ioc_clock_offset_seconds")))
    checks.that("steps are counted", metrics(s).get("ioc_clock_steps_total", 0) >= 3, str(metrics(s).get("ioc_clock_steps_total")))
    checks.that("the gauge's reading was acknowledged", duty.level(3.9))
    alert = s.wait(duty.alert, 5)
    if checks.that("an alert rises with the clock an hour back", alert is not None):
        checks.that("acknowledged", duty.acknowledge(alert)[0] in (200, 202))
        checks.that("approved", duty.approve(alert)[0] in (200, 202))
        checks.equal("siren and loudspeakers heard their commands", sorted(duty.answer_commands(15)), ["LS-01", "LS-02", "SIREN-01"])
    s.kill("iocd")
    s.start("iocd")
    duty.officer, duty.leader = s.login("officer"), s.login("leader")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    if alert:
        check_saved(checks, s, alert, "afterwards")
    ledger_balances(s, checks, duty.officer)
    duty.close()
sys.exit(checks.end())
