"""Markov: how many sales each channel is worth, by how many would be lost without it (R10): its removal effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from metrics.persons.journeys import BEGINS, END, GAP, IN_ORDER, START, happened

# From each touch of the journeys that began in the period to what came next of it: a touch, a sale, or by now nothing. A sale
# ends a journey, and so does a pause: what comes next is the person's next, and journeys need no number.
FOLLOWING = f"""
    WITH {happened(f"{START} - {GAP}", END)},
    walked AS (
        SELECT at, is_sale, id, customer_id, channel_kind, lag(is_sale) OVER way AS was_sale, at - lag(at) OVER way AS pause,
            CASE WHEN lead(at) OVER way - at <= {GAP} THEN lead(is_sale) OVER way END AS then_sale,
            lead(channel_kind) OVER way AS then_channel
        FROM happened WINDOW way AS {IN_ORDER}
    ),
    pace AS (
        SELECT *, {BEGINS} AS begins, max(at) FILTER (WHERE {BEGINS}) OVER {IN_ORDER} AS begun_at FROM walked
    )
    SELECT channel_kind, CASE then_sale WHEN 0 THEN then_channel END, then_sale = 1, begins, count(*)
    FROM pace WHERE is_sale = 0 AND begun_at >= {START} GROUP BY 1, 2, 3, 4"""  # noqa: S608  names of our own


class Pace(NamedTuple):
    """So many times somebody went from a channel on to another, to a sale, or, with neither, away; ``begins`` a journey."""

    channel: str
    following: str | None
    sold: bool | None
    begins: bool
    times: int


def shares(values: Mapping[str, Any]) -> str:
    """Return each channel's share of the period's sales as JSON; nothing unless the model is asked for."""
    if "model" not in values["split"] or "markov" not in values.get("only_model", ["markov"]):
        return "[]"
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWING, values)
        effects = removal_effects([Pace._make(row) for row in cursor.fetchall()])
    whole = sum(effects.values())
    return json.dumps([{"channel": channel, "share": effect / whole} for channel, effect in effects.items() if whole])


def removal_effects(paces: list[Pace]) -> dict[str, float]:
    """Return which share of the sales would be lost without each channel, when people go their ways as often as they did."""
    channels = sorted({pace.channel for pace in paces})
    place = {channel: number for number, channel in enumerate(channels)}
    begin, sold, goes = np.zeros(len(channels)), np.zeros(len(channels)), np.zeros((len(channels), len(channels)))
    seen = np.zeros(len(channels))
    for pace in paces:
        here = place[pace.channel]
        seen[here] += pace.times
        begin[here] += pace.times if pace.begins else 0
        sold[here] += pace.times if pace.sold else 0
        if pace.following is not None:
            goes[here, place[pace.following]] += pace.times
    if not sold.any():
        return {}
    goes, sold, begin = goes / seen[:, None], sold / seen, begin / begin.sum()

    def reached(kept: np.ndarray[Any, Any]) -> float:
        """Return how likely a sale is when journeys end at channels that are not kept."""
        ways = np.eye(len(channels)) - goes * kept[:, None] * kept[None, :]
        return float((begin * kept) @ np.linalg.solve(ways, sold * kept))

    whole = reached(np.ones(len(channels)))
    return {
        channel: 1 - reached(np.array([float(other != channel) for other in channels])) / whole for channel in channels
    }
