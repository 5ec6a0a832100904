#!/usr/bin/env python3
# limit_s: 1800
"""1,000 streams of records shuffled within `allowed_lateness`, repeated and cut by restarts: the same alerts to the byte (order_test.cpp)."""
import os
import re
import subprocess
import sys
from pathlib import Path

BIN = Path(os.environ.get("IOC_BIN_DIR") or Path(__file__).resolve().parents[2] / "build" / "release" / "bin")
done = subprocess.run([BIN / "pipeline_test", "--gtest_filter=order.*"], env={**os.environ, "IOC_ORDER_SEEDS": "1000"}, capture_output=True, text=True, check=False)
if done.returncode:
    print(done.stdout[-4000:])
passed = re.search(r"\[  PASSED  \] (\d+) test", done.stdout)
failed = re.search(r"\[  FAILED  \] (\d+) test", done.stdout)
passed, failed = int(passed[1]) if passed else 0, int(failed[1]) if failed else int(done.returncode != 0)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
