"""How much may leave now: buckets of tokens for a channel and for one person on it, filled by PostgreSQL's clock.

A bucket that is held back (``hold``) stands for a provider that said "not before then": it fills from that moment on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import Pace

# Together they never exceed the provider's limit in any one second.
BURST = 0.2  # of what a second allows: at most this leaves at once
STEADY = 0.8  # and this is added every second
FOR_PEOPLE = 0.3  # of a full bucket is left to people: campaigns take none of it
KEPT = "1 day"  # every bucket is full again long before

NEW = """
INSERT INTO conversations_budget (key, workspace_id, tokens)
SELECT key, workspace_id, tokens FROM unnest(%s::text[], %s::uuid[], %s::float[]) AS new (key, workspace_id, tokens)
ORDER BY key ON CONFLICT DO NOTHING
"""
# Everybody takes the locks in the order of the keys.
LEVELS = """
SELECT b.key, least(
  wanted.capacity,
  b.tokens + greatest(0, extract(epoch FROM clock_timestamp() - b.refilled_at)::float) * wanted.per_second
)
FROM conversations_budget b
JOIN unnest(%s::text[], %s::float[], %s::float[]) AS wanted (key, capacity, per_second) ON wanted.key = b.key
ORDER BY b.key FOR UPDATE OF b
"""
SPEND = """
UPDATE conversations_budget b SET tokens = spent.tokens, refilled_at = greatest(b.refilled_at, clock_timestamp())
FROM unnest(%s::text[], %s::float[]) AS spent (key, tokens) WHERE b.key = spent.key
"""
EMPTY = """
SELECT b.key, extract(epoch FROM b.refilled_at - clock_timestamp())::float - b.tokens / wanted.per_second
FROM conversations_budget b JOIN unnest(%s::text[], %s::float[]) AS wanted (key, per_second) ON wanted.key = b.key
"""
HOLD = """
INSERT INTO conversations_budget AS b (key, workspace_id, tokens, refilled_at)
VALUES (%s, %s, 0, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (key) DO UPDATE SET tokens = least(b.tokens, 0), refilled_at = greatest(b.refilled_at, excluded.refilled_at)
"""


class Limit(msgspec.Struct, frozen=True):
    """A bucket: at most ``capacity`` tokens, ``per_second`` of them added every second."""

    key: str
    workspace_id: UUID
    capacity: float
    per_second: float

    @property
    def reserve(self) -> float:
        """How many tokens stay for people: none where there is room for one only."""
        return max(0.0, min(FOR_PEOPLE * self.capacity, self.capacity - 1))

    def seconds_until(self, tokens: float, wanted: float = 1.0) -> float:
        """Return how long a bucket that holds ``tokens`` takes to hold ``wanted``."""
        return max(0.0, (wanted - tokens) / self.per_second)


def of_channel(channel_id: UUID, workspace_id: UUID, pace: Pace, per_second: object = None) -> Limit:
    """Return the bucket of a channel; ``per_second`` of its settings wins over what its kind usually may."""
    known = isinstance(per_second, int | float) and not isinstance(per_second, bool) and 0 < per_second <= 10_000
    speed = float(per_second) if known else pace.per_second  # type: ignore[arg-type]
    return Limit(str(channel_id), workspace_id, max(1.0, speed * BURST), speed * STEADY)


def of_person(channel_id: UUID, person_id: UUID, workspace_id: UUID, pace: Pace) -> Limit | None:
    """Return the bucket of one person on a channel; None where only the channel counts."""
    if pace.pair_seconds <= 0:
        return None
    return Limit(f"{channel_id}:{person_id}", workspace_id, float(pace.pair_burst), 1 / pace.pair_seconds)


def levels(limits: Sequence[Limit]) -> dict[str, float]:
    """Lock these buckets and return what each holds now; a new one is full. Needs a transaction, which others wait for."""
    unique = {limit.key: limit for limit in limits}
    if not unique:
        return {}
    keys = bulk.words(unique)
    numbers = [[limit.capacity for limit in unique.values()], [limit.per_second for limit in unique.values()]]
    with connection.cursor() as cursor:
        cursor.execute(LEVELS, [keys, *numbers])
        found: dict[str, float] = dict(cursor.fetchall())
        if len(found) == len(unique):
            return found
        cursor.execute(NEW, [keys, bulk.array(limit.workspace_id for limit in unique.values()), numbers[0]])
        cursor.execute(LEVELS, [keys, *numbers])
        return dict(cursor.fetchall())


def spend(tokens: Mapping[str, float]) -> None:
    """Write down what locked buckets hold now that some of it was taken."""
    if tokens:
        with connection.cursor() as cursor:
            cursor.execute(SPEND, [bulk.words(tokens), list(tokens.values())])


def empty_since(limits: Sequence[Limit]) -> dict[str, float]:
    """Return in how many seconds each bucket would be empty, below 0 for one that holds something; a new one is left out.

    Takes no lock. So many seconds plus those it takes to fill are the wait for a token.
    """
    unique = {limit.key: limit for limit in limits}
    if not unique:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(EMPTY, [bulk.words(unique), [limit.per_second for limit in unique.values()]])
        return dict(cursor.fetchall())


def hold(limit: Limit, seconds: float) -> None:
    """Empty a bucket so that its next token comes in ``seconds``; a longer hold stays."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [limit.key, limit.workspace_id, seconds - 1 / limit.per_second])


def release(key: str) -> None:
    """Forget a bucket: the next who asks finds it full."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_budget WHERE key = %s", [key])


def forget() -> int:
    """Delete buckets that nobody took from for a day and return how many; for the hourly purge."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_budget WHERE refilled_at < clock_timestamp() - %s::interval", [KEPT])
        return int(cursor.rowcount)
