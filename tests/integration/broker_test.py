#!/usr/bin/env python3
"""The broker's rights, on a real Mosquitto with the project's own configuration and real clients.

The broker's ACL is the only proof of a message's origin: a device must not hear or write anything of another device, its last will
and retained messages included, and a gateway's `command` must be heard by nobody. Silence is shown by a witness: after each forbidden
message an allowed one is sent, and once that one is heard, what was forbidden and is not there has been refused.
"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).resolve().parents[2] / "deploy" / "lib")]
from broker import ADMIN, SERVER, Accounts, Broker  # noqa: E402
from checks import Checks  # noqa: E402
from common import Failure, free_port, new_secret  # noqa: E402
from mqtt_tools import Listener, pub  # noqa: E402
from waiting import until  # noqa: E402

UNIT, OTHER_UNIT = "03478", "09367"
A, B = f"{UNIT}/WL-01", f"{UNIT}/SR-01"


def topic(user, kind):
    return f"ioc/v1/{user}/{kind}"


class Bench:
    """One broker, its accounts, and a witness that hears everything: the server's own account."""

    def __init__(self, folder):
        self.word = {name: new_secret() for name in (A, B, "gw", "narrow", "demo", "server", "admin")}
        self.broker = Broker(folder / "broker", free_port(), folder / "mosquitto.log", self.word["server"], self.word["admin"], debug_log=True)
        accounts = self.broker.accounts
        accounts.add_device(UNIT, "WL-01", self.word[A])
        accounts.add_device(UNIT, "SR-01", self.word[B])
        accounts.add_gateway("gw", [UNIT], self.word["gw"])
        accounts.add_gateway("narrow", [UNIT], self.word["narrow"], devices=["WL-01"])
        accounts.add_gateway("demo", [UNIT, OTHER_UNIT], self.word["demo"], raw="+")
        self.broker.start()

    def publish(self, user, where, payload, **more):
        return pub(self.broker, user, self.word["server" if user == SERVER else "admin" if user == ADMIN else user], where, payload, **more)

    def listen(self, user, topics, **more):
        return Listener(self.broker, user, self.word["server" if user == SERVER else "admin" if user == ADMIN else user], topics, **more)


def entry(bench, checks):
    for version in ("mqttv311", "mqttv5"):
        checks.that(f"anonymous is refused ({version})", pub(bench.broker, None, None, topic(A, "telemetry"), "x", version=version)[0] != 0)
        checks.that(f"a wrong password is refused ({version})", pub(bench.broker, A, new_secret(), topic(A, "telemetry"), "x", version=version)[0] != 0)
        checks.that(f"an unknown user is refused ({version})", pub(bench.broker, f"{UNIT}/XX", new_secret(), topic(A, "telemetry"), "x", version=version)[0] != 0)
    checks.that("another device's password is refused", pub(bench.broker, A, bench.word[B], topic(A, "telemetry"), "x")[0] != 0)
    checks.that("an empty password is refused", pub(bench.broker, A, "", topic(A, "telemetry"), "x")[0] != 0)


def own_topics(bench, checks):
    with bench.listen(SERVER, ["ioc/v1/#"]) as server:
        for kind in ("telemetry", "event", "status", "ack"):
            bench.publish(A, topic(A, kind), f"own-{kind}")
            checks.that(f"a device writes its own {kind}", server.wait_for(f"own-{kind}"))
    with bench.listen(A, [topic(A, kind) for kind in ("command", "drill", "receipt")]) as device:
        for kind in ("command", "drill", "receipt"):
            bench.publish(SERVER, topic(A, kind), f"to-A-{kind}")
            checks.that(f"a device hears its own {kind}", device.wait_for(f"to-A-{kind}"))


