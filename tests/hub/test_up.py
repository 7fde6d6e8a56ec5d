"""`manage.py up` as a person runs it: everything starts, is found, stops; and comes back after a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.embedded import process, run_state

ROOT = Path(__file__).resolve().parents[2]
OURS = {"DATABASE_URL", "REDIS_URL", "NOVELO_ENV", "NOVELO_DATA_DIR", "PUBLIC_URL", "MAKELEVEL"}
ENV = {name: value for name, value in os.environ.items() if name not in OURS}
LIMIT = 180.0  # seconds; the machine may be busy, a start takes a tenth of that
PORT = 18_000


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory for the starts of this file, one after the other."""
    return tmp_path_factory.mktemp("up")


@pytest.fixture
def up(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A running ``up`` that said it is ready."""
    started = start(data_dir)
    yield started
    if started.poll() is None:
        started.terminate()
        started.communicate(timeout=LIMIT)


def manage(data_dir: Path, *words: str) -> list[str]:
    """Return the command line of a management command on that data."""
    return [sys.executable, str(ROOT / "manage.py"), *words, "--data-dir", str(data_dir)]


def start(data_dir: Path, *words: str, **env: str) -> subprocess.Popen[str]:
    """Start ``up`` and return once it printed that it is ready."""
    command = manage(data_dir, "up", "--no-demo", "--port", str(PORT), *words)
    up = subprocess.Popen(command, env=ENV | env, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert up.stdout
    said = []
    for line in up.stdout:
        said.append(line)
        if line.startswith("Novelo is"):
            break
    else:
        pytest.fail(f"it never became ready: {said}")
    assert "ready" in said[-1], said
    return up


def children(data_dir: Path) -> list[psutil.Process]:
    """Return everything that the last ``up`` on this data started and that lives."""
    state = run_state.last(data_dir)
    servers = process.at_home_in(data_dir / "postgres" / "data", "postgres")
    return servers + (process.marked_with("NOVELO_UP", state["NOVELO_UP"]) if state else [])


@pytest.mark.long
def test_it_starts_everything_tells_where_it_is_and_stops_cleanly(up: subprocess.Popen[str], data_dir: Path) -> None:
    state = run_state.read(data_dir)
    assert state
    with urllib.request.urlopen(f"{state['PUBLIC_URL']}/readyz") as answer:
        assert json.load(answer)["checks"] == {"database": "ok", "broker": "ok", "migrations": "ok"}
    assert re.fullmatch(r"postgresql://novelo:.+@127\.0\.0\.1:\d+/novelo", state["DATABASE_URL"])
    started = children(data_dir)
    up.send_signal(signal.SIGINT)
    said, _ = up.communicate(timeout=LIMIT)
    assert up.returncode == 0
    stopped = [line.split()[0] for line in said.splitlines() if line.endswith("│ stopped")]
    assert stopped == ["simulator", "web", "worker", "beat", "relay", "valkey", "postgres"]
    assert [found for found in started if found.is_running()] == []
    assert run_state.last(data_dir) is None


@pytest.mark.long
def test_it_comes_back_after_a_kill_and_leaves_nobody_behind(up: subprocess.Popen[str], data_dir: Path) -> None:
    refused = subprocess.run(manage(data_dir, "up"), env=ENV, cwd=ROOT, text=True, capture_output=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"Another `up` already runs on {data_dir} (process {up.pid}).\n"
    started = children(data_dir)
    assert len(started) > 10
    up.kill()
    up.communicate(timeout=LIMIT)
    assert run_state.read(data_dir) is None
    limit = time.monotonic() + 60
    while any(found.is_running() for found in started) and time.monotonic() < limit:
        time.sleep(0.2)
    assert [found for found in started if found.is_running()] == []
    secrets = run_state.secrets(data_dir)
    again = start(data_dir)
    assert run_state.secrets(data_dir) == secrets
    again.terminate()
    again.communicate(timeout=LIMIT)
    assert again.returncode == 0


@pytest.mark.long
def test_it_uses_the_servers_it_is_told_of_and_starts_none(tmp_path: Path) -> None:
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    up = start(tmp_path, "--no-simulator", **servers)
    state = run_state.read(tmp_path)
    up.terminate()
    said, _ = up.communicate(timeout=LIMIT)
    assert state
    assert servers.items() <= state.items()
    assert "SIMULATOR_URL" not in state
    stopped = [line.split()[0] for line in said.splitlines() if line.endswith("│ stopped")]
    assert stopped == ["web", "worker", "beat", "relay"]
    assert not (tmp_path / "postgres").exists()
