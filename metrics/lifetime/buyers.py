"""Buyers: everybody who has bought before an instant, and how: what any expectation of what they will buy is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from metrics import binary
from metrics.lifetime.climb import Numbers

# A day's purchases of one person are one (daily bins); what is given back of them until then is taken off.
BOUGHT = """
WITH sale AS (
    SELECT customer_id, order_id, (min(at) FILTER (WHERE kind = 'paid') AT TIME ZONE %s::text)::date AS day,
        sum(amount) AS net, sum(goods) AS goods, sum(amount) FILTER (WHERE goods IS NOT NULL) AS costed
    FROM metrics_movementfact
    WHERE workspace_id = %s AND excluded = '' AND position IS NOT NULL AND at < %s
    GROUP BY customer_id, order_id HAVING bool_or(kind = 'paid')
), bought AS (
    SELECT customer_id, day, sum(net) AS net, sum(goods) AS goods, sum(costed) AS costed FROM sale GROUP BY customer_id, day
), buyer AS (
    SELECT customer_id, count(*) - 1 AS frequency, min(day) AS first, max(day) AS last, sum(net) AS net,
        (array_agg(net ORDER BY day))[1] AS at_first, sum(goods) AS goods, sum(costed) AS costed
    FROM bought GROUP BY customer_id
)
SELECT buyer.customer_id, began.channel_kind, frequency, last - first, %s - first,
    buyer.net::float8, (buyer.net - at_first)::float8, coalesce(goods, 0)::float8, coalesce(costed, 0)::float8
FROM buyer JOIN metrics_orderfact began ON began.customer_id = buyer.customer_id AND began.position = 1
ORDER BY buyer.customer_id
"""


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


TYPES: tuple[Any, ...] = ("S16", object, int, int, int, float, float, float, float)


def buyers(at: Moment) -> Buyers:
    """Read everybody who bought before a moment, in the order of their ids."""
    rows = binary.read(BOUGHT, [at.zone.key, at.workspace, at.until, at.day])
    columns = zip(*rows, strict=True) if rows else [()] * len(TYPES)
    return Buyers(*(np.array(column, dtype=kind) for column, kind in zip(columns, TYPES, strict=True)))
