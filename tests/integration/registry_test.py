#!/usr/bin/env python3
"""Devices come and go while the server runs: added, imported, claimed and withdrawn, with accounts in the live broker; kept over kill -9.

Real Mosquitto with the dynamic-security plugin, real PostgreSQL, real iocd and iocctl."""
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from mqtt_tools import Listener, pub  # noqa: E402
from stack import OPENER, Stack, binary  # noqa: E402

UNIT, OTHER = "03478", "20551"
checks = Checks()


def table(s, token, text, more="", content="text/csv; charset=utf-8"):
    request = urllib.request.Request(f"{s.http}/api/v1/devices/import?{more}", data=text.encode(), method="POST",
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": content})
    try:
        with OPENER.open(request, timeout=60) as r:
            return r.status, json.loads(r.read())
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


def ctl(s, *words, code=0):
    done = subprocess.run([str(binary("iocctl")), *words, "--config", str(s.iocd_yaml), "--json"], capture_output=True, text=True, timeout=120)
    checks.equal(f"iocctl {' '.join(words[:2])} exits with {code}", done.returncode, code) or print(done.stdout, done.stderr)
    return json.loads(done.stdout)


def telemetry(value, seq):
    return json.dumps({"ts": int(time.time() * 1000), "seq": seq, "values": {"level": value}})


def added_claimed_withdrawn(s, admin):
    status, d = s.api("POST", "/api/v1/devices", {"unit": UNIT, "device": "WL-NEW", "name": "Trạm mới", "type": "water_level_gauge", "zone": "Z1", "reason": "lắp mới"}, admin)
    checks.equal("a device is added while the server runs", (status, d.get("outcome")), (201, "created"))
    checks.equal("a second time is 409", s.api("POST", "/api/v1/devices", {"unit": UNIT, "device": "WL-NEW", "name": "x", "type": "y"}, admin)[0], 409)
    checks.equal("an unknown zone is refused with the reason", s.api("PATCH", f"/api/v1/devices/{UNIT}/WL-NEW", {"zone": "Z77"}, admin)[1].get("detail"),
                 f'{UNIT}/WL-NEW: the unit has no zone "Z77"')
    checks.equal("an officer may not", s.api("PATCH", f"/api/v1/devices/{UNIT}/WL-NEW", {"zone": "Z2"}, s.login("officer"))[0], 403)
    checks.equal("it is changed", s.api("PATCH", f"/api/v1/devices/{UNIT}/WL-NEW", {"zone": "Z2", "tags": ["thử"]}, admin)[1].get("zone"), "Z2")
    shown = s.wait(lambda: (lambda a: a[1] if a[0] == 200 else None)(s.api("GET", f"/api/v1/devices/{UNIT}/WL-NEW", token=admin)))
    checks.equal("it is listed with who made it", (shown["claimed"], shown["registry"]["origin"], shown["registry"]["created_by"]), (True, "database", "admin"))

    user, password = s.gateway
    pub(s.broker, user, password, f"ioc/v1/{UNIT}/LA-01/telemetry", telemetry(1.25, 1))
    pub(s.broker, user, password, f"ioc/raw/v1/{UNIT}/tram-bom/zigbee2mqtt/cua-kho", json.dumps({"temperature": 21.5}))
    def unclaimed():
        items = s.api("GET", f"/api/v1/devices?unit={UNIT}&claimed=false", token=admin)[1]["items"]
        return {d["device"]: d for d in items if d["device"] in ("LA-01", "cua-kho")}
    found = s.wait(lambda: (lambda f: f if len(f) == 2 else None)(unclaimed()))
    checks.that("who is not registered is shown with what it sends", found and found["LA-01"]["latest"]["water_level"]["value"] == 1.25, found)
    status, d = s.api("POST", f"/api/v1/devices/{UNIT}/LA-01/claim", {"name": "Đã nhận", "type": "water_level_gauge", "device": "KHAC"}, admin)
    checks.equal("a device that names itself in its topic keeps its name", status, 422)
    status, d = s.api("POST", f"/api/v1/devices/{UNIT}/LA-01/claim", {"name": "Đã nhận", "type": "water_level_gauge"}, admin)
    checks.equal("one call claims it", (status, d.get("device")), (201, "LA-01"))
    status, d = s.api("POST", f"/api/v1/devices/{UNIT}/cua-kho/claim", {"device": "CUA-01", "name": "Cửa kho", "type": "door"}, admin)
    checks.equal("one behind a gateway gets a name of ours", (status, d.get("device"), d.get("natives")), (201, "CUA-01", ["tram-bom/cua-kho"]))
    is_now = s.wait(lambda: (lambda a: a[1] if a[0] == 200 and a[1]["latest"] else None)(s.api("GET", f"/api/v1/devices/{UNIT}/CUA-01", token=admin)))
    checks.that("and keeps what it had said", is_now and is_now["latest"]["temperature"]["value"] == 21.5, is_now)
    checks.that("the list told of each where it was heard, as the single answer does", all(f.get("unclaimed", {}).get("native") for f in (found or {}).values()), found)
    checks.equal("nothing is left unclaimed", s.wait(lambda: unclaimed() == {}), True)
    checks.equal("a second claim is 409", s.api("POST", f"/api/v1/devices/{UNIT}/LA-01/claim", {"name": "x", "type": "y"}, admin)[0], 409)

    checks.equal("a device of the configuration is withdrawn", s.api("DELETE", f"/api/v1/devices/{UNIT}/WL-02?reason=m%E1%BA%A5t", token=admin)[0], 200)
    checks.equal("it is gone", s.wait(lambda: s.api("GET", f"/api/v1/devices/{UNIT}/WL-02", token=admin)[0] == 404), True)
    checks.equal("and comes back as it was", s.api("DELETE", f"/api/v1/devices/{UNIT}/WL-02?revert=1", token=admin)[1].get("zone"), "Z1")
    checks.equal("another commune's admin would see 404: a unit that is nobody's", s.api("DELETE", "/api/v1/devices/99999/X", token=admin)[0], 404)


def imported(s, admin):
    rows = ["\ufeffMã đơn vị;Mã thiết bị;Tên;Loại;Khu vực;Vĩ độ;Kinh độ;Nhãn"]
    rows += [f"{UNIT};CSV-{i};\"Cảm biến số {i}; nhà văn hóa\";temperature_sensor;Z1;22,{300 + i % 90};103,2;nhập|thử" for i in range(5000)]
    rows[10] = f"{UNIT};CSV-9;thiếu khu;temperature_sensor;Z99;;;"
    rows[20] = f"{UNIT};CSV-18;trùng;temperature_sensor;;;;"
    text = "\r\n".join(rows) + "\r\n"
    status, r = table(s, admin, text, "dry_run=1")
    checks.equal("a dry run reports and changes nothing", (status, r["applied"], r["created"], r["refused"]), (200, False, 4998, 2))
    status, r = table(s, admin, text, "all_or_nothing=1")
    checks.equal("all or nothing: nothing", (status, r["applied"], s.postgres.sql("select count(*) from registry_device where device like 'CSV%'").strip()), (200, False, "0"))
    began = time.monotonic()
    status, r = table(s, admin, text, "reason=th%C3%AD%20%C4%91i%E1%BB%83m")
    took = time.monotonic() - began
    checks.that("5,000 rows within seconds", status == 200 and took < 10, f"{took:.1f} s")
    print(f"      5,000 rows imported in {took:.2f} s", flush=True)
    checks.equal("the report counts", (r["created"], r["refused"], r["rows"]), (4998, 2, 5000))
    bad = {i["line"]: i["reason"] for i in r["items"] if i["outcome"] == "refused"}
    checks.equal("and names line and reason", bad, {11: 'the unit has no zone "Z99"', 21: "the device stands in line 20 already"})
    status, r = table(s, admin, text)
    checks.equal("the same again changes nothing", (r["created"], r["unchanged"], r["refused"]), (0, 4998, 2))
    checks.equal("PostgreSQL holds them", s.wait(lambda: s.postgres.sql("select count(*) from registry_device where device like 'CSV%'").strip() == "4998"), True)
    checks.equal("a wrong column is named", table(s, admin, "unit,device,colour\n")[1].get("detail"), 'line 1: there is no column "colour"')
    checks.equal("what is no UTF-8 is said", "UTF-8" in subprocess.run(
        ["curl", "-s", "-X", "POST", "-H", f"Authorization: Bearer {admin}", "-H", "Content-Type: text/csv", "--data-binary", "@-", f"{s.http}/api/v1/devices/import"],
        input=b"unit,device,name\n03478,A,Tr\xe1m\n", capture_output=True).stdout.decode(), True)


def accounts(s, admin):
    place = f"/api/v1/devices/{UNIT}/WL-NEW/account"
    status, a = s.api("POST", place, {"reason": "lắp mới"}, admin, headers={"Idempotency-Key": "tk-1"})
    checks.that("an account is made in the running broker", status == 201 and a["user"] == f"{UNIT}/WL-NEW" and len(a["password"]) == 32, a)
    again = s.api("POST", place, {"reason": "lắp mới"}, admin, headers={"Idempotency-Key": "tk-1"})
    checks.equal("the password is told once", (again[0], again[1].get("password"), again[1].get("user")), (201, None, a["user"]))
    topic = f"ioc/v1/{UNIT}/WL-NEW/telemetry"
    code, why = pub(s.broker, a["user"], a["password"], topic, telemetry(2.5, 1))
    checks.equal("the new device speaks at once", (code, why), (0, ""))
    heard = s.wait(lambda: (lambda d: d.get("latest", {}).get("water_level", {}).get("value") == 2.5)(s.api("GET", f"/api/v1/devices/{UNIT}/WL-NEW", token=admin)[1]))
    checks.that("and is heard", heard)
    renewed = s.api("POST", place, {}, admin)[1]
    checks.that("a renewed account has another password", renewed["password"] not in (None, a["password"]))
    checks.that("the old one opens nothing", pub(s.broker, a["user"], a["password"], topic, "{}")[0] != 0)
    # Who tries what only the server may say is counted, and stands in the audit log.
    pub(s.broker, a["user"], renewed["password"], f"ioc/v1/{UNIT}/SIREN-01/command", "{}", version="mqttv311")
    pub(s.broker, a["user"], renewed["password"], f"ioc/v1/{UNIT}/WL-01/telemetry", "{}", version="mqttv311")
    denied = s.wait(lambda: (lambda n: n == 2)(s.api("GET", f"/api/v1/devices/{UNIT}/WL-NEW", token=admin)[1]["account"].get("denied")))
    checks.that("publishes that the broker refused are counted by account", denied, s.api("GET", f"/api/v1/devices/{UNIT}/WL-NEW", token=admin)[1]["account"])
    checks.that("and in /metrics", f'ioc_broker_denied_total{{account="{UNIT}/WL-NEW"}} 2' in s.api("GET", "/metrics")[1])
    event = s.wait(lambda: s.postgres.sql("select by || ' ' || (detail ->> 'topic') from change_log where kind = 'security'").strip())
    checks.equal("a forged command is a security event in the audit log", event, f"{UNIT}/WL-NEW ioc/v1/{UNIT}/SIREN-01/command")

    with Listener(s.broker, a["user"], renewed["password"], [f"ioc/v1/{UNIT}/WL-NEW/command"], client_id="stolen") as stolen:
        began = time.monotonic()
        status, r = s.api("DELETE", place + "?reason=m%E1%BA%A5t%20c%E1%BA%AFp", token=admin)
        checks.equal("a stolen one is disabled", (status, r["account"], r["pending"]), (200, "disabled", False))
        out = s.wait(lambda: "disconnect" in stolen.errors().lower() or "not authori" in (stolen.errors() + stolen.out.read_text()).lower() or stolen.process.poll() is not None, 3)
        print(f"      thrown out within {time.monotonic() - began:.2f} s", flush=True)
        checks.that("and is out within a second", out and time.monotonic() - began < 1.5, stolen.errors())
    checks.that("and stays out", pub(s.broker, a["user"], renewed["password"], topic, "{}")[0] != 0)
    checks.that("the audit log says who, when, why", "mất cắp" in s.wait(lambda: s.postgres.sql(
        "select string_agg(detail ->> 'text', ',') from change_log where what = 'operation' or kind = 'operation'")), "")


def broker_away(s, admin):
    """Decided while the broker is away, done when it is back."""
    s.api("POST", "/api/v1/devices", {"unit": UNIT, "device": "WL-AWAY", "name": "Trạm vắng", "type": "water_level_gauge"}, admin)
    a = s.api("POST", f"/api/v1/devices/{UNIT}/WL-AWAY/account", {}, admin)[1]
    s.stop("mosquitto")
    status, r = s.api("POST", f"/api/v1/devices/{UNIT}/WL-AWAY/account", {}, admin)
    checks.that("without the broker a new account is 503 with the reason", status == 503 and "broker" in r["detail"], r)
    status, r = s.api("DELETE", f"/api/v1/devices/{UNIT}/WL-AWAY/account", token=admin)
    checks.equal("a disable is remembered", (status, r["pending"]), (202, True))
    s.start("mosquitto")
    out = s.wait(lambda: pub(s.broker, a["user"], a["password"], f"ioc/v1/{UNIT}/WL-AWAY/telemetry", "{}")[0] != 0, 15, 0.3)
    checks.that("and told to the broker when it is back", out)


def restarts(s, admin):
    before = s.postgres.sql("select unit, device, definition, withdrawn, account from registry_device order by 1, 2")
    body = {"unit": UNIT, "device": "KEY-1", "name": "Khóa", "type": "door"}
    first = s.api("POST", "/api/v1/devices", body, admin, headers={"Idempotency-Key": "k-9"})
    checks.equal("a keyed write", first[0], 201)
    s.wait(lambda: s.postgres.sql("select count(*) from idempotency where key = 'k-9' and status is not null").strip() == "1")
    s.kill("iocd")
    s.start("iocd")
    token = s.login("admin")
    again = s.api("POST", "/api/v1/devices", body, token, headers={"Idempotency-Key": "k-9"})
    checks.equal("a key outlives kill -9", (again[0], again[1].get("device")), (201, "KEY-1"))
    checks.equal("another request under it is 422", s.api("POST", "/api/v1/devices", {**body, "device": "KEY-2"}, token, headers={"Idempotency-Key": "k-9"})[0], 422)
    checks.equal("all that was registered is there", s.api("GET", f"/api/v1/devices/{UNIT}/CUA-01", token=token)[1].get("claimed"), True)
    checks.equal("rows are as before", s.postgres.sql("select unit, device, definition, withdrawn, account from registry_device where device <> 'KEY-1' order by 1, 2"), before)
    many = 0
    cursor = ""
    while True:
        page = s.api("GET", f"/api/v1/devices?unit={UNIT}&q=CSV-&limit=1000{cursor}", token=token)[1]
        many += len(page["items"])
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
    checks.equal("the imported ones, too", many, 4998)
    s.stop("iocd")
    s.start("iocd")
    checks.equal("and after an orderly stop", s.api("GET", f"/api/v1/devices/{UNIT}/CSV-7", token=s.login("admin"))[1].get("claimed"), True)


def command_line(s):
    r = ctl(s, "device", "add", UNIT, "CTL-1", "--name", "Từ dòng lệnh", "--type", "door", "--account")
    checks.that("with its account", r["account"]["user"] == f"{UNIT}/CTL-1" and r["account"]["password"], r)
    ctl(s, "device", "disable", UNIT, "CTL-1", "--reason", "thử")
    ctl(s, "device", "withdraw", UNIT, "CTL-1")
    file = s.folder / "many.csv"
    file.write_text("unit,device,name,type\n" + "".join(f"{OTHER},M-{i},Máy {i},door\n" for i in range(3000)))
    user, password = s.server_account
    passwords = s.folder / "passwords.csv"
    # Nobody starts a broker that ended in this test but the test itself.
    ended = s.broker.child.pid
    def supervisor():
        while s.broker.child.alive():
            time.sleep(0.02)
        s.start("mosquitto")
    thread = threading.Thread(target=supervisor)
    thread.start()
    began = time.monotonic()
    r = ctl(s, "device", "import", str(file), "--accounts", "--passwords-out", str(passwords))
    took = time.monotonic() - began
    thread.join(30)
    checks.that("the broker was restarted once", s.broker.child.pid != ended)
    print(f"      3,000 devices with accounts in {took:.1f} s", flush=True)
    checks.equal("3,000 devices and accounts at once", (r["created"], r["accounts_made"]), (3000, 3000))
    line = passwords.read_text().splitlines()[1234].split(",")
    s.wait(lambda: s.broker.ready(), 10)
    checks.equal("one of them speaks", pub(s.broker, line[2], line[3], f"ioc/v1/{line[0]}/{line[1]}/telemetry", telemetry(1, 1))[0], 0)
    checks.that("the passwords' file is for its owner alone", passwords.stat().st_mode & 0o077 == 0)
    listed = ctl(s, "device", "list", "--unit", OTHER)
    checks.equal("iocctl lists them with their accounts", sum(1 for d in listed["items"] if d["device"].startswith("M-") and d["account"] == "active"), 3000)
    checks.that("the sessions were kept: iocd is not told of a new one", s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 20))


with Stack(users=("admin", "officer"), broker_debug_log=True) as s:
    admin = s.login("admin")
    added_claimed_withdrawn(s, admin)
    imported(s, admin)
    accounts(s, admin)
    broker_away(s, admin)
    restarts(s, admin)
    command_line(s)
    log = s.iocd.log.read_text(errors="replace")
    checks.that("no password stands in the log", not re.search(r"password[\"=: ]+[0-9a-f]{32}", log))
sys.exit(checks.end())
