"""Estimates: how sure a share is, and how long the waits are when some of them go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import erfc, sqrt
from typing import NamedTuple

Z = 1.959963984540054  # 95 % lie within so many standard errors
ROUNDING = 1e-12
DECIDED = 0.05  # the greatest p by which two shares are called different


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; ``denominator`` is above 0."""
    share, square = numerator / denominator, Z * Z
    middle = share + square / (2 * denominator)
    reach = Z * sqrt(share * (1 - share) / denominator + square / (4 * denominator * denominator))
    whole = 1 + square / denominator
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def score_interval(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a score of -100 to 100 by its standard error; ``n`` is above 0."""
    p, d = promoters / n, detractors / n
    reach = Z * sqrt(max(p + d - (p - d) ** 2, 0) / n)
    return max(-100.0, 100 * (p - d - reach)), min(100.0, 100 * (p - d + reach))


def survival(
    ended: Iterable[float], going_on: Iterable[float], shares: Sequence[float] = (0.5, 0.75)
) -> list[float | None]:
    """Return the Kaplan-Meier quantiles: by when these shares of the waits have ended; None is "not reached".

    A wait that goes on says only that it is longer than it is now; at the same length it counts as still at risk.
    """
    ends, open_ones = Counter(ended), Counter(going_on)
    at_risk = ends.total() + open_ones.total()
    still, found = 1.0, [None for _ in shares]  # type: float, list[float | None]
    for length in sorted({*ends, *open_ones}):
        if ends[length]:
            still *= 1 - ends[length] / at_risk
            found = [
                length if known is None and still <= 1 - share + ROUNDING else known
                for known, share in zip(found, shares, strict=True)
            ]
        at_risk -= ends[length] + open_ones[length]
    return found


class Comparison(NamedTuple):
    """What two shares say of each other: by how much the second lies above the first, its 95 % interval, and how sure that is."""

    difference: float
    ci_low: float
    ci_high: float
    z: float
    p: float

    @property
    def is_decided(self) -> bool:
        """Whether so much of a difference would come by chance less than one time in twenty."""
        return self.p < DECIDED


def compared(first: tuple[int, int], second: tuple[int, int]) -> Comparison:
    """Compare two shares, each as how many of how many, by the test of two proportions; neither is of nothing."""
    (a, n), (b, m) = first, second
    one, other, pooled = a / n, b / m, (a + b) / (n + m)
    apart = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    reach = Z * sqrt(one * (1 - one) / n + other * (1 - other) / m)
    difference = other - one
    z = difference / apart if apart else 0.0
    return Comparison(difference, difference - reach, difference + reach, z, erfc(abs(z) / sqrt(2)))
