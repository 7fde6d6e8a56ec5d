"""The feed: a gapless sequence of changes per workspace, taken as the last step of the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Literal
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.db import connection, transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from conversations import bulk, prepared
from conversations.prepared import ask

Kind = Literal[
    "message.created", "message.updated", "conversation.created", "conversation.updated", "customer.updated",
    "channel.updated", "draft.updated", "attention.updated", "agent.updated", "incident.updated",
]  # fmt: skip
HINTS = "novelo:feed"  # the Valkey channel that carries "<workspace>" and nothing else
PUBLISH = """
WITH head AS (
  INSERT INTO conversations_feedhead AS known (workspace_id, last_seq) VALUES (%s, %s)
  ON CONFLICT (workspace_id) DO UPDATE SET last_seq = known.last_seq + excluded.last_seq RETURNING last_seq
)
INSERT INTO conversations_feedevent (workspace_id, seq, kind, subject_id, conversation_id)
SELECT %s, head.last_seq - count(*) OVER () + place, kind, subject, conversation
FROM head, unnest(%s::text[], %s::uuid[], %s::uuid[]) WITH ORDINALITY AS new (kind, subject, conversation, place)
"""
AFTER = """
SELECT seq, kind, subject_id, conversation_id FROM conversations_feedevent
WHERE workspace_id = %s AND seq > %s ORDER BY seq LIMIT %s
"""
AT_ONCE = Retry(NoBackoff(), 0)  # a lost hint is no harm: nobody waits for it


class Change(msgspec.Struct, frozen=True):
    """One line of the feed: what happened to which row, and the conversation it belongs to, if any."""

    kind: Kind
    subject_id: UUID
    conversation_id: UUID | None = None


class Line(msgspec.Struct, frozen=True):
    """A change as it was published, with its number."""

    seq: int
    kind: str
    subject_id: UUID
    conversation_id: UUID | None


def publish(workspace_id: UUID, changes: Iterable[Change]) -> None:
    """Append changes to the workspace's feed.

    Call it inside a transaction and as its last step: the head's row stays locked until commit, so that a reader who has
    seen number n has seen every number before it. Repeated changes of one row collapse into one.
    """
    unique = list(dict.fromkeys(changes))
    if not unique:
        return
    with prepared.cursor() as cursor:
        cursor.execute(
            PUBLISH,
            [
                workspace_id,
                len(unique),
                workspace_id,
                bulk.words(change.kind for change in unique),
                bulk.array(change.subject_id for change in unique),
                bulk.array(change.conversation_id for change in unique),
            ],
        )
    transaction.on_commit(lambda: hint(workspace_id), robust=True)


def after(workspace_id: UUID, seq: int, limit: int = 200) -> list[Line]:
    """Return the next lines after ``seq``, in order, at most ``limit``."""
    return [Line(*row) for row in ask(AFTER, [workspace_id, seq, limit])]


def head(workspace_id: UUID) -> int:
    """Return the last sequence number taken, 0 when nothing happened yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_seq FROM conversations_feedhead WHERE workspace_id = %s", [workspace_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=AT_ONCE)


def hint(workspace_id: UUID) -> None:
    """Tell the readers that there is something new. A lost hint costs them a second: they also poll."""
    with suppress(redis.RedisError):
        _valkey().publish(HINTS, str(workspace_id))
