"""The people of the demonstration, and how their accounts come into the database (iocctl user add)."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from common import Failure
from configuration import run_iocctl

HOME_UNIT = "03478"
OTHER_UNITS = ("09367", "21548", "20551", "20623", "18775")
UNITS = (HOME_UNIT, *OTHER_UNITS)

_OFFICERS = {"09367": "Nguyễn Thị Hạnh", "21548": "Đinh Văn Thắng", "20551": "Võ Thị Thu", "20623": "Phan Minh Tuấn", "18775": "Trần Thị Hoa"}
_LEADERS = {"09367": "Phạm Quang Vinh", "21548": "Đinh Thị Lan", "20551": "Lê Hoàng Nam", "20623": "Huỳnh Thị Mai", "18775": "Hoàng Văn Sơn"}


@dataclass(frozen=True)
class Person:
    """One account: log-in name, role of the contract, unit, full name."""

    user: str
    role: str
    unit: str
    name: str


def demo_people():
    """key in ready.json → Person: one administrator, and an officer and a leader for each commune."""
    people = {
        "admin": Person("admin", "admin", "vn", "Quản trị hệ thống"),
        "officer": Person("officer", "duty_officer", HOME_UNIT, "Lò Thị Hương"),
        "leader": Person("leader", "commune_leader", HOME_UNIT, "Giàng A Páo"),
    }
    for unit in OTHER_UNITS:
        people[f"officer_{unit}"] = Person(f"officer.{unit}", "duty_officer", unit, _OFFICERS[unit])
        people[f"leader_{unit}"] = Person(f"leader.{unit}", "commune_leader", unit, _LEADERS[unit])
    return people


def add_users(inst, people):
    """Makes the accounts this cluster does not have yet; returns key → {user, password}, for ready.json.

    Hashing a password is slow on purpose, so accounts made by an earlier start are not made again: the list of them lies beside the
    cluster and goes with it. A password changed since then in the running system is not changed back.
    """
    done_file = inst.services / "postgres" / "accounts-made.json"
    done = {}
    if done_file.exists() and not inst.postgres.fresh:
        done = json.loads(done_file.read_text(encoding="utf-8"))

    def add(person):
        arguments = ["user", "add", "--config", str(inst.iocd_yaml), "--user", person.user, "--role", person.role, "--unit", person.unit,
                     "--name", person.name, "--password-stdin"]
        if not inst.first_login_changes_password:
            arguments.append("--no-change")
        for attempt in range(3):  # a database that has just started may answer late on a busy machine
            try:
                return run_iocctl(arguments, stdin=inst.secrets.get(f"user-{person.user}") + "\n")
            except Failure:
                if attempt == 2:
                    raise
                time.sleep(1)

    passwords = {key: inst.secrets.get(f"user-{person.user}") for key, person in people.items()}
    new = [p for p in people.values() if done.get(p.user) != [p.role, p.unit, p.name]]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, new))
    done.update({p.user: [p.role, p.unit, p.name] for p in new})
    if new:
        done_file.write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")
    return {key: {"user": person.user, "password": passwords[key]} for key, person in people.items()}
