#!/usr/bin/env python3
"""Writes the JSON file of Mosquitto's dynamic-security plugin, offline: accounts, roles, who may say what where.

  dynsec.py init        FILE --server-password-file F --admin-password-file F
  dynsec.py add-device  FILE UNIT DEVICE  [--password-file F]
  dynsec.py add-gateway FILE NAME --unit CODE [--unit CODE …] [--raw NAME] [--device NAME …] [--password-file F]
  dynsec.py add-sparkplug-node FILE GROUP NODE [--password-file F]
  dynsec.py add-client  FILE USER --role ROLE [--password-file F]
  dynsec.py remove      FILE USER

A password file that does not exist is made (0600, 128 random bits); without the option the new password is printed once.
All commands are idempotent: adding an account again replaces its rights and, when given, its password.
The file is written atomically with mode 0600 and keeps its owner (--owner NAME sets it). The broker reads it at start only, and rewrites it
whenever it is changed through mosquitto_ctrl: stop the broker before using this script, or use mosquitto_ctrl with the account ioc-admin.

Rights. The four default accesses are on deny but `unsubscribe`. What the plugin does not allow falls through to the ACL file, whose
`pattern` lines give every device account (user name `unit/device`) its own four topics to write and three to read.
Gateway names hold no '/', so no gateway can be mistaken for a device. A Sparkplug edge node's account is called `spb:GROUP:NODE`.
"""

import argparse
import base64
import hashlib
import json
import os
import pwd
import re
import secrets
import sys
from pathlib import Path

DEVICE_KINDS = ("telemetry", "event", "status", "ack")
SERVER_KINDS = ("command", "drill", "receipt")
SERVER, ADMIN = "ioc-server", "ioc-admin"

# Mosquitto's own number. The secret has 128 random bits, so stretching adds nothing, and a reconnect storm is checked quickly.
ITERATIONS = 101

UNIT = re.compile(r"[0-9A-Za-z_.-]{1,64}\Z")
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
# A level of a topic; ':' parts the two in the account's name.
SPARKPLUG_ID = re.compile(r"[^/+#:\x00-\x1f\x7f]{1,128}\Z")


def allow(kind, topic, priority=0):
    return {"acltype": kind, "topic": topic, "priority": priority, "allow": True}


def no_other_subscription():
    """The last word on subscribing. The ACL file lets everybody subscribe to anything (it judges each message later): so a device that
    asks for '#' would cost a check a message. Refused here, it is told so at once."""
    return [{"acltype": "subscribePattern", "topic": topic, "priority": -1, "allow": False} for topic in ("#", "$SYS/#", "$CONTROL/#")]


def device_acls():
    """A device may ask for server kinds; that it hears only its own is the ACL file's doing."""
    return [allow("subscribePattern", f"ioc/v1/+/+/{kind}") for kind in SERVER_KINDS] + no_other_subscription()


def server_acls():
    """iocd: hears everything, says only the server's kinds. $SYS tells it what the broker had to drop."""
    acls = [allow("publishClientSend", f"ioc/v1/+/+/{kind}") for kind in SERVER_KINDS]
    # As a Sparkplug host: rebirth requests and commands to edge nodes, and its own STATE.
    acls += [allow("publishClientSend", topic) for topic in ("spBv1.0/+/NCMD/+", "spBv1.0/+/DCMD/+/+", "spBv1.0/STATE/+")]
    for topic in ("ioc/v1/#", "ioc/raw/v1/#", "spBv1.0/#", "$SYS/broker/#"):
        acls += [allow("publishClientReceive", topic), allow("subscribePattern", topic)]
    return acls + no_other_subscription()


def admin_acls():
    """mosquitto_ctrl: changes accounts of a running broker; sees no message of the field."""
    topic = "$CONTROL/dynamic-security/#"
    return [allow(kind, topic) for kind in ("publishClientSend", "publishClientReceive", "subscribePattern")] + no_other_subscription()


def gateway_acls(units, raw, devices):
    """A gateway: device kinds of its units (or of the named devices in them), raw topics under its own name, and the server's words to them."""
    acls = []
    for unit in units:
        for device in devices or ["+"]:
            acls += [allow("publishClientSend", f"ioc/v1/{unit}/{device}/{kind}") for kind in DEVICE_KINDS]
            for kind in SERVER_KINDS:
                topic = f"ioc/v1/{unit}/{device}/{kind}"
                acls += [allow("publishClientReceive", topic), allow("subscribePattern", topic)]
        acls.append(allow("publishClientSend", f"ioc/raw/v1/{unit}/{raw}/#"))
    return acls + no_other_subscription()


