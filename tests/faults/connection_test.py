#!/usr/bin/env python3
# limit_s: 240
"""Connections to the broker that are refused, cut, half open or answered with nonsense: tried again with growing, jittered waits, the reason
in the log once; with the broker back everything goes on, nothing acknowledged is lost."""
import re
import socket
import sys
import threading
import time

from _load import Load, full, ledger_balances

from checks import Checks
from stack import Stack

checks = Checks()


class Doorman(threading.Thread):
    """In the broker's place on its port: takes connections, notes when, sends `word` and closes."""

    def __init__(self, port, word=b""):
        super().__init__(daemon=True)
        self.word, self.times, self.ended = word, [], False
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", port))
        self.server.listen(16)
        self.server.settimeout(0.2)

    def run(self):
        while not self.ended:
            try:
                connection, _ = self.server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                try:
                    hello = connection.recv(4096)
                    if b"iocd" in hello:  # the load knocks here, too
                        self.times.append(time.monotonic())
                    connection.sendall(self.word)
                except OSError:
                    pass

    def end(self):
        self.ended = True
        self.join()
        self.server.close()


def reasons(s, since):
    lines = s.iocd.log.read_text().splitlines()[since:]
    return [re.sub(r"^.*broker: waiting: ", "", line) for line in lines if "broker: waiting" in line]


def log_length(s):
    return len(s.iocd.log.read_text().splitlines())


with Stack(users=("officer",)) as s:
    load = Load(s, "n", 300, full(150, 60))
    time.sleep(2)
    port = s.broker.port

    since = log_length(s)
    s.kill("mosquitto")
    time.sleep(full(20, 6))
    checks.that("refused: a reason in the log", any("refused" in r for r in reasons(s, since)), str(reasons(s, since)))
    checks.that("refused: once", len([r for r in reasons(s, since) if "refused" in r]) == 1, str(reasons(s, since)))

    since = log_length(s)
    for name, word in (("cut", b""), ("nonsense", b"HTTP/1.1 400 Bad Request\r\n\r\n")):
        doorman = Doorman(port, word)
        doorman.start()
        time.sleep(full(40, 12))
        doorman.end()
        gaps = [b - a for a, b in zip(doorman.times, doorman.times[1:])]
        checks.that(f"{name}: tried again", len(gaps) >= 1, str(doorman.times))
        checks.that(f"{name}: waits of at most 7 s", all(g < 8 for g in gaps), str([round(g, 2) for g in gaps]))
        if name == "nonsense" and len(gaps) >= 2:
            checks.that("the waits differ", len({round(g, 1) for g in gaps}) > 1, str([round(g, 2) for g in gaps]))
        print(f"      {name}: waits {[round(g, 2) for g in gaps]}")
    said = reasons(s, since)
    checks.that("cut, nonsense: each reason once", len(said) == len(set(said)) and 1 <= len(said) <= 4, str(said))
    print(f"      reasons: {said}")

    s.start("mosquitto")
    checks.that("with the broker back it goes on", bool(s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 15)))

    since = log_length(s)
    s.pause("mosquitto")  # half open: the socket stands, nobody answers
    noticed = s.wait(lambda: s.api("GET", "/readyz")[0] == 503, 35)
    checks.that("half open: noticed within 35 s", bool(noticed))
    s.resume("mosquitto")
    checks.that("half open: connected again", bool(s.wait(lambda: s.api("GET", "/readyz")[0] == 200, 20)))
    said = reasons(s, since)
    checks.that("half open: the reason, once", 1 <= len(said) <= 3 and len(said) == len(set(said)), str(said))
    print(f"      half open: {said}")
    checks.equal("the publisher ended well", load.end(), 0)
    load.reckon(checks)
    ledger_balances(s, checks, s.login("officer"))
sys.exit(checks.end())
