"""The whole process: it serves Graph, waits for the hub, plays, and stops at once on a signal."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import simulator
from simulator import NotLoopbackError
from simulator.play import play
from tests.simulator.conftest import StandInHub

PROGRAM = """
import sys
from simulator import BusinessNumber, Switches
from simulator.play import play
number = BusinessNumber(phone_number_id="1", access_token="t", app_secret="s", webhook_url=sys.argv[1] + "/webhooks/x/")
play(lambda: [number], hub_url=sys.argv[1], rate=60, seed=3, announce=lambda line: print(line, flush=True))
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_works(hub: StandInHub, stop: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, hub.base]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline().strip() for _ in range(2)]
            until = time.monotonic() + 60
            while not hub.bodies and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(stop)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert lines[0].startswith("Graph on http://127.0.0.1:")
    assert lines[1] == "playing for 1 WhatsApp number(s)"
    assert hub.items("messages")
    assert (process.returncode, out, err) == (0, "", "")


def test_it_refuses_a_hub_on_another_machine() -> None:
    with pytest.raises(NotLoopbackError, match=r"https://hub\.example\.com"):
        play(list, hub_url="https://hub.example.com")


def test_it_shares_no_code_with_the_hub() -> None:
    for path in Path(simulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            rooms = {name.partition(".")[0] for name in names}
            assert not rooms & {"hub", "conversations", "metrics", "django", "celery"}, path.name