def sparkplug_node_acls(group, node):
    """An edge node: births, data and deaths of itself and its devices; it hears the commands to them and every host's STATE."""
    acls = [allow("publishClientSend", f"spBv1.0/{group}/{kind}/{node}") for kind in ("NBIRTH", "NDATA", "NDEATH")]
    acls += [allow("publishClientSend", f"spBv1.0/{group}/{kind}/{node}/+") for kind in ("DBIRTH", "DDATA", "DDEATH")]
    for topic in (f"spBv1.0/{group}/NCMD/{node}/#", f"spBv1.0/{group}/DCMD/{node}/#", "spBv1.0/STATE/+"):
        acls += [allow("publishClientReceive", topic), allow("subscribePattern", topic)]
    return acls + no_other_subscription()


class Accounts:
    """The file's content in memory. add_* change it; save() writes it. Not for use on a file that a running broker holds."""

    def __init__(self, path, create=False):
        self.path = Path(path)
        self.changed = False
        if not self.path.exists() and not create:
            raise SystemExit(f"dynsec: {path} does not exist; make it with: dynsec.py init")
        self._load()

    def _load(self):
        self.doc = {"clients": [], "groups": [], "roles": []}
        if self.path.exists():
            try:
                self.doc = json.loads(self.path.read_text(encoding="utf-8"))
            except ValueError as e:
                raise SystemExit(f"dynsec: {self.path} is damaged ({e})") from None
        self.doc["defaultACLAccess"] = {"publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": True}

    def _before_change(self):
        """The broker may have rewritten the file since we read or wrote it (mosquitto_ctrl): its accounts are not to be lost."""
        if not self.changed:
            self._load()
            self.changed = True

    def put_role(self, name, acls, text):
        self._replace("roles", "rolename", {"rolename": name, "textdescription": text, "acls": acls})

    def put_client(self, user, password, role, text=""):
        """`password` None keeps the one that is there."""
        self._before_change()
        old = next((c for c in self.doc["clients"] if c["username"] == user), None)
        entry = {"username": user, "textname": text, "roles": [{"rolename": role, "priority": 0}]}
        if password is not None:
            salt = secrets.token_bytes(12)
            digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
            entry.update(password=base64.b64encode(digest).decode(), salt=base64.b64encode(salt).decode(), iterations=ITERATIONS)
        elif old is not None:
            entry.update({k: old[k] for k in ("password", "salt", "iterations") if k in old})
        else:
            raise ValueError(f"{user} is new and has no password")
        self._replace("clients", "username", entry)

    def init(self, server_password, admin_password):
        self.put_role("server", server_acls(), "iocd: hears all, writes command, drill, receipt")
        self.put_role("admin", admin_acls(), "changes accounts of the running broker")
        self.put_role("device", device_acls(), "topics of its own by the ACL file's pattern lines")
        self.put_client(SERVER, server_password, "server")
        self.put_client(ADMIN, admin_password, "admin")

    def add_device(self, unit, device, password):
        """Returns the user name. ValueError on a name that is no unit or device."""
        if not UNIT.match(unit) or not NAME.match(device):
            raise ValueError(f"'{unit}/{device}' is no unit/device: letters, digits, '_', '.', '-', at most 64 each")
        self.put_client(f"{unit}/{device}", password, "device")
        return f"{unit}/{device}"

    def add_gateway(self, name, units, password, raw=None, devices=()):
        if not NAME.match(name):
            raise ValueError(f"'{name}' is no gateway name: letters, digits, '_', '.', '-', at most 64")
        if name in (SERVER, ADMIN):
            raise ValueError(f"'{name}' is reserved")
        for part in (*units, *devices):
            if not NAME.match(part):
                raise ValueError(f"'{part}' is no unit or device name")
        if raw not in (None, "+") and not NAME.match(raw):
            raise ValueError(f"'{raw}' is no gateway name for raw topics")
        self.put_role(f"gateway-{name}", gateway_acls(units, raw or name, list(devices)), f"gateway {name}")
        self.put_client(name, password, f"gateway-{name}")
        return name

    def add_sparkplug_node(self, group, node, password):
        """Returns the user name. ValueError on what cannot be a level of a Sparkplug topic."""
        for part in (group, node):
            if not SPARKPLUG_ID.match(part) or part == "STATE":
                raise ValueError(f"'{part}' is no Sparkplug group or node: no '/', '+', '#', ':', at most 128 characters, not STATE")
        user = f"spb:{group}:{node}"
        self.put_role(f"gateway-{user}", sparkplug_node_acls(group, node), f"Sparkplug edge node {group}/{node}")
        self.put_client(user, password, f"gateway-{user}")
        return user

    def remove(self, user):
        self._before_change()
        self.doc["clients"] = [c for c in self.doc["clients"] if c["username"] != user]
        self.doc["roles"] = [r for r in self.doc["roles"] if r["rolename"] != f"gateway-{user}"]

    def save(self, owner=None):
        """`owner`: a pwd entry; without it an existing file keeps its owner (as far as we may give files away)."""
        uid, gid = (owner.pw_uid, owner.pw_gid) if owner else (-1, -1)
        if owner is None and self.path.exists():
            st = self.path.stat()
            uid, gid = st.st_uid, st.st_gid
        part = self.path.with_name(self.path.name + ".part")
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            json.dump(self.doc, f, indent=1)
            f.flush()
            os.fsync(f.fileno())
            if os.geteuid() == 0 and uid != -1:
                os.fchown(f.fileno(), uid, gid)
        os.replace(part, self.path)
        self.changed = False

    def _replace(self, kind, key, entry):
        self._before_change()
        self.doc.setdefault(kind, [])
        self.doc[kind] = [e for e in self.doc[kind] if e[key] != entry[key]] + [entry]


