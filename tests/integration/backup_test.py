#!/usr/bin/env python3
# limit_s: 300
"""`iocctl backup` of a running installation under load, restored into a second, empty one: what was acknowledged before the backup began is
there, once; the alert stands as it was left, people log in with their passwords, configuration and broker accounts are the same files.
A damaged backup, a used target and a running iocd are refused."""
import filecmp
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))
from _duty import ACCOUNTS, Duty  # noqa: E402
from _load import UNIT, Load, ledger_balances  # noqa: E402
from checks import Checks  # noqa: E402
from stack import Stack, binary  # noqa: E402

checks = Checks()


def iocctl(*arguments):
    done = subprocess.run([binary("iocctl"), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file())


with Stack(users=("officer", "leader"), devices=ACCOUNTS) as a, Stack(iocd=False) as b:
    backup = a.folder / "backup"
    duty = Duty(a)
    time.sleep(3.5)
    load = Load(a, "r", 1000, 25)
    duty.level(3.9)
    alert = a.wait(duty.alert, 5)
    checks.that("an alert stands", alert is not None)
    checks.that("acknowledged", duty.acknowledge(alert)[0] in (200, 202))
    time.sleep(12)  # a state or two are saved, and the load goes on
    a.wait(lambda: a.postgres.sql(f"select state from wire_object where id = '{alert['id']}'").strip() == "active_acked", 10)
    before = {device: list(seqs) for device, seqs in load.acknowledged.items()}
    accounts = a.broker.accounts.path
    time.sleep(1)  # what was acknowledged by now is in the journal
    code, text = iocctl("backup", "--config", a.iocd_yaml, "--to", backup, "--broker-accounts", accounts)
    checks.equal("a backup while iocd runs", code, 0)
    print("      " + text)
    checks.that("only its owner reads it", backup.exists() and backup.stat().st_mode & 0o077 == 0)
    code, text = iocctl("backup", "--config", a.iocd_yaml, "--to", backup)
    checks.that("a second into the same folder is refused", code == 2 and "not empty" in text, text)
    code, text = iocctl("restore", "--config", a.iocd_yaml, "--from", backup)
    checks.that("a restore into an installation in use is refused", code == 2 and "tables already" in text, text)
    load.end()

    # The second installation: its own database, broker, ports; an empty data_dir and config_dir.
    b.inst.make_config()
    target = b.folder / "second.yaml"
    config = b.folder / "config-restored"
    target.write_text(b.iocd_yaml.read_text().replace(json.dumps(str(b.config_dir)), json.dumps(str(config))))
    target.chmod(0o600)
    segment = sorted((backup / "journal").glob("segment-*"))[0]
    whole = segment.read_bytes()
    segment.write_bytes(whole[:100] + b"\xff" + whole[101:])
    code, text = iocctl("restore", "--config", target, "--from", backup)
    checks.that("a damaged backup is refused, naming the file", code == 2 and segment.name in text and "damaged" in text, text)
    segment.write_bytes(whole)
    restored_accounts = b.folder / "accounts-restored.json"
    code, text = iocctl("restore", "--config", target, "--from", backup, "--broker-accounts", restored_accounts)
    checks.equal("restored", (code, ""), (0, "") if code == 0 else (0, text))
    print("      " + text)
    checks.equal("the configuration is the same", (files(config), [f for f in files(config) if not filecmp.cmp(config / f, a.config_dir / f, False)]), (files(a.config_dir), []))
    checks.that("so are the broker's accounts", restored_accounts.exists() and filecmp.cmp(restored_accounts, accounts, False))

    b.inst.iocd_yaml = target
    b.inst.start_iocd()
    b.inst.users = a.users
    b.inst.note_pids()
    token = b.login("officer")
    checks.that("people log in with their passwords", bool(token))
    _, theirs = a.api("GET", f"/api/v1/alerts/{alert['id']}", token=duty.officer)
    _, ours = b.api("GET", f"/api/v1/alerts/{alert['id']}", token=token)
    keys = ("id", "rule", "state", "severity", "raised_at", "acked_at", "acked_by", "value")
    checks.equal("the alert stands as it was left", {k: ours.get(k) for k in keys}, {k: theirs.get(k) for k in keys})
    rows = {(d, int(q)): int(n) for d, q, n in (line.split("|") for line in b.postgres.sql(
        f"select s.device, s.value::bigint, count(*) from reading_value s where s.unit = '{UNIT}' and s.device like 'r%' group by 1, 2").splitlines())}
    missing = [(d, q) for d, seqs in before.items() for q in seqs if (d, q) not in rows]
    checks.equal("acknowledged before the backup and missing", len(missing), 0)
    checks.equal("there twice", len([k for k, n in rows.items() if n != 1]), 0)
    checks.that("a real load", sum(len(v) for v in before.values()) > 5000)
    ledger_balances(b, checks, token)
    report = b.iocd.log.read_text()
    checks.that("the restored journal reaches as far as the database", "the unsynced end was lost" not in report, report[-400:])
    days = b.postgres.sql("select count(*) from partman.part_config where parent_table = 'public.reading'").strip()
    checks.equal("pg_partman keeps the restored tables", days, "1")
    duty.close()
sys.exit(checks.end())
