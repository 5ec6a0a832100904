#!/usr/bin/env python3
# limit_s: 3000
"""Fuzzes all decoders under AddressSanitizer and UBSan: fuzz_soak_test.py [SECONDS], 600 by default, shared by all of them.

Builds build/fuzz with clang++ (packages clang, libclang-rt-14-dev), seeds each corpus from the vectors and odd messages of its family. One check for each decoder.
"""
import base64
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from checks import Checks  # noqa: E402

BUILD = ROOT / "build" / "fuzz"
DIVIDER = b"\0\xff\0"


def build():
    """decoder_fuzz and what it needs, nothing else of the tree."""
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                        "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1", "-DCMAKE_CXX_FLAGS=-fno-sanitize-recover=undefined", "-DIOC_FUZZ=ON", "-DIOC_WERROR=OFF", "-DIOC_CCACHE=OFF",
                        "-DIOC_SANITIZE=fuzzer-no-link,address,undefined"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["nice", "-n", "10", "ninja", "-C", BUILD, "decoder_fuzz"], check=True, stdout=subprocess.DEVNULL)
    return BUILD / "bin" / "decoder_fuzz"


def families():
    """family -> decoder, as the registration table has them."""
    table = (ROOT / "server" / "perceive" / "decoder.cpp").read_text("utf-8")
    return {family: name for name, family in re.findall(r'named\{"([^"]+)", "([^"]+)", (?:doubting<)?decode_', table)}


def message(line):
    payload = base64.b64decode(line["payload_base64"]) if "payload_base64" in line else line["payload"].encode()
    return line["topic"].encode() + b"\0" + payload


def seed(decoders):
    """Fills build/fuzz/corpus/NAME; what earlier runs found interesting stays there."""
    files = [*(ROOT / "tests" / "vectors").glob("*.jsonl"), *(ROOT / "server" / "perceive" / "decoders").glob("*/odd_messages.jsonl")]
    lines = [json.loads(text) for file in sorted(files) for text in file.read_text("utf-8").splitlines() if text.strip()]
    by_id = {line["id"]: line for line in lines}
    for line in lines:
        before = [message(by_id[i]) for i in line.get("after", []) if i in by_id][-1:]
        text = DIVIDER.join(before + [message(line)])
        for name in {decoders.get(line["family"]), "xml_read" if b"<" in text else "json_read"} - {None}:
            folder = BUILD / "corpus" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / line["id"]).write_bytes(text)
    dictionary = BUILD / "words.dict"
    words = {word for line in lines for word in re.findall(r"[A-Za-z_@#:]{3,24}", line["topic"] + " " + line.get("payload", ""))}
    dictionary.write_text("".join(f'"{word}"\n' for word in sorted(words)) + '"\\x00\\xff\\x00"\n', "utf-8")
    return dictionary


def fuzz(binary, name, seconds, dictionary):
    """(good, what was seen)"""
    corpus, findings = BUILD / "corpus" / name, BUILD / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    run = subprocess.run([binary, f"--decoder={name}", corpus, f"-max_total_time={seconds}", "-max_len=16384", "-timeout=20", "-rss_limit_mb=1500", f"-dict={dictionary}",
                          f"-artifact_prefix={findings}/{name}-", "-print_final_stats=1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", run.stdout)
    said = re.search(r"(FINDING .*|ERROR: .*|.*runtime error: .*)", run.stdout)
    return run.returncode == 0 and executed is not None, f"{executed[1] if executed else 0} inputs" + (f"; {said[1]}" if said else "")


def main(arguments):
    seconds = int(arguments[0]) if arguments else int(os.environ.get("IOC_FUZZ_SECONDS", "600"))
    binary = build()
    decoders = families()
    dictionary = seed(decoders)
    targets = ["json_read", "xml_read", *sorted(set(decoders.values()))]
    lanes = max(1, (os.cpu_count() or 2))
    share = max(1, seconds * lanes // len(targets))
    checks = Checks()
    with ThreadPoolExecutor(lanes) as pool:
        for name, (good, seen) in zip(targets, pool.map(lambda name: fuzz(binary, name, share, dictionary), targets)):
            print(f"{name}: {share} s, {seen}", flush=True)
            checks.that(f"{name} has no finding", good, seen)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
