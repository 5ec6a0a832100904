#!/usr/bin/env python3
# limit_s: 1800
"""Table and index plans for readings, on a private durable PostgreSQL: binary COPY of the same messages into each, size, and one device's day.

    tests/bench/readings_plans.py [MESSAGES, default 400000]

1,000 devices, 4 values a message, arriving in time order, 20 transactions of the same size. What was chosen from it: docs/decisions/0003-readings-table.md.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from stack import Stack  # noqa: E402

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
DEVICES, PIECES = 1000, 20
MESSAGE = "t timestamptz not null, known_at timestamptz not null, seq bigint, device_id int not null, layout_id int not null"
ONE_MESSAGE = "t, t + interval '80 ms', n::bigint, (n % 1000)::int, 1"
VALUES = "array[20 + (n % 977) / 7.0, 230 + n % 13, n % 100 / 3.0, 0.98]::float8[]"
PLANS = {
    "a row a value, B-tree (series, t)": (
        "t timestamptz not null, known_at timestamptz not null, value float8, seq bigint, series_id int not null, quality smallint not null, "
        "late boolean not null, is_bool boolean not null, text text",
        f"t, t + interval '80 ms', v, n::bigint, ((n % {DEVICES}) * 4 + i)::int, 0::smallint, false, false, null::text", "unnest", ["(series_id, t)"]),
    "a row a message, float8[], no index": (f"{MESSAGE}, v float8[] not null, marks bytea, texts text[]", f"{ONE_MESSAGE}, {VALUES}, null::bytea, null::text[]", "", []),
    "a row a message, float8[], BRIN (t)": (f"{MESSAGE}, v float8[] not null, marks bytea, texts text[]", f"{ONE_MESSAGE}, {VALUES}, null::bytea, null::text[]", "", ["brin:(t)"]),
    "a row a message, float8[], B-tree (device, t)": (f"{MESSAGE}, v float8[] not null, marks bytea, texts text[]", f"{ONE_MESSAGE}, {VALUES}, null::bytea, null::text[]", "", ["(device_id, t)"]),
    "the same with BRIN (t) too": (f"{MESSAGE}, v float8[] not null, marks bytea, texts text[]", f"{ONE_MESSAGE}, {VALUES}, null::bytea, null::text[]", "", ["(device_id, t)", "brin:(t)"]),
    "the same, metric ids int[] in each row": (f"{MESSAGE}, m int[] not null, v float8[] not null, marks bytea, texts text[]",
                                               f"{ONE_MESSAGE}, array[1,2,3,4], {VALUES}, null::bytea, null::text[]", "", ["(device_id, t)"]),
    "a row a message, values packed in bytea, B-tree (device, t)": (f"{MESSAGE}, v bytea not null, marks bytea, texts text[]",
                                                                  f"{ONE_MESSAGE}, float8send(n)||float8send(n)||float8send(n)||float8send(n), null::bytea, null::text[]", "", ["(device_id, t)"]),
    "a row a message, float8[], unique (device, seq, t)": (f"{MESSAGE}, v float8[] not null, marks bytea, texts text[]", f"{ONE_MESSAGE}, {VALUES}, null::bytea, null::text[]", "",
                                                          ["unique:(device_id, seq, t)"]),
}


def main():
    print(f"{MESSAGES} messages of 4 values, {DEVICES} devices, {PIECES} transactions, fsync on")
    print(f"{'plan':62} {'messages/s':>11} {'values/s':>10} {'B/value':>8} {'one device ms':>14}")
    with Stack(iocd=False, pg_settings={"fsync": "on"}) as s:
        sql = lambda text: s.postgres.sql(text)  # noqa: E731
        files = s.postgres.data
        per = MESSAGES // PIECES
        for name, (columns, row, unnest, indexes) in PLANS.items():
            sql("drop table if exists p; drop table if exists source")
            each = ", unnest(" + VALUES + ") with ordinality as u (v, i)" if unnest else ""
            for k in range(PIECES):
                sql(f"copy (select {row} from (select n, timestamptz '2026-11-22' + (n / {DEVICES}) * interval '10 s' as t from generate_series({k * per}, {(k + 1) * per - 1}) n) x{each}) "
                    f"to '{files}/plan-{k}.bin' (format binary)")
            sql(f"create table p ({columns})")
            for i in indexes:
                kind, _, on = i.rpartition(":")
                sql(f"create {'unique' if kind == 'unique' else ''} index on p {'using brin' if kind == 'brin' else ''} {on}")
            sql("checkpoint")
            begin = time.monotonic()
            for k in range(PIECES):
                sql(f"copy p from '{files}/plan-{k}.bin' (format binary)")
            took = time.monotonic() - begin
            sql("vacuum analyze p")
            size = int(sql("select pg_total_relation_size('p')"))
            where = "series_id = 7 * 4 + 2" if unnest else "device_id = 7"
            if indexes and "brin" not in indexes[0]:
                ask = f"explain (analyze, timing off, costs off) select * from p where {where} order by t"
                sql(ask)
                read = f"{float(sql(ask).rsplit('Execution Time: ', 1)[1].split()[0]):.1f}"
            else:
                read = "-"
            print(f"{name:62} {MESSAGES / took:11.0f} {4 * MESSAGES / took:10.0f} {size / MESSAGES / 4:8.1f} {read:>14}", flush=True)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
