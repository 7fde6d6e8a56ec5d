"""What a benchmark says: one JSON object, value and limit of the same run, and whether the goal was met."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec


class Goal(msgspec.Struct, frozen=True):
    """What a ratio should be: at least, or at most, so much."""

    sign: str
    bound: float

    def met(self, ratio: float) -> bool:
        """Whether ``ratio`` is good enough."""
        return ratio >= self.bound if self.sign == ">=" else ratio <= self.bound


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One measured thing. ``ratio`` is value / limit unless given; ``met`` also needs everything in ``holds``."""

    bench: str
    value: float
    unit: str
    limit: float
    goal: Goal
    n: int
    ratio: float | None = None
    holds: dict[str, bool] = {}
    extra: dict[str, Any] = {}

    def line(self) -> str:
        """Return the line that is printed."""
        ratio = self.ratio if self.ratio is not None else self.value / self.limit
        said = {
            "bench": self.bench,
            "value": rounded(self.value),
            "unit": self.unit,
            "limit": rounded(self.limit),
            "ratio": rounded(ratio),
            "n": self.n,
            "machine": machine(),
            "goal": f"{self.goal.sign} {self.goal.bound:g}",
            "met": self.goal.met(ratio) and all(self.holds.values()),
            **self.holds,
            **{name: rounded(value) if isinstance(value, float) else value for name, value in self.extra.items()},
        }
        return msgspec.json.encode(said).decode()


def rounded(number: float) -> float:
    """Return ``number`` with four digits, or whole when it is large."""
    return round(number) if abs(number) >= 10_000 else float(f"{number:.4g}")


def machine() -> str:
    """Return what the figures were measured on."""
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of ``values`` lie (nearest rank). Needs one value at least."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio_of_pairs(values: Sequence[float], limits: Sequence[float]) -> float:
    """Return the median of the ratios of neighbours: value and limit were measured one after the other."""
    return median(value / limit for value, limit in zip(values, limits, strict=True))
