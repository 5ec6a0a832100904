"""mosquitto_pub and mosquitto_sub as test clients: real clients, one process each, ended by their own pid.

    pub(broker, "03478/WL-01", password, "ioc/v1/03478/WL-01/telemetry", "{}")       -> exit code, text of stderr
    with Listener(broker, user, password, ["ioc/#"]) as heard: …; heard.messages()   -> [(topic, payload)]
Passwords go through an options file (XDG_CONFIG_HOME, 0600), so none stands on a command line.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path


def _options(tool, folder, broker, user, password, extra=()):
    lines = ["-h 127.0.0.1", f"-p {broker.port}"]
    if user is not None:
        lines += [f"-u {user}", f"-P {password}"]
    lines += extra
    (folder / tool).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / tool).chmod(0o600)
    return {**os.environ, "XDG_CONFIG_HOME": str(folder)}


def pub(broker, user, password, topic, payload, qos=1, retain=False, version="mqttv5", timeout_s=10, extra=()):
    """`payload`: text, or bytes. `extra`: lines for the options file, e.g. "--cafile PEM"."""
    with tempfile.TemporaryDirectory(prefix="ioc-pub-") as folder:
        env = _options("mosquitto_pub", Path(folder), broker, user, password, extra)
        if isinstance(payload, bytes):
            file = Path(folder) / "payload"
            file.write_bytes(payload)
            what = ["-f", str(file)]
        else:
            what = ["-m", payload]
        argv = ["mosquitto_pub", "-V", version, "-q", str(qos), "-t", topic, *what] + (["-r"] if retain else [])
        try:
            done = subprocess.run(argv, env=env, text=True, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            return 124, "no answer"
    return done.returncode, done.stderr.strip()


class Listener:
    """A live subscriber; entered only after its SUBACK, so what is published afterwards is heard or refused, never missed."""

    def __init__(self, broker, user, password, topics, client_id=None, will=None, version="mqttv5", options=()):
        self.folder = tempfile.TemporaryDirectory(prefix="ioc-sub-")
        self.out = Path(self.folder.name) / "out"
        self.err = Path(self.folder.name) / "err"
        env = _options("mosquitto_sub", Path(self.folder.name), broker, user, password)
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-V", version, "-q", "1", "-d", "-F", "MSG %t %p", *options]
        for topic in topics:
            argv += ["-t", topic]
        if client_id:
            argv += ["-i", client_id]
        if will:
            argv += ["--will-topic", will[0], "--will-payload", will[1], "--will-qos", "1"]
            argv += ["--will-retain"] if len(will) > 2 and will[2] else []
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=open(self.out, "wb"), stderr=open(self.err, "wb"))
        self.granted = self._wait_for_answer()

    def _wait_for_answer(self):
        """The SUBACK's codes as text ('1', '135, 1', …), or None when the broker threw the client out."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for line in self._lines():
                if line.startswith("Subscribed (mid"):
                    return line.rsplit(":", 1)[1].strip()
            if self.process.poll() is not None:
                return None
            time.sleep(0.03)
        return None

    def _lines(self):
        return (self.out.read_text("utf-8", "replace") + self.err.read_text("utf-8", "replace")).splitlines()

    def errors(self):
        return self.err.read_text("utf-8", "replace").strip()

    def messages(self):
        return [tuple(line[4:].split(" ", 1)) for line in self._lines() if line.startswith("MSG ")]

    def wait_for(self, payload, seconds=5.0):
        """True once a message with exactly this payload was heard."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(m[-1] == payload for m in self.messages()):
                return True
            time.sleep(0.03)
        return False

    def kill(self):
        """kill -9: the broker sees the connection break and sends the will."""
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
