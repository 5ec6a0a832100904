"""A private PostgreSQL 15 cluster: made once, listening on 127.0.0.1 only, passwords (SCRAM) even for us.

    pg = Postgres(folder, port, log, superuser_password, ioc_password)
    pg.start()            # initdb on first use, database and role `ioc`, extensions; ready when it returns
    pg.sql("select 1")    # as the superuser, one value or rows as text
    pg.child.kill()       # kill -9 of the postmaster; pg.start() brings it back
    pg.stop()

Under root it runs as Debian's `postgres` account; otherwise as ourselves. It has no Unix socket: the only way in is the port and a password.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from common import ROOT, Failure, service_user, tail
from process import Child

DATABASE = "ioc"
ROLE = "ioc"
SUPERUSER = "postgres"


def bin_dir():
    path = Path("/usr/lib/postgresql/15/bin")
    if (path / "initdb").is_file():
        return path
    raise Failure("PostgreSQL 15 is not installed (no /usr/lib/postgresql/15/bin/initdb). Run deploy/install-packages")


class Postgres:
    """Owner of one cluster's folder and its postmaster. `fresh` tells, after start(), whether the cluster was made just now."""

    def __init__(self, folder, port, log, superuser_password, ioc_password, settings=None):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.port = port
        self.superuser_password = superuser_password
        self.ioc_password = ioc_password
        self.user = service_user("postgres")
        self.fresh = False
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "max_connections": 60,
            "log_line_prefix": "%m [%p] %u@%d ",
            **(settings or {}),
        }
        argv = [bin_dir() / "postgres", "-D", self.data]
        for key, value in options.items():
            argv += ["-c", f"{key}={value}"]
        # SIGINT = fast shutdown: sessions are ended, data is written, no recovery at the next start.
        self.child = Child("postgres", argv, log, user=self.user, cwd=self.folder, stop_signal=signal.SIGINT)

    @property
    def url(self):
        """For people and tests, password included."""
        return f"postgresql://{ROLE}:{self.ioc_password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def url_without_password(self):
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, timeout_s=60.0):
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        deadline = time.monotonic() + timeout_s
        while True:
            self.child.start()
            if self._accepts():
                break
            if time.monotonic() > deadline:
                raise Failure(f"PostgreSQL did not become ready within {timeout_s:.0f} s. Last lines of {self.child.log}:\n{tail(self.child.log)}")
            # After a kill -9 the old backends may hold the shared memory for a moment: the postmaster gives up, we try again.
            time.sleep(0.1 if self.child.alive() else 0.3)
        self._prepare()

    def stop(self, grace_s=30.0):
        return self.child.stop(grace_s)

    def ready(self):
        return self.child.alive() and self._accepts()

    def sql(self, text, database=DATABASE, as_ioc=False):
        """Runs SQL through psql; rows come back as text, columns parted by '|'. Raises Failure with PostgreSQL's own message."""
        done = subprocess.run([bin_dir() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"],
                              input=text, text=True, capture_output=True, env=self.environment(as_ioc), check=False)
        if done.returncode != 0:
            raise Failure(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def environment(self, as_ioc=False):
        """libpq's variables, so that no password stands on a command line."""
        return {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGCONNECT_TIMEOUT": "5",
                "PGUSER": ROLE if as_ioc else SUPERUSER, "PGPASSWORD": self.ioc_password if as_ioc else self.superuser_password}

    def _accepts(self):
        return subprocess.run([bin_dir() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres"],
                              check=False).returncode == 0

    def _initdb(self):
        self.fresh = True
        self.folder.mkdir(parents=True, exist_ok=True)
        # A first start that was cut off leaves an incomplete cluster; it holds nothing yet.
        shutil.rmtree(self.data, ignore_errors=True)
        passwords = self.folder / "initdb-password"
        passwords.write_text(self.superuser_password + "\n", encoding="utf-8")
        passwords.chmod(0o600)
        who = {}
        if self.user is not None:
            for path in (self.folder, passwords):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
            who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        self.folder.chmod(0o700)
        try:
            done = subprocess.run([bin_dir() / "initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums",
                                   "--auth=scram-sha-256", f"--pwfile={passwords}"],
                                  text=True, capture_output=True, check=False, cwd="/", **who)
        finally:
            passwords.unlink()
        if done.returncode != 0:
            raise Failure(f"initdb could not make the cluster in {self.data}: {done.stderr.strip()}")

    def _prepare(self):
        """Role, database, extensions. Idempotent, and sets the role's password to ours."""
        try:
            self.sql(f"""
                select 'create role {ROLE} login' where not exists (select from pg_roles where rolname = '{ROLE}') \\gexec
                alter role {ROLE} nosuperuser nocreatedb nocreaterole password '{self.ioc_password}';
                select 'create database {DATABASE} owner {ROLE}' where not exists (select from pg_database where datname = '{DATABASE}') \\gexec
                """, database="postgres")
        except Failure as e:
            raise Failure(f"{e} (the cluster in {self.data} was made with other passwords? Remove that folder to start with an empty database)") from None
        done = subprocess.run([ROOT / "deploy" / "postgres" / "create-extensions", DATABASE, ROLE],
                              text=True, capture_output=True, env=self.environment(), check=False)
        if done.returncode != 0:
            raise Failure(done.stderr.strip() or done.stdout.strip())
