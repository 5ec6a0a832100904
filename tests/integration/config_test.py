#!/usr/bin/env python3
"""A broken configuration stops the start with one sentence that names file, line and cure; --check says the same without starting."""
import re
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checks import Checks  # noqa: E402
from stack import Stack, binary  # noqa: E402

checks = Checks()


def start(settings, *more):
    r = subprocess.run([str(binary("iocd")), "--config", str(settings), *more], capture_output=True, text=True, timeout=40)
    return r.returncode, (r.stderr + r.stdout).strip()


def both(name, settings, place, words, modes=((), ("--check",))):
    for mode in modes:
        code, said = start(settings, *mode)
        label = f"{name}{' with --check' if mode else ''}"
        checks.that(f"{label}: stops with exit code 2", code == 2, f"{code}: {said[-300:]}")
        last = said.splitlines()[-1] if said else ""
        checks.that(f"{label}: names file and line", re.search(re.escape(place) + r":\d+: ", last) is not None, last)
        checks.that(f"{label}: says what and how to mend it", all(w in last for w in words), last)


with Stack(users=()) as s:
    good = s.iocd_yaml.read_text()
    yaml = s.folder / "broken.yaml"
    s.stop("iocd")
    checks.equal("a sound configuration passes --check", start(s.iocd_yaml, "--check")[0], 0)

    yaml.write_text(good.replace("data_dir:", "data_dri:", 1))
    both("a misspelt key", yaml, "broken.yaml", ["data_dri", "data_dir"])

    rules = s.config_dir / "rules" / "03478.yaml"
    before = rules.read_text()
    rules.write_text(before.replace("metric: level", "metric: levle", 1) if "metric: level" in before else before.replace("metric: water_level", "metric: water_levle", 1))
    checks.that("the rule file was changed", rules.read_text() != before)
    both("a rule for a metric that does not exist", s.iocd_yaml, "03478.yaml", ["lev", ";"])
    rules.write_text(before)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        yaml.write_text(re.sub(r"(?m)^(\s*port:) \d+", lambda m, n=iter([port]): f"{m.group(1)} {next(n, None) or m.group(0).split()[-1]}", good, count=1))
        checks.that("the port was changed", str(port) in yaml.read_text())
        both("a taken port", yaml, "broken.yaml", [str(port), "taken", "another port"], modes=((),))
        code, said = start(yaml, "--check")
        checks.that("--check warns of a taken port, which may be the running iocd's own", code == 0 and "warning: " in said and str(port) in said and "is fine" in said, (code, said))

    wrong = s.folder / "wrong.password"
    wrong.write_text("not the password\n")
    wrong.chmod(0o600)
    changed = re.sub(r"(?m)(postgres:.*?password_file:) \S+", lambda m: m.group(1) + f" {wrong}", good, count=1, flags=re.S)
    if changed == good:
        changed = re.sub(r'(?s)("?postgres"?:.*?"?password_file"?: )"?[^",}\n]+"?', lambda m: m.group(1) + f'"{wrong}"', good, count=1)
    yaml.write_text(changed)
    checks.that("the password file was changed", "wrong.password" in changed)
    both("a wrong database password", yaml, "broken.yaml", ["password"])

    checks.equal("after all that the sound one still starts", (s.start("iocd"), s.api("GET", "/readyz")[0])[1], 200)
sys.exit(checks.end())
