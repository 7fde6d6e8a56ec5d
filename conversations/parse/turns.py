"""Whose turn it is: a connection that has something to parse, its next deliveries held, read and stored as items.

A batch that killed its worker is tried again one delivery at a time, and a delivery that kills every time is set aside.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction

from conversations.parse.batch import Batch
from conversations.parse.reading import read
from conversations.prepared import ask
from conversations.work import Work

# Its items are written and wait, or are at work: `parsed` itself may be said together with what came of it.
UNREAD = "NOT d.parsed AND NOT EXISTS (SELECT 1 FROM conversations_item i WHERE i.delivery_id = d.id)"
# The count outlives a worker that is killed; should the server crash as well, it need not: so nobody waits for the disk.
CANDIDATE = f"""
UPDATE conversations_connection SET parse_attempts = least(parse_attempts + 1, 100) WHERE id = (
  SELECT c.id FROM conversations_connection c
  WHERE EXISTS (SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND {UNREAD})
  ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, parse_attempts - 1 AS attempts, set_config('synchronous_commit', 'off', true)
"""  # noqa: S608  constants of this module
TAKE = """
UPDATE conversations_connection c SET parse_attempts = 0 FROM hub_workspace w WHERE w.id = c.workspace_id AND c.id = (
  SELECT id FROM conversations_connection WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING c.provider, c.workspace_id, w.reopen_window
"""
BATCH = f"""
SELECT d.id, d.method, d.url, d.content_type, d.body, d.attempts, d.received_at, d.headers::text FROM conversations_delivery d
WHERE d.connection_id = %s AND {UNREAD} ORDER BY d.id LIMIT %s
"""  # noqa: S608
ANY_UNREAD = f"""EXISTS (SELECT 1 FROM conversations_connection c WHERE EXISTS (
  SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND {UNREAD}))"""  # noqa: S608
COUNT_FIRST = f"""
UPDATE conversations_delivery SET attempts = attempts + 1 WHERE id = (
  SELECT d.id FROM conversations_delivery d WHERE d.connection_id = %s AND {UNREAD} ORDER BY d.id LIMIT 1)
"""  # noqa: S608


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of deliveries came to: how many they were, and what of it is claimed for whoever brought it.

    ``claim`` holds the lanes of ``works``, in their order; nothing else waits on these lanes. Of the deliveries in ``whole``
    every item is among them, and they are not marked as parsed yet. ``window`` is the workspace's reopen window.
    """

    deliveries: int
    claim: UUID | None = None
    works: tuple[Work, ...] = ()
    whole: frozenset[UUID] = frozenset()
    window: timedelta = timedelta()


class Source(msgspec.Struct, frozen=True):
    """A connection that has something to parse, and how often that came to nothing since it last succeeded."""

    id: UUID
    attempts: int


def next_source() -> Source | None:
    """Count an attempt on a connection that has something to parse, durably before it is made: one statement, one commit."""
    rows = ask(CANDIDATE, [])
    if not rows:
        return None
    (found,) = rows
    if found.attempts:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_FIRST, [found.id])
    return Source(found.id, found.attempts)


def bring(source: Source) -> Brought:
    """Parse one batch of a connection, and claim the lanes nobody else has at work.

    What is claimed is worked at once from memory: most of what comes, while there is no backlog.
    """
    with transaction.atomic():
        batch = take(source, 1 if source.attempts else settings.DELIVERIES_PER_PARSE)
        if batch is None:
            return Brought(deliveries=0)
        batch.sort_out()
        batch.tell()
        token = batch.store(claim=not source.attempts)
    works = tuple(batch.in_hand)
    return Brought(
        deliveries=len(batch.reads), claim=token, works=works, whole=frozenset(batch.whole), window=batch.window
    )


def take(source: Source, limit: int) -> Batch | None:
    """Hold a connection and read its next deliveries; None when somebody else has it. Needs a transaction."""
    with connection.cursor() as held, connection.cursor() as waiting:
        held.execute(TAKE, [source.id])
        waiting.execute(BATCH, [source.id, limit])
        row = held.fetchone()
        if row is None:
            return None
        provider, workspace_id, window = row
        return Batch(source.id, workspace_id, window, [read(provider, one) for one in waiting.fetchall()])


def somebody_parses() -> bool:
    """Whether deliveries wait to be parsed: asked by who got none, since another holds their connection."""
    (found,) = ask(f"SELECT {ANY_UNREAD}", [])
    return bool(found[0])
