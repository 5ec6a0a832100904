#!/usr/bin/env python3
# limit_s: 240
"""iocd as a Sparkplug B host application, with a real broker and an edge node whose bytes protoc makes from proto/sparkplug_b.proto.

So the server's own reader and writer meet an encoder and a decoder that they have nothing in common with.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from mqtt_tools import Listener, pub  # noqa: E402
from stack import ROOT, Stack  # noqa: E402
from users import demo_people  # noqa: E402

UNIT, GROUP, NODE, DEVICE, HOST = "03478", "Tram bom", "N1", "Meter1", "ioc-test"
EVERY_S, REORDER_S = 6, 0.3
STATE = f"spBv1.0/STATE/{HOST}"


def protoc(mode, data):
    done = subprocess.run(["protoc", f"--{mode}=ioc.sparkplug.b.Payload", f"-I{ROOT / 'proto'}", str(ROOT / "proto" / "sparkplug_b.proto")],
                          input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"protoc: {done.stderr.decode()}")
    return done.stdout


def now_ms():
    return int(time.time() * 1000)


class Node:
    """An edge node with one meter, as far as the test needs one."""

    def __init__(self, stack, password, bd_seq=1):
        self.stack, self.password, self.bd_seq, self.seq = stack, password, bd_seq, 0
        self.user = f"spb:{GROUP}:{NODE}"

    def send(self, kind, metrics, device=None, seq=None, timestamp=None):
        if kind == "NBIRTH":
            self.seq = 0
        number = self.seq if seq is None else seq
        text = "" if kind == "NDEATH" else f"timestamp: {timestamp or now_ms()} seq: {number} "
        if kind != "NDEATH":
            self.seq = (number + 1) % 256
        text += " ".join(f"metrics {{ {m} }}" for m in metrics)
        topic = f"spBv1.0/{GROUP}/{kind}/{NODE}" + (f"/{device}" if device else "")
        return pub(self.stack.broker, self.user, self.password, topic, protoc("encode", text.encode()), qos=0)

    def born(self):
        self.send("NBIRTH", [f'name: "bdSeq" datatype: 4 long_value: {self.bd_seq}', 'name: "Node Control/Rebirth" datatype: 11 boolean_value: false',
                             'name: "Supply Voltage" alias: 1 datatype: 9 float_value: 12.1'])
        self.send("DBIRTH", ['name: "Meter/Total Active Power kW" alias: 10 datatype: 10 double_value: 1.5', 'name: "Meter/Offset" alias: 11 datatype: 2 int_value: 65531',
                             'name: "Properties/Hardware Make" datatype: 12 string_value: "Acme"'], DEVICE)

    def data(self, value, seq=None):
        self.send("DDATA", [f"alias: 10 double_value: {value}"], DEVICE, seq)

    def died(self, bd_seq=None):
        self.send("NDEATH", [f'name: "bdSeq" datatype: 4 long_value: {self.bd_seq if bd_seq is None else bd_seq}'])


def devices(stack, token):
    status, answer = stack.api("GET", f"/api/v1/devices?unit={UNIT}&limit=1000", token=token)
    return {d["device"]: d for d in answer["items"]} if status == 200 else {}


def device(stack, token, name):
    """Unclaimed devices bear the vendor's name with '_' for what fits no id, and a mark."""
    start = f"{GROUP}/{name}".replace(" ", "_").replace("/", "_") + "."
    return next((d for key, d in devices(stack, token).items() if key.startswith(start)), None)


def power(stack, token):
    d = device(stack, token, f"{NODE}/{DEVICE}")
    return d and d["latest"].get("active_power/Meter/Total Active Power kW", {}).get("value")


def quality(stack, token):
    """Quality and its reason of the device's power, as shown."""
    d = device(stack, token, f"{NODE}/{DEVICE}")
    latest = d["latest"].get("active_power/Meter/Total Active Power kW", {}) if d else {}
    return latest.get("quality"), latest.get("quality_reason")


def figures(stack):
    text = stack.api("GET", "/metrics")[1]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines()) if name.startswith("ioc_sparkplug_")}


def host_line(stack):
    return next((c for c in stack.api("GET", "/readyz")[1]["checks"] if c["name"] == "sparkplug"), {})


def states(listener):
    """What was said on our STATE topic, in order."""
    return [json.loads(bytes.fromhex(m[0])) for m in listener.messages() if m[1] == STATE and m[0]]


def rebirths(listener):
    return [m for m in listener.messages() if m[1] == f"spBv1.0/{GROUP}/NCMD/{NODE}"]


