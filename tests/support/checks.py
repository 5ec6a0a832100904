"""Counting checks for integration tests: prints one line a check and `N passed, N failed` as the last line.

    checks = Checks()
    checks.that("anonymous is refused", code != 0, f"exit code {code}")
    sys.exit(checks.end())
"""


class Checks:
    """A run without a single check is a failure: it showed nothing."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, name, ok, detail=""):
        if ok:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}" + (f": {detail}" if detail else ""), flush=True)
        return bool(ok)

    def equal(self, name, seen, wanted):
        return self.that(name, seen == wanted, f"saw {seen!r}, wanted {wanted!r}")

    def end(self):
        if self.passed + self.failed == 0:
            self.failed = 1
            print("FAIL  no check ran")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