def writes_nothing_else(bench, checks):
    forbidden = [topic(B, k) for k in ("telemetry", "event", "status", "ack", "command", "drill", "receipt")]
    forbidden += [topic(A, k) for k in ("command", "drill", "receipt", "other", "telemetry/more")]
    forbidden += ["ioc/v1/03478/WL-01", "ioc/v1/03478", "ioc/raw/v1/03478/gw/x", "ioc/v1/09367/WL-01/telemetry", "else"]
    with bench.listen(SERVER, ["ioc/v1/#", "ioc/raw/v1/#"]) as server, bench.listen(B, [topic(B, "command"), topic(B, "drill")]) as other:
        told = 0
        for version in ("mqttv311", "mqttv5"):
            for n, where in enumerate(forbidden):
                told += "Not authorized" in bench.publish(A, where, f"bad-{version}-{n}", version=version)[1]
                bench.publish(A, where, f"bad-retained-{version}-{n}", version=version, retain=True)
            bench.publish(A, topic(A, "telemetry"), f"witness-{version}")
            bench.publish(SERVER, topic(B, "command"), f"witness-B-{version}")
            checks.that(f"the witnesses arrive ({version})", server.wait_for(f"witness-{version}") and other.wait_for(f"witness-B-{version}"))
        checks.equal("on MQTT 5 each refused publish is told so", told, len(forbidden))
        bad = [m for m in server.messages() + other.messages() if m[-1].startswith("bad-")]
        checks.equal(f"of {4 * len(forbidden)} forbidden publishes of a device none is heard", bad, [])
    # What the broker kept: a new subscriber is sent every retained message it may read.
    with bench.listen(SERVER, ["ioc/v1/#", "ioc/raw/v1/#"]) as server:
        bench.publish(A, topic(A, "telemetry"), "witness-late")
        server.wait_for("witness-late")
        checks.equal("none of them was retained", [m for m in server.messages() if m[-1].startswith("bad-")], [])


def hears_nothing_else(bench, checks):
    bench.publish(B, topic(B, "status"), "retained-of-B", retain=True)
    bench.publish(SERVER, topic(B, "receipt"), "retained-for-B", retain=True)
    wide = ["#", "ioc/#", "ioc/v1/#", "+/+/+/+/+", f"ioc/v1/{UNIT}/+/command", topic(B, "command"), topic(B, "status"), "$SYS/#", "$CONTROL/#",
            "ioc/raw/v1/#", topic(A, "command")]
    for version in ("mqttv311", "mqttv5"):
        with bench.listen(A, wide, version=version) as device, bench.listen(SERVER, ["ioc/v1/#"]) as server:
            for kind in ("telemetry", "event", "status", "ack"):
                bench.publish(B, topic(B, kind), f"of-B-{kind}")
            for kind in ("command", "drill", "receipt"):
                bench.publish(SERVER, topic(B, kind), f"for-B-{kind}")
            bench.publish("demo", f"ioc/raw/v1/{UNIT}/any/up", "raw-of-gateway")
            bench.publish(SERVER, topic(A, "command"), f"for-A-{version}")
            checks.that(f"the device hears its own command ({version})", device.wait_for(f"for-A-{version}"))
            checks.that(f"the server hears what the device must not ({version})", server.wait_for("of-B-ack"))
            checks.equal(f"a device subscribed to everything hears only its own ({version})",
                         sorted({m[0] for m in device.messages()}), [topic(A, "command")])


def last_will(bench, checks):
    with bench.listen(SERVER, ["ioc/v1/#"]) as server:
        for n, (where, heard) in enumerate([(topic(A, "status"), True), (topic(B, "status"), False), (topic(B, "command"), False),
                                            (topic(A, "command"), False)]):
            for version in ("mqttv311", "mqttv5"):
                word = f"will-{n}-{version}"
                with bench.listen(A, [topic(A, "command")], will=(where, word, True), client_id=f"A-{n}-{version}", version=version) as dying:
                    dying.kill()
                bench.publish(A, topic(A, "telemetry"), f"witness-{word}")
                server.wait_for(f"witness-{word}")
                arrived = server.wait_for(word, 3.0 if heard else 0.3)
                checks.that(f"a will on {where} is {'heard' if heard else 'heard by nobody'} ({version})", arrived == heard)
    with bench.listen(SERVER, ["ioc/v1/#"]) as server:
        bench.publish(A, topic(A, "telemetry"), "witness-wills")
        server.wait_for("witness-wills")
        kept = {m for m in server.messages() if m[-1].startswith("will-")}
        checks.equal("only the will on its own status was retained", {m[0] for m in kept}, {topic(A, "status")})


