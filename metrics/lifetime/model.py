"""Model: how often buyers return and what they spend then, fitted to all of them together, as an outlook on each."""

from __future__ import annotations

from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from metrics.arrays import Numbers
from metrics.lifetime import returning, spending
from metrics.lifetime.buyers import Buyers
from metrics.lifetime.climb import Top
from metrics.lifetime.outlook import Outlook

ENOUGH = 500  # people who have bought again, for a model to be fitted
ASIDE = 1e-3  # standard errors that parameters are looked at aside, to see what they sway
FITS = 4  # of the last questions: now, 90 days before, and both of the period a page compares with
NAMES = (*returning.Pace._fields, *spending.Worth._fields)


class Fit(NamedTuple):
    """Where both models' likelihoods have their tops."""

    returning: Top
    spending: Top


def outlook(buyers: Buyers, days: float) -> Outlook | None:
    """Return what to expect of everybody within ``days``; None where too few have bought again, or no parameters fit."""
    fit = fitted(buyers)
    if fit is None:
        return None
    pace, worth = returning.Pace(*fit.returning.parameters), spending.worth(*fit.spending.parameters)
    coming = returning.coming(pace, buyers.frequency, buyers.recency, buyers.age, days)
    bought = spending.purchase(worth, buyers.frequency, buyers.mean)
    return Outlook(
        kind="bg_nbd",
        orders=coming.mean,
        worth=bought.mean,
        alive=returning.alive(pace, buyers.frequency, buyers.recency, buyers.age),
        variance=coming.mean * bought.scatter + coming.square * bought.square - (coming.mean * bought.mean) ** 2,
        sway=cache(partial(_sway, fit, buyers, days, coming.mean, bought.mean)),
        parameters=dict(zip(NAMES, (*pace, *worth), strict=True)),
    )


def fitted(buyers: Buyers) -> Fit | None:
    """Fit both models; people who are alike are looked at once."""
    again = buyers.again & (buyers.later > 0)
    if again.sum() < ENOUGH:
        return None
    width = int(buyers.age.max()) + 1
    alike, people = np.unique((buyers.frequency * width + buyers.recency) * width + buyers.age, return_counts=True)
    stories = np.stack([alike // width**2, alike // width % width, alike % width, people])
    frequency, mean = buyers.frequency[again], buyers.mean[again]
    order = np.lexsort((mean, frequency))
    return _fit(stories.tobytes(), frequency[order].tobytes(), mean[order].tobytes())


@lru_cache(maxsize=FITS)
def _fit(stories: bytes, frequency: bytes, mean: bytes) -> Fit | None:
    """Fit what was packed: a function of these bytes alone, so that what it found need not be found again."""
    found = returning.fit(returning.Groups(*np.frombuffer(stories, dtype=int).reshape(4, -1)))
    spent = spending.fit(spending.Spent(np.frombuffer(frequency, dtype=int), np.frombuffer(mean)))
    return Fit(found, spent) if found and spent else None


def _sway(fit: Fit, buyers: Buyers, days: float, orders: Numbers, worth: Numbers) -> Numbers:
    """Return by how much sales of each would be off, were the parameters off by a standard error, in each direction of these."""
    rows = []
    for pace in map(returning.Pace._make, _aside(fit.returning)):
        other = returning.coming(pace, buyers.frequency, buyers.recency, buyers.age, days).mean
        rows.append((other - orders) / ASIDE * worth)
    for parameters in _aside(fit.spending):
        dearer = spending.purchase(spending.worth(*parameters), buyers.frequency, buyers.mean).mean
        rows.append(orders * (dearer - worth) / ASIDE)
    return np.array(rows)


def _aside(top: Top) -> list[list[float]]:
    here = np.log(top.parameters)
    return [np.exp(here + ASIDE * direction).tolist() for direction in top.spread.T]
