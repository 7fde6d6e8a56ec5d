"""Whether `make`, which ran us, was told to stop: it does not pass Ctrl-C on when only itself was sent it.

A terminal sends Ctrl-C to make and to us. A program that starts `make run` and later interrupts that one process reaches
make alone, which then waits for us without a word. Linux shows that it was interrupted: make no longer catches the signal.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Make:
    """The make that runs us, as Linux shows it."""

    pid: int

    def was_stopped(self) -> bool:
        """Say whether make was interrupted, or is gone."""
        return os.getppid() != self.pid or not _catches(self.pid, signal.SIGINT)


def make_above() -> Make | None:
    """Return the make that started this process, if one did and can be watched."""
    parent = os.getppid()
    if "MAKELEVEL" not in os.environ or not _catches(parent, signal.SIGINT):
        return None
    return Make(parent)


def _catches(pid: int, number: signal.Signals) -> bool:
    """Say whether a process has a handler for a signal; False also where that cannot be seen."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)
