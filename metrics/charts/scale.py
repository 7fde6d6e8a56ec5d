"""Scales: from values to places, with round numbers on the axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

STEPS = (1, 2, 2.5, 5, 10)
# Seconds are read in seconds, minutes, hours and days: an axis steps in what people say.
SPANS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    432_000,
)


class Scale(NamedTuple):
    """Maps ``low`` … ``top`` to ``bottom_y`` … ``top_y``; ``ticks`` are the values with a line."""

    top: float
    ticks: tuple[float, ...]
    bottom_y: float
    top_y: float
    low: float = 0

    def y(self, value: float) -> float:
        """Return where a value lies."""
        return self.bottom_y - (self.bottom_y - self.top_y) * (value - self.low) / (self.top - self.low)


def counts(values: Iterable[float], bottom_y: float, top_y: float, lines: int = 4) -> Scale:
    """Return a scale for counts: whole steps of 1, 2, 5 times a power of ten (2.5 from ten on)."""
    most = max(values, default=0) or 1
    power = 10.0 ** math.floor(math.log10(most / lines)) if most > lines else 1.0
    step = next(step * power for step in STEPS if step * power * lines >= most and (step * power).is_integer())
    return _from_steps(step, most, bottom_y, top_y)


def seconds(values: Iterable[float], bottom_y: float, top_y: float, lines: int = 4) -> Scale:
    """Return a scale for lengths of time, in seconds."""
    most = max(values, default=0) or 60
    whole_weeks = math.ceil(most / lines / 604_800) * 604_800.0
    step = next((float(span) for span in SPANS if span * lines >= most), whole_weeks)
    return _from_steps(step, most, bottom_y, top_y)


def amounts(values: Iterable[float], bottom_y: float, top_y: float, lines: int = 4) -> Scale:
    """Return a scale for amounts of any size, such as money and ratios; below zero too where a value lies there."""
    known = list(values)
    most, least = max(0, *known, 0), min(0, *known, 0)
    reach = max(most - least, 1e-9)
    power = 10.0 ** math.floor(math.log10(reach / lines))
    step = next(step * power for step in STEPS if step * power * lines >= reach * (1 - 1e-9))
    over, under = math.ceil(most / step - 1e-9), math.ceil(-min(least, 0) / step - 1e-9)
    over = over if over + under else 1
    return Scale(
        step * over, tuple(step * line for line in range(-under, over + 1)), bottom_y, top_y, step * -under
    )  # fmt: skip


def _from_steps(step: float, most: float, bottom_y: float, top_y: float) -> Scale:
    lines = max(1, math.ceil(most / step))
    return Scale(step * lines, tuple(step * line for line in range(lines + 1)), bottom_y, top_y)


def every(places: int, wanted: int) -> int:
    """Return each how-many-th of ``places`` gets a label so that about ``wanted`` have one."""
    return max(1, math.ceil(places / wanted))
