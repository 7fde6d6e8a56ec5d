"""Reactions of ours on their way out, after people's messages: claimed, and settled unless a newer one took their place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection

LEASE = "90 seconds"
TRIES = 3
REST_SECONDS = 20  # between two tries
CLAIM = f"""
UPDATE conversations_gesture g SET state = 'sending', attempts = g.attempts + 1,
  not_before = clock_timestamp() + interval '{LEASE}'
FROM (
  SELECT g.id FROM conversations_gesture g
  JOIN conversations_channel c ON c.id = g.channel_id AND c.stopped_at IS NULL
  WHERE g.state <> 'done' AND g.not_before <= clock_timestamp()
  ORDER BY g.not_before LIMIT %s FOR UPDATE OF g SKIP LOCKED
) AS due
WHERE g.id = due.id RETURNING g.id, g.message_id, g.emoji, g.attempts, g.not_before
"""  # noqa: S608  constants of this module
SETTLE = """
UPDATE conversations_gesture SET state = %s, not_before = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND state = 'sending' AND not_before = %s
"""


class Claimed(msgspec.Struct, frozen=True):
    """A reaction that is this worker's until ``lease``; doing it twice does no harm, so a dead worker's is simply done again."""

    gesture_id: int
    message_id: UUID
    emoji: str
    attempts: int
    lease: datetime


def claim(most: int) -> list[Claimed]:
    """Claim reactions that may go now, in one statement."""
    if most < 1:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [most])
        return [Claimed(*row) for row in cursor.fetchall()]


def settle(gesture_id: int, lease: datetime, *, again: bool) -> None:
    """Say that a reaction is out, or shall be tried again; of one that was changed meanwhile the newer counts."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, ["queued" if again else "done", REST_SECONDS, gesture_id, lease])
