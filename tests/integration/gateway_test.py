#!/usr/bin/env python3
"""A commune's own broker, bridged by the file that `iocctl gateway add` writes: two communes with the same friendly names stay apart,
commands come back, what waited while the line was down arrives. Real brokers on both ends."""
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from mqtt_tools import Listener, pub  # noqa: E402
from stack import Stack, binary  # noqa: E402
from common import choose_port  # noqa: E402

checks = Checks()


class Commune:
    """Its own Mosquitto as it may stand there for years: anonymous, no TLS, on this machine only. Owns its process."""

    def __init__(self, folder, name, bridge):
        self.port = choose_port(0, "--port", "a commune's broker")
        self.folder = folder / name
        (self.folder / "conf.d").mkdir(parents=True)
        (self.folder / "conf.d" / "bridge.conf").write_text(bridge)
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {self.folder}/\n"
            f"user root\ninclude_dir {self.folder}/conf.d\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(self.folder / "mosquitto.conf")],
                                        stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "ab"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def say(self, topic, payload):
        return pub(self, None, None, topic, payload)


def gateway(s, unit, name, *more):
    done = subprocess.run([str(binary("iocctl")), "gateway", "add", unit, name, "--config", str(s.iocd_yaml), "--json", *more],
                          capture_output=True, text=True, timeout=60)
    checks.equal(f"iocctl gateway add {unit} {name}", done.returncode, 0) or print(done.stdout, done.stderr)
    return json.loads(done.stdout)


def refused(s, unit, name, code, word, what, *more):
    done = subprocess.run([str(binary("iocctl")), "gateway", "add", unit, name, "--config", str(s.iocd_yaml), *more], capture_output=True, text=True, timeout=60)
    checks.that(what, done.returncode == code and word in done.stderr, (done.returncode, done.stdout, done.stderr))


def broker_takes(s, made):
    password = next(line.split(" ", 1)[1] for line in made["bridge"].splitlines() if line.startswith("remote_password "))
    return pub(s.broker, made["user"], password, "ioc/raw/v1/03478/nha-van-hoa/probe/x", "{}")[0] == 0


with Stack(users=("admin",)) as s:
    admin = s.login("admin")
    made = {unit: gateway(s, unit, "nha-van-hoa") for unit in ("03478", "20551")}
    checks.equal("two units may have a gateway of the same name", {u: m["user"] for u, m in made.items()},
                 {"03478": "03478.nha-van-hoa", "20551": "20551.nha-van-hoa"})
    file = s.folder / "bridge.conf"
    refused(s, "03478", "nha-van-hoa", 1, "--renew", "a second call without --renew is refused", "--out", str(file))
    with_old = broker_takes(s, made["03478"])
    checks.that("and the running bridge's password still counts, no file is left", with_old and not file.exists(), (with_old, file.exists()))
    again = gateway(s, "03478", "nha-van-hoa", "--renew", "--out", str(file))
    checks.that("a second call renews it into a file of its own", again["created"] is False and file.stat().st_mode & 0o077 == 0, again)
    checks.that("the old password is out", not broker_takes(s, made["03478"]))
    made["03478"]["bridge"] = file.read_text()
    refused(s, "03478", "nha-van-hoa", 2, "File exists", "--out that is there is seen before the password is renewed", "--renew", "--out", str(file))
    checks.that("the password in that file still counts", broker_takes(s, made["03478"]))
    for what, code, word, *more in (("an --out that cannot be made", 2, "cannot be made", "--out", str(s.folder / "none" / "b.conf")),
                                    ("a port above 65535", 2, "99999", "--address", "mqtts://h:99999"), ("port 0", 2, '"0"', "--address", "mqtts://h:0"),
                                    ("an address without a port", 2, "no broker's address", "--address", "mqtts://h"),
                                    ("--renew of none", 1, "no gateway", "--renew")):
        refused(s, "03478", "g2", code, word, what + " is refused", *more)
        checks.equal(what + ": no gateway is registered", s.api("GET", "/api/v1/devices/03478/g2", token=admin)[0], 404)
    refused(s, "03478", "..", 2, "no gateway's name", "a name that is a path is refused")
    refused(s, "99999", "g2", 2, "nothing is there", "an unknown unit leaves no file", "--out", str(s.folder / "left.conf"))
    checks.that("it does not", not (s.folder / "left.conf").exists())
    communes = {unit: Commune(s.folder, unit, m["bridge"]) for unit, m in made.items()}
    try:
        for c in communes.values():
            c.start()
        def latest(unit):
            for d in s.api("GET", f"/api/v1/devices?unit={unit}&claimed=false", token=admin)[1]["items"]:
                if d["device"].startswith("cua-chinh"):
                    return d["latest"].get("temperature", {}).get("value")
            return None
        for _ in range(20):  # until the bridges stand
            communes["03478"].say("zigbee2mqtt/cua-chinh", json.dumps({"temperature": 21.5}))
            communes["20551"].say("zigbee2mqtt/cua-chinh", json.dumps({"temperature": 30.25}))
            if s.wait(lambda: latest("03478") and latest("20551"), 2):
                break
        checks.equal("the same friendly name in two communes stays apart", (latest("03478"), latest("20551")), (21.5, 30.25))

        code, why = communes["03478"].say("ioc/v1/03478/WL-01/telemetry", json.dumps({"ts": int(time.time() * 1000), "seq": 1, "values": {"level": 1.75}}))
        native = s.wait(lambda: s.api("GET", "/api/v1/devices/03478/WL-01", token=admin)[1]["latest"].get("water_level", {}).get("value") == 1.75)
        checks.that("a native device behind it keeps its own topic", native, (code, why))
        twice = s.api("GET", "/api/v1/ledger", token=admin)[1]["total"]["duplicate"]
        checks.equal("and is sent once, although two lines of the bridge fit it", twice, 0)
        communes["03478"].say("ioc/v1/20551/WL-01/telemetry", json.dumps({"ts": int(time.time() * 1000), "seq": 1, "values": {"level": 9.5}}))
        time.sleep(1)
        other = s.api("GET", "/api/v1/devices/20551/WL-01", token=admin)
        checks.that("it cannot speak for another commune", other[0] == 404 or other[1]["latest"].get("water_level", {}).get("value") != 9.5, other)

        with Listener(communes["03478"], None, None, ["ioc/v1/03478/SIREN-01/command"]) as siren, \
             Listener(communes["20551"], None, None, ["#"]) as neighbour:
            user, password = s.server_account
            pub(s.broker, user, password, "ioc/v1/03478/SIREN-01/command", '{"id":"x"}')
            checks.that("a command comes back to the device behind the bridge", siren.wait_for('{"id":"x"}'))
            checks.that("and to no other commune", not neighbour.wait_for('{"id":"x"}', 0.5))

        before = s.api("GET", "/api/v1/ledger", token=admin)[1]["total"]
        s.stop("mosquitto")
        for i in range(50):
            communes["03478"].say("zigbee2mqtt/cua-chinh", json.dumps({"temperature": 40 + i / 100}))
        s.start("mosquitto")
        checks.that("what waited while the line was down arrives", s.wait(lambda: latest("03478") == 40.49, 90, 0.5), latest("03478"))
        total = s.api("GET", "/api/v1/ledger", token=admin)[1]["total"]
        checks.that("all of it", total["received"] - before["received"] >= 50, (before, total))
        log = (communes["03478"].folder / "log").read_text(errors="replace")
        checks.that("no loop: a command is not sent out again", total["rejected"] - before["rejected"] == 0, total)
    finally:
        for c in communes.values():
            c.stop()
sys.exit(checks.end())