def gateways(bench, checks):
    with bench.listen(SERVER, ["ioc/v1/#", "ioc/raw/v1/#"]) as server, bench.listen(B, [topic(B, "command")]) as siren, \
            bench.listen("demo", [f"ioc/v1/{UNIT}/+/command", f"ioc/v1/{UNIT}/+/drill", f"ioc/v1/{UNIT}/+/receipt"]) as demo:
        for user in ("gw", "demo"):
            for kind in ("telemetry", "event", "status", "ack"):
                bench.publish(user, topic(B, kind), f"{user}-{kind}")
                checks.that(f"gateway {user} writes {kind} of a device of its unit", server.wait_for(f"{user}-{kind}"))
        bench.publish("gw", f"ioc/raw/v1/{UNIT}/gw/application/1/up", "raw-own")
        checks.that("a gateway writes its own raw topics", server.wait_for("raw-own"))
        bench.publish("demo", f"ioc/raw/v1/{OTHER_UNIT}/anything/up", "raw-any")
        checks.that("the demo's gateway writes raw topics of any gateway", server.wait_for("raw-any"))
        bench.publish("narrow", topic(A, "telemetry"), "narrow-own")
        checks.that("a gateway for one device writes that device", server.wait_for("narrow-own"))

        forbidden = [("gw", topic(B, k)) for k in ("command", "drill", "receipt")] + [("demo", topic(B, k)) for k in ("command", "drill", "receipt")]
        forbidden += [("gw", f"ioc/v1/{OTHER_UNIT}/WL-01/telemetry"), ("gw", f"ioc/raw/v1/{UNIT}/other/up"), ("gw", f"ioc/raw/v1/{OTHER_UNIT}/gw/up"),
                      ("narrow", topic(B, "telemetry")), ("narrow", topic(A, "command")), ("gw", "ioc/v1/gw/telemetry/x"), ("gw", "else"),
                      (SERVER, topic(A, "telemetry")), (SERVER, f"ioc/raw/v1/{UNIT}/gw/up"), (SERVER, "$CONTROL/dynamic-security/v1"), (ADMIN, topic(B, "command"))]
        for n, (user, where) in enumerate(forbidden):
            code, _ = bench.publish(user, where, f"bad-{n}")
            bench.publish(user, where, f"bad-retained-{n}", retain=True)
        bench.publish("gw", topic(A, "telemetry"), "witness-gw")
        bench.publish(SERVER, topic(B, "command"), "witness-command")
        checks.that("the witnesses of the gateways arrive", server.wait_for("witness-gw") and siren.wait_for("witness-command") and demo.wait_for("witness-command"))
        bad = [m for m in server.messages() + siren.messages() + demo.messages() if m[-1].startswith("bad-")]
        checks.equal("a gateway's command, and what is not its own, is heard by nobody", bad, [])
        denied = bench.broker.child.log.read_text("utf-8", "replace").count("Denied PUBLISH from")
        checks.that("the broker's log names refused publishes", denied >= len(forbidden), f"{denied} lines")
    with bench.listen("gw", [f"ioc/v1/{OTHER_UNIT}/+/command"]) as far:
        checks.equal("a gateway may not subscribe to another unit's commands", far.granted, "135")
    for user in (A, "gw", SERVER, ADMIN):
        with bench.listen(user, ["#", "$SYS/#" if user != SERVER else "else/#"]) as wide:
            checks.equal(f"{user} may not subscribe to everything", wide.granted, "135, 135")
    with bench.listen("gw", [f"ioc/v1/{UNIT}/SR-01/command"]) as one:
        bench.publish(SERVER, topic(B, "command"), "one-device")
        checks.that("a gateway hears the command of one device it asks for", one.wait_for("one-device"))


def server_hears_sys(bench, checks):
    with bench.listen(SERVER, ["$SYS/broker/version", "$SYS/broker/publish/messages/dropped"]) as server:
        checks.that("the server reads the broker's own figures", until(lambda: any(m[0] == "$SYS/broker/version" for m in server.messages()), 15))


def saved_session(bench, checks):
    """What iocd relies on: one SIGUSR1 through the pid file saves its session, so that a killed broker still queues for it."""
    stays = {"client_id": "lasting", "options": ["-c", "-x", "3600"]}
    with bench.listen(SERVER, ["ioc/v1/#"], **stays) as server:
        checks.that("a lasting session is made", server.granted == "1", server.granted)
        saved = bench.broker.folder / "data" / "mosquitto.db"
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        os.kill(int(bench.broker.pid_file.read_text()), signal.SIGUSR1)
        checks.that("SIGUSR1 makes the broker save", until(lambda: saved.exists() and saved.stat().st_mtime_ns != before, 5))
    bench.broker.child.kill()
    bench.broker.start()
    bench.publish(A, topic(A, "telemetry"), "while-away")
    with bench.listen(SERVER, ["ioc/v1/#"], **stays) as server:
        checks.that("the killed broker queued for the session that was away", server.wait_for("while-away"))


