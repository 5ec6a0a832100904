#!/usr/bin/env python3
# limit_s: 600
"""Mosquitto killed with -9 while iocd is away. A device that keeps its records until their `receipt` loses none; of the others the test
prints how many acknowledged messages died inside the broker, and the device's `seq` gap shows it. Full: five kills. Short: two."""
import json
import sys
import time
from pathlib import Path

from _load import UNIT, Load, full, ledger_balances

from checks import Checks
from raw_mqtt import RawClient
from stack import ROOT, Stack

import shutil
import tempfile

checks = Checks()
DEVICE = "RG-01"


class Keeper:
    """A rain gauge with a memory: each record stays in it until a receipt covers it; after every reconnect all that is left is sent again."""

    def __init__(self, stack):
        self.s, self.kept, self.seq, self.upto, self.client = stack, {}, 0, 0, None
        self.receipts = []

    def connect(self):
        try:
            self.client = RawClient(self.s.broker.port, *self.s.device(UNIT, DEVICE), client_id="keeper", clean=False)
            self.client.subscribe(f"ioc/v1/{UNIT}/{DEVICE}/receipt")
            for seq in sorted(self.kept):
                self.client.publish(f"ioc/v1/{UNIT}/{DEVICE}/telemetry", self.kept[seq])
        except OSError:
            self.client = None

    def record(self):
        self.seq += 1
        self.kept[self.seq] = json.dumps({"ts": int(time.time() * 1000), "seq": self.seq, "values": {"rainfall_amount": 0, "raw_value": self.seq}})
        return self.seq

    def run(self, seconds, pace_s=0.02):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.client is None:
                self.connect()
            seq = self.record()
            try:
                if self.client:
                    self.client.publish(f"ioc/v1/{UNIT}/{DEVICE}/telemetry", self.kept[seq], seconds=2)
            except OSError:
                self.client = None
            self.hear(0)
            time.sleep(pace_s)

    def hear(self, seconds):
        try:
            for _, payload in self.client.receive(seconds) if self.client else []:
                n = json.loads(payload)["seq"]
                self.receipts.append((time.monotonic(), n))
                self.upto = max(self.upto, n)
                for seq in [q for q in self.kept if q <= n]:
                    del self.kept[seq]
        except OSError:
            self.client = None

    def empty(self, seconds):
        """Sends again what is left until nothing is; what a real device does when its receipts stay away."""
        until = time.monotonic() + seconds
        while self.kept and time.monotonic() < until:
            if self.client:
                self.client.close()
            self.connect()
            wait = time.monotonic() + 4
            while self.kept and time.monotonic() < wait:
                self.hear(0.5)
        return not self.kept


folder = Path(tempfile.mkdtemp(prefix="ioc-receipts-"))
config = shutil.copytree(ROOT / "config", folder / "config")
unit = config / "units" / f"{UNIT}.yaml"
unit.write_text(unit.read_text().replace("{id: RG-01,", "{id: RG-01, receipts: true,"))
try:
    with Stack(users=("officer",), config=config, devices=[(UNIT, DEVICE)]) as s:
        keeper = Keeper(s)
        keeper.run(5)
        checks.that("receipts come", len(keeper.receipts) >= 2, str(keeper.receipts))
        checks.that("at most one a second", all(b[0] - a[0] > 0.8 for a, b in zip(keeper.receipts, keeper.receipts[1:])), str(keeper.receipts))
        known = int(s.postgres.sql(f"select count(*) from reading_value s where s.device = '{DEVICE}' and s.metric = 'raw_value' and s.value <= {keeper.upto}"))
        checks.that("and tell the truth: all up to n are in PostgreSQL", known == keeper.upto > 0, f"{known} of {keeper.upto}")
        load = Load(s, "g", 500, full(60, 24))
        for k in range(full(5, 2)):
            keeper.run(1.5)
            s.stop("iocd") if k % 2 else s.kill("iocd")
            keeper.run(2)
            s.kill("mosquitto")
            s.start("mosquitto")
            s.start("iocd")
            keeper.run(1.5)
        checks.that("in the end the device has nothing left to keep", keeper.empty(60), f"{len(keeper.kept)} left, receipt up to {keeper.upto} of {keeper.seq}")
        stored = s.postgres.sql(f"select s.value::bigint, count(*) from reading_value s where s.device = '{DEVICE}' and s.metric = 'raw_value' group by 1")
        rows = {int(a): int(b) for a, b in (line.split("|") for line in stored.splitlines())}
        checks.equal("the device that keeps its records lost none", [q for q in range(1, keeper.seq + 1) if q not in rows], [])
        checks.equal("and none is there twice", [q for q, n in rows.items() if n != 1], [])
        load.end()
        wanted, missing = load.reckon(checks, may_miss=True)
        print(f"      devices without memory: {len(missing)} acknowledged messages died inside the broker, of {sum(map(len, wanted.values()))}")
        ledger_balances(s, checks, s.login("officer"))
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(checks.end())
