#!/usr/bin/env python3
# limit_s: 3600
"""`make bench`: iocd and its baselines in one session on one machine, one table of ratios. See README.md beside this file.

usage: bench.py [--messages 300000] [--rounds 2] [--out FILE.json] [ROW …]      ROW: part of a row's name; none = all
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import _node_red  # noqa: E402
import _parts as parts  # noqa: E402
from _parts import ROOT, Failure  # noqa: E402
from _stream import Viewer  # noqa: E402
from raw_mqtt import RawClient  # noqa: E402
from stack import UNITS, Stack  # noqa: E402

ROWS = {}
BUILD = Path(os.environ.get("IOC_BUILD_DIR", ROOT / "build" / "release"))


def row(name):
    def keep(function):
        ROWS[name] = function
        return function
    return keep


def line(what, value, goal="", met=None, note=""):
    return {"what": what, "value": value, "goal": goal, "met": met, "note": note}


def per_message(result, messages):
    return {name: seconds * 1e6 / messages for name, seconds in result["cpu"].items()}


def probe_stream(stack, who, unit, device, seconds, seen_at_least=0.9):
    """20 messages a second of one device until each is on the WebSocket; milliseconds, sorted."""
    sent, seen = {}, {}
    viewer = Viewer(stack.http, stack.login(who))
    try:
        viewer.send({"type": "subscribe", "id": 1, "channel": "readings", "filter": {"unit": unit, "device": device, "metric": "raw_value"}})

        def probe():
            with RawClient(stack.broker.port, *stack.gateway) as client:
                for n in range(1, seconds * 20):
                    sent[n] = time.time()
                    client.publish(f"ioc/v1/{unit}/{device}/telemetry", json.dumps({"ts": int(sent[n] * 1000), "values": {"raw_value": n + 0.5}}))
                    time.sleep(0.05)

        time.sleep(2)
        prober = threading.Thread(target=probe, daemon=True)
        prober.start()
        for at, frame in viewer.frames(seconds + 3):
            for item in frame.get("upsert", []):
                if item["v"] % 1 == 0.5:  # the load of the same device has whole numbers
                    seen.setdefault(int(item["v"]), at)
        prober.join(10)
    finally:
        viewer.close()
    late = sorted((seen[n] - sent[n]) * 1000 for n in seen if n in sent)
    if len(late) < max(1, len(sent) * seen_at_least):
        raise Failure(f"only {len(late)} of {len(sent)} probes were seen on the stream")
    return late


@row("throughput")
def throughput(stack, options):
    """E and iocd by turns, so that what else the machine does meets both; medians."""
    bare, ours = [], []
    n = options.messages
    stack.api("GET", "/healthz")
    parts.run_iocd(stack, n // 10)  # warms caches, makes the day's partition
    sent = n // 10
    for _ in range(options.rounds):
        stack.stop("iocd")
        bare.append(parts.run_bare(stack, n))
        stack.start("iocd")
        time.sleep(3.5)  # a start holds its timers for three seconds
        ours.append(parts.run_iocd(stack, n, first_seq=sent // 1000 + 1))
        sent += n
    e = statistics.median(n / r["seconds"] for r in bare)
    i = statistics.median(n / r["seconds"] for r in ours)
    cpu_bare = statistics.median(per_message(r, n)["subscriber"] for r in bare)
    cpu_ours = statistics.median(per_message(r, n)["iocd"] for r in ours)
    options.e_rate, options.iocd_rate = e, i
    everything = {k: round(statistics.median(per_message(r, n)[k] for r in ours), 1) for k in ours[0]["cpu"]}
    return [line("E: bare Paho subscriber, messages/s", round(e), note=f"publisher {n / bare[0]['publish_seconds']:.0f}/s"),
            line("iocd: received, judged, committed, messages/s", round(i), note=f"publisher {n / ours[0]['publish_seconds']:.0f}/s; {parts.memory_mb(stack.iocd.pid):.0f} MB"),
            line("ratio to E", round(i / e, 2), "≥ 0.7", i / e >= 0.7),
            line("CPU µs a message, bare subscriber", round(cpu_bare, 1)),
            line("CPU µs a message, iocd", round(cpu_ours, 1), note=f"all parts: {everything}"),
            line("ratio", round(cpu_ours / cpu_bare, 2), "≤ 1.5", cpu_ours / cpu_bare <= 1.5)]


@row("batches")
def batches(stack, options):
    """100 objects of 4 values in one publish."""
    publishes = max(options.messages // 100, 1000)
    with parts.Committed(stack) as committed:
        before = committed.look()[1]
        meter = parts.Meter(stack)
        began = time.time()
        parts.publish(stack, publishes, batch=100, first_seq=10_000_000)
        while (have := committed.look()[1] - before) < publishes * 100:
            if time.time() - began > 600:
                raise Failure(f"only {have} of {publishes * 100} records were committed in 600 s")
            time.sleep(0.05)
        seconds = time.time() - began
        used = meter.used()
    values = publishes * 400 / seconds
    cpu = {k: round(v * 1e6 / (publishes * 400), 2) for k, v in used.items()}
    return [line("batches of 100 objects x 4 values, values/s committed", round(values), "≥ 400000", values >= 400_000, f"CPU µs a value: {cpu}")]


@row("latency")
def latency(stack, options):
    """Publish → visible on the WebSocket at half load, 20 probes a second of one device; the stream does not wait for the commit."""
    rate = getattr(options, "iocd_rate", options.rate) / 2
    seconds = 20
    load = subprocess.Popen(parts.publisher_argv(stack, int(rate * (seconds + 4)), rate=int(rate), first_seq=50_000_000), stdout=subprocess.DEVNULL)
    try:
        late = probe_stream(stack, "officer", parts.UNIT, "TH-01", seconds)
    finally:
        load.kill()
        load.wait()
    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
    return [line(f"publish → WebSocket at {rate:.0f} messages/s, ms p50", round(p50, 1)), line("… p99", round(p99, 1), "≤ 50", p99 <= 50, f"{len(late)} probes, worst {late[-1]:.0f}")]


@row("node-red")
def node_red(stack, options):
    """Baseline N; fewer messages, as it is slower."""
    n = max(options.messages // 10 // 1000, 10) * 1000
    stack.stop("iocd")
    try:
        result = _node_red.run(stack, n)
    finally:
        stack.start("iocd")
    rate = n / result["seconds"]
    options.node_red_rate = rate
    ours = getattr(options, "iocd_rate", None)
    return [line("N: Node-RED 4, messages/s judged and committed", round(rate), note=f"CPU µs a message: { {k: round(v, 1) for k, v in per_message(result, n).items()} }")] + (
        [line("iocd's ratio to N", round(ours / rate, 1), "reported")] if ours else [])


@row("many devices")
def many_devices(stack, options):
    """100,000 devices in ten communes, 10 metrics each, imported as people do: memory, ready after kill -9, how long a saved state holds
    others up, roll-ups. In an installation of its own; one message a minute from each while it is looked at."""
    count, out = options.many, []
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-many-"))
    how = {"devices": count, "units": parts.MANY_UNITS, "values": 10}
    stack.stop("iocd")
    try:
        with Stack(config=parts.make_many_config(folder / "config"), users=("admin",), units=(*UNITS, *parts.MANY_UNITS)) as many, parts.Committed(many) as committed:
            imports = parts.import_many(many, count)
            out.append(line(f"import of {count // 10} devices into a registry of {count}, s", round(imports[-1], 1), note=f"the first {imports[0]:.1f}"))
            before = committed.look()[0]
            for turn in range(2):  # the first makes what a device needs, the second fills it
                parts.publish(many, count, first_seq=turn + 1, **how)
            if not many.wait(lambda: committed.look()[0] - before >= 2 * count, 600, 0.2):
                raise Failure("the readings of all devices were not committed within 600 s")
            print(f"      imported and heard: {parts.memory_mb(many.iocd.pid):.0f} MB", flush=True)
            minutes = options.minutes
            load = subprocess.Popen(parts.publisher_argv(many, count * minutes, rate=int(count / 60), first_seq=3, **how), stdout=subprocess.DEVNULL)
            try:
                cpu = parts.Meter(many)
                late = probe_stream(many, "admin", parts.MANY_UNITS[0], "BENCH-00001", minutes * 60 - 20, seen_at_least=0)
                used = cpu.used()
                lag, rows = parts.rollups(many)
                memory, most = parts.memory_mb(many.iocd.pid), parts.memory_mb(many.iocd.pid, "VmHWM")
                many.kill("iocd")
                began = time.monotonic()
                many.start("iocd")
                ready = time.monotonic() - began
            finally:
                load.kill()
                load.wait()
            time.sleep(15)
            after, most_after = parts.memory_mb(many.iocd.pid), parts.memory_mb(many.iocd.pid, "VmHWM")
            state = int(many.postgres.sql("select coalesce(sum(octet_length(bytes)), 0) from engine_part"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        stack.start("iocd")
    return out + [
        line(f"{count} devices x 10 metrics: memory, MB", round(max(memory, after)), "≤ 400", max(memory, after) <= 400,
             f"{memory:.0f} before (most {most:.0f}), {after:.0f} after a restart (most {most_after:.0f}); saved state {state / 2**20:.1f} MB"),
        line("… ready after kill -9, s", round(ready, 1), "≤ 5", ready <= 5),
        line("… publish → WebSocket, ms p50", round(late[len(late) // 2], 1)),
        line("… worst: a state is saved meanwhile", round(late[-1]), "≤ 200", late[-1] <= 200, f"p99 {late[int(len(late) * 0.99)]:.0f}, {len(late)} of {(minutes * 60 - 20) * 20 - 1} probes seen"),
        line("… roll-ups by the minute, rows/s", round(rows), f"≥ {count * 10 // 60}", lag <= 120, f"{lag:.0f} s behind the last closed minute; CPU s of {minutes * 60 - 20} s: { {k: round(v) for k, v in used.items()} }")]


def table(lines):
    width = max(len(x["what"]) for x in lines)
    out = []
    for x in lines:
        mark = {None: "", True: "met", False: "MISSED"}[x["met"]]
        out.append(f"{x['what']:<{width}}  {x['value']!s:>10}  {x['goal']:<10} {mark:<7} {x['note']}".rstrip())
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--many", type=int, default=100_000, help="devices of the row `many devices`")
    parser.add_argument("--minutes", type=int, default=4, help="how long the row `many devices` looks at them")
    parser.add_argument("--rate", type=float, default=8000, help="messages/s taken as full load where the row throughput does not run")
    parser.add_argument("--out", default=str(ROOT / "build" / "bench.json"))
    options = parser.parse_args()
    wanted = [name for name in ROWS if not options.rows or any(w in name for w in options.rows)]
    if not wanted:
        print(f"bench: there is no such row; rows: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    if "IOC_BIN_DIR" not in os.environ or not all((Path(os.environ["IOC_BIN_DIR"]) / x).exists() for x in ("bench_publisher", "bare_subscriber")):
        subprocess.run(["cmake", "--build", str(BUILD), "--target", "bench_publisher", "bare_subscriber"], check=True, stdout=subprocess.DEVNULL)
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-"))
    lines, measured, failed = [], 0, 0
    try:
        config = parts.make_config(folder / "config", options.devices)
        with Stack(config=config, users=("admin", "officer")) as stack:
            for name in wanted:
                print(f"bench: {name} …", flush=True)
                try:
                    lines += ROWS[name](stack, options)
                    measured += 1
                except (Failure, subprocess.SubprocessError, OSError) as e:
                    print(f"FAIL  {name}: {e}", flush=True)
                    failed += 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if lines:
        print(table(lines))
        Path(options.out).parent.mkdir(parents=True, exist_ok=True)
        Path(options.out).write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{measured} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
