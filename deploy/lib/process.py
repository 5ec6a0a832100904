"""One child process: started under its account, logged to a file, stopped or killed by its own pid.

Children live in a session of their own, so Ctrl-C in a terminal reaches only us and we stop them in order.
If we are killed ourselves, the kernel sends each child its stop signal (PR_SET_PDEATHSIG): nothing is left running.
"""

import ctypes
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from common import Failure

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 20 * 1024 * 1024  # a log beyond this is set aside as *.1 at the next start


class Child:
    """A program and how to start it again. Not thread-safe: one owner starts, polls and stops it.

    `stop_signal` asks for an orderly end (PostgreSQL: SIGINT = fast shutdown). `outlive` = do not die with us.
    """

    def __init__(self, name, argv, log, user=None, env=None, cwd=None, stop_signal=signal.SIGTERM, outlive=False):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = Path(log)
        self.user = user
        self.env = env
        self.cwd = str(cwd) if cwd else None
        self.stop_signal = stop_signal
        self.outlive = outlive
        self.popen = None
        self.started_at = 0.0

    @property
    def pid(self):
        return self.popen.pid if self.popen else None

    def start(self):
        if self.alive():
            return
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            os.replace(self.log, self.log.with_name(self.log.name + ".1"))
        who = {}
        if self.user is not None:
            who = {"user": self.user.pw_uid, "group": self.user.pw_gid,
                   "extra_groups": os.getgrouplist(self.user.pw_name, self.user.pw_gid)}
        environment = dict(os.environ if self.env is None else self.env)
        if self.user is not None:
            environment.update(HOME=self.user.pw_dir, USER=self.user.pw_name, LOGNAME=self.user.pw_name)
        # The death signal follows the thread that forked, so it is only safe from the main one.
        with_us = not self.outlive and threading.current_thread() is threading.main_thread()

        def in_child():
            if with_us:
                _LIBC.prctl(_PR_SET_PDEATHSIG, int(self.stop_signal), 0, 0, 0)

        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            try:
                self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.cwd or "/",
                                              env=environment, start_new_session=True, preexec_fn=in_child, **who)
            except OSError as e:
                raise Failure(f"{self.name} could not be started: {self.argv[0]}: {e.strerror}") from None
        self.started_at = time.monotonic()

    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def exit_code(self):
        """None while it runs; negative = killed by that signal."""
        return self.popen.poll() if self.popen else None

    def stop(self, grace_s=20.0):
        """Asks it to end; after `grace_s` kills it. True when it ended by itself."""
        if not self.alive():
            return True
        self.popen.send_signal(self.stop_signal)
        try:
            self.popen.wait(grace_s)
            return True
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            return False

    def kill(self):
        """kill -9, and wait until it is gone."""
        if self.alive():
            self.popen.send_signal(signal.SIGKILL)
            self.popen.wait()

    def pause(self):
        """SIGSTOP: it hangs but keeps its connections."""
        self.popen.send_signal(signal.SIGSTOP)

    def resume(self):
        self.popen.send_signal(signal.SIGCONT)


def start_time(pid):
    """Kernel start time of a pid (clock ticks since boot), or None: tells a recycled pid from the process we knew."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            fields = f.read().rsplit(")", 1)[1].split()
            return None if fields[0] == "Z" else int(fields[19])  # a zombie has ended
    except (OSError, ValueError, IndexError):
        return None


def end_leftover(pid, started, sig=signal.SIGTERM, grace_s=20.0):
    """Ends a process of an earlier run, only if it still is that process (same pid and start time)."""
    if pid is None or started is None or start_time(pid) != started:
        return False
    for signal_now, wait_s in ((sig, grace_s), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, signal_now)
        except ProcessLookupError:
            return True
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if start_time(pid) != started:
                return True
            time.sleep(0.05)
    return True
