"""Holdout: how well the same way of expecting would have done: asked 90 days ago, against what people then bought."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metrics.lifetime.buyers import Buyers, Moment, buyers
from metrics.lifetime.outlook import Kind, Outlook

HELD_DAYS = 90
MOST = 7  # from so many purchases after the first on, people are one band


class Band(NamedTuple):
    """People who had bought so often again by then: purchases a person in the days held out, predicted and actual."""

    frequency: int
    people: int
    predicted: float
    actual: float


class Held(NamedTuple):
    """What came of it: mean absolute errors a person, of net sales and of purchases, and all that was predicted over what came."""

    kind: Kind
    people: int
    mae: float
    orders_mae: float
    calibration: float | None
    bands: tuple[Band, ...]


def held(now: Buyers, at: Moment, outlook: Callable[[Buyers, float], Outlook | None]) -> Held | None:
    """Return how ``outlook``, made of what was there 90 days before ``at``, did until then; None when nobody had bought yet."""
    then = buyers(at.earlier(HELD_DAYS))
    made = outlook(then, HELD_DAYS)
    if made is None:
        return None
    place = np.searchsorted(now.ids, then.ids)
    orders, sales = now.frequency[place] - then.frequency, now.net[place] - then.net
    band = np.minimum(then.frequency, MOST)
    came = float(sales.sum())
    return Held(
        kind=made.kind,
        people=len(place),
        mae=float(np.abs(made.sales - sales).mean()),
        orders_mae=float(np.abs(made.orders - orders).mean()),
        calibration=float(made.sales.sum()) / came if came > 0 else None,
        bands=tuple(
            Band(number, int(here.sum()), float(made.orders[here].mean()), float(orders[here].mean()))
            for number in range(MOST + 1)
            if (here := band == number).any()
        ),
    )
