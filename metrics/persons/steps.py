"""Steps: what happened to everybody, each thing after the one before, as columns of numbers; read packed, for there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from metrics import binary
from metrics.arrays import Numbers
from metrics.binary import CENTURY, MICROSECOND
from metrics.persons.journeys import END, GAP, START

# By channel, and whether it was a sale: of whom, with its id and at how many instants; and the instants. What lies a gap before
# the period says where journeys began.
HAPPENED = f"""
SELECT channel_kind, is_sale, string_agg(uuid_send(customer_id) || int8send(id) || int4send(cardinality(instants)), ''),
    string_agg(array_send(instants), '')
FROM (
    SELECT customer_id, id, channel_kind, false AS is_sale, inbound AS instants FROM metrics_volumefact
    WHERE workspace_id = %(workspace)s AND inbound <> '{{}}'
    AND day >= (({START} - {GAP}) AT TIME ZONE 'UTC')::date AND day <= ({END} AT TIME ZONE 'UTC')::date
    UNION ALL
    SELECT customer_id, id, channel_kind, false, ARRAY[at] FROM metrics_touchfact
    WHERE workspace_id = %(workspace)s AND at >= {START} - {GAP} AND at < {END}
    UNION ALL
    SELECT customer_id, id, channel_kind, true, ARRAY[paid_at] FROM metrics_orderfact
    WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND paid_at >= {START} - {GAP} AND paid_at < {END}
) AS happened GROUP BY channel_kind, is_sale ORDER BY channel_kind, is_sale"""  # noqa: S608  names of our own
OWNER = np.dtype([("head", ">u8"), ("tail", ">u8"), ("id", ">i8"), ("n", ">i4")])
WORD, BEFORE, EACH = (
    ">u4",
    5,
    3,
)  # arrays as PostgreSQL sends them: words before the first instant, and of each with its length


class Steps(NamedTuple):
    """Touches and sales by person, in order; a sale comes after the touches of its instant. ``channel`` is a place in ``channels``."""

    channels: Sequence[str]
    channel: Numbers
    at: Numbers  # microseconds of this century
    is_sale: Numbers
    is_first: Numbers  # of its person


def steps(values: Mapping[str, Any], since: datetime) -> Steps:
    """Return everybody's steps from ``since`` to before the end of the period."""
    rows = binary.read(HAPPENED, values)
    channels = sorted({row[0] for row in rows})
    parts = [np.frombuffer(row[2], dtype=OWNER) for row in rows]
    owner = np.concatenate([np.empty(0, dtype=OWNER), *parts])
    row_of = np.repeat(np.arange(len(rows)), [len(part) for part in parts])
    at = np.concatenate(
        [np.empty(0, dtype=np.int64), *(_instants(row[3], part["n"]) for row, part in zip(rows, parts, strict=True))]
    )
    kept = np.flatnonzero((at >= instant(since)) & (at < instant(values["end"])))
    each, at = np.repeat(np.arange(len(owner)), owner["n"])[kept], at[kept]
    sold = np.array([row[1] for row in rows], dtype=bool)[row_of]
    who = _numbers(owner)
    order = np.lexsort((owner["id"][each], sold[each], at, who[each]))
    each, at = each[order], at[order]
    is_first = np.diff(who[each], prepend=-1) != 0
    place = np.array([channels.index(row[0]) for row in rows], dtype=np.int64)[row_of]
    return Steps(channels, place[each], at, sold[each], is_first)


def instant(at: datetime) -> int:
    """Return an instant as steps tell it."""
    return (at - CENTURY) // MICROSECOND


def _numbers(owner: Numbers) -> Numbers:
    """Return a number of each owner, the same for the same person."""
    heads, tails = owner["head"].astype(np.uint64), owner["tail"].astype(np.uint64)
    order = np.lexsort((tails, heads))
    is_other = np.ones(len(order), dtype=bool)
    is_other[1:] = (np.diff(heads[order]) != 0) | (np.diff(tails[order]) != 0)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(is_other)
    return numbers


def _instants(packed: bytes, sizes: Numbers) -> Numbers:
    """Return the instants of arrays of these sizes."""
    words, sizes = np.frombuffer(packed, dtype=WORD), sizes.astype(np.int64)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    begin = np.cumsum(BEFORE + EACH * sizes) - EACH * sizes
    place = np.repeat(begin, sizes) + EACH * within
    return words[place + 1].astype(np.int64) << 32 | words[place + 2]  # type: ignore[no-any-return]
