"""Pieces of the bench: the generated configuration, the load, CPU times from /proc, and one measured run against a running server.

A run's figures are wall seconds from the publisher's first message until the last is where it belongs (dropped by the bare subscriber,
committed by iocd), and CPU seconds of each process in that span.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from stack import ROOT, Failure, binary  # noqa: E402

UNIT = "03478"
FILTER = "ioc/v1/#"
TICK = os.sysconf("SC_CLK_TCK")
THRESHOLDS = (("active_power", 100000), ("temperature", 900))  # two rules a device; the load stays below: judged, never raised


def make_config(target, devices, rules_per_device=2):
    """The project's config/ with `devices` registered meters in one unit and `rules_per_device` threshold rules for each."""
    shutil.copytree(ROOT / "config", target)
    unit = target / "units" / f"{UNIT}.yaml"
    lines = [f"  - {{id: BENCH-{i:05d}, vi: Công tơ {i}, en: Meter {i}, type: thermometer, zone: Z2, model: native-thermometer}}"
             for i in range(1, devices + 1)]
    unit.write_text(unit.read_text(encoding="utf-8").rstrip("\n") + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    rules = target / "rules" / f"{UNIT}.yaml"
    out = []
    for i in range(1, devices + 1):
        for metric, value in THRESHOLDS[:rules_per_device]:
            out.append(f"""  - id: bench-{metric.replace("_", "-")}-{i:05d}
    title: {{vi: "Vượt ngưỡng {i}", en: "Above threshold {i}"}}
    label: {{vi: "ngưỡng", en: "threshold"}}
    basis: {{text: "ngưỡng nội bộ", source: "phép đo tốc độ"}}
    type: threshold
    devices: [BENCH-{i:05d}]
    metric: {metric}
    op: ge
    value: {value}
    hold_s: 0
    severity: warning
    clear: {{op: lt, value: {value - 10}, hold_s: 60}}""")
    rules.write_text(rules.read_text(encoding="utf-8").rstrip("\n") + "\n" + "\n".join(out) + "\n", encoding="utf-8")
    return target


MANY_UNITS = tuple(f"9{n:04d}" for n in range(1, 11))  # communes of the row `many devices`: no real ones


def make_many_config(target):
    """The project's config/ with ten communes more, without devices: those are imported as a commune imports its own."""
    shutil.copytree(ROOT / "config", target)
    for code in MANY_UNITS:
        (target / "units" / f"{code}.yaml").write_text(
            f'code: "{code}"\nkind: commune\nvi: Xã đo {code}\nen: Measured commune {code}\nparent: "12"\n'
            'zones:\n  - {id: Z1, vi: "Vùng Z1", en: "Zone Z1"}\n  - {id: Z2, vi: "Vùng Z2", en: "Zone Z2"}\ndevices: []\n', encoding="utf-8")
    return target


def import_many(stack, count):
    """`count` meters by CSV through the API, a call for each commune, device k in commune k mod 10; seconds of each call."""
    token, took = stack.login("admin"), []
    for n, code in enumerate(MANY_UNITS):
        rows = [f"{code},BENCH-{k + 1:05d},Công tơ {k + 1},Meter {k + 1},thermometer,Z{k // 10 % 2 + 1},native-thermometer" for k in range(n, count, len(MANY_UNITS))]
        body = "unit,device,name,name_en,type,zone,model\n" + "\n".join(rows) + "\n"
        request = urllib.request.Request(stack.http + "/api/v1/devices/import", data=body.encode(), method="POST",
                                         headers={"Content-Type": "text/csv; charset=utf-8", "Authorization": f"Bearer {token}"})
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=120) as r:
                answer = json.load(r)
        except urllib.error.HTTPError as e:
            raise Failure(f"the import of {len(rows)} devices into {code} answered {e.code}: {e.read(300).decode(errors='replace')}") from e
        took.append(time.monotonic() - began)
        if answer["created"] != len(rows):
            bad = next((x for x in answer["items"] if x["outcome"] == "refused"), {})
            raise Failure(f"the import into {code} created {answer['created']} of {len(rows)} devices; first refusal: {bad}")
    return took


def cpu_of(pid):
    """CPU seconds of one process, its threads and its ended children; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return sum(int(x) for x in fields[11:15]) / TICK
    except OSError:
        return 0.0


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(x) for x in task.read_text().split()]
        except OSError:
            continue
    return found


def cpu_of_tree(pid):
    return cpu_of(pid) + sum(cpu_of(c) for c in children_of(pid))


def memory_mb(pid, field="VmRSS"):
    """Resident memory; field="VmHWM" = the most that it ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


