"""Spending: what somebody's purchase is worth: the Gamma-Gamma model of Fader, Hardie and Lee (2005).

Purchases scatter around everybody's own mean (gamma: ``p``), and these means among people (``q``, ``gamma``). Expects that how often
somebody buys says nothing of how much.
"""

from __future__ import annotations

from math import lgamma
from typing import NamedTuple

import numpy as np

from metrics.arrays import Numbers
from metrics.lifetime.climb import Landscape, Top, climb

AT_LEAST = (
    2.0  # ``q`` lies above it: else what people spend would have no finite variance, and no interval could be told
)
UP = 10  # digamma is reckoned so much further up, where its series is exact


class Worth(NamedTuple):
    """The model's parameters."""

    p: float
    q: float
    gamma: float


class Spent(NamedTuple):
    """What somebody's purchases after the first are worth on average, and how many they are."""

    frequency: Numbers
    mean: Numbers


def fit(spent: Spent) -> Top | None:
    """Return ``p``, what ``q`` lies above ``AT_LEAST``, and everybody's mean, and how sure they are; None when none were found.

    The mean takes the place of ``gamma``, which the other two would pull along.
    """
    return climb(likelihood(spent), np.log([1.0, 1.0, float(spent.mean.mean())]))


def worth(p: float, above: float, everybody: float) -> Worth:
    """Return the model of a fit's parameters."""
    return Worth(p, AT_LEAST + above, everybody * (AT_LEAST - 1 + above) / p)


def likelihood(spent: Spent) -> Landscape:
    """Return the log-likelihood of what people spent, with its slopes, as a function of the parameters' logarithms."""
    x, mean = spent
    counts, which = np.unique(x, return_inverse=True)
    whole, ln_whole = x * mean, np.log(x * mean)
    ln_mean = np.log(mean)

    def land(logarithms: Numbers) -> tuple[float, Numbers]:
        p, above, everybody = np.exp(logarithms).tolist()
        _p, q, gamma = worth(p, above, everybody)
        shape = p * counts
        ln_more = np.log(gamma + whole)
        digamma = _digamma(shape + q)[which]
        factors = np.array([lgamma(one + q) - lgamma(one) for one in shape.tolist()])[which] - lgamma(q)
        heights = factors + q * np.log(gamma) + p * x * ln_whole - ln_mean - (p * x + q) * ln_more
        of_p = p * float((x * (digamma - _digamma(shape)[which] + ln_whole - ln_more)).sum())
        of_q = above * float((digamma - _digamma(np.array([q])) + np.log(gamma) - ln_more).sum())
        of_gamma = float((q - (p * x + q) * gamma / (gamma + whole)).sum())
        slopes = (of_p - of_gamma, of_q + of_gamma * above / (q - 1), of_gamma)
        return float(heights.sum()), np.array(slopes)

    return land


def _digamma(z: Numbers) -> Numbers:
    """Return the derivative of the logarithm of the gamma function, above 0."""
    high = z + UP
    series = 1 / 12 - (1 / 120 - (1 / 252 - 1 / 240 / high**2) / high**2) / high**2
    steps = (1 / (z[:, None] + np.arange(UP))).sum(axis=1)
    return np.log(high) - 1 / (2 * high) - series / high**2 - steps  # type: ignore[no-any-return]


class Purchase(NamedTuple):
    """What a purchase of each is worth: the mean to expect, its expected square, and how purchases scatter around it."""

    mean: Numbers
    square: Numbers
    scatter: Numbers


def purchase(model: Worth, frequency: Numbers, mean: Numbers) -> Purchase:
    """Return what a further purchase of each is worth; of who bought once alone, what everybody's is."""
    p, q, gamma = model
    shape, scale = p * frequency + q, gamma + frequency * mean
    expected = p * scale / (shape - 1)
    square = (p * scale) ** 2 / ((shape - 1) * (shape - 2))
    return Purchase(expected, square, square / p)
