"""Lengths of time as people say them, in units that every language here writes alike."""

from __future__ import annotations

UNITS = ((3_600, "h"), (60, "min"), (1, "s"))


def said(seconds: int) -> str:
    """Write whole seconds exactly: ``24 h``, ``1 h 30 min``, ``45 s``; ``0 s`` for none."""
    parts = []
    for unit, name in UNITS:
        number, seconds = divmod(seconds, unit)
        parts += [f"{number} {name}"] if number else []
    return " ".join(parts) or "0 s"