def births_and_data(stack, node, token, checks):
    node.born()
    checks.that("a birth makes the device known", stack.wait(lambda: power(stack, token) == 1500))
    d = device(stack, token, f"{NODE}/{DEVICE}")
    checks.equal("its unit is the canonical one", d["latest"]["active_power/Meter/Total Active Power kW"]["unit"], "W")
    checks.equal("Int16 came as two's complement", d["latest"]["raw_value/Meter/Offset"]["value"], -5)
    checks.equal("it is online", d["connection"], "online")
    node.data(1.61125)
    checks.that("data by alias alone is understood", stack.wait(lambda: power(stack, token) == 1611.25))


def gap(stack, node, token, commands, checks):
    asked = len(rebirths(commands))
    time.sleep(max(0, EVERY_S - 1))  # the asking at the connect may lie just behind us
    node.data(1.7, seq=node.seq + 1)
    checks.that("a gap in seq asks for a rebirth", stack.wait(lambda: len(rebirths(commands)) > asked, EVERY_S + 4))
    text = protoc("decode", bytes.fromhex(rebirths(commands)[-1][0])).decode()
    checks.that("the request is Node Control/Rebirth = true, without seq",
                'name: "Node Control/Rebirth"' in text and "boolean_value: true" in text and "datatype: 11" in text and "seq:" not in text)
    first = time.monotonic()
    asked = len(rebirths(commands))
    while time.monotonic() < first + EVERY_S * 0.6:
        node.data(1.8, seq=(node.seq + 3) % 256)
        time.sleep(0.1)
    checks.equal("more gaps within the limit ask nothing", len(rebirths(commands)), asked)
    checks.that("what came behind the gap counts all the same", stack.wait(lambda: power(stack, token) == 1800))
    node.born()
    time.sleep(EVERY_S + 1.5)
    checks.equal("a birth ends the asking", len(rebirths(commands)), asked)


def unknown_alias(stack, node, commands, checks):
    asked = len(rebirths(commands))
    node.send("DDATA", ["alias: 99 double_value: 3"], DEVICE)
    checks.that("an unknown alias asks for a rebirth", stack.wait(lambda: len(rebirths(commands)) > asked, EVERY_S + 4))
    node.born()


def deaths(stack, node, token, checks):
    def offline():
        return [device(stack, token, n)["connection"] for n in (NODE, f"{NODE}/{DEVICE}")] == ["offline", "offline"]

    node.died(bd_seq=77)
    node.data(2.0)
    checks.that("the witness behind a stale death arrives", stack.wait(lambda: power(stack, token) == 2000))
    checks.that("a death of another session changes nothing", not offline())
    node.died()
    checks.that("the node's death takes node and device offline", stack.wait(offline))
    checks.that("what they said is stale, and shown so", stack.wait(lambda: quality(stack, token) == ("suspect", "stale")), quality(stack, token))
    checks.that("/metrics counts the living", figures(stack)["ioc_sparkplug_nodes_alive"] == 0 and figures(stack)["ioc_sparkplug_nodes"] == 1, str(figures(stack)))
    node.bd_seq += 1
    node.born()
    checks.that("a new birth brings both back", stack.wait(lambda: not offline()))
    checks.that("and their values are good again", stack.wait(lambda: quality(stack, token) == ("good", None)), quality(stack, token))
    checks.that("alive again in /metrics", figures(stack)["ioc_sparkplug_nodes_alive"] == 1 and figures(stack)["ioc_sparkplug_rebirths_asked_total"] >= 2, str(figures(stack)))
    node.send("DDEATH", [], DEVICE)
    checks.that("a device's death makes that device stale alone", stack.wait(lambda: quality(stack, token) == ("suspect", "stale")))
    checks.equal("its node is well", device(stack, token, NODE)["connection"], "online")
    line = host_line(stack)
    checks.that("/readyz has a line for the host", line.get("ok") and not line.get("degraded") and line["detail"].startswith("1 of 1 edge nodes alive, 0 of 1"), str(line))
    node.born()
    stack.wait(lambda: not offline())
    # The will proper: the broker sends it for a node that is gone.
    will = protoc("encode", f'metrics {{ name: "bdSeq" datatype: 4 long_value: {node.bd_seq} }}'.encode()).decode()
    with Listener(stack.broker, node.user, node.password, [f"spBv1.0/{GROUP}/NCMD/{NODE}"], will=(f"spBv1.0/{GROUP}/NDEATH/{NODE}", will)) as session:
        session.kill()
        checks.that("a node whose connection breaks is offline by its will", stack.wait(offline))
    node.bd_seq += 1
    node.born()
    stack.wait(lambda: not offline())


