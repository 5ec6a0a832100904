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

        # A batch refused in part: what is refused has a row each, with its own text; a hole in seq is shown.
        now = int(time.time() * 1000)
        batch = [{"ts": now + i, "seq": 2 + i, "values": {"water_level": 1.25}} for i in range(97)]
        bad = [{"ts": now + 97, "seq": 99, "values": {"water_level": {"v": 1, "u": "kg"}}}, 5, {"ts": now + 98, "seq": 100, "values": {"water_level": [1]}}]
        stored = total()["stored"]
        checks.that("a batch of 97 good and 3 bad records is taken", own.publish(TELEMETRY, json.dumps(batch + bad)))
        s.wait(lambda: total()["stored"] == stored + 1, 10)
        s.wait(lambda: sum(r["record"] is not None for r in rejected()) >= 3, 10)
        parts = sorted((r for r in rejected() if r["record"] is not None), key=lambda r: r["record"])
        checks.equal("each with its number", [r["record"] for r in parts], [98, 99, 100])
        checks.equal("and its own text", [r["payload"] for r in parts], [json.dumps(b) for b in bad])
        checks.that("and its own reason", all(word in r["reason"] for word, r in zip(("kg", "a record is an object", "neither number"), parts)), str([r["reason"] for r in parts]))
        own.publish(TELEMETRY, json.dumps({"ts": now + 200, "seq": 209, "values": {"water_level": 1.5}}))
        missing = 209 - 98 - 1
        device = s.wait(lambda: (d := s.api("GET", f"/api/v1/devices/{UNIT}/WL-01", token=officer)[1]) and d.get("missed_records") == missing and d, 10)
        checks.that("the device says how many records are missing", bool(device), str(s.api("GET", f"/api/v1/devices/{UNIT}/WL-01", token=officer)[1].get("missed_records")))
        ledger = s.api("GET", "/api/v1/ledger", token=officer)[1]
        checks.equal("the ledger, too", ledger["gaps"], {"records": missing, "devices": 1})
        own.close()

    # What came under a unit that nobody has is seen by the admin of all units alone.
    admin = s.login("admin")
    with RawClient(s.broker.port, *s.server_account) as server:
        server.publish("ioc/v1/99999/D-1/command", b"{}")

    def of_nobody(token):
        return [r for r in s.api("GET", "/api/v1/rejected?limit=200", token=token)[1]["items"] if r["unit"] == "99999"]

    checks.that("what names an unknown unit is shown to the root's admin", bool(s.wait(lambda: of_nobody(admin), 10)))
    checks.equal("and to no officer", of_nobody(officer), [])
    checks.equal("an unknown unit is not there", s.api("GET", "/api/v1/rejected?unit=99999", token=admin)[0], 404)

    # The broker's own drops: it says so every ten seconds.
    checks.that("the broker's drops are known", s.wait(lambda: s.api("GET", "/api/v1/ledger", token=admin)[1]["broker_dropped"] == 0, 15))
    metrics = s.api("GET", "/metrics")[1]
    for name in ("ioc_broker_dropped_total 0", "ioc_broker_store_messages ", "ioc_records_missing ", "ioc_devices_with_gaps 1"):
        checks.that(f"/metrics has {name.strip()}", f"\n{name}" in metrics)
    line = next(c for c in s.api("GET", "/readyz")[1]["checks"] if c["name"] == "broker")
    checks.that("/readyz tells them, and is not degraded", line["ok"] and not line["degraded"] and line["detail"].startswith("0 dropped"), str(line))
    t = total()
    checks.equal("the ledger balances", t["received"], t["stored"] + t["duplicate"] + t["ignored"] + t["rejected"] + t["in_flight"])
    checks.that("iocd was not restarted", s.iocd.alive())
sys.exit(checks.end())