def at_run_time(bench, checks):
    """mosquitto_ctrl with the admin's account changes the running broker, and the file it writes is one we can read again."""
    def control(*words):
        return subprocess.run(["mosquitto_ctrl", "-h", "127.0.0.1", "-p", str(bench.broker.port), "-u", ADMIN, "-P", bench.word["admin"], "dynsec", *words],
                              text=True, capture_output=True, check=False, timeout=10)
    user, word = f"{UNIT}/NEW-1", new_secret()
    checks.that("an account is made while the broker runs", control("createClient", user, "-p", word).returncode == 0)
    checks.that("and given the role device", control("addClientRole", user, "device").returncode == 0)
    with bench.listen(SERVER, ["ioc/v1/#"]) as server:
        pub(bench.broker, user, word, topic(user, "telemetry"), "of-new")
        pub(bench.broker, user, word, topic(A, "telemetry"), "bad-of-new")
        pub(bench.broker, user, word, topic(user, "telemetry"), "of-new-2")
        server.wait_for("of-new-2")
        checks.equal("it writes its own topics and no others", [m[1] for m in server.messages() if "of-new" in m[1]], ["of-new", "of-new-2"])
    with Listener(bench.broker, user, word, [topic(user, "command")]) as live:
        control("disableClient", user)
        checks.that("a disabled account is cut off", until(lambda: live.process.poll() is not None or "Not authorized" in live.errors(), 5))
    control("enableClient", user)
    bench.broker.child.kill()
    bench.broker.start()
    checks.that("it is still there after kill -9 of the broker", pub(bench.broker, user, word, topic(user, "telemetry"), "x")[0] == 0)
    again = Accounts(bench.broker.accounts.path)
    checks.that("the file the broker wrote still holds everybody", {user, A, B, "gw", SERVER, ADMIN} <= {c["username"] for c in again.doc["clients"]})
    checks.equal("and lies in a folder of the broker alone", oct(stat.S_IMODE(os.stat(bench.broker.folder).st_mode)), "0o700")


def files_and_kill(bench, checks):
    mode = stat.S_IMODE(os.stat(bench.broker.accounts.path).st_mode)
    checks.equal("the accounts file is 0600", oct(mode), "0o600")
    text = bench.broker.accounts.path.read_text("utf-8")
    checks.that("the accounts file holds no password in clear", not any(word in text for word in bench.word.values()))
    bench.broker.child.kill()
    bench.broker.start()
    checks.that("after kill -9 the accounts are as before", bench.publish(A, topic(A, "telemetry"), "again")[0] == 0
                and pub(bench.broker, A, new_secret(), topic(A, "telemetry"), "x")[0] != 0)
    try:
        Broker(bench.broker.folder / "open", free_port(), bench.broker.child.log, "a", "b", address="0.0.0.0")
        checks.that("outside 127.0.0.1 it does not listen without TLS", False)
    except Failure:
        checks.that("outside 127.0.0.1 it does not listen without TLS", True)


def with_certificate(folder, checks):
    """The listener's TLS lines, on a certificate of our own for 127.0.0.1."""
    pem, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=broker",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", pem], check=True, capture_output=True)
    word = new_secret()
    broker = Broker(folder / "tls", free_port(), folder / "tls.log", new_secret(), new_secret(), certificate=pem, key=key)
    if broker.user is not None:
        os.chown(key, broker.user.pw_uid, broker.user.pw_gid)
    broker.accounts.add_device(UNIT, "WL-01", word)
    broker.start()
    try:
        code, text = pub(broker, A, word, topic(A, "telemetry"), "x", extra=[f"--cafile {pem}"])
        checks.that("with certificate and key it speaks TLS", code == 0, text)
        checks.that("and then nothing else", pub(broker, A, word, topic(A, "telemetry"), "x", timeout_s=3)[0] != 0)
    finally:
        broker.stop()


def main():
    checks = Checks()
    folder = Path(tempfile.mkdtemp(prefix="ioc-broker-test-"))
    folder.chmod(0o711)
    bench = Bench(folder)
    try:
        for part in (entry, own_topics, writes_nothing_else, hears_nothing_else, last_will, gateways, server_hears_sys, files_and_kill, saved_session, at_run_time):
            part(bench, checks)
        with_certificate(folder, checks)
    finally:
        bench.broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
