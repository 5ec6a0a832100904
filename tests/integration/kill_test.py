#!/usr/bin/env python3
# limit_s: 420
"""kill -9 of iocd under load: what the publisher saw acknowledged is in PostgreSQL exactly once, and the ledger balances.

Five kills under 2,000 QoS 1 messages a second from 200 devices, two more under 10,000 a second. Rates are the publisher's target; what
it reached is printed (two cores are shared by publisher, broker, database and server).
"""
import collections
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from stack import Stack, binary  # noqa: E402

UNIT = "03478"
checks = Checks()


def acknowledged(path):
    """device -> sorted seq, as the publisher wrote them down."""
    seen = collections.defaultdict(list)
    for line in path.read_text().splitlines():
        device, _, seq = line.replace("\t", " ").replace(",", " ").partition(" ")
        seen[device].append(int(seq))
    return seen


def play(s, name, rate, seconds, kills):
    out = s.folder / f"{name}.acknowledged"
    password = s.folder / "gateway.password"
    password.write_text(s.gateway[1])
    password.chmod(0o600)
    command = [str(binary("ioc-sim")), "load", "--host", "127.0.0.1", "--port", str(s.broker.port), "--user", s.gateway[0], "--password-file", str(password),
               "--unit", UNIT, "--devices", "200", "--rate", str(rate), "--seconds", str(seconds), "--prefix", name, "--out", str(out)]
    began = time.monotonic()
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for k in range(kills):
            time.sleep(seconds / (kills + 1))
            s.kill("iocd")
            time.sleep(0.3)
            s.start("iocd", ready=False)
        output, _ = load.communicate(timeout=seconds + 120)
    finally:
        if load.poll() is None:
            load.kill()
    took = time.monotonic() - began
    checks.equal(f"{name}: the publisher ended well", load.returncode, 0)
    if load.returncode:
        print(output[-1500:])
    wanted = acknowledged(out)
    total = sum(len(v) for v in wanted.values())
    print(f"      {name}: {total} acknowledged in {took:.1f} s, {total / took:.0f} a second, {kills} kills")
    checks.that(f"{name}: a real load", total > rate * seconds * 0.5, f"only {total}")

    # All of it is worked in once the ledger has nothing in flight and the count in the database stands still.
    query = (f"select s.device, s.value::bigint, count(*) from reading_value s "
             f"where s.unit = '{UNIT}' and s.device like '{name}%' group by 1, 2")

    def rows():
        answer = s.postgres.sql(f"select count(*) from reading_value s where s.unit = '{UNIT}' and s.device like '{name}%'")
        return int(answer.strip() if isinstance(answer, str) else answer[0][0])

    last, still = -1, 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and still < 4:
        now = rows()
        still = still + 1 if now == last and now >= total else 0
        last = now
        time.sleep(0.5)
    answer = s.postgres.sql(query)
    table = [line.split("|") for line in answer.splitlines() if line] if isinstance(answer, str) else answer
    stored = {(d, int(q)): int(n) for d, q, n in table}
    missing = [(d, q) for d, list_ in wanted.items() for q in list_ if (d, q) not in stored]
    twice = [key for key, n in stored.items() if n != 1]
    checks.equal(f"{name}: acknowledged and missing", len(missing), 0)
    checks.equal(f"{name}: stored more than once", len(twice), 0)
    if missing:
        print("      missing:", missing[:10])
    if twice:
        print("      twice:", twice[:10])


with Stack(users=("officer",)) as s:
    play(s, "k2", 2000, 20, 5)
    play(s, "k10", 10000, 12, 2)
    s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 60)
    token = s.login("officer")

    def settled():
        status, ledger = s.api("GET", "/api/v1/ledger", token=token)
        return ledger if status == 200 and ledger["total"]["in_flight"] == 0 else None

    ledger = s.wait(settled, 60)
    checks.that("the ledger answers with nothing in flight", bool(ledger))
    if ledger:
        t = ledger["total"]
        checks.equal("the ledger balances", t["received"], t["stored"] + t["duplicate"] + t["ignored"] + t["rejected"] + t["in_flight"])
        checks.equal("and so does every source", [x["source"] for x in ledger["sources"] if x["received"] != x["stored"] + x["duplicate"] + x["ignored"] + x["rejected"]], [])
        checks.equal("nothing was rejected", t["rejected"], 0)
        print("      ledger:", t)
sys.exit(checks.end())
