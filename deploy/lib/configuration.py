"""The configuration of one installation: its copy of config/ with the stories written into it, and iocd.yaml."""

import json
import shutil
import subprocess
from pathlib import Path

from common import ROOT, Failure, binary


def make_config(source, target, stories):
    """Copies `source` to `target` and has iocctl write each story's rules into it, windows divided by the story's speed.

    `stories`: (file, speed), speed None = what `iocctl scenario speed` names. Returns the (file, speed) that are to be played.
    """
    if not source.is_dir():
        raise Failure(f"the configuration directory {source} does not exist")
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source, target)
    played = []
    for file, speed in stories:
        if speed is None:
            speed = story_speed(file)
        run_iocctl(["scenario", "export", str(file), "--speed", f"{speed:g}", "--config", str(target)])
        played.append((Path(file), speed))
    return played


def story_speed(file):
    """The fastest speed, at most 60, that keeps the story's shortest window above one second."""
    text = run_iocctl(["scenario", "speed", str(file)]).strip()
    try:
        return float(text.split()[-1])
    except (ValueError, IndexError):
        raise Failure(f"iocctl scenario speed {file} printed no number but: {text[:200]!r}") from None


def run_iocctl(arguments, stdin=None, timeout_s=60):
    done = subprocess.run([binary("iocctl"), *arguments], input=stdin, text=True, capture_output=True, timeout=timeout_s, check=False)
    if done.returncode != 0:
        raise Failure(f"iocctl {' '.join(arguments[:2])} failed (exit code {done.returncode}): {(done.stderr or done.stdout).strip()}")
    return done.stdout


def quoted(value):
    """A JSON string is a YAML string, whatever is in it."""
    return json.dumps(str(value), ensure_ascii=False)


def iocd_yaml(inst):
    """iocd's configuration for an Installation; the keys are those of config/server.example.yaml."""
    return f"""# Written at each start by deploy/lib/configuration.py; what the keys mean stands in config/server.example.yaml.
data_dir: {quoted(inst.run_dir / "state")}
config_dir: {quoted(inst.config_dir)}
http:
  address: 127.0.0.1
  port: {inst.http_port}
  certificate: ""
  key: ""
  allow_plain_outside: false
  dashboard_dir: {quoted(ROOT / "server" / "dashboard" / "dist")}
  geo_dir: {quoted(inst.config_dir / "geo")}
mqtt:
  host: 127.0.0.1
  port: {inst.mqtt_port}
  user: ioc-server
  password_file: {quoted(inst.run_dir / "mqtt-server.password")}
  client_id: iocd
  ca: ""
  allow_plain_outside: false
  admin_user: ioc-admin
  admin_password_file: {quoted(inst.run_dir / "mqtt-admin.password")}
  accounts_file: {quoted(inst.broker.accounts.path)}
  broker_log: {quoted(inst.broker.child.log if inst.broker.debug_log else "")}
  broker_pid_file: {quoted(inst.broker.pid_file)}
postgres:
  url: {inst.postgres.url_without_password}
  password_file: {quoted(inst.run_dir / "postgres-ioc.password")}
journal: {{max_mib: {inst.journal_mib[0]}, segment_mib: {inst.journal_mib[1]}, sync_ms: 100}}
# The account of ready.json publishes for all demo units, over any gateway's name: one account for the whole load of tests and benches.
quotas: {{device_per_s: 1000, gateway_per_s: 50000}}
log: {{level: info, file: ""}}
first_login_changes_password: {"true" if inst.first_login_changes_password else "false"}
"""
