"""A flood on duty: a gauge that passes the third level, the alert, its acknowledgement, and the evacuation playbook approved and carried out."""

import itertools
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from raw_mqtt import RawClient  # noqa: E402

RULE = "muc-nuoc-bd3"
UNIT = "03478"
TARGETS = ("SIREN-01", "LS-01", "LS-02")
ACCOUNTS = [(UNIT, name) for name in TARGETS]


class Duty:
    """Owner of one gateway connection and of one connection for each loudspeaker and siren; each hears its commands and answers them."""

    def __init__(self, stack):
        self.s = stack
        self.seq = itertools.count(int(time.time()))
        self.officer, self.leader = stack.login("officer"), stack.login("leader")
        self.gateway = None
        self.devices = {}
        self.heard = []  # (device, topic, command) as they came

    def listen(self):
        for name in TARGETS:
            user, password = self.s.device(UNIT, name)
            self.devices[name] = client = RawClient(self.s.broker.port, user, password, client_id=f"duty-{name}", clean=False)
            assert client.subscribe(f"ioc/v1/{UNIT}/{name}/command")

    def level(self, value, ts=None):
        """One reading of the gauge; True once the broker acknowledged it."""
        payload = json.dumps({"ts": ts or int(time.time() * 1000), "seq": next(self.seq), "values": {"water_level": value}})
        for _ in range(2):  # the broker may have been away since
            try:
                if self.gateway is None:
                    self.gateway = RawClient(self.s.broker.port, *self.s.gateway)
                return self.gateway.publish(f"ioc/v1/{UNIT}/WL-01/telemetry", payload)
            except OSError:
                self.gateway = None
        return False

    def alert(self):
        status, answer = self.s.api("GET", f"/api/v1/alerts?state=open&unit={UNIT}", token=self.officer)
        return next((a for a in answer["items"] if a["rule"] == RULE), None) if status == 200 else None

    def acknowledge(self, alert):
        return self.s.api("POST", f"/api/v1/alerts/{alert['id']}/ack", {}, token=self.officer)

    def approve(self, alert):
        """(status, answer) of the leader's approval of everything that is recommended."""
        def card():
            status, answer = self.s.api("GET", f"/api/v1/alerts/{alert['id']}/advice", token=self.leader)
            return answer if status == 200 and answer["recommendations"] else None

        found = self.s.wait(card, 10)
        if not found:
            return 0, "no recommendation"
        return self.s.api("POST", f"/api/v1/recommendations/{found['recommendations'][0]['id']}/approve", {}, token=self.leader)

    def answer_commands(self, seconds):
        """Collects commands and answers each with `succeeded`, until every target was heard or the time is over. Names of those that heard one."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and {name for name, *_ in self.heard} != set(TARGETS):
            for name, client in self.devices.items():
                for topic, payload in client.receive(0.05):
                    command = json.loads(payload)
                    self.heard.append((name, topic, command))
                    client.publish(f"ioc/v1/{UNIT}/{name}/ack", json.dumps({"id": command["id"], "state": "succeeded", "ts": int(time.time() * 1000)}))
        return {name for name, *_ in self.heard}

    def attempts(self):
        """Commands heard for each (device, id): more than one only where an answer was late."""
        count = {}
        for name, _, command in self.heard:
            count[(name, command["id"])] = count.get((name, command["id"]), 0) + 1
        return count

    def close(self):
        for client in [*self.devices.values(), self.gateway]:
            if client:
                client.close()


def check_saved(checks, stack, alert, name):
    """The alert, its acknowledgement and its commands stand in PostgreSQL, once each."""
    rows = stack.wait(lambda: stack.postgres.sql(f"select state from wire_object where kind = 'alert' and id = '{alert['id']}'").split() == ["active_acked"], 30)
    checks.that(f"{name}: the alert stands in PostgreSQL once, acknowledged", bool(rows))
    commands = "select count(*), count(distinct id) from wire_object where kind = 'action' and alert = '{}'".format(alert["id"])
    seen = stack.postgres.sql(commands).split("|")
    checks.that(f"{name}: its commands, each once", int(seen[0]) >= 2 and seen[0] == seen[1], str(seen))
    acks = stack.postgres.sql(f"select count(*) from change_log where kind = 'alert' and id = '{alert['id']}' and what like 'ack%'").strip()
    checks.equal(f"{name}: acknowledged once", acks, "1")
