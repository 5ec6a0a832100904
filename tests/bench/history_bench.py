#!/usr/bin/env python3
# limit_s: 3600
"""How fast GET /readings answers with many values stored: one device's day as JSON, 30 days from roll-ups, CSV of everything; over HTTP, real processes.

    tests/bench/history_bench.py [MILLION VALUES, default 100]

1,000 devices say 10 values each 10 s. Goals: 8,640 points warm p95 50 ms, 30 days from roll-ups p95 100 ms. "After a restart" = PostgreSQL just
started, its own cache empty (the kernel's is not). Filling 100 million values takes minutes.
"""

import http.client
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from stack import Stack  # noqa: E402

MILLIONS = float(sys.argv[1]) if len(sys.argv) > 1 else 100
DEVICES, EVERY_S, DAYS_OF_ONE, VALUES = 1000, 10, 30, 10
UNIT, DEVICE, METRIC = "03478", "WL-01", "water_level"
LAYOUT = "{" + ",".join([METRIC, "battery", "rssi", "snr", *(f"spare_{n}" for n in range(5, VALUES + 1))]) + "}"
SPARE = "".join(f", {n} + n % 7" for n in range(5, VALUES + 1))  # of the many devices: no two rows alike
checks = Checks()


def fill(s):
    sql = s.postgres.sql
    steps = int(MILLIONS * 1e6 / VALUES / DEVICES)  # messages of each device
    end = sql("select date_trunc('minute', now()) - interval '1 minute'")
    sql("drop index reading_device_ts")
    sql(f"""insert into reading_device (unit, device) values ('{UNIT}', '{DEVICE}') on conflict do nothing;
            insert into reading_device (unit, device) select '{UNIT}', 'bench-' || n from generate_series(2, {DEVICES}) n;
            select layout_id('{LAYOUT}');
            select make_partitions(array_agg(d)) from generate_series(date_trunc('day', now()) - interval '{DAYS_OF_ONE + 1} days', now(), interval '1 day') d;""")
    layout = sql(f"select layout_id('{LAYOUT}')")  # once: as a function in the rows it would be asked for each
    piece = 500
    for first in range(0, steps, piece):
        last = min(first + piece, steps) - 1
        sql(f"""insert into reading (ts, known_at, seq, device_id, layout_id, numbers)
                select t, t + interval '80 ms', n, d.id, {layout}, array[3 + (n % 977) / 700::float8, 90, -(n % 60), 7.5{SPARE}]
                from (select n, timestamptz '{end}' - ({steps} - n) * interval '{EVERY_S} s' as t from generate_series({first}, {last}) n) x
                cross join reading_device d""")
    # The one device reaches back a month.
    sql(f"""insert into reading (ts, known_at, seq, device_id, layout_id, numbers)
            select t, t + interval '80 ms', 0, d.id, {layout}, array[3.3::float8, 90, -50, 7.5{SPARE.replace('n', 'back')}]
            from generate_series({steps} + 1, {DAYS_OF_ONE} * 86400 / {EVERY_S}) back cross join lateral (select timestamptz '{end}' - back * interval '{EVERY_S} s' as t) x, reading_device d
            where d.device = '{DEVICE}'""")
    sql("create index reading_device_ts on reading (device_id, ts)")
    sql("""truncate rollup_due; update rollup_state set minute_until = date_trunc('minute', now()), hour_until = date_trunc('hour', now()),
           day_until = date_trunc('day', now()), newest = date_trunc('minute', now())""")
    began = time.monotonic()
    made = 0
    for level, until in enumerate(("minute_until", "hour_until", "day_until")):
        sql(f"select rollup_plan({level}, now() - interval '31 days', s.{until}, d.id - 1, d.id) from rollup_state s, reading_device d where d.device = '{DEVICE}'")
        while n := int(sql(f"select rollup_mend({level}, 2000, 0)")):
            made += n
    print(f"roll-ups of one device's 30 days made again: {made} buckets in {time.monotonic() - began:.1f} s", flush=True)
    sql("vacuum analyze reading; vacuum analyze reading_minute; vacuum analyze reading_hour; analyze rollup_due")
    return int(sql("select count(*) from reading"))


class Client:
    """One kept connection, as a browser has."""

    def __init__(self, s):
        self.stack, self.token = s, s.login("officer")
        self.open()

    def open(self):
        host = self.stack.http.split("//")[1]
        self.connection = http.client.HTTPConnection(host, timeout=120)

    def get(self, query, accept="application/json"):
        begin = time.perf_counter()
        self.connection.request("GET", f"/api/v1/readings?unit={UNIT}&device={DEVICE}&metric={METRIC}&{query}",
                                headers={"Authorization": f"Bearer {self.token}", "Accept": accept})
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, body, (time.perf_counter() - begin) * 1000


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def p(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def measure(client, name, query, points, goal_ms):
    status, body, first = client.get(query)
    n = body.count(b"],[") + 1
    times = [client.get(query)[2] for _ in range(60)]
    print(f"{name:46} {n:6} points {len(body) / 1024:7.0f} KiB  first {first:6.1f}  p50 {p(times, 0.5):6.1f}  p95 {p(times, 0.95):6.1f} ms  (goal {goal_ms})", flush=True)
    checks.that(f"{name}: answered in full", status == 200 and abs(n - points) <= 2, f"{status}, {n} points")
    return p(times, 0.95) <= goal_ms


def memory_kib(pid):
    return int(next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1])


with Stack(pg_settings={"fsync": "on", "shared_buffers": "1GB", "max_wal_size": "8GB"}) as s:
    s.wait(lambda: s.postgres.sql("select count(*) from rollup_state") == "1", 20)
    s.stop("iocd")
    began = time.monotonic()
    rows = fill(s)
    print(f"{rows} rows of {VALUES} values ({rows * VALUES / 1e6:.0f} million values), filled in {time.monotonic() - began:.0f} s; "
          f"database {int(s.postgres.sql('select pg_database_size(current_database())')) / 2**30:.1f} GiB", flush=True)
    s.stop("postgres")
    s.start("postgres")
    s.start("iocd")
    client = Client(s)
    now = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(hours=1)
    day = f"from={iso(now - timedelta(hours=24))}&to={iso(now)}"
    month = f"from={iso(now - timedelta(days=29))}&to={iso(now)}"
    met = [measure(client, "24 h, single readings, after a restart", day, 8640, 50),
           measure(client, "29 days by the hour", month + "&step=3600", 696, 100),
           measure(client, "29 days by the minute", month + "&step=60", 41_761, 500),
           measure(client, "29 days in 750 points (step by the server)", month + "&points=750", 696, 100),
           measure(client, "24 h in 1,500 points (step by the server)", day + "&points=1500", 1440, 50)]
    before = memory_kib(s.iocd.pid)
    status, body, took = client.get(month, "text/csv")
    lines = body.count(b"\n")
    print(f"29 days as CSV: {lines} lines, {len(body) / 2**20:.1f} MiB in {took / 1000:.1f} s, iocd grew by {(memory_kib(s.iocd.pid) - before) / 1024:.0f} MiB", flush=True)
    checks.that("the CSV holds every reading", status == 200 and abs(lines - 29 * 8640) <= 3, f"{status}, {lines}")
    print("goals met: " + ", ".join("yes" if m else "no" for m in met))
sys.exit(checks.end())
