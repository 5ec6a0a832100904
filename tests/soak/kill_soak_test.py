#!/usr/bin/env python3
# limit_s: 3600
"""The kill test again and again: ten rounds of five kills under 2,000 messages a second. See tests/integration/kill_test.py."""
import os
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
passed = failed = 0
for n in range(int(os.environ.get("IOC_SOAK_ROUNDS", "10"))):
    r = subprocess.run([sys.executable, str(here.parent / "integration" / "kill_test.py")], capture_output=True, text=True)
    print(f"round {n + 1}: exit {r.returncode}: {r.stdout.strip().splitlines()[-1] if r.stdout.strip() else r.stderr[-300:]}", flush=True)
    if r.returncode:
        failed += 1
        print(r.stdout[-2000:])
    else:
        passed += 1
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
