"""The outbox: what may go now, claimed together with the tokens it takes, and how long the rest still waits.

People come before campaigns, channels take turns, and within a conversation's channel the oldest goes first. What a stopped
channel or an empty bucket holds back is left as it is: nobody walks through it in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from conversations import budget, bulk
from conversations.budget import Limit
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Pace
from conversations.waits import BUSY, FIRST

LEASE = "90 seconds"  # longer than any send may take
EACH = 32  # looked at in one lane of one channel
USUAL = Pace()
OPEN_LANES = f"""{BUSY}
SELECT c.id, c.workspace_id, c.kind, c.settings -> 'per_second', lane.bulk, first.seconds
FROM busy JOIN conversations_channel c ON c.id = busy.channel_id AND c.stopped_at IS NULL
CROSS JOIN (VALUES (false), (true)) AS lane (bulk)
CROSS JOIN LATERAL (
  SELECT extract(epoch FROM o.not_before - clock_timestamp())::float AS seconds FROM conversations_outboxentry o
  WHERE o.channel_id = c.id AND o.bulk = lane.bulk AND o.state = 'queued' AND {FIRST} ORDER BY o.not_before LIMIT 1
) AS first
ORDER BY lane.bulk, c.id
"""  # noqa: S608  constants of this module
PICK = f"""
SELECT o.message_id, o.channel_id, o.bulk, m.direction = 'outbound', coalesce(m.identity_id, m.customer_id)
FROM unnest(%s::uuid[], %s::bool[]) AS lane (channel_id, bulk)
CROSS JOIN LATERAL (
  SELECT o.message_id, o.channel_id, o.bulk, o.not_before, row_number() OVER (ORDER BY o.not_before) AS turn FROM (
    SELECT o.* FROM conversations_outboxentry o
    WHERE o.channel_id = lane.channel_id AND o.bulk = lane.bulk AND o.state = 'queued'
      AND o.not_before <= clock_timestamp() AND {FIRST}
    ORDER BY o.not_before LIMIT {EACH} FOR UPDATE SKIP LOCKED
  ) AS o
) AS o
JOIN conversations_message m ON m.id = o.message_id
ORDER BY o.bulk, o.turn, o.not_before
"""  # noqa: S608  constants of this module
TAKE = f"""
UPDATE conversations_outboxentry SET state = 'sending', attempts = attempts + 1,
  not_before = clock_timestamp() + interval '{LEASE}'
WHERE message_id = ANY(%s::uuid[]) RETURNING message_id, channel_id, bulk, attempts, not_before
"""  # noqa: S608  constants of this module
LATER = """
UPDATE conversations_outboxentry o SET not_before = clock_timestamp() + make_interval(secs => late.seconds)
FROM unnest(%s::uuid[], %s::float[]) AS late (message_id, seconds) WHERE o.message_id = late.message_id
"""


class Room(msgspec.Struct, frozen=True):
    """How many more sends a worker can take: in all, of campaigns, and to ``one_channel`` given what flies to each already."""

    places: int
    for_bulk: int
    one_channel: int
    flying: Mapping[UUID, int] = {}


class Claimed(msgspec.Struct, frozen=True):
    """A message that is this worker's until ``lease``, which names the try as well; ``attempts`` counts this one."""

    message_id: UUID
    channel_id: UUID
    bulk: bool
    attempts: int
    lease: datetime


class Lane(msgspec.Struct, frozen=True):
    """One lane of a channel with what waits in it: the first may go in ``seconds``, when its bucket lets it."""

    channel_id: UUID
    limit: Limit
    pace: Pace
    bulk: bool
    seconds: float

    @property
    def wanted(self) -> float:
        """How many tokens must be there before one of this lane may go."""
        return 1 + self.limit.reserve if self.bulk else 1.0


class Waiting(msgspec.Struct, frozen=True):
    """A queued message as the claim weighs it; ``said`` is False for a read receipt, which takes no token."""

    message_id: UUID
    channel_id: UUID
    bulk: bool
    said: bool
    person_id: UUID


def claim(room: Room) -> list[Claimed]:
    """Claim what may go now, people first, at most one message of a conversation's channel; in a transaction of its own."""
    with transaction.atomic():
        lanes = [lane for lane in open_lanes() if lane.seconds <= 0]
        tokens = budget.levels([lane.limit for lane in lanes])
        ready = {(lane.channel_id, lane.bulk): lane for lane in lanes if tokens[lane.limit.key] >= lane.wanted}
        if not ready:
            return []
        waiting = _pick(ready)
        limits = {one.message_id: _pair(one, ready) for one in waiting if one.said}
        pairs = budget.levels([limit for limit in limits.values() if limit])
        chosen = list(_choose(waiting, ready, room, tokens, limits, pairs))
        late = _too_soon(waiting, limits, pairs, {one.message_id for one in chosen})
        budget.spend(_taken(chosen, ready, tokens, limits, pairs))
        return _take([one.message_id for one in chosen], late)


