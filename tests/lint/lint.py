#!/usr/bin/env python3
"""Lint that no compiler does: include arrows, forbidden words of the pure rooms, braces inside co_await, room READMEs.

lint.py [--root DIR] prints each fault as FILE:LINE: sentence, then `N passed, N failed`; exit 1 when one failed.
lint.py --self-test runs the checks on text that must fail: a lint that cannot fail is none.
"""
import argparse
import pathlib
import re
import sys

PURE = ["core", "perceive", "alert", "advise", "act", "pipeline"]
# What only the rim may name; time is an argument in the pure rooms.
FORBIDDEN = [
    (re.compile(r"#include\s*<boost/(asio|beast)"), "Asio and Beast belong to adapters/"),
    (re.compile(r"#include\s*<(pqxx|libpq-fe|mqtt|spdlog|fstream|filesystem|thread|mutex|sys/|unistd)"), "no I/O, threads or logging in a pure room"),
    (re.compile(r"(system_clock|steady_clock)::now|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|gettimeofday|clock_gettime"), "a pure room reads no clock: time is an argument"),
    (re.compile(r"\bstd::(cout|cerr|ifstream|ofstream)\b|\bfopen\s*\("), "a pure room does no I/O"),
]
HEAVY = re.compile(r"#include\s*<(boost/beast|boost/asio|pqxx|libpq-fe|mqtt/)")
INCLUDE = re.compile(r'^\s*#include\s*"([^"]+)"')


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def read_arrows(path):
    arrows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, rest = line.partition(":")
            arrows[room.strip()] = set(rest.split())
    return arrows


def room_of(relative, arrows):
    return max((r for r in arrows if relative == r or relative.startswith(r + "/")), key=len, default=None)


def check_includes(name, room, text, arrows):
    for n, line in enumerate(without_comments(text).splitlines(), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        target = room_of(m.group(1), arrows)
        if target is None:
            yield f'{name}:{n}: "{m.group(1)}" is in no room of tests/lint/arrows.txt; write the path from server/'
        elif target != room and target not in arrows[room]:
            yield f"{name}:{n}: {room} may not include {target} (tests/lint/arrows.txt)"


def check_pure(name, room, text):
    if room not in PURE:
        return
    for n, line in enumerate(without_comments(text).splitlines(), 1):
        for pattern, why in FORBIDDEN:
            if pattern.search(line):
                yield f"{name}:{n}: {why}"


def check_heavy_header(name, text):
    """A header that names Beast, pqxx or Paho makes every reader of it pay 25 seconds; private headers say so in their first lines."""
    if not name.endswith(".hpp") or "Private to this folder" in text or "/tests/" in name:
        return
    for n, line in enumerate(without_comments(text).splitlines(), 1):
        if HEAVY.search(line):
            yield f"{name}:{n}: a public header may not include {line.strip()}; hide it behind a pimpl"


def check_co_await(name, text):
    """GCC 12.2 destroys braced temporaries inside a co_await expression twice: no '{' up to the end of its statement."""
    text = without_comments(text)
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    for m in re.finditer(r"\bco_await\b", text):
        depth, i = 0, m.end()
        while i < len(text):
            c = text[i]
            if c in "([":
                depth += 1
            elif c in ")]":
                depth -= 1
                if depth < 0:
                    break
            elif c == ";":
                break
            elif c == "{":
                if depth == 0 and re.search(r"\)\s*$", text[:i]) and not re.search(r"[\w>]\s*$", text[:i]):
                    break  # `if (co_await x) {` ended above; a block opens
                yield f"{name}:{text.count(chr(10), 0, m.start()) + 1}: braces inside a co_await expression; name the value first"
                break
            i += 1


def check_readme(root, room):
    readme = root / room / "README.md"
    if not readme.exists():
        yield f"{room}: has no README.md"
    elif len(readme.read_text(encoding="utf-8").splitlines()) > 50:
        yield f"{room}/README.md: is longer than a screen (50 lines)"


def lint(root):
    faults, checked = [], 0
    arrows = read_arrows(root / "tests/lint/arrows.txt")
    for base in ("server", "edge"):
        for path in sorted((root / base).rglob("*.?pp")):
            relative = path.relative_to(root / base).as_posix()
            if relative.startswith("dashboard/"):
                continue
            name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
            room = room_of(relative, arrows)
            checked += 1
            if room is None:
                faults.append(f"{name}:1: is in no room of tests/lint/arrows.txt")
                continue
            if "/tests/" not in name and "/bench/" not in name:  # a test may meet its room with others
                faults += check_includes(name, room, text, arrows)
                faults += check_pure(name, room, text)
            faults += check_heavy_header(name, text)
            faults += check_co_await(name, text)
    for room in arrows:
        checked += 1
        faults += check_readme(root, "edge" if room == "sim" else "server/" + room)
    checked += 1
    faults += check_readme(root, "server/dashboard")
    for folder in ("integration", "faults", "soak"):  # tests/run starts them by their name
        for path in sorted((root / "tests" / folder).glob("*_test.*")):
            checked += 1
            if not path.stat().st_mode & 0o100:
                faults.append(f"{path.relative_to(root).as_posix()}: is not executable: chmod +x")
    return checked, faults


def self_test():
    arrows = {"core": set(), "alert": {"core"}, "adapters/web": {"core"}}
    must_fail = [
        list(check_includes("a.cpp", "core", '#include "alert/rule.hpp"\n', arrows)),
        list(check_includes("a.cpp", "alert", '#include "../rule.hpp"\n', arrows)),
        list(check_pure("a.cpp", "alert", "auto t = std::chrono::system_clock::now();\n")),
        list(check_pure("a.cpp", "core", "#include <spdlog/spdlog.h>\n")),
        list(check_co_await("a.cpp", "auto x = co_await send(notice{a, b});")),
        list(check_co_await("a.cpp", "co_await run([=] { return 1; });")),
        list(check_heavy_header("a.hpp", "#include <boost/beast/core.hpp>\n")),
    ]
    must_pass = [
        list(check_includes("a.cpp", "alert", '#include "core/time.hpp"\n// #include "adapters/web/hub.hpp"\n', arrows)),
        list(check_pure("a.cpp", "adapters/web", "auto t = std::chrono::system_clock::now();\n")),
        list(check_co_await("a.cpp", 'notice n{a, b};\nauto x = co_await send(std::move(n), "{");\nif (co_await y()) { z(); }')),
    ]
    failed = sum(not f for f in must_fail) + sum(bool(f) for f in must_pass)
    for i, f in enumerate(must_fail):
        if not f:
            print(f"self-test: bad text {i} was not found")
    for f in must_pass:
        for fault in f:
            print(f"self-test: good text was refused: {fault}")
    return len(must_fail) + len(must_pass) - failed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2], type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        passed, failed = self_test()
    else:
        checked, faults = lint(arguments.root)
        for fault in faults:
            print(fault)
        failed = len(faults)
        passed = checked - min(checked, failed)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
