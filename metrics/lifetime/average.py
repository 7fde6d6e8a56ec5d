"""Average: what to expect of buyers while too few have come back for a model: what their cohort spent a day since it is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metrics.arrays import Numbers
from metrics.lifetime.buyers import Buyers
from metrics.lifetime.outlook import Outlook

FEW = 30  # people; a smaller cohort is taken for everybody


class _Cohort(NamedTuple):
    """People who began on a channel: by what they spent after their first day, over the days since, of all of them."""

    days: float
    orders: float
    sales: float
    residuals: float  # squares of what each spent more or less than by the cohort's average


def outlook(buyers: Buyers, days: float) -> Outlook | None:
    """Return what everybody brings if the days to come are as those of their cohort were; None before a day has passed.

    A cohort are those whose first purchase was on the same channel.
    """
    everybody = np.ones(len(buyers.ids), dtype=bool)
    if not buyers.age.sum():
        return None
    cohorts = [_cohort(buyers, everybody)]
    place = np.zeros(len(buyers.ids), dtype=int)
    for channel in sorted(set(buyers.channel.tolist())):
        members = buyers.channel == channel
        if members.sum() >= FEW and buyers.age[members].sum():
            place[members] = len(cohorts)
            cohorts.append(_cohort(buyers, members))
    known, orders, sales, residuals = np.array(cohorts).T
    sway = np.zeros((len(cohorts), len(buyers.ids)))
    sway[place, np.arange(len(buyers.ids))] = (days * np.sqrt(residuals) / known)[place]
    return Outlook(
        kind="cohort_average",
        orders=(days * orders / known)[place],
        worth=np.divide(sales, orders, out=np.zeros(len(cohorts)), where=orders > 0)[place],
        alive=None,
        variance=(days * residuals / known)[place],
        sway=lambda: sway,
        parameters={},
    )


def _cohort(buyers: Buyers, members: Numbers) -> _Cohort:
    age, later = buyers.age[members], buyers.later[members]
    days, sales = float(age.sum()), float(later.sum())
    residuals = float(((later - sales / days * age) ** 2).sum())
    return _Cohort(days, float(buyers.frequency[members].sum()), sales, residuals)
