"""Buyers: everybody who has bought before an instant, and how: what any expectation of what they will buy is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from metrics import binary
from metrics.arrays import Numbers, added

# All that moved until then, a column each: the database packs them and they are read as they are, which is far cheaper than rows.
# Money comes as whole ten-thousandths, so that sums are exact in whatever order. Who first bought in a currency without a rate did
# so on that channel: what counts is told apart only here.
MOVED = """
SELECT string_agg(uuid_send(customer_id), ''), string_agg(int8send(order_id), ''),
    string_agg(int4send((at AT TIME ZONE %s::text)::date - DATE 'epoch'), ''), string_agg(boolsend(kind = 'paid'), ''),
    string_agg(boolsend(position = 1 AND kind = 'paid'), ''), string_agg(boolsend(excluded = ''), ''),
    string_agg(int8send(coalesce((amount * 10000)::bigint, 0)), ''),
    string_agg(int8send(coalesce((goods * 10000)::bigint, 0)), ''),
    string_agg(int8send(CASE WHEN goods IS NULL THEN 0 ELSE (amount * 10000)::bigint END), ''),
    string_agg(channel_kind, chr(31)) FILTER (WHERE position = 1 AND kind = 'paid')
FROM metrics_movementfact WHERE workspace_id = %s AND position IS NOT NULL AND at < %s
"""
PACKED = ("S16", ">i8", ">i4", "?", "?", "?", ">i8", ">i8", ">i8")
SEPARATOR = "\x1f"  # as chr(31) above
PARTS = 10_000  # of a unit of money
EPOCH = date(1970, 1, 1)


class Moment(NamedTuple):
    """As of when people are looked at: history before ``until``, whose last day is ``day``, in ``zone``."""

    workspace: UUID
    until: datetime
    day: date
    zone: ZoneInfo

    def earlier(self, days: int) -> Moment:
        """Return the midnight so many whole days before the last day is over."""
        day = self.day - timedelta(days=days)
        return self._replace(until=datetime.combine(day + timedelta(days=1), datetime.min.time(), self.zone), day=day)


def moment(values: Mapping[str, Any]) -> Moment:
    """Return the moment of an answer: the end of its period, or as far as it knows."""
    zone = ZoneInfo(values["zone"])
    until: datetime = min(values["end"], values["as_of"])
    return Moment(values["workspace"], until, (until - timedelta(microseconds=1)).astimezone(zone).date(), zone)


class Buyers(NamedTuple):
    """Everybody who has bought, by their ids: a column each.

    ``frequency`` is the number of days with purchases after the first one, ``recency`` the days from that to the last one, ``age`` to
    the moment; ``net`` is all they spent, ``later`` what of it after the first day; ``goods`` is what it cost the house,
    as far as lines say, of purchases of ``costed``.
    """

    ids: Numbers  # sixteen bytes each
    channel: Numbers
    frequency: Numbers
    recency: Numbers
    age: Numbers
    net: Numbers
    later: Numbers
    goods: Numbers
    costed: Numbers

    @property
    def again(self) -> Numbers:
        """Who has bought again."""
        return self.frequency > 0

    @property
    def mean(self) -> Numbers:
        """What a day of purchases after the first one is worth; of who has none, 0."""
        return self.later / np.maximum(self.frequency, 1)

    @property
    def margin(self) -> float | None:
        """What is left of sales after their goods, of those whose goods' cost is known; None where none is."""
        costed = float(self.costed.sum())
        return 1 - float(self.goods.sum()) / costed if costed > 0 else None


def buyers(at: Moment) -> Buyers:
    """Read everybody who bought before a moment, in the order of their ids.

    What is given back of an order until then is taken off the day it was paid; a day's purchases of one person are one (daily bins).
    """
    ((*packed, channels),) = binary.read(MOVED, [at.zone.key, at.workspace, at.until])
    columns = [np.frombuffer(column or b"", dtype=kind) for column, kind in zip(packed, PACKED, strict=True)]
    _, orders, _, pays, first, counts, *_ = columns
    counts = counts & np.isin(orders, orders[pays])  # a source's clock may let money go back before it came
    began, channel = columns[0][first], np.array((channels or "").split(SEPARATOR), dtype=object)
    who, order, day, is_paid, _first, _counts, *money = (column[counts] for column in columns)
    people, person = np.unique(who, return_inverse=True)
    # The row that pays an order says the day of all of its rows.
    _, sale = np.unique(order, return_inverse=True)
    paid_on = np.zeros(sale.max(initial=-1) + 1, dtype=int)
    paid_on[sale[is_paid]] = day[is_paid]
    width = int(paid_on.max(initial=0)) + 1
    days, place = np.unique(person * width + paid_on[sale], return_inverse=True)
    whose, days = np.divmod(days, width)
    starts, ends = (np.searchsorted(whose, np.arange(len(people)), side=side) for side in ("left", "right"))
    at_first = added(place, money[0], len(days))[starts]
    net, goods, costed = (added(person, column, len(people)) for column in money)
    return Buyers(
        ids=people,
        channel=channel[np.argsort(began)[np.searchsorted(np.sort(began), people)]] if len(people) else channel[:0],
        frequency=ends - starts - 1,
        recency=days[ends - 1] - days[starts],
        age=(at.day - EPOCH).days - days[starts],
        net=net / PARTS,
        later=(net - at_first) / PARTS,
        goods=goods / PARTS,
        costed=costed / PARTS,
    )