def open_lanes() -> list[Lane]:
    """Return every lane that holds something and whose channel is not stopped, people's first."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_LANES)
        rows = cursor.fetchall()
    lanes = []
    for channel_id, workspace_id, kind, speed, campaign, seconds in rows:
        pace = CHANNELS[kind].pace if kind in CHANNELS else USUAL
        given = msgspec.json.decode(speed) if isinstance(speed, str) else speed
        limit = budget.of_channel(channel_id, workspace_id, pace, given)
        lanes.append(Lane(channel_id, limit, pace, campaign, seconds))
    return lanes


def next_in() -> float | None:
    """Return in how many seconds something may go, 0 for now, None when nothing waits."""
    lanes = open_lanes()
    since = budget.empty_since([lane.limit for lane in lanes])
    waits = []
    for lane in lanes:
        empty = since.get(lane.limit.key)
        filled = 0.0 if empty is None else empty + lane.wanted / lane.limit.per_second
        waits.append(max(0.0, lane.seconds, filled))
    return min(waits, default=None)


def _pick(ready: Mapping[tuple[UUID, bool], Lane]) -> list[Waiting]:
    """Lock and return the first of each lane, in the order in which they should go."""
    with connection.cursor() as cursor:
        cursor.execute(PICK, [bulk.array(key[0] for key in ready), bulk.array(key[1] for key in ready)])
        return [Waiting(*row) for row in cursor.fetchall()]


def _pair(one: Waiting, ready: Mapping[tuple[UUID, bool], Lane]) -> Limit | None:
    lane = ready[one.channel_id, one.bulk]
    return budget.of_person(one.channel_id, one.person_id, lane.limit.workspace_id, lane.pace)


def _choose(
    waiting: Sequence[Waiting],
    ready: Mapping[tuple[UUID, bool], Lane],
    room: Room,
    tokens: Mapping[str, float],
    limits: Mapping[UUID, Limit | None],
    pairs: Mapping[str, float],
) -> Iterator[Waiting]:
    """Yield what gets a place, a token of its channel and one of its person."""
    left, left_of_pair = dict(tokens), dict(pairs)
    places, for_bulk, flying = room.places, room.for_bulk, dict(room.flying)
    for one in waiting:
        lane, limit = ready[one.channel_id, one.bulk], limits.get(one.message_id)
        if places < 1 or (one.bulk and for_bulk < 1) or flying.get(one.channel_id, 0) >= room.one_channel:
            continue
        if one.said and (left[lane.limit.key] < lane.wanted or (limit and left_of_pair[limit.key] < 1)):
            continue
        places, for_bulk = places - 1, for_bulk - one.bulk
        flying[one.channel_id] = flying.get(one.channel_id, 0) + 1
        left[lane.limit.key] -= one.said
        if limit:
            left_of_pair[limit.key] -= 1
        yield one


def _too_soon(
    waiting: Sequence[Waiting], limits: Mapping[UUID, Limit | None], pairs: Mapping[str, float], chosen: set[UUID]
) -> dict[UUID, float]:
    """Return how long those must wait whose person has had enough for now."""
    late = {}
    for one in waiting:
        limit = limits.get(one.message_id)
        if limit and one.message_id not in chosen and pairs[limit.key] < 1:
            late[one.message_id] = limit.seconds_until(pairs[limit.key])
    return late


def _taken(
    chosen: Sequence[Waiting],
    ready: Mapping[tuple[UUID, bool], Lane],
    tokens: Mapping[str, float],
    limits: Mapping[UUID, Limit | None],
    pairs: Mapping[str, float],
) -> dict[str, float]:
    """Return what the buckets that were taken from hold afterwards."""
    left = {**tokens, **pairs}
    touched: dict[str, float] = {}
    for one in chosen:
        limit = limits.get(one.message_id)
        keys = [ready[one.channel_id, one.bulk].limit.key, *([limit.key] if limit else [])]
        for key in keys if one.said else ():
            left[key] -= 1
            touched[key] = left[key]
    return touched


def _take(ids: Sequence[UUID], late: Mapping[UUID, Any]) -> list[Claimed]:
    with connection.cursor() as cursor:
        if late:
            cursor.execute(LATER, [bulk.array(late), list(late.values())])
        if not ids:
            return []
        cursor.execute(TAKE, [bulk.array(ids)])
        return [Claimed(*row) for row in cursor.fetchall()]
