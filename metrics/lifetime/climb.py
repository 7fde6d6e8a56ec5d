"""Climb: the top of a likelihood, by damped Newton steps; the same numbers in give the same numbers out, and chance has no part."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metrics.arrays import Numbers

type Landscape = Callable[[Numbers], tuple[float, Numbers]]  # from logarithms of parameters to height and slopes there

STEPS = 100
NEAR = 1e-7  # what there is left to gain, in log-likelihood, by the last step
SLACK = 1e-6  # how much lower a sum of so many logarithms may come out by rounding alone
REACH = 8.0  # parameters lie within so many powers of e of where the climb began
WIDTH = 5.0  # … and are thought to lie there so widely spread: what nothing tells stays where it began
ASIDE = 1e-4  # how far aside slopes are looked at to see how they bend
STIFF = 1e9  # a step damped so much goes nowhere
DIGITS = 8  # that a processor's last bits do not reach


class Top(NamedTuple):
    """Where the top is, as parameters; and how sure each logarithm is: ``spread`` times its transpose is their covariance."""

    parameters: tuple[float, ...]
    spread: Numbers


def climb(likelihood: Landscape, start: Numbers) -> Top | None:
    """Return the top nearest to ``start``, in logarithms; None when none was reached."""

    def land(place: Numbers) -> tuple[float, Numbers]:
        height, slopes = likelihood(place)
        away = (place - start) / WIDTH
        return height - float(away @ away) / 2, slopes - away / WIDTH

    place, damping = start, 1.0
    height, slopes = land(place)
    for _ in range(STEPS):
        # What would leave the ground that is searched stays at its edge.
        free = np.flatnonzero(np.abs(place + np.sign(slopes) * ASIDE - start) <= REACH)
        bends = _bends(land, place)[np.ix_(free, free)]
        while damping < STIFF:
            step = np.zeros(len(start))
            step[free] = np.linalg.solve(bends + damping * np.diag(np.abs(np.diag(bends))), slopes[free])
            gain = float(step @ slopes)
            ahead = np.clip(place + step, start - REACH, start + REACH)
            found = land(ahead)
            if gain >= 0 and found[0] >= height - SLACK:
                break
            damping *= 10
        else:
            return None
        place, (height, slopes) = ahead, found
        damping /= 10
        if gain < NEAR and damping < SLACK:
            return _top(place, bends, free)
    return None


def _bends(land: Landscape, place: Numbers) -> Numbers:
    """Return how the slopes fall off in every direction: the Hessian with its sign turned."""
    sides = [(land(place + aside)[1] - land(place - aside)[1]) for aside in ASIDE * np.eye(len(place))]
    bends = -np.array(sides) / (2 * ASIDE)
    return (bends + bends.T) / 2


def _top(place: Numbers, bends: Numbers, free: Numbers) -> Top | None:
    try:
        sure = np.linalg.cholesky(np.linalg.inv(bends))
    except np.linalg.LinAlgError:
        return None
    spread = np.zeros((len(place), len(place)))
    spread[np.ix_(free, free)] = sure
    return Top(tuple(float(f"{value:.{DIGITS}g}") for value in np.exp(place)), spread)
