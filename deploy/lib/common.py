"""Small things every part of the run-time tooling needs: paths, plain failures, ports, secrets, atomic files.

Python 3 standard library only. Import with deploy/lib on sys.path (deploy/demo and tests/support/stack.py do so).
"""

import json
import os
import pwd
import secrets
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN_DIR = Path(os.environ.get("IOC_BIN_DIR", ROOT / "build" / "release" / "bin"))


class Failure(Exception):
    """Something a person can cure: the text is one or two plain sentences, printed without a traceback."""


def say(text, who="demo"):
    print(f"{who}: {text}", flush=True)


def binary(name):
    """Path of one of our programs; a plain failure when it has not been built."""
    path = BIN_DIR / name
    if not path.is_file():
        raise Failure(f"{path} is missing. Build it first: make build")
    return str(path)


def free_port():
    """A free TCP port of 127.0.0.1, outside the range from which outgoing connections take theirs: so that a server which is killed
    and started again finds its port still free."""
    for _ in range(1000):
        port = secrets.choice(range(20000, 32000))
        if port_is_free(port):
            return port
    raise Failure("no free TCP port between 20000 and 32000 on 127.0.0.1")


def port_is_free(port):
    with socket.socket() as s:
        # As the servers do: a port that is only in TIME_WAIT counts as free.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def choose_port(port, option, what):
    """0 = a free one; otherwise the port itself, or a failure that names it and the cure."""
    if not 0 <= port <= 65535:
        raise Failure(f"{option} {port}: a port is a number from 0 (take a free one) to 65535")
    if port == 0:
        return free_port()
    if not port_is_free(port):
        raise Failure(f"port {port} for {what} is already in use on 127.0.0.1. "
                      f"Stop what listens there (ss -ltnp 'sport = :{port}'), or choose another with {option} (0 = a free one)")
    return port


def new_secret():
    """128 random bits as 32 hex digits: no character needs quoting in a URL, YAML or a shell."""
    return secrets.token_hex(16)


def write_private(path, text, user=None):
    """Writes `text` atomically with mode 0600, owned by `user` (a pwd entry) when given: readers see the old or the new file, whole."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
        if user is not None and os.geteuid() == 0:
            os.fchown(f.fileno(), user.pw_uid, user.pw_gid)
    os.replace(part, path)


def write_private_json(path, value, user=None):
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n", user)


def service_user(name):
    """The account a service runs under: `name` when we are root, else None = our own account."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise Failure(f"the account '{name}' does not exist: is its package installed? Run deploy/install-packages") from None


def can_traverse(path, user):
    """True when `user` may pass through every folder down to `path`. Looks at mode bits; an ACL that grants more is not seen."""
    if user is None:
        return True
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    for folder in [Path(path), *Path(path).parents]:
        if not folder.exists():
            continue
        st = folder.stat()
        bit = 0o100 if st.st_uid == user.pw_uid else 0o010 if st.st_gid in groups else 0o001
        if not st.st_mode & bit:
            return False
    return True


def tail(path, lines=12):
    """The last lines of a log, for error messages."""
    try:
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 16384))
            text = f.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def fail_plainly(main):
    """Runs main(); a Failure becomes one line on stderr and exit code 1."""
    try:
        sys.exit(main())
    except Failure as e:
        print(f"error: {e}", file=sys.stderr, flush=True)
        sys.exit(1)