def password_from(path, existing):
    """(password or None to keep, whether it has to be printed)."""
    if path is None:
        return (None, False) if existing else (secrets.token_hex(16), True)
    file = Path(path)
    if not file.exists():
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(secrets.token_hex(16) + "\n")
    text = file.read_text(encoding="utf-8").strip()
    if not text:
        raise SystemExit(f"dynsec: {path} holds no password")
    return text, False


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name):
        sub = commands.add_parser(name)
        sub.add_argument("file")
        sub.add_argument("--owner", help="account that shall own the file (root only)")
        return sub

    init = command("init")
    init.add_argument("--server-password-file", required=True)
    init.add_argument("--admin-password-file", required=True)
    device = command("add-device")
    device.add_argument("unit")
    device.add_argument("device")
    gateway = command("add-gateway")
    gateway.add_argument("user")
    gateway.add_argument("--unit", action="append", required=True)
    gateway.add_argument("--device", action="append", default=[])
    gateway.add_argument("--raw", help="gateway segment of its raw topics; its own name unless given; '+' = any")
    node = command("add-sparkplug-node")
    node.add_argument("group")
    node.add_argument("node")
    client = command("add-client")
    client.add_argument("user")
    client.add_argument("--role", required=True)
    for sub in (device, gateway, node, client):
        sub.add_argument("--password-file")
    command("remove").add_argument("user")
    args = parser.parse_args(argv)

    owner = pwd.getpwnam(args.owner) if args.owner else None
    accounts = Accounts(args.file, create=args.command == "init")
    known = {c["username"] for c in accounts.doc["clients"]}
    try:
        if args.command == "init":
            accounts.init(password_from(args.server_password_file, False)[0], password_from(args.admin_password_file, False)[0])
        elif args.command == "remove":
            accounts.remove(args.user)
        else:
            user = (f"{args.unit}/{args.device}" if args.command == "add-device" else
                    f"spb:{args.group}:{args.node}" if args.command == "add-sparkplug-node" else args.user)
            password, show = password_from(args.password_file, user in known)
            if args.command == "add-device":
                accounts.add_device(args.unit, args.device, password)
            elif args.command == "add-sparkplug-node":
                accounts.add_sparkplug_node(args.group, args.node, password)
            elif args.command == "add-gateway":
                accounts.add_gateway(user, args.unit, password, args.raw, args.device)
            elif args.role not in {r["rolename"] for r in accounts.doc["roles"]}:
                raise ValueError(f"there is no role '{args.role}'")
            else:
                accounts.put_client(user, password, args.role)
            if show:
                print(f"{user} {password}")
    except ValueError as e:
        print(f"dynsec: {e}", file=sys.stderr)
        return 2
    accounts.save(owner)
    return 0


if __name__ == "__main__":
    sys.exit(main())
