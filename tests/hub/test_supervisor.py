"""What keeps the parts of `up` alive: it passes on what they say, starts the dead again, leaves nobody behind."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.embedded import parent, supervisor
from hub.embedded.supervisor import Program, Supervisor
from hub.embedded.voice import Voice

MARK = {"NOVELO_TEST_MARK": f"{os.getpid()}-{time.time_ns()}"}


class Watched(Supervisor):
    """A supervisor whose words can be read."""

    def __init__(self) -> None:
        self.said = io.StringIO()
        super().__init__(Voice(self.said))

    def lines(self) -> list[str]:
        """Return what was printed so far."""
        return self.said.getvalue().splitlines()

    def tick_until(self, word: str, seconds: float = 60) -> None:
        """Watch until ``word`` was said."""
        limit = time.monotonic() + seconds
        while word not in self.said.getvalue():
            assert time.monotonic() < limit, f"{word!r} never came: {self.lines()}"
            self.tick(0.05)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """A supervisor whose parts are ended after the test."""
    made = Watched()
    yield made
    made.stop([])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead parts start again at once."""
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.0)


def program(name: str, code: str, stop_seconds: float = 5.0) -> Program:
    """Return a part that runs ``code``."""
    env = {**os.environ, **MARK, "PYTHONUNBUFFERED": "1"}
    return Program(name, [sys.executable, "-S", "-c", code], env, Path.cwd(), stop_seconds)


def alive() -> list[psutil.Process]:
    """Return the processes that the parts of these tests started."""
    found = []
    for candidate in psutil.process_iter(["environ", "status"]):
        ours = (candidate.info["environ"] or {}).items() >= MARK.items()
        if ours and candidate.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(candidate)
    return found


def test_it_passes_on_what_a_part_says_behind_its_name(watched: Watched) -> None:
    watched.start(program("web", "import sys, time; print('olá'); print('erro', file=sys.stderr); time.sleep(60)"))
    watched.tick_until("olá")
    watched.tick_until("erro")
    assert "web       │ olá" in watched.lines()


def test_it_starts_a_dead_part_again(watched: Watched) -> None:
    part = program("relay", "import time; print('here'); time.sleep(60)")
    watched.start(part)
    watched.tick_until("here")
    assert part.process
    first = part.process.pid
    os.kill(first, signal.SIGKILL)
    watched.tick_until("relay     │ killed by SIGKILL; starting it again in 0 s")
    watched.tick_until("here\nrelay     │ killed by SIGKILL; starting it again in 0 s\nrelay     │ here")
    assert part.process.pid != first


def test_it_gives_a_part_up_that_dies_young_five_times_and_keeps_the_others(watched: Watched) -> None:
    healthy = program("web", "import time; time.sleep(60)")
    watched.start(healthy)
    watched.start(program("beat", "raise SystemExit(3)"))
    watched.tick_until("it stays down, the others go on")
    line = (
        "beat      │ ended with exit code 3, 5 times in a row within 10 s of its start: it stays down, the others go on"
    )
    assert watched.lines().count(line) == 1
    assert watched.wait_until_ready(1.0) == ["beat"]
    assert healthy.is_ready()


def test_it_waits_until_a_part_is_ready(watched: Watched, tmp_path: Path) -> None:
    door = tmp_path / "door"
    part = program("web", f"import time; time.sleep(0.3); open({str(door)!r}, 'w').close(); time.sleep(60)")
    part.ready = door.exists
    watched.start(part)
    assert not part.is_ready()
    assert watched.wait_until_ready(20.0) == []
    assert part.is_ready()


def test_it_names_the_part_that_is_not_ready_in_time(watched: Watched) -> None:
    part = program("web", "import time; time.sleep(60)")
    part.ready = lambda: False
    watched.start(part)
    assert watched.wait_until_ready(0.3) == ["web"]


def test_it_ends_a_part_that_will_not_stop_and_its_children(watched: Watched) -> None:
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)']); print('deaf'); time.sleep(60)"
    )
    watched.start(program("worker", stubborn, stop_seconds=0.3))
    watched.tick_until("deaf")
    assert len(alive()) == 2
    watched.stop(["worker"])
    _, left = psutil.wait_procs(alive(), timeout=60)
    assert left == []


def test_it_stops_the_parts_in_the_order_asked(watched: Watched) -> None:
    for name in ("relay", "web", "worker"):
        watched.start(program(name, "import time; time.sleep(60)"))
    watched.stop(["web", "worker"])
    assert watched.lines() == ["web       │ stopped", "worker    │ stopped", "relay     │ stopped"]


def test_it_runs_a_step_to_its_end_and_keeps_what_it_printed(watched: Watched) -> None:
    heard: list[str] = []
    good, bad = program("demo", "print('ana@demo.novelo')"), program("migrate", "raise SystemExit(2)")
    watched.run(good, heard)
    watched.run(bad)
    assert watched.finish([good, bad]) == [bad]
    assert heard == ["ana@demo.novelo"]
    assert watched.lines() == []


def test_it_sees_that_make_was_interrupted() -> None:
    hears = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)"  # also where we hear nothing
    )
    deaf = [sys.executable, "-S", "-c", f"{hears}; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(deaf, stdout=subprocess.PIPE) as make:
        assert make.stdout
        make.stdout.readline()
        assert parent._catches(make.pid, signal.SIGINT)
        assert not parent._catches(make.pid, signal.SIGTERM)
        assert parent.Make(make.pid).was_stopped()  # it is not above us, so it is gone
        make.kill()
    with contextlib.suppress(ProcessLookupError):
        assert not parent._catches(make.pid, signal.SIGINT)
