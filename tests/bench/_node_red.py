"""Baseline N: Node-RED 4 with the same load, the same thresholds, one batched INSERT for 1,000 messages, into its own table."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import _parts as parts
from _parts import Failure

sys.path.insert(0, str(parts.ROOT / "deploy" / "lib"))
from common import free_port  # noqa: E402

HERE = Path(__file__).resolve().parent / "node-red"


def install():
    """npm ci from the lock file, into build/: nothing of it is run at installation."""
    target = parts.ROOT / "build" / "bench-node-red"
    stamp = target / ".installed"
    lock = (HERE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        print("      npm installs Node-RED once (292 packages: minutes on a slow line) …", flush=True)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, target / name)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], cwd=target, capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode:
            raise Failure(f"npm ci failed: {done.stderr.strip()[-400:]}")
        stamp.write_text(lock)
    return target


def flows(broker_port):
    # A node without a place (x, y) is taken for a configuration node and never started.
    return [
        {"id": "tab", "type": "tab", "label": "bench"},
        {"id": "broker", "type": "mqtt-broker", "name": "", "broker": "127.0.0.1", "port": str(broker_port), "clientid": "bench-node-red", "autoConnect": True,
         "usetls": False, "protocolVersion": "5", "keepalive": "60", "cleansession": True},
        {"id": "in", "type": "mqtt in", "z": "tab", "topic": parts.FILTER, "qos": "1", "datatype": "buffer", "broker": "broker", "x": 100, "y": 100, "wires": [["parse"]]},
        {"id": "parse", "type": "json", "z": "tab", "property": "payload", "action": "obj", "x": 300, "y": 100, "wires": [["judge"]]},
        {"id": "judge", "type": "function", "z": "tab", "func": (HERE / "function.js").read_text(), "outputs": 1, "x": 500, "y": 100, "wires": [[]]},
    ]


def run(stack, messages):
    """Seconds until all is committed, CPU of each part. iocd must be stopped. `messages` is a multiple of 1,000."""
    installed = install()
    user, password = stack.server_account
    folder = stack.folder / "node-red"
    folder.mkdir()
    port = free_port()
    stack.postgres.sql("create table bench_reading (device text not null, metric text not null, ts timestamptz not null, value float8); "
                       "create index on bench_reading (device, metric, ts)", as_ioc=True)
    (folder / "flows.json").write_text(json.dumps(flows(stack.broker.port)))
    (folder / "flows_cred.json").write_text(json.dumps({"broker": {"user": user, "password": password}}))
    environment = {**os.environ, "BENCH_PORT": str(port), "BENCH_RULES": json.dumps(parts.THRESHOLDS), "BENCH_DATABASE": stack.postgres.url,
                   "NODE_PATH": str(installed / "node_modules")}
    with open(folder / "log", "wb") as log:
        node = subprocess.Popen(["node", str(installed / "node_modules" / "node-red" / "red.js"), "--userDir", str(folder), "--settings", str(HERE / "settings.js")],
                                env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 90
        while True:  # it has subscribed once a retained-free probe comes back; its own port answers a moment before
            text = (folder / "log").read_text()
            if node.poll() is not None or time.monotonic() > until:
                raise Failure(f"Node-RED did not start: {text[-400:]}")
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.3)
        time.sleep(5)
        meter = parts.Meter(stack)
        before = parts.cpu_of_tree(node.pid)
        began = time.time()
        sent = parts.publish(stack, messages)
        wanted = messages * 4
        while (have := int(stack.postgres.sql("select count(*) from bench_reading"))) < wanted:
            if time.time() - began > 900:
                raise Failure(f"Node-RED committed only {have // 4} of {messages} messages; its log: {(folder / 'log').read_text()[-400:]}")
            time.sleep(1)
        seconds = time.time() - began
        return {"seconds": seconds, "publish_seconds": sent["seconds"],
                "cpu": {"publisher": sent["cpu_seconds"], "node-red": parts.cpu_of_tree(node.pid) - before, **meter.used()}}
    finally:
        node.terminate()
        try:
            node.wait(10)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()
