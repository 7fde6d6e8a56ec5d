"""Figure: what an answer is made of."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from metrics.lifetime import Standing
from metrics.question import Question

SMALL_SAMPLE = 5
type Key = tuple[str | None, ...]


class Figure(Struct, frozen=True, gc=False):
    """One row of an answer. Lengths in seconds; what does not apply to the metric, or has no observation, is None."""

    key: Key
    n: int = 0
    mean: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    censored: int = 0
    oldest_open_seconds: float | None = None
    set_aside: int = 0
    left_out: tuple[tuple[str, int], ...] = ()  # what rules exclude, by name
    approximate: bool = False
    inbound: int = 0
    outbound: int = 0
    people: int | None = None
    value: float | None = None  # of a sum, rate, score or ratio
    numerator: float | None = None
    denominator: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    within: int | None = None  # of times, how many were no longer than the question's target
    survival: tuple[float | None, float | None] | None = (
        None  # Kaplan-Meier median and P75; within, None is "not reached"
    )
    expected_orders: float | None = None  # of each, where amounts are expected
    alive: float | None = None  # how likely each still buys
    standing: Standing | None = None  # of a total of such, how far it can be leaned on

    @property
    def is_small_sample(self) -> bool:
        """Whether there are too few observations to lean on."""
        return 0 < self.n < SMALL_SAMPLE


class Freshness(NamedTuple):
    """Up to what an answer is complete: the transaction of the mark, and the instant that stands for."""

    mark: int
    as_of: datetime


class Answer(NamedTuple):
    """The figures of a question: rows by key, and the total over everything asked."""

    question: Question
    freshness: Freshness
    rows: list[Figure]
    total: Figure

    def value(self, figure: Figure) -> float | None:
        """Return the headline of a figure."""
        return getattr(figure, self.question.metric.headline)  # type: ignore[no-any-return]
