"""The database a run of the tests begins with: migrated once for each state of the migrations, then copied.

Migrating takes a processor most of a minute, and what comes of it is the same until somebody writes a migration.
Run as a program it only sees to it that there is one: a run starts it, and reads its tests meanwhile.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub.embedded import ports, run_state
from hub.embedded.postgres import DATABASE, ROLE, Postgres

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "databases"
PASSWORD = "password"  # the name of the file that PostgreSQL's own room keeps it in


def state() -> str:
    """Return a digest of everything that decides what the database looks like."""
    digest = hashlib.sha256()
    for path in sorted(
        [*ROOT.glob("*/migrations/*.py"), ROOT / "requirements.lock", ROOT / "hub/embedded/postgres.py"]
    ):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def begin() -> subprocess.Popen[bytes] | None:
    """Let a process of its own make what is missing; None when nothing is. Nobody needs to wait: ``copy_to`` does."""
    if (KEPT / state()).exists():
        return None
    return subprocess.Popen([sys.executable, "-m", __name__], cwd=ROOT, stdin=subprocess.DEVNULL)


def url(port: int) -> str:
    """Return the address of a copy whose server listens on ``port``, known before there is any."""
    return f"postgresql://{ROLE}:{_password()}@127.0.0.1:{port}/{DATABASE}"


def copy_to(home: Path) -> None:
    """Make ``home`` the home of a server whose database ``novelo`` is migrated; a copy owns its files as the original does."""
    with _alone():
        subprocess.run(["cp", "-a", str(_made()), str(home)], check=True)


def _made() -> Path:
    """Return the original, made if need be; those of earlier migrations go."""
    wanted = KEPT / state()
    if not wanted.exists():
        for old in KEPT.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
        fresh = Path(tempfile.mkdtemp(dir=KEPT))
        run_state.write_privately(fresh / PASSWORD, _password())
        server = Postgres(fresh, ports.quiet_port(), durable=False)
        try:
            _migrate(server.start(), fresh)
        finally:
            server.stop()
        fresh.rename(wanted)
    return wanted


def _password() -> str:
    return run_state.kept_password(KEPT / PASSWORD)


def _migrate(address: str, home: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": address, "NOVELO_ENV": "test", "NOVELO_DATA_DIR": str(home)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time make or copy."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    with _alone():
        _made()
