"""A private Mosquitto from config/broker: accounts in the dynamic-security plugin, device rights in the ACL file, 127.0.0.1 only.

    broker = Broker(folder, port, log, server_password, admin_password)
    broker.accounts.add_gateway("demo", ["03478"], password, raw="+")   # before start(); the broker reads the file once
    broker.accounts.add_device("03478", "WL-01", password)
    broker.start()
    broker.child.kill(); broker.start()                                  # kill -9 and back again

Under root it runs as Debian's `mosquitto` account; otherwise as ourselves.
Certificates: Broker(…, certificate=PEM, key=PEM) makes the listener TLS; `address` other than 127.0.0.1 needs them or allow_plain_outside.
"""

import os
import socket
import sys
import time
from pathlib import Path

from common import ROOT, Failure, service_user, tail
from process import Child

sys.path.insert(0, str(ROOT / "deploy" / "broker"))
from dynsec import ADMIN, SERVER, Accounts  # noqa: E402,F401

PLUGIN_PLACES = ("/usr/lib/{}-linux-gnu/mosquitto_dynamic_security.so".format(os.uname().machine),
                 "/usr/lib/mosquitto_dynamic_security.so", "/usr/local/lib/mosquitto_dynamic_security.so")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def plugin():
    for place in PLUGIN_PLACES:
        if Path(place).is_file():
            return place
    raise Failure("Mosquitto's dynamic-security plugin is missing (mosquitto_dynamic_security.so). Run deploy/install-packages")


class Broker:
    """Owner of one broker's folder and process. Everything in the folder belongs to the broker's account; the accounts file is 0600."""

    def __init__(self, folder, port, log, server_password, admin_password, address="127.0.0.1", certificate="", key="",
                 allow_plain_outside=False, debug_log=False, template=None):
        self.folder = Path(folder)
        self.port = port
        self.address = address
        self.certificate, self.key = certificate, key
        self.debug_log = debug_log
        self.template = Path(template or ROOT / "config" / "broker" / "mosquitto.conf.in")
        self.user = service_user("mosquitto")
        self.pid_file = self.folder / "mosquitto.pid"
        if address not in LOOPBACK and not (certificate and key) and not allow_plain_outside:
            raise Failure(f"the broker shall listen on {address} without TLS: give certificate and key, or allow_plain_outside by name")
        self._make_folder()
        self.accounts = Accounts(self.folder / "accounts.json", create=True)
        self.accounts.init(server_password, admin_password)
        self.child = Child("mosquitto", ["/usr/sbin/mosquitto", "-c", self.folder / "mosquitto.conf"], log, user=self.user, cwd=self.folder)

    def start(self, timeout_s=20.0):
        if not Path(self.child.argv[0]).is_file():
            raise Failure("Mosquitto is not installed (no /usr/sbin/mosquitto). Run deploy/install-packages")
        if not self.child.alive():
            if self.accounts.changed:
                self.accounts.save(self.user)
            self._write_configuration()
        deadline = time.monotonic() + timeout_s
        self.child.start()
        while not self.ready():
            if not self.child.alive() or time.monotonic() > deadline:
                raise Failure(f"Mosquitto did not start. Last lines of {self.child.log}:\n{tail(self.child.log)}")
            time.sleep(0.03)

    def stop(self, grace_s=20.0):
        return self.child.stop(grace_s)

    def ready(self):
        """True once the listener accepts; the plugin and the persistence file are loaded before that."""
        host = self.address if self.address in LOOPBACK else "127.0.0.1"
        try:
            with socket.create_connection((host, self.port), timeout=1.0):
                return self.child.alive()
        except OSError:
            return False

    def _make_folder(self):
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for path in (self.folder, data):
            path.chmod(0o700)
            if self.user is not None:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _write_configuration(self):
        tls = ""
        if self.certificate:
            tls = f"certfile {self.certificate}\nkeyfile {self.key}\ntls_version tlsv1.2\n"
        acl = self.folder / "devices.acl"
        values = {
            "PLUGIN": plugin(), "ACCOUNTS": self.accounts.path, "ACL": acl, "PORT": self.port, "ADDRESS": self.address, "TLS": tls,
            "DATA": self.folder / "data", "PID": self.pid_file, "LOG_DEST": "stderr",
            "LOG_DEBUG": "log_type debug\nlog_type subscribe\nlog_type unsubscribe" if self.debug_log else "# log_type debug",
        }
        text = self.template.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        # Read by the broker's account after it gave up root: so both belong to it.
        for path, content in ((self.folder / "mosquitto.conf", text), (acl, self.template.with_name("devices.acl").read_text(encoding="utf-8"))):
            path.write_text(content, encoding="utf-8")
            path.chmod(0o600)
            if self.user is not None:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
