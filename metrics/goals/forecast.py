"""Forecast: what a series comes to in some periods, by the plainer of two methods that was right more often, tested on the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, sqrt
from statistics import NormalDist, fmean, linear_regression, quantiles
from typing import Literal

import msgspec

LEAST = 8  # periods of history before anything is said
TRAINED = 6  # periods a method sees at least before its first test
TESTS = 3  # fewer tests say nothing about the error
LOOK_BACK = 12  # periods the line is drawn through
INTERVAL = 0.80

type Method = Literal["linear", "naive"]
type Series = Sequence[float]


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

    def chance(self, target: float, *, at_least: bool) -> float:
        """Return the probability that the target is reached, by a normal spread around the value."""
        if self.sigma == 0:
            return float(self.value >= target if at_least else self.value <= target)
        below = NormalDist(self.value, self.sigma).cdf(target)
        return 1 - below if at_least else below


def forecast(history: Series, ahead: float, *, season: int = 1, total: bool, so_far: float = 0) -> Forecast | None:
    """Return what the next ``ahead`` periods come to: their sum on top of ``so_far``, or the last one's level.

    The better of a line through the last periods and of last season's values again, by the error of forecasts from points of
    the past. None where the history is too short to test them.
    """
    tested_ahead = max(1, min(ceil(ahead), len(history) - TRAINED - TESTS + 1))
    if len(history) < LEAST or ahead <= 0:
        return None
    tried = {method: _errors(method, history, tested_ahead, season, total=total) for method in METHODS}
    method = min(tried, key=lambda one: sqrt(fmean(error * error for error in tried[one])))
    errors = tried[method]
    sigma = sqrt(fmean(error * error for error in errors)) * sqrt(max(ahead, 1) / tested_ahead)
    value = so_far + _together(METHODS[method](history, ceil(ahead), season), ahead, total=total)
    reach = NormalDist().inv_cdf(0.5 + INTERVAL / 2) * sigma
    floor = so_far if total else (0.0 if min(history) >= 0 else float("-inf"))
    return Forecast(
        method=method,
        value=value,
        low=max(floor, value - reach),
        high=value + reach,
        sigma=sigma,
        error=fmean(abs(error) for error in errors),
        tests=len(errors),
        tested_ahead=tested_ahead,
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
    line = [start + slope * (len(known) + step) for step in range(ahead)]
    return [max(0.0, one) for one in line] if min(known) >= 0 else line


def _naive(history: Series, ahead: int, season: int) -> list[float]:
    last = list(history[-season:])
    return [last[step % len(last)] for step in range(ahead)]


METHODS: dict[Method, Callable[[Series, int, int], list[float]]] = {"linear": _linear, "naive": _naive}


def _together(predicted: Series, ahead: float, *, total: bool) -> float:
    """Return the sum of the periods, the last one as far as it is asked for; or the level of the last."""
    if not total:
        return predicted[-1]
    return sum(predicted[: int(ahead)]) + (predicted[-1] * (ahead - int(ahead)) if ahead != int(ahead) else 0)


def _errors(method: Method, history: Series, ahead: int, season: int, *, total: bool) -> list[float]:
    """Return how far forecasts from each point of the past were off."""
    return [
        _together(METHODS[method](history[:point], ahead, season), ahead, total=total)
        - _together(history[point : point + ahead], ahead, total=total)
        for point in range(TRAINED, len(history) - ahead + 1)
    ]
