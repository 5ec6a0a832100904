#!/usr/bin/env python3
# limit_s: 120
"""What must never hurt: each is refused with a reason, counted in the ledger, kept and visible in GET /rejected; the server goes on, and a
good message behind each is stored."""
import json
import sys
import time

from _load import FULL, UNIT  # noqa: F401

from checks import Checks
from raw_mqtt import RawClient
from stack import Stack

checks = Checks()
TELEMETRY = f"ioc/v1/{UNIT}/WL-01/telemetry"
SPARKPLUG = f"ioc/raw/v1/{UNIT}/gw-1/spBv1.0/Xa/NBIRTH/edge1"
LEVELS = "/".join(str(i) for i in range(56))

# name, topic, payload
BAD = (
    ("300 KB of text", TELEMETRY, b'{"values":{"water_level":"' + b"x" * 300_000 + b'"}}'),
    ("300 KB that are no JSON", TELEMETRY, b"A" * 300_000),
    ("JSON nested 50,000 deep", TELEMETRY, b"[" * 50_000 + b"]" * 50_000),
    ("objects nested 20,000 deep", TELEMETRY, b'{"values":' * 20_000 + b"1" + b"}" * 20_000),
    ("invalid UTF-8 in a name", TELEMETRY, b'{"values":{"water\xff\xfe_level":1.5}}'),
    ("invalid UTF-8 in a value", TELEMETRY, b'{"values":{"water_level":"\xc3\x28"}}'),
    ("nothing but zero bytes", TELEMETRY, bytes(1000)),
    ("an empty payload", TELEMETRY, b""),
    ("a truncated protobuf", SPARKPLUG, bytes.fromhex("08f0c3a7e6b23112190a0b74656d70657261747572651001208080")),
    ("a protobuf whose length lies", SPARKPLUG, b"\x12\xff\xff\xff\xff\x0f" + b"x" * 20),
    ("a topic of 60 levels", f"ioc/raw/v1/{UNIT}/gw-1/{LEVELS}", b'{"values":{"water_level":1.5}}'),
    ("a number of 400 digits", TELEMETRY, b'{"values":{"water_level":' + b"9" * 400 + b"}}"),
    ("NaN", TELEMETRY, b'{"values":{"water_level":NaN}}'),
    ("Infinity", TELEMETRY, b'{"values":{"water_level":-Infinity}}'),
    ("1e999", TELEMETRY, b'{"values":{"water_level":1e999}}'),
    ("half a message", TELEMETRY, b'{"ts":1790000000000,"values":{"water_level":1.'),
)

with Stack(users=("officer", "admin"), devices=[(UNIT, "WL-01")]) as s:
    officer = s.login("officer")

    def total():
        return s.api("GET", "/api/v1/ledger", token=officer)[1]["total"]

    def rejected():
        items, cursor = [], None
        while True:
            status, answer = s.api("GET", "/api/v1/rejected?limit=200" + (f"&cursor={cursor}" if cursor else ""), token=officer)
            if status != 200:
                return []
            items += answer["items"]
            cursor = answer["next"]
            if not cursor:
                return items

    user, password = s.gateway
    with RawClient(s.broker.port, user, password) as gateway:
        own = RawClient(s.broker.port, *s.device(UNIT, "WL-01"))
        sent = 0
        for name, topic, payload in BAD:
            before = total()
            client = own if topic == TELEMETRY else gateway
            try:
                taken = client.publish(topic, payload)
            except OSError as e:
                checks.that(f"{name}: the broker takes it", False, str(e))
                own = RawClient(s.broker.port, *s.device(UNIT, "WL-01"))
                continue
            if not checks.that(f"{name}: the broker takes it", taken):
                continue
            sent += 1
            after = s.wait(lambda: (t := total())["received"] > before["received"] and t["in_flight"] == 0 and t, 10)
            if not checks.that(f"{name}: counted as rejected, once", after and (after["rejected"] - before["rejected"], after["stored"] - before["stored"]) == (1, 0), f"{before} → {after or total()}"):
                continue
            kept = s.wait(lambda: [r for r in rejected() if r["topic"] == topic and r["payload_bytes"] == len(payload)] or None, 10)
            if checks.that(f"{name}: kept and visible", bool(kept)):
                checks.that(f"{name}: with a reason", len(kept[0]["reason"]) > 5, kept[0]["reason"])
                print(f"      {name}: {kept[0]['reason'][:110]}")
        before = total()
        gateway.publish(f"ioc/v1/{UNIT}/WL-01/{LEVELS}", b'{"values":{"water_level":1.5}}')
        gateway.publish(f"ioc/raw/v1/{UNIT}/gw-1/witness", b"1")
        s.wait(lambda: total()["received"] > before["received"], 10)
        checks.equal("a native topic of 60 levels does not pass the broker's rights", total()["received"], before["received"] + 1)
        s.wait(lambda: total()["in_flight"] == 0, 10)
        stored = total()["stored"]
        good = json.dumps({"ts": int(time.time() * 1000), "seq": 1, "values": {"water_level": 1.25}})
        checks.that("a good message behind them is stored", own.publish(TELEMETRY, good) and bool(s.wait(lambda: total()["stored"] == stored + 1, 10)))
        own.close()
    t = total()
    checks.equal("the ledger balances", t["received"], t["stored"] + t["duplicate"] + t["ignored"] + t["rejected"] + t["in_flight"])
    checks.that("iocd was not restarted", s.iocd.alive())
sys.exit(checks.end())
