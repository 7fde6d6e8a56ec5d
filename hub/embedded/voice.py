"""What `up` prints: one line at a time, each with the name of the part that speaks."""

from __future__ import annotations

import os
from typing import TextIO

WIDTH = 9
COLORS = {
    "postgres": 34,
    "valkey": 31,
    "web": 32,
    "worker": 33,
    "beat": 35,
    "relay": 36,
    "simulator": 94,
}


class Voice:
    """Prints to ``stream``; names are colored when a person watches and ``NO_COLOR`` is not set."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.colored = stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, name: str, line: str) -> None:
        """Print ``line`` behind the padded ``name``."""
        label = name.ljust(WIDTH)
        color = COLORS.get(name, 1)
        self.print(f"\x1b[{color}m{label}\x1b[0m │ {line}" if self.colored else f"{label} │ {line}")

    def print(self, line: str = "") -> None:
        """Print a line as it is. A reader that went away (``up | head``) must not bring the parts down."""
        try:
            print(line, file=self.stream, flush=True)
        except (OSError, ValueError):
            self.colored = False
