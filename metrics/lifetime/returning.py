"""Returning: how often people who buy when they like will buy again: the BG/NBD model of Fader, Hardie and Lee (2005).

Somebody buys at a rate of their own (gamma: ``r``, ``alpha``) and after every purchase may have had their last one, with a
chance of their own (beta: ``a``, ``b``). Times are whole days. All of it is arithmetic of whole arrays: rising factorials are sums of
logarithms, and what to expect is an integral over a beta weight, so that no library of special functions is needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.arrays import Numbers
from metrics.lifetime.climb import Landscape, Top, climb

NODES = 40  # at which the integral over the chance of a last purchase is added up; LAPACK starts threads above


class Pace(NamedTuple):
    """The model's parameters: of the rate, and of the chance that a purchase is the last."""

    r: float
    alpha: float
    a: float
    b: float


class Groups(NamedTuple):
    """People who are alike: purchases after the first, days to the last one and to now, and how many people they are."""

    frequency: Numbers
    recency: Numbers
    age: Numbers
    people: Numbers


def fit(groups: Groups) -> Top | None:
    """Return the parameters that make what people did likeliest, and how sure they are; None when none were found."""
    typical = max(float(np.average(groups.age, weights=groups.people)), 1.0)
    return climb(likelihood(groups), np.log([1.0, typical, 1.0, 1.0]))


def likelihood(groups: Groups) -> Landscape:
    """Return the log-likelihood of what groups did, with its slopes, as a function of the parameters' logarithms."""
    x, recency, age, people = groups
    purchases = np.arange(int(x.max(initial=0)))
    again = x > 0
    before = np.maximum(x, 1) - 1

    def so_far(terms: Numbers) -> Numbers:
        """Return for everybody the sum of as many terms as they have purchases."""
        return np.concatenate(([0.0], np.cumsum(terms)))[x]

    def land(logarithms: Numbers) -> tuple[float, Numbers]:
        r, alpha, a, b = parameters = np.exp(logarithms)
        until_now, until_last = np.log(alpha + age), np.log(alpha + recency)
        staying = -(r + x) * until_now
        gone = np.where(again, np.log(a / (b + before)) - (r + x) * until_last, -np.inf)
        both = np.logaddexp(staying, gone)
        lost = np.exp(gone - both)
        kept, all_ends = so_far(1 / (b + purchases)), so_far(1 / (a + b + purchases))
        heights = so_far(np.log((r + purchases) * (b + purchases) / (a + b + purchases))) + r * np.log(alpha) + both
        slopes = (
            so_far(1 / (r + purchases)) + np.log(alpha) - until_now + lost * (until_now - until_last),
            r / alpha - (r + x) * ((1 - lost) / (alpha + age) + lost / (alpha + recency)),
            lost / a - all_ends,
            kept - all_ends - lost / (b + before),
        )
        return float((people * heights).sum()), np.array([(people * slope).sum() for slope in slopes]) * parameters

    return land


def alive(pace: Pace, frequency: Numbers, recency: Numbers, age: Numbers) -> Numbers:
    """Return how likely each has not had their last purchase; who bought once alone has not, as far as the model knows."""
    r, alpha, a, b = pace
    odds = np.log(a / (b + np.maximum(frequency, 1) - 1)) + (r + frequency) * np.log((alpha + age) / (alpha + recency))
    return np.where(frequency > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


class Coming(NamedTuple):
    """How many purchases are to be expected of each, and the expectation of their number's square."""

    mean: Numbers
    square: Numbers


def coming(pace: Pace, frequency: Numbers, recency: Numbers, age: Numbers, days: float) -> Coming:
    """Return what to expect of each within the next ``days``."""
    # Of those who are still there nothing counts but how often they bought and since when they are known.
    width = int(age.max(initial=0)) + 1
    kinds, kind = np.unique(frequency * width + age, return_inverse=True)
    purchases, since = np.divmod(kinds, width)
    mean, pairs = np.zeros(len(kinds)), np.zeros(len(kinds))
    for x in np.unique(purchases).tolist():
        alike = purchases == x
        mean[alike], pairs[alike] = _of_those_there(pace, x, since[alike], days)
    there = alive(pace, frequency, recency, age)
    return Coming(there * mean[kind], there * (mean + pairs)[kind])


def _of_those_there(pace: Pace, x: int, age: Numbers, days: float) -> tuple[Numbers, Numbers]:
    """Return the expected number of purchases and of ordered pairs of them, by age, of people who bought ``x`` times again.

    Given the chance p of a last purchase, and rates of Gamma(r + x, alpha + age), both are in closed form; over p they are
    added up at the nodes of its beta weight.
    """
    r, alpha, a, b = pace
    p, weight = beta_nodes(a, b + x)
    shape = r + x
    ahead = (days / (alpha + age))[:, None]
    grown = np.log1p(p * ahead)
    ended = -np.expm1(-shape * grown) / p
    twice = 2 * (1 - p) / p * (ended - shape * ahead * np.exp(-(shape + 1) * grown))
    return (ended * weight).sum(axis=1), (twice * weight).sum(axis=1)


def beta_nodes(a: float, b: float) -> tuple[Numbers, Numbers]:
    """Return places between 0 and 1 and their weights, by which the mean of a smooth function under Beta(a, b) is a sum.

    They are the eigenvalues of the matrix of Jacobi's recurrence, and the squares of the first parts of its eigenvectors.
    """
    n = np.arange(1, NODES, dtype=float)
    whole = a + b - 2 + 2 * n
    middle = ((a - 1) ** 2 - (b - 1) ** 2) / (whole * (whole + 2))
    k, beyond = n[1:], whole[1:]
    beside = 4 * k * (k + a - 1) * (k + b - 1) * (k + a + b - 2) / (beyond**2 * (beyond + 1) * (beyond - 1))
    middle = np.concatenate(([(a - b) / (a + b)], middle))
    beside = np.sqrt(np.concatenate(([4 * a * b / ((a + b) ** 2 * (a + b + 1))], beside)))
    places, vectors = np.linalg.eigh(np.diag(middle) + np.diag(beside, 1) + np.diag(beside, -1))
    return np.maximum((1 + places) / 2, np.finfo(float).tiny), vectors[0] ** 2
