"""Money: amounts as sources write them, and what they are worth in the workspace's currency."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NamedTuple

PLACES = Decimal("0.0001")
MOST = Decimal(10**13)
ZERO = Decimal(0)
type Rates = Mapping[str, Sequence[tuple[date, Decimal]]]  # by currency, the days in order


class Purse(NamedTuple):
    """The workspace's currency, the zone its days are in, and the rates of other currencies."""

    currency: str = "BRL"
    zone: tzinfo = UTC
    rates: Rates = {}

    def day(self, at: datetime) -> date:
        """Return the workspace's day an instant is in."""
        return at.astimezone(self.zone).date()

    def worth(self, amount: Decimal | None, currency: str, at: datetime) -> Decimal | None:
        """Return an amount in the workspace's currency by the rate of that day; None where there is none."""
        if amount is None or currency == self.currency:
            return amount
        days = self.rates.get(currency, ())
        place = bisect_right(days, self.day(at), key=lambda one: one[0])
        worth = rounded(amount * days[place - 1][1]) if place else None
        return worth if worth is not None and worth < MOST else None


def rounded(amount: Decimal) -> Decimal:
    """Return an amount as it is kept."""
    return amount.quantize(PLACES, ROUND_HALF_UP)


def amount_of(value: Any) -> Decimal | None:
    """Read an amount written as a number or as a decimal string; None for anything else, below zero or beyond reason."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return rounded(amount) if amount.is_finite() and 0 <= amount < MOST else None
