#!/usr/bin/env python3
"""tests/run itself: what fails, hangs, or shows nothing must count as failed; a gate that lets it through is none."""

import contextlib
import importlib.machinery
import importlib.util
import io
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))
from checks import Checks  # noqa: E402

LOADER = importlib.machinery.SourceFileLoader("tests_run", str(TESTS / "run"))
sys.dont_write_bytecode = True
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("tests_run", LOADER))
LOADER.exec_module(run)

COUNTS = [
    ("ctest, all good", run.ctest_count, ["100% tests passed, 0 tests failed out of 22"], (22, 0)),
    ("ctest, one bad", run.ctest_count, ["95% tests passed, 1 tests failed out of 22", "", "The following tests FAILED:"], (21, 1)),
    ("ctest, no tests", run.ctest_count, ["No tests were found!!!"], None),
    ("vitest, all good", run.vitest_count, [" Test Files  3 passed (3)", "      Tests  12 passed (12)"], (12, 0)),
    ("vitest, some bad", run.vitest_count, [" Test Files  1 failed | 2 passed (3)", "      Tests  2 failed | 10 passed (12)"], (10, 2)),
    ("vitest, a file that does not load", run.vitest_count, [" Test Files  1 failed | 2 passed (3)", "      Tests  10 passed (10)"], (10, 1)),
    ("vitest, none of them loads", run.vitest_count, [" Test Files  2 failed (2)", "      Tests  no tests"], (0, 2)),
    ("vitest, nothing found", run.vitest_count, ["No test files found, exiting with code 1"], None),
    ("a script's last line", run.last_line_count, ["3 passed, 1 failed", "", "7 passed, 0 failed", ""], (7, 0)),
    ("a script that went on talking", run.last_line_count, ["7 passed, 0 failed", "oops"], None),
    ("types, good", run.svelte_check_count, ["svelte-check found 0 errors and 0 warnings"], (1, 0)),
    ("types, bad", run.svelte_check_count, ["svelte-check found 9 errors and 0 warnings in 4 files"], (0, 1)),
]

SUITES = [
    ("good", "echo '2 passed, 0 failed'", 5, (2, 0)),
    ("one failed", "echo '2 passed, 1 failed'; exit 1", 5, (2, 1)),
    ("good count, bad exit", "echo '2 passed, 0 failed'; exit 3", 5, (2, 1)),
    ("no count", "echo hello", 5, (0, 1)),
    ("counts nothing", "echo '0 passed, 0 failed'", 5, (0, 1)),
    ("crash", "echo '2 passed, 0 failed'; kill -SEGV $$", 5, (2, 1)),
    ("hangs", "sleep 60; echo '2 passed, 0 failed'", 1, (0, 1)),
    ("hangs after its count", "echo '2 passed, 0 failed'; sleep 60", 1, (2, 1)),
]


def main():
    checks = Checks()
    for name, count, lines, wanted in COUNTS:
        checks.equal(f"counts: {name}", count(lines), wanted)
    with tempfile.TemporaryDirectory(prefix="ioc-run-test-") as folder:
        run.LOGS = Path(folder)
        for number, (name, script, limit_s, wanted) in enumerate(SUITES):
            with contextlib.redirect_stdout(io.StringIO()):
                seen = run.Suite(f"suite-{number}", ["bash", "-c", script], run.last_line_count, limit_s).run()
            checks.equal(f"suite: {name}", seen[:2], wanted)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
