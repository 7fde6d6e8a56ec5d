"""Chance that can be repeated: every draw of the simulator comes from a seed and a name."""

from __future__ import annotations

import random


def seeded(*name: object) -> random.Random:
    """Return the stream of draws that belongs to this name: the same name, the same draws, in every process."""
    return random.Random(":".join(map(str, name)))  # noqa: S311 - repeatable is what it is for
