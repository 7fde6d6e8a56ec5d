"""Forecast: what everybody who has bought is expected to bring within a year, at its present value, as of the end of a question's period."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log
from typing import Any, NamedTuple

import numpy as np

from conversations.prepared import ask
from metrics.arrays import Numbers
from metrics.lifetime import average, holdout, model
from metrics.lifetime.buyers import Buyers, Moment, buyers, moment
from metrics.lifetime.holdout import Held
from metrics.lifetime.outlook import Kind, Outlook

YEAR = 365  # days looked ahead
DISCOUNT = 0.10  # by how much less money is worth that comes a year later: an assumption, and named as one
PRESENT = (1 - 1 / (1 + DISCOUNT)) / log(1 + DISCOUNT)  # of money that comes evenly all through the year
SURE = 1.2815515655446004  # 80 % of a normal distribution lie within so many standard deviations
BASES = ("sales", "margin")  # the usual one first
KEPT = 4  # forecasts of the last instants: now, and the period before, of two pages that are made at once
# Which rows a transaction sees; nothing of one that could see more by its next statement, or rows that it wrote itself.
SNAPSHOT = """
SELECT pg_current_snapshot()::text AS snapshot
WHERE current_setting('transaction_isolation') = 'repeatable read' AND pg_current_xact_id_if_assigned() IS NULL
"""
APART = 0.3  # from this correlation on, how often people buy says too much of how much they spend


class Forecast(NamedTuple):
    """What is expected as of a moment; no outlook where nobody has bought, or nobody a day ago."""

    at: Moment
    buyers: Buyers
    outlook: Outlook | None

    def factor(self, basis: str) -> float | None:
        """Return by what money to come counts as a part of it (of ``BASES``); None for a margin that is not known."""
        share = self.buyers.margin if basis == "margin" else 1.0
        return None if share is None else PRESENT * share


class Standing(NamedTuple):
    """How far a forecast can be leaned on: what it was made by, of whom, and how it would have done 90 days ago."""

    kind: Kind
    repeat_buyers: int
    correlation: float | None  # of how often with how much people buy
    margin: float | None
    parameters: dict[str, float]
    held: Held | None

    @property
    def is_independent(self) -> bool:
        """Whether what the model expects holds: that how often people buy says little of how much they spend."""
        return self.correlation is None or abs(self.correlation) < APART


class Expected(NamedTuple):
    """What some of the buyers are expected to bring, all together, with the ends of its 80 % interval; and of each on average."""

    people: int
    sales: float
    low: float
    high: float
    orders: float
    alive: float | None


def outlook(some: Buyers, days: float) -> Outlook | None:
    """Return what to expect of buyers within ``days``: by the model, or while it cannot be fitted by their cohorts' average."""
    return model.outlook(some, days) or average.outlook(some, days)


def forecast_of(values: Mapping[str, Any]) -> Forecast:
    """Make the forecast of a question, from what its SQL may name; the cards of a page, read from one instant, share theirs."""
    at, seen = moment(values), ask(SNAPSHOT, [])
    return _kept(seen[0].snapshot, at) if seen else _made(at)


@lru_cache(maxsize=KEPT)
def _kept(_snapshot: str, at: Moment) -> Forecast:
    """Make a forecast, or return the one another made who saw the very same rows: what a snapshot shows never changes."""
    return _made(at)


def _made(at: Moment) -> Forecast:
    some = buyers(at)
    return Forecast(at, some, outlook(some, YEAR))


def standing(made: Forecast, *, is_held: bool) -> Standing | None:
    """Return how a forecast stands; ``is_held``: also how the same would have done from 90 days ago until now."""
    if made.outlook is None:
        return None
    some = made.buyers
    return Standing(
        kind=made.outlook.kind,
        repeat_buyers=int(some.again.sum()),
        correlation=_correlation(some),
        margin=some.margin,
        parameters=made.outlook.parameters,
        held=holdout.held(some, made.at, outlook) if is_held else None,
    )


def _correlation(some: Buyers) -> float | None:
    """Return Pearson's r of how often and how much people buy who have bought again; None where either never differs."""
    often, much = some.frequency[some.again].astype(float), some.mean[some.again]
    if not len(often) or not np.ptp(often) or not np.ptp(much):
        return None
    often, much = often - often.mean(), much - much.mean()
    return float((often * much).sum() / np.sqrt((often**2).sum() * (much**2).sum()))


def expected(made: Outlook, place: Numbers, factor: Numbers) -> Expected:
    """Add up what is expected of the buyers at these places, the money of each times its factor."""
    sales = float((made.sales[place] * factor).sum())
    together = (made.sway()[:, place] * factor).sum(axis=1)
    reach = SURE * float(np.sqrt((made.variance[place] * factor**2).sum() + (together**2).sum()))
    alive = None if made.alive is None else float(made.alive[place].mean())
    return Expected(len(place), sales, max(0.0, sales - reach), sales + reach, float(made.orders[place].mean()), alive)
