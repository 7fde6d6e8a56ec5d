"""The house under test: the real servers and programs as processes of their own, which a drill may kill and start."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from hub.embedded import ports, process, readiness
from hub.embedded.postgres import Postgres
from hub.embedded.valkey import Valkey
from tests.faults.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
QUEUES = "interactive,bulk,media,metrics"
NODE = "novelo-faults@localhost"
READY_SECONDS = 60.0
TICK = 0.05  # seconds
RESTART_SECONDS = 1.0  # a part that died by itself is started again after this, as `up` does


class Part:
    """One program of the house. ``wanted`` says whether it should be running now; ``restarts`` counts deaths of its own."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.env = dict(env)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False
        self.restarts = 0
        self.died_at: float | None = None

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it; its output goes to its file."""
        with process.open_log(self.log) as log:
            self.process = process.spawn(self.command, env=self.env, output=log, cwd=ROOT)
        self.wanted, self.died_at = True, None

    def kill(self) -> None:
        """Kill its whole group at once."""
        self.wanted = False
        if self.process:
            process.end(self.process, ())

    def stop(self, seconds: float = 5.0) -> bool:
        """Ask it to end, then kill what is left; return whether it went by itself."""
        self.wanted = False
        return self.process is None or process.end(self.process, [(signal.SIGTERM, seconds)])

    def children(self) -> list[psutil.Process]:
        """Return its living children, for a worker the processes of its pool."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children()
        return []

    def tick(self) -> None:
        """Start it again some time after it died by itself."""
        if not self.wanted or self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self.died_at = self.died_at or now
        if now - self.died_at >= RESTART_SECONDS:
            process.kill_group(self.process)
            self.restarts += 1
            self.start()


class House:
    """PostgreSQL and Valkey of its own below ``home``, a proxy before each, and the four programs that reach them through it."""

    def __init__(self, home: Path, seed: int = 1) -> None:
        self.home = home
        self.rng = random.Random(seed)
        self.postgres = Postgres(home / "postgres", ports.quiet_port())
        self.valkey = Valkey(home / "valkey", ports.quiet_port(), persistent=False)
        self.port = ports.quiet_port()
        self.graph_port = ports.quiet_port()  # nobody listens there but the provider that a drill plays
        self.to_postgres: Proxy
        self.to_valkey: Proxy
        self.env: dict[str, str] = {}
        self.parts: dict[str, Part] = {}

    @property
    def url(self) -> str:
        """The address of the web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def web(self) -> Part:
        """The web process: webhooks, API and feed."""
        return self.parts["web"]

    @property
    def worker(self) -> Part:
        """The Celery worker with two children."""
        return self.parts["worker"]

    @property
    def relay(self) -> Part:
        """The relay from NOTIFY to Celery."""
        return self.parts["relay"]

    @property
    def beat(self) -> Part:
        """The clock."""
        return self.parts["beat"]

    def start_servers(self) -> dict[str, str]:
        """Start both servers and their proxies; return the environment that leads programs to them."""
        database = self.postgres.start()
        broker = self.valkey.start()
        assert self.postgres.port is not None
        assert self.valkey.port is not None
        self.to_postgres = Proxy(ports.quiet_port(), self.postgres.port)
        self.to_postgres.start()
        self.to_valkey = Proxy(ports.quiet_port(), self.valkey.port)
        self.to_valkey.start()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOVELO_", "TASK_"))}
        self.env = {
            **kept,
            "DATABASE_URL": database.replace(f":{self.postgres.port}/", f":{self.to_postgres.port}/"),
            "REDIS_URL": broker.replace(f":{self.valkey.port}/", f":{self.to_valkey.port}/"),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "PUBLIC_URL": self.url,
            "GRAPH_API_URL": f"http://127.0.0.1:{self.graph_port}",
            "GRAPH_INSTAGRAM_URL": f"http://127.0.0.1:{self.graph_port}",
            "TWILIO_API_URL": f"http://127.0.0.1:{self.graph_port}",
            "NOVELO_DATA_DIR": str(self.home / "data"),
            "STATIC_ROOT": str(self.home / "static"),
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }
        for folder in ("data", "static"):
            (self.home / folder).mkdir(mode=0o700)
        return self.env

    def start_programs(self) -> None:
        """Start the four programs and wait until each can work."""
        python = sys.executable
        web = [python, "-m", "uvicorn", "hub.asgi:application", "--host", "127.0.0.1", "--port", str(self.port)]
        web += ["--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
        beat = [python, "-m", "celery", "-q", "-A", "hub", "beat", "-s", str(self.home / "beat"), "--pidfile="]
        self.add("web", web)
        self.add("worker", worker_command("hub"))
        self.add("relay", [python, "-m", "conversations.relay"])
        self.add("beat", [*beat, "--loglevel", "WARNING"])
        self.wait_until_ready()

    def add(self, name: str, command: list[str], **env: str) -> Part:
        """Start a program under ``name``, in place of the one that was there."""
        if name in self.parts:
            self.parts[name].kill()
        self.parts[name] = Part(name, command, {**self.env, **env}, self.home / f"{name}.log")
        self.parts[name].start()
        return self.parts[name]

    def tick(self) -> None:
        """Start again what died by itself."""
        for part in self.parts.values():
            part.tick()

    def deaths(self) -> dict[str, int]:
        """Return how often each part died by itself so far."""
        return {name: part.restarts for name, part in self.parts.items()}

    def sleep(self, seconds: float) -> None:
        """Let time pass while the house is watched over."""
        self.wait(lambda: False, seconds)

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Watch over the house until ``done``, at most so many seconds; return whether it was done."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.tick()
            if done():
                return True
            time.sleep(TICK)
        return done()

    def wait_until_ready(self) -> None:
        """Start what a drill left down and wait until web and worker answer. Raises ``NotStartedError``."""
        for part in self.parts.values():
            if not part.wanted:
                part.start()
        checks = {
            "web": readiness.Web(self.port, self.url),
            "worker": readiness.Worker(self.valkey.url, NODE),
        }
        for name, ready in checks.items():
            if not self.wait(ready, READY_SECONDS):
                message = f"{name} is not ready: {process.last_words(self.parts[name].log)}"
                raise process.NotStartedError(message)

    def mend(self) -> None:
        """Bring back whatever a drill that broke off left down, as far as that goes."""
        self.to_postgres.heal()
        self.to_valkey.heal()
        self.valkey.start()
        self.postgres.start()
        with contextlib.suppress(process.NotStartedError):
            self.wait_until_ready()

    def stop(self) -> None:
        """End everything that was started, at once: nothing of it is needed any more."""
        for part in self.parts.values():
            part.kill()
        for proxy in (getattr(self, "to_postgres", None), getattr(self, "to_valkey", None)):
            if proxy is not None:
                proxy.stop()
        self.valkey.kill()
        self.postgres.kill()


def worker_command(app: str) -> list[str]:
    """Return the command of a worker with two children on every queue of the Celery application ``app``."""
    command = [sys.executable, "-m", "celery", "-q", "-A", app, "worker", "-c", "2", "-Q", QUEUES, "-n", NODE]
    return [*command, "--loglevel", "WARNING"]
