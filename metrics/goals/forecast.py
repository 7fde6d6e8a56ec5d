"""Forecast: what a series comes to by a day, by the plainer of two methods that was right more often, tested on the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, inf, sqrt
from statistics import NormalDist, fmean, linear_regression, quantiles
from typing import Literal, NamedTuple

import msgspec

LEAST = 8  # periods of history before anything is said
TRAINED = 5  # periods a method sees at least before its first test
TESTS = 3  # fewer tests say nothing about the error
LOOK_BACK = 12  # periods the line is drawn through
INTERVAL = 0.80

type Method = Literal["linear", "naive"]
type Series = Sequence[float]


class Bounds(NamedTuple):
    """What a figure can come to at all."""

    low: float = 0.0
    high: float = inf

    def within(self, value: float) -> float:
        """Return the value, or the bound it lies beyond."""
        return min(max(value, self.low), self.high)


class Stretch(NamedTuple):
    """What is asked for, in periods after the history's end: a total of all in it, or its level. A level's may begin before."""

    since: float
    until: float
    total: bool

    @property
    def length(self) -> float:
        """How many periods it has."""
        return self.until - self.since

    def ending(self, until: int) -> Stretch:
        """Return one like it that ends so many whole periods after a history; a total begins where that ends."""
        return Stretch(0 if self.total else until - self.length, until, self.total)


class Forecast(msgspec.Struct, frozen=True):
    """What is expected, with its 80 % interval; ``error``: the mean absolute error of ``tests`` forecasts of the past.

    ``tested_ahead`` is how many periods ahead the tests looked; ``sigma`` their spread, stretched to what is asked for.
    """

    method: Method
    value: float
    low: float
    high: float
    sigma: float
    error: float
    tests: int
    tested_ahead: int
    bounds: Bounds = Bounds()

    def chance(self, target: float, *, at_least: bool) -> float:
        """Return the probability that the target is reached, by a normal spread around the value as far as its bounds let it."""
        if at_least and (target <= self.bounds.low or target > self.bounds.high):
            return float(target <= self.bounds.low)
        if not at_least and (target >= self.bounds.high or target < self.bounds.low):
            return float(target >= self.bounds.high)
        if self.sigma == 0:
            return float(self.value >= target if at_least else self.value <= target)
        below = NormalDist(self.value, self.sigma).cdf(target)
        return 1 - below if at_least else below


def forecast(history: Series, asked: Stretch, bounds: Bounds, *, season: int = 1, so_far: float = 0) -> Forecast | None:
    """Return what a stretch comes to: a total on top of ``so_far``, or a level. ``bounds`` are those of a period and of a level.

    The better of a line through the last periods and of last season's values again, by the error of forecasts from points of
    the past. None where the history is too short to test them.
    """
    trained = max(TRAINED, season)  # less than a season would be told again out of step
    if len(history) < max(LEAST, trained + TESTS) or asked.until <= max(asked.since, 0):
        return None
    tested_ahead = min(ceil(asked.until), len(history) - trained - TESTS + 1)
    tried = {method: _errors(method, history, asked.ending(tested_ahead), season, bounds) for method in METHODS}
    method = min(tried, key=lambda one: sqrt(fmean(error * error for error in tried[one])))
    errors = tried[method]
    further = asked.length if asked.total else ceil(asked.until)
    sigma = sqrt(fmean(error * error for error in errors)) * sqrt(further / tested_ahead)
    value = so_far + _expected(method, history, asked, season, bounds)
    reach = NormalDist().inv_cdf(0.5 + INTERVAL / 2) * sigma
    # What only grows does not fall below what there is.
    ends = Bounds(so_far if bounds.low >= 0 else -inf) if asked.total else bounds
    return Forecast(
        method=method,
        value=value,
        low=ends.within(value - reach),
        high=ends.within(value + reach),
        sigma=sigma,
        error=fmean(abs(error) for error in errors),
        tests=len(errors),
        tested_ahead=tested_ahead,
        bounds=ends,
    )


def is_beyond(history: Series, needed: float, *, at_least: bool) -> bool | None:
    """Whether a value lies beyond what 95 % of the periods of the past reached; None where they are too few to say."""
    if len(history) < LEAST:
        return None
    parts = quantiles(history, n=20, method="inclusive")
    return needed > parts[-1] if at_least else needed < parts[0]


def _linear(history: Series, ahead: int, _season: int) -> list[float]:
    known = list(history[-LOOK_BACK:])
    slope, start = linear_regression(range(len(known)), known)
    return [start + slope * (len(known) + step) for step in range(ahead)]


def _naive(history: Series, ahead: int, season: int) -> list[float]:
    last = list(history[-season:])
    return [last[step % len(last)] for step in range(ahead)]


METHODS: dict[Method, Callable[[Series, int, int], list[float]]] = {"linear": _linear, "naive": _naive}


def _expected(method: Method, history: Series, asked: Stretch, season: int, bounds: Bounds) -> float:
    ahead = METHODS[method](history, ceil(asked.until), season)
    return _together([*history, *map(bounds.within, ahead)], len(history), asked)


def _together(series: Series, end: int, asked: Stretch) -> float:
    """Return the sum or the mean of a stretch after place ``end``, of each period as much as lies in it."""
    parts = [
        (max(0.0, min(place + 1 - end, asked.until) - max(place - end, asked.since)), value)
        for place, value in enumerate(series)
    ]
    together = sum(part * value for part, value in parts)
    return together if asked.total else together / sum(part for part, _value in parts)


def _errors(method: Method, history: Series, asked: Stretch, season: int, bounds: Bounds) -> list[float]:
    """Return how far forecasts from each point of the past were off."""
    return [
        _expected(method, history[:point], asked, season, bounds) - _together(history, point, asked)
        for point in range(max(TRAINED, season), len(history) - ceil(asked.until) + 1)
    ]
