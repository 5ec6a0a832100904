#!/usr/bin/env python3
# limit_s: 10800
"""Every fault test with its full counts and outages: 20 kills of each part, five minutes without PostgreSQL and without the broker."""
import os
import re
import subprocess
import sys
from pathlib import Path

folder = Path(__file__).resolve().parents[1] / "faults"
passed = failed = 0
for test in sorted(folder.glob("*_test.py")):
    done = subprocess.run([sys.executable, str(test)], capture_output=True, text=True, env={**os.environ, "IOC_FAULTS_FULL": "1"}, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    count = next((re.match(r"(\d+) passed, (\d+) failed$", x) for x in reversed(done.stdout.strip().splitlines())), None)
    print(f"== {test.stem}: exit {done.returncode}", flush=True)
    print("\n".join(x for x in lines if not x.startswith("ok ")), flush=True)
    passed += int(count[1]) if count else 0
    bad = int(count[2]) if count else 1
    failed += bad or (1 if done.returncode else 0)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
