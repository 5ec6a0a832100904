#!/usr/bin/env python3
# limit_s: 200
"""PostgreSQL dies while alerts rise: they reach the API marked unsaved, an acknowledgement counts (202), and all of it is there afterwards, once."""
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from mqtt_tools import pub  # noqa: E402
from stack import Stack  # noqa: E402

checks = Checks()
RULE = "muc-nuoc-bd3"

with Stack(users=("officer",)) as s:
    token = s.login("officer")
    seq = iter(range(1, 1000))

    def level(value):
        payload = json.dumps({"ts": int(time.time() * 1000), "seq": next(seq), "values": {"water_level": value}})
        pub(s.broker, *s.gateway, "ioc/v1/03478/WL-01/telemetry", payload)

    def alert():
        status, answer = s.api("GET", "/api/v1/alerts?state=open&unit=03478", token=token)
        return next((a for a in answer["items"] if a["rule"] == RULE), None) if status == 200 else None

    time.sleep(3.5)  # a start holds its timers for three seconds
    s.kill("postgres")
    time.sleep(0.5)
    level(3.9)
    a = s.wait(alert, 5)
    checks.that("the alert rises without PostgreSQL", a is not None)
    checks.that("and is marked unsaved", bool(s.wait(lambda: (alert() or {}).get("unsaved"), 6)), json.dumps(alert())[:200])
    status, _ = s.api("GET", "/readyz")
    checks.equal("/readyz says so", status, 503)
    status, answer = s.api("POST", f"/api/v1/alerts/{a['id']}/ack", {}, token=token)
    checks.equal("an acknowledgement counts", (status, answer.get("state"), answer.get("unsaved")), (202, "active_acked", True))
    s.kill("iocd")  # nor does a crash now cost anything
    s.start("postgres")
    s.start("iocd")
    s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 30)
    token = s.login("officer")
    again = s.wait(alert, 10)
    checks.that("the alert is there again", again is not None and again["id"] == a["id"])
    checks.equal("acknowledged as it was", again and (again["state"], again["acked_by"]), ("active_acked", "officer"))
    checks.that("and saved", bool(s.wait(lambda: alert() is not None and not alert().get("unsaved"), 15)))
    checks.equal("once in PostgreSQL", s.postgres.sql(f"select state from wire_object where kind = 'alert' and rule = '{RULE}'").split(), ["active_acked"])
    checks.equal("its reading once, too", s.postgres.sql("select count(*) from reading_value where device = 'WL-01' and value = 3.9").strip(), "1")

    # One device must not make thousands of days.
    day = 86400_000
    now = int(time.time() * 1000)
    batch = [{"seq": next(seq), "ts": now - day * (i + 1) * 20, "values": {"water_level": 1}} for i in range(100)]
    pub(s.broker, *s.gateway, "ioc/v1/03478/WL-02/telemetry", json.dumps(batch))
    level(1.0)
    checks.that("a fresh reading is stored soon after a batch from years ago",
                bool(s.wait(lambda: s.postgres.sql("select count(*) from reading_value where value = 1.0 and ts > now() - interval '1 minute'").strip() == "1", 15)))
    checks.that("the records beyond 92 days were refused with a reason",
                bool(s.wait(lambda: "92 days" in s.postgres.sql("select string_agg(reason, ' ') from rejected"), 10)))
    status, answer = s.api("POST", f"/api/v1/alerts/{a['id']}/comment", {"text": "đã xem"}, token=token)
    checks.equal("with PostgreSQL back a comment is saved at once", (status, answer.get("unsaved")), (200, None))
sys.exit(checks.end())
