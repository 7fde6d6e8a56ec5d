"""`python manage.py up`: the whole house on one machine, servers included, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from hub.embedded import parent, ports, process, readiness, run_state
from hub.embedded.postgres import Postgres
from hub.embedded.supervisor import Program, Supervisor
from hub.embedded.valkey import Valkey
from hub.embedded.voice import WIDTH, Voice
from hub.static_files import fingerprint
from hub.translations import compile_catalogs

MARK = "NOVELO_UP"  # in the environment of every process we start, with a value of this run alone
QUEUES = "interactive,bulk,media,metrics"
STOP_ORDER = ("simulator", "web", "worker", "beat", "relay", "valkey", "postgres")
READY_SECONDS = 60.0
HISTORY_DAYS = "60"  # what the demo company looks back on


class Command(BaseCommand):
    """Start everything, say where it is, keep it alive, stop it cleanly."""

    help = "Start PostgreSQL, Valkey, web, worker, beat, relay and the provider simulator, until Ctrl-C."
    requires_system_checks = []  # the children check; some checks need the servers that are not there yet

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the web server (8000)")
        parser.add_argument("--no-demo", action="store_true", help="do not create the demo workspace")
        parser.add_argument("--no-simulator", action="store_true", help="do not start the provider simulator")
        parser.add_argument("--data-dir", type=Path, default=settings.DATA_DIR, help="where the data is kept (.data)")

    def handle(self, *_: Any, **options: Any) -> None:
        data_dir: Path = options["data_dir"].absolute()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _only_one(data_dir) as alone:
            if not alone:
                owner = (run_state.last(data_dir) or {}).get("pid", "unknown")
                print(f"Another `up` already runs on {data_dir} (process {owner}).", file=sys.stderr)
                sys.exit(1)
            sys.exit(_Up(data_dir, options, Voice(sys.stdout)).run())


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Any:
    """Hold the lock on ``data_dir``; give False when another holds it. The kernel frees it however we end."""
    handle = os.open(data_dir / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


class _Up:
    """One run of ``up`` on one data directory."""

    def __init__(self, data_dir: Path, options: dict[str, Any], voice: Voice) -> None:
        self.data_dir = data_dir
        self.options = options
        self.voice = voice
        make = parent.make_above()
        self.supervisor = Supervisor(voice, make.was_stopped if make else None)
        self.mark = secrets.token_hex(16)
        self.places: list[tuple[str, str]] = []  # a line a part: its name and where it is
        self.host = os.environ.get("NOVELO_HOST", "127.0.0.1")

    def run(self) -> int:
        """Start, watch, stop; return the exit code: 0 after a clean stop, 1 when it could not start."""
        began = time.monotonic()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._asked_to_stop)
        try:
            self._end_left_behind()
            self._start(began)
            self.supervisor.watch()
        except (process.NotStartedError, OSError) as error:
            self.voice.say("up", str(error))
            return 1
        except KeyboardInterrupt:
            self.voice.say("up", "asked twice: ending everything now")
            return 1
        finally:
            self._stop()
        return 0 if self.places else 1

    def _asked_to_stop(self, number: int, _: Any) -> None:
        """Stop at the next tick; asked again, end at once."""
        if self.supervisor.stopping:
            raise KeyboardInterrupt
        self.supervisor.stopping = True
        self.voice.say("up", f"stopping ({signal.Signals(number).name}); once more ends everything at once")

    def _end_left_behind(self) -> None:
        """End the children of an ``up`` on this data that was killed; they carry its mark."""
        left = run_state.last(self.data_dir)
        found = process.marked_with(MARK, left[MARK]) if left and MARK in left else []
        if found:
            self.voice.say("up", f"ending {len(found)} processes that a killed `up` left behind")
            process.put_down(found, signal.SIGTERM, 5.0)

    def _start(self, began: float) -> None:
        """Start servers, prepare the data, start the programs, and say so once they are ready."""
        env = self._environment()
        run_state.write(self.data_dir, {name: env[name] for name in self.told} | {MARK: self.mark})
        logins: list[str] = []
        if not self._prepare(env, logins) or self.supervisor.stopping:
            return
        for program in self._programs(env):
            self.supervisor.start(program)
        late = self.supervisor.wait_until_ready(READY_SECONDS)
        if self.supervisor.stopping:
            return
        self._announce(env["PUBLIC_URL"], logins, late, time.monotonic() - began)
        if logins and not self.options["no_simulator"]:
            # Beside everything else, so that nobody waits for it; it ends by itself and is told once.
            self.supervisor.run(self._command("history", env, "simulate", "--days", HISTORY_DAYS))

    def _environment(self) -> dict[str, str]:
        """Start the servers that the environment does not name, and return the environment of the programs."""
        env = {**os.environ, MARK: self.mark, "NOVELO_DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"}
        env.setdefault("MALLOC_ARENA_MAX", "2")  # glibc keeps a heap a thread otherwise; memory nobody uses
        servers: tuple[tuple[str, Postgres | Valkey], ...] = (
            ("DATABASE_URL", Postgres(self.data_dir / "postgres")),
            ("REDIS_URL", Valkey(self.data_dir / "valkey")),
        )
        for name, server in servers:
            if os.environ.get(name):
                where = urlsplit(os.environ[name])
                self.places.append((server.name, f"{where.hostname}:{where.port or 'usual port'} from {name}"))
            else:
                self.supervisor.start(server)
                env[name] = server.url
                self.places.append((server.name, f"127.0.0.1:{server.port}, data in {server.home}"))
        self.port = self._port("web", self.options["port"], self.host)
        env.setdefault("PUBLIC_URL", f"http://127.0.0.1:{self.port}")
        self.told = ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL"]
        if not self.options["no_simulator"]:
            self.simulator_port = self._port("simulator", 8100)
            for name in ("SIMULATOR_URL", "GRAPH_API_URL", "GRAPH_INSTAGRAM_URL", "TWILIO_API_URL"):
                env.setdefault(name, f"http://127.0.0.1:{self.simulator_port}")
                self.told.append(name)
        return env

    def _port(self, name: str, usual: int, host: str = "127.0.0.1") -> int:
        """Return the usual port of a part or the next free one, and say if it is not the usual one."""
        port = ports.free_port(usual, host)
        if port != usual:
            self.voice.say(name, f"port {usual} is taken, using {port}")
        return port

    def _prepare(self, env: dict[str, str], logins: list[str]) -> bool:
        """Bring schema, static files, translations and demo data up to date; False when something failed."""
        compile_catalogs(settings.BASE_DIR)
        schema = self._command("migrate", env, "migrate", "--no-input", "--verbosity", "0", "--skip-checks")
        files = self._command("static", env, "collectstatic", "--no-input", "--verbosity", "0")
        demo = self._command("demo", env, "demo")
        collected, found = self.data_dir / "static.sum", fingerprint()
        steps = [] if collected.exists() and collected.read_text() == found else [files]
        for step in [schema, *steps]:
            self.supervisor.run(step)
        failed = self.supervisor.finish([schema])
        if not failed and not self.supervisor.stopping and not self.options["no_demo"]:
            self.supervisor.run(demo, logins)
            steps.append(demo)
        failed += self.supervisor.finish(steps)
        for program in failed:
            if not self.supervisor.stopping and program.process:
                self.voice.say(program.name, process.ending(program.process.returncode))
        if schema in failed or files in failed:
            self.places.clear()
            return False
        collected.write_text(found)
        return True

    def _programs(self, env: dict[str, str]) -> list[Program]:
        """Return the programs in the order they start, each with its line for the announcement."""
        python, node = sys.executable, f"novelo-{self.port}@localhost"
        web = [python, "-m", "uvicorn", "hub.asgi:application", "--host", self.host, "--port", str(self.port)]
        web += ["--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
        worker = [python, "-m", "celery", "-q", "-A", "hub", "worker", "-c", "2", "-Q", QUEUES, "-n", node]
        worker += ["--loglevel", "WARNING"]
        quiet = {**env, "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # as root we know
        beat = [python, "-m", "celery", "-q", "-A", "hub", "beat", "-s", str(self.data_dir / "beat-schedule")]
        beat += ["--pidfile=", "--loglevel", "WARNING"]
        programs = [
            self._program("web", web, env, 8.0, readiness.Web(self.port, env["PUBLIC_URL"])),
            self._program("worker", worker, quiet, 15.0, readiness.Worker(env["REDIS_URL"], node)),
            self._program("beat", beat, env, 3.0),
            self._program("relay", [python, "-m", "conversations.relay"], env, 5.0),
        ]
        self.places += [
            ("web", f"http://{self.host}:{self.port}"),
            ("worker", f"2 processes for the queues {QUEUES.replace(',', ', ')}"),
            ("beat", "wakes what is due by the clock"),
            ("relay", "wakes the worker when something was stored"),
        ]
        if not self.options["no_simulator"]:
            simulate = self._command("simulator", env, "simulate", "--port", str(self.simulator_port))
            simulate.ready = readiness.Listener(self.simulator_port)
            programs.append(simulate)
            self.places.append(("simulator", f"{env['SIMULATOR_URL']}, plays the providers"))
        return programs

    def _program(
        self, name: str, command: list[str], env: dict[str, str], seconds: float, ready: Any = None
    ) -> Program:
        program = Program(name, command, env, settings.BASE_DIR, seconds)
        program.ready = ready or program.ready
        return program

    def _command(self, name: str, env: dict[str, str], *words: str) -> Program:
        return self._program(name, [sys.executable, str(settings.BASE_DIR / "manage.py"), *words], env, 5.0)

    def _announce(self, address: str, logins: list[str], late: list[str], seconds: float) -> None:
        """Print a line a part, the address and the demo logins; name the parts that are not ready."""
        self.voice.print()
        for name, place in self.places:
            self.voice.print(f"  {name.ljust(WIDTH)} {'NOT READY  ' if name in late else ''}{place}")
        self.voice.print()
        for line in logins:
            self.voice.print(f"  {line}")
        state = f"is up without {', '.join(late)}" if late else "is ready"
        self.voice.print(f"\nNovelo {state} after {seconds:.0f} s: {address}\nCtrl-C stops everything.\n")

    def _stop(self) -> None:
        """Stop every part, then whatever else carries our mark, and forget the run. Asked again, be brief."""
        try:
            self.supervisor.stop(STOP_ORDER)
        except KeyboardInterrupt:
            for watch in self.supervisor.watches.values():
                if watch.part.process:
                    process.kill_group(watch.part.process)
        process.put_down(process.marked_with(MARK, self.mark), signal.SIGKILL, 5.0)
        run_state.clear(self.data_dir)
