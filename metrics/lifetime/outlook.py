"""Outlook: what each buyer is expected to bring, by a model of either kind, in the same columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from metrics.arrays import Numbers

type Kind = Literal["bg_nbd", "cohort_average"]


class Outlook(NamedTuple):
    """What is expected of everybody within some days, a column each, in the order of the buyers.

    ``orders`` are days of purchases, ``worth`` what such a day is worth, ``alive`` how likely somebody has not bought for the last
    time (None where the model knows nothing of it). What comes of it, their product, scatters by ``variance``, independently;
    and it is off for all together as the model's parameters are: ``sway`` gives a row for each of what these may be off by, in
    standard errors, reckoned when first asked for: only an interval needs it, and it is most of the work.
    """

    kind: Kind
    orders: Numbers
    worth: Numbers
    alive: Numbers | None
    variance: Numbers
    sway: Callable[[], Numbers]
    parameters: dict[str, float]

    @property
    def sales(self) -> Numbers:
        """Net sales to expect of each."""
        return self.orders * self.worth