class Meter:
    """CPU seconds of the processes of a stack between two looks."""

    def __init__(self, stack):
        self.pids = {"mosquitto": stack.broker.child.pid, "postgres": stack.postgres.child.pid}
        if stack.iocd.alive():
            self.pids["iocd"] = stack.iocd.pid
        self.before = self.now()

    def now(self):
        return {name: cpu_of_tree(pid) for name, pid in self.pids.items()}

    def used(self):
        return {name: value - self.before[name] for name, value in self.now().items()}


def password_file(stack, name, password):
    path = stack.folder / f"{name}.password"
    if not path.exists():
        path.write_text(password + "\n")
        path.chmod(0o600)
    return path


def publisher_argv(stack, messages, rate=0, batch=1, devices=1000, first_seq=1, units=(UNIT,), values=4):
    user, password = stack.gateway
    return [binary("bench_publisher"), "--port", str(stack.broker.port), "--user", user, "--password-file", str(password_file(stack, "bench-gateway", password)),
            "--unit", ",".join(units), "--values", str(values), "--devices", str(devices), "--messages", str(messages), "--rate", str(rate), "--batch", str(batch), "--first-seq", str(first_seq)]


def publish(stack, messages, **how):
    """Runs the publisher to its end; its JSON."""
    done = subprocess.run(publisher_argv(stack, messages, **how), capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode:
        raise Failure(f"the publisher failed: {done.stderr.strip()}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_bare(stack, messages, **how):
    """Baseline E: the same load into a Paho subscriber that drops it."""
    user, password = stack.server_account
    argv = [binary("bare_subscriber"), "--port", str(stack.broker.port), "--user", user, "--password-file", str(password_file(stack, "bench-server", password)),
            "--filter", FILTER, "--messages", str(messages), "--client-id", "iocd"]  # iocd's own session: no second queue fills meanwhile
    subscriber = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        if subscriber.stdout.readline().strip() != "ready":
            raise Failure("the bare subscriber did not come up")
        meter = Meter(stack)
        began = time.time()
        sent = publish(stack, messages, **how)
        heard = json.loads(subscriber.stdout.readline())
        used = meter.used()
        subscriber.wait(10)
    finally:
        if subscriber.poll() is None:
            subscriber.kill()
            subscriber.wait()
    return {"seconds": heard["last"] - began, "publish_seconds": sent["seconds"],
            "cpu": {"publisher": sent["cpu_seconds"], "subscriber": heard["cpu_seconds"], **used}}


class Committed:
    """How many messages and records PostgreSQL holds, from the ledger that iocd commits with its position. One session, asked now and then."""

    QUERY = "select (ledger->'total'->>'stored')::bigint, (ledger->'records'->>'stored')::bigint, position from position;"

    def __init__(self, stack):
        self.process = subprocess.Popen(["/usr/lib/postgresql/15/bin/psql", "-X", "-q", "-A", "-t", "-d", "ioc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=stack.postgres.environment())

    def look(self):
        self.process.stdin.write(self.QUERY + "\n")
        self.process.stdin.flush()
        return tuple(int(x) for x in self.process.stdout.readline().strip().split("|"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run_iocd(stack, messages, limit_s=600, while_running=None, **how):
    """The same load into iocd, until all of it is committed."""
    with Committed(stack) as committed:
        before = committed.look()[0]
        meter = Meter(stack)
        began = time.time()
        publisher = subprocess.Popen(publisher_argv(stack, messages, **how), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if while_running:
            while_running(stack)
        while (have := committed.look()[0] - before) < messages:
            if time.time() - began > limit_s:
                raise Failure(f"only {have} of {messages} messages were committed in {limit_s} s")
            if publisher.poll() not in (None, 0):
                raise Failure(f"the publisher failed: {publisher.stderr.read().strip()}")
            time.sleep(0.05)
        seconds = time.time() - began
        used = meter.used()
    sent = json.loads(publisher.communicate(timeout=10)[0].strip().splitlines()[-1])
    return {"seconds": seconds, "publish_seconds": sent["seconds"], "cpu": {"publisher": sent["cpu_seconds"], **used}}


def rollups(stack):
    """Seconds that the roll-ups by the minute are behind the newest reading, and series written a second while the minute before was."""
    lag = float(stack.postgres.sql("select extract(epoch from now() - minute_until) from rollup_state"))
    rows = float(stack.postgres.sql("select coalesce(sum(n) / 60.0, 0) from (select (select array_length(metrics, 1) from reading_layout l where l.id = m.layout_id) as n "
                                    "from reading_minute m, rollup_state s where m.ts >= s.minute_until - interval '1 minute' and m.ts < s.minute_until) x"))
    return lag, rows