def host_states(stack, node, token, listener, commands, checks):
    checks.that("the host said that it is online", any(s["online"] for s in states(listener)))
    born = states(listener)[-1]
    server = stack.server_account
    pub(stack.broker, *server, STATE, json.dumps({"online": False, "timestamp": born["timestamp"]}), retain=True)
    checks.that("a foreign 'offline' is answered by 'online' again",
                stack.wait(lambda: len(states(listener)) >= 2 and not states(listener)[-2]["online"] and states(listener)[-1]["online"]))
    checks.equal("with the will's timestamp", states(listener)[-1]["timestamp"], born["timestamp"])
    later = now_ms() + 60_000
    pub(stack.broker, *server, STATE, json.dumps({"online": False, "timestamp": later}), retain=True)
    checks.that("one that claims a later time, by a later one", stack.wait(lambda: states(listener)[-1]["online"] and states(listener)[-1]["timestamp"] > later))

    asked, said = len(rebirths(commands)), len(states(listener))
    stack.kill("iocd")
    checks.that("killed with -9, the broker says offline", stack.wait(lambda: len(states(listener)) > said and not states(listener)[-1]["online"]))
    checks.equal("with the timestamp of the birth before", states(listener)[-1]["timestamp"], born["timestamp"])
    node.data(2.5)  # nobody hears it
    stack.start("iocd")
    checks.that("back again it is online", stack.wait(lambda: states(listener)[-1]["online"]))
    checks.that("with a later timestamp", states(listener)[-1]["timestamp"] > born["timestamp"])
    checks.that("and asks the nodes it knows for their births", stack.wait(lambda: len(rebirths(commands)) > asked, EVERY_S * 2 + 5))
    node.born()
    node.data(2.75)
    checks.that("then it hears them as before", stack.wait(lambda: power(stack, token) == 2750))
    with Listener(stack.broker, node.user, node.password, [STATE], options=["-F", "MSG %x %t"]) as late:
        checks.that("who comes later finds STATE retained", stack.wait(lambda: states(late) and states(late)[0]["online"]))
    checks.that("iocd stops in order", stack.stop("iocd"))
    checks.that("and has said offline before", stack.wait(lambda: not states(listener)[-1]["online"]))
    stack.start("iocd")
    checks.that("a last start", stack.wait(lambda: states(listener)[-1]["online"]))


def rights(stack, node, listener, checks):
    pub(stack.broker, node.user, node.password, f"spBv1.0/{GROUP}/NDATA/N2", b"\x18\x00")
    pub(stack.broker, node.user, node.password, f"spBv1.0/{GROUP}/NCMD/{NODE}", b"\x18\x00")
    before = len(states(listener))
    pub(stack.broker, node.user, node.password, STATE, json.dumps({"online": False, "timestamp": now_ms()}), retain=True)
    with Listener(stack.broker, node.user, node.password, ["#", f"spBv1.0/{GROUP}/NCMD/N2"]) as greedy:
        node.data(2.9)
        time.sleep(0.5)
        checks.equal("an edge node hears nothing of others", greedy.messages(), [])
    checks.equal("nor may it speak for the host", len(states(listener)), before)


def main():
    checks = Checks()
    stack = Stack(iocd=False)
    password = "node-" + stack.server_account[1][:12]
    stack.broker.accounts.add_sparkplug_node(GROUP, NODE, password)
    with stack:
        stack.inst.make_config()
        with open(stack.iocd_yaml, "a", encoding="utf-8") as f:
            f.write(f'sparkplug: {{host_id: {HOST}, groups: {{{GROUP}: "{UNIT}"}}, reorder_s: {REORDER_S}, rebirth_every_s: {EVERY_S}}}\n')
        stack.inst.start_iocd()
        people = demo_people()
        stack.inst.add_users({"admin": people["admin"], "officer": people["officer"]})
        token = stack.login("officer")
        node = Node(stack, password)
        hexed = ["-F", "MSG %x %t"]
        with Listener(stack.broker, node.user, password, [STATE], options=hexed) as listener, \
                Listener(stack.broker, node.user, password, [f"spBv1.0/{GROUP}/NCMD/{NODE}"], options=hexed) as commands:
            stack.wait(lambda: states(listener))
            node.data(1.0)
            checks.that("data before a birth asks for one", stack.wait(lambda: len(rebirths(commands)) == 1))
            births_and_data(stack, node, token, checks)
            gap(stack, node, token, commands, checks)
            unknown_alias(stack, node, commands, checks)
            deaths(stack, node, token, checks)
            host_states(stack, node, token, listener, commands, checks)
            rights(stack, node, listener, checks)
        admin = stack.login("admin")
        status, ledger = stack.api("GET", "/api/v1/ledger", token=admin)
        total = ledger["total"]
        checks.that("the ledger balances", status == 200 and total["received"] == sum(total[k] for k in ("stored", "duplicate", "ignored", "rejected", "in_flight")))
        checks.that("by the group's source", any(s["source"] == f"sparkplug-b-{UNIT}" and s["stored"] > 0 for s in ledger["sources"]))
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
