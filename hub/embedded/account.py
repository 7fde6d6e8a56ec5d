"""Who runs PostgreSQL when we are root, which it refuses to be: a system account without rights or a way to log in."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "novelo"
FALLBACK = "nobody"  # always there; its drawback is that other programs may run under it too


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group of the system, by number."""

    uid: int
    gid: int


def account_for_server() -> Account:
    """Return the account a new server runs under; as root it is made if need be. Call it as root only."""
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _create()
    return Account(entry.pw_uid, entry.pw_gid)


def owner_of(path: Path) -> Account:
    """Return who owns ``path``: data that exists is served by its owner, whoever that was on the first start."""
    found = path.stat()
    return Account(found.st_uid, found.st_gid)


def is_open_to_all(path: Path) -> bool:
    """Say whether any user of the machine can read ``path``: the file itself, and every folder above it.

    Only permission bits count. An access list that grants more is not seen, which costs a copy and nothing else.
    """
    path = path.resolve()
    if not path.stat().st_mode & stat.S_IROTH:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def _create() -> pwd.struct_passwd:
    """Make the system account with whatever tool this system has; without one, or with /etc read-only, use nobody."""
    nologin = shutil.which("nologin") or "/bin/false"
    ways = (
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", nologin],
        ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", nologin],  # busybox
    )
    for way in ways:
        tool = shutil.which(way[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if tool and subprocess.run([tool, *way[1:], NAME], capture_output=True, check=False).returncode == 0:
            return pwd.getpwnam(NAME)
    return pwd.getpwnam(FALLBACK)
