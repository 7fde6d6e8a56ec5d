"""What a running `up` tells every other command of the house: where its servers are; and the secrets of the data."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets as random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STATE = "run.json"
SECRETS = "secrets.json"


def read(data_dir: Path) -> dict[str, str] | None:
    """Return the settings of the ``up`` that runs on ``data_dir`` (DATABASE_URL, …, pid); None when none runs.

    A file left behind by one that was killed is not believed: the recorded process must live and be the same one.
    """
    found = last(data_dir)
    if found is None or _birth(int(found["pid"])) != found["born"]:
        return None
    return found


def last(data_dir: Path) -> dict[str, str] | None:
    """Return what the latest ``up`` on ``data_dir`` wrote, dead or alive; None when it ended cleanly or never was."""
    try:
        found = json.loads((data_dir / STATE).read_text())
    except (FileNotFoundError, PermissionError, NotADirectoryError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) and {"pid", "born"} <= found.keys() else None


def write(data_dir: Path, values: Mapping[str, str]) -> None:
    """Record ``values`` as those of this process, in one step: a reader sees the old file or the new one."""
    pid = os.getpid()
    _replace(data_dir / STATE, {**values, "pid": str(pid), "born": _birth(pid) or ""})


def clear(data_dir: Path) -> None:
    """Forget the running ``up``; nothing happens when there is none."""
    (data_dir / STATE).unlink(missing_ok=True)


def secrets(data_dir: Path) -> dict[str, str]:
    """Return SECRET_KEY and ENCRYPTION_KEYS of ``data_dir``, made at the first call and then kept.

    An encryption key is 32 random bytes in URL-safe base64. Losing this file makes stored credentials unreadable.
    """
    path = data_dir / SECRETS
    with _alone(data_dir):
        if not path.exists():
            key = base64.urlsafe_b64encode(random.token_bytes(32)).decode()
            _replace(path, {"SECRET_KEY": random.token_urlsafe(48), "ENCRYPTION_KEYS": key})
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def kept_password(path: Path) -> str:
    """Return the password in the file ``path``, made at the first call and readable by its owner only."""
    with _alone(path.parent):
        if not path.exists():
            write_privately(path, random.token_urlsafe(32))
    return path.read_text()


def _birth(pid: int) -> str | None:
    """Return when a process was born, in the kernel's ticks; "" where only its life can be told; None when it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return _birth_without_proc(pid)
    return None if fields[0] in "ZX" else fields[19]


def _birth_without_proc(pid: int) -> str | None:
    """Say what signal 0 tells of a process: it lives ("") or not (None)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on ``folder``, made if need be, so that two first starts do not make two sets of secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, values: Mapping[str, str]) -> None:
    """Write ``values`` as JSON beside ``path`` and move it there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    write_privately(fresh, json.dumps(dict(values), indent=1))
    fresh.replace(path)


def write_privately(path: Path, text: str) -> None:
    """Write ``text`` to a file that only its owner can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
