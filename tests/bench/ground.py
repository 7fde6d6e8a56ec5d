"""The ground of the benchmarks: durable servers below one temporary folder, a database a measurement, children that end with us."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from hub.embedded import ports, process
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"  # nothing is sent out; whatever tried would be refused on this machine
TEMPLATE = "novelo"  # migrated once; every measurement gets a copy
CHILD_SECONDS = 120.0


class ChildFailed(Exception):
    """A child of a benchmark died or said nothing in time; the message ends with its last words."""


class Child:
    """A process that answers lines of JSON with lines of JSON, and ends when its input does, hence with us."""

    def __init__(self, words: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        self.heard = b""
        with process.open_log(log) as errors:
            self.process = subprocess.Popen(
                words,
                env=env,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("BENCH_PROFILE") else errors,
                start_new_session=True,
            )

    def hear(self, seconds: float = CHILD_SECONDS) -> Any:
        """Return the next thing it says. Raises ``ChildFailed``."""
        assert self.process.stdout is not None
        output, limit = self.process.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self.heard:
            ready = select.select([output], [], [], max(0.0, limit - time.monotonic()))[0]
            some = os.read(output, 1 << 20) if ready else b""
            if not some:
                raise ChildFailed(f"{self.process.args!r}: {process.last_words(self.log, 8)}")
            self.heard += some
        line, _, self.heard = self.heard.partition(b"\n")
        return json.loads(line)

    def say(self, thing: Any) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(thing).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, thing: Any, seconds: float = CHILD_SECONDS) -> Any:
        """Tell it something and return the answer."""
        self.say(thing)
        return self.hear(seconds)

    def end(self) -> None:
        """End it and whatever it started."""
        process.end(self.process, [(signal.SIGTERM, 3.0)])
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


class Program:
    """A program of the house, or a bare one, in a session of its own."""

    def __init__(self, words: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        with process.open_log(log) as output:
            self.process = process.spawn(words, env=env, output=output, cwd=ROOT)

    def wait_for_port(self, port: int, seconds: float = 60.0) -> None:
        """Wait until it listens. Raises ``ChildFailed``."""
        if not process.wait_until(lambda: not ports.is_free(port), self.process, seconds):
            raise ChildFailed(f"{self.process.args!r}: {process.last_words(self.log, 8)}")

    def tree(self) -> list[psutil.Process]:
        """Return the process and all its descendants."""
        leader = psutil.Process(self.process.pid)
        return [leader, *leader.children(recursive=True)]

    def kill(self) -> None:
        """Kill it at once with all its children."""
        process.end(self.process, ())

    def end(self) -> None:
        """Ask it to end, then kill what is left."""
        process.end(self.process, [(signal.SIGTERM, 5.0)])


class Ground:
    """PostgreSQL with fsync and Valkey with its file, below ``home``; everything started here ends in ``stop``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.postgres = Postgres(home / "postgres", ports.quiet_port())
        self.valkey = Valkey(home / "valkey", ports.quiet_port())
        self.env: dict[str, str] = {}
        self.running: list[Child | Program] = []
        self.serial = 0

    def start(self) -> dict[str, str]:
        """Start both servers; return the environment that leads programs to them."""
        database, broker = self.postgres.start(), self.valkey.start()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOVELO_", "TASK_"))}
        self.env = {
            **kept,
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "GRAPH_API_URL": NOWHERE,
            "TWILIO_API_URL": NOWHERE,
            "NOVELO_DATA_DIR": str(self.home / "data"),
            "STATIC_ROOT": str(self.home / "static"),
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
            "MALLOC_ARENA_MAX": "2",
        }
        for folder in ("data", "static", "logs"):
            (self.home / folder).mkdir(mode=0o700)
        return self.env

    def url(self, database: str) -> str:
        """The address of one of the databases."""
        return urlsplit(self.env["DATABASE_URL"])._replace(path=f"/{database}").geturl()

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Give the address of a fresh copy of the migrated database; it is dropped afterwards."""
        from django.db import connections

        self.serial += 1
        name = f"bench_{self.serial}"
        connections.close_all()
        with psycopg.connect(self.url("postgres"), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log")
            use(self.url(name))
            server.execute("CHECKPOINT")
            try:
                yield self.url(name)
            finally:
                connections.close_all()
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
                use(self.url(TEMPLATE))

    def server_seconds(self) -> float:
        """Return the CPU seconds that the database server has used so far."""
        assert self.postgres.process is not None
        leader = psutil.Process(self.postgres.process.pid)
        return sum(sum(found.cpu_times()[:2]) for found in [leader, *leader.children()])

    def child(self, module: str, *words: str, **env: str) -> Child:
        """Start a module of the benchmarks as a child."""
        env = {**self.env, **env, "PYTHONUNBUFFERED": ""}  # unbuffered, a line longer than a pipe would be cut
        child = Child([sys.executable, "-m", f"tests.bench.{module}", *words], env, self._log(module))
        self.running.append(child)
        return child

    def program(self, name: str, words: list[str], **env: str) -> Program:
        """Start a program."""
        program = Program(words, {**self.env, **env}, self._log(name))
        self.running.append(program)
        return program

    def end_programs(self) -> None:
        """End every child and program that still runs."""
        while self.running:
            self.running.pop().end()

    def stop(self) -> None:
        """End everything, servers last."""
        self.end_programs()
        self.valkey.stop()
        self.postgres.stop()

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"


def use(url: str) -> None:
    """Let Django, here in this process, work on the database at ``url``."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = urlsplit(url).path.lstrip("/")
    settings.DATABASE_URL = url


def wait_until(done: Any, seconds: float, what: str) -> None:
    """Wait for ``done()``. Raises ``TimeoutError`` naming ``what``."""
    limit = time.monotonic() + seconds
    while not done():
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not in {seconds:.0f} s")
        time.sleep(0.05)
