"""Whose turn it is: a connection that has something to parse, its next deliveries held, read and stored as items.

A batch that killed its worker is tried again one delivery at a time, and a delivery that kills every time is set aside.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction

from conversations import prepared
from conversations.parse.batch import Batch
from conversations.parse.places import CHANNELS
from conversations.parse.reading import read
from conversations.prepared import Answer, ask
from conversations.work import Work

# Its items are written and wait, or are at work: `parsed` itself may be said together with what came of it.
# OFFSET 0: asked of one delivery after the other, by its key. Joined, a plan made on an empty day would read all of history.
UNREAD = "NOT d.parsed AND NOT EXISTS (SELECT 1 FROM conversations_item i WHERE i.delivery_id = d.id OFFSET 0)"
FIRST = f"SELECT d.id FROM conversations_delivery d WHERE d.connection_id = c.id AND {UNREAD} ORDER BY d.id LIMIT 1"  # noqa: S608
# The count outlives a worker that is killed; should the server crash as well, it need not: so nobody waits for the disk.
# The server remembers whose turn it is for what is sent before the answer is here: nobody's where it came to nothing before.
TURN = f"""
WITH counted AS (
  UPDATE conversations_connection SET parse_attempts = least(parse_attempts + 1, 100) WHERE id = (
    SELECT c.id FROM conversations_connection c WHERE ({FIRST}) IS NOT NULL
    ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
  RETURNING id, parse_attempts - 1 AS attempts)
SELECT counted.id, counted.attempts, set_config('synchronous_commit', 'off', true),
  set_config('novelo.turn', CASE WHEN counted.attempts = 0 THEN counted.id::text ELSE '' END, false)
FROM (VALUES (1)) AS always LEFT JOIN counted ON true
"""  # noqa: S608  constants of this module
WHOSE = "nullif(current_setting('novelo.turn'), '')::uuid"
_TAKE = """
UPDATE conversations_connection c SET parse_attempts = 0 FROM hub_workspace w WHERE w.id = c.workspace_id AND c.id = (
  SELECT id FROM conversations_connection WHERE id = {whose} FOR NO KEY UPDATE SKIP LOCKED)
RETURNING c.provider, c.workspace_id, w.reopen_window
"""
_BATCH = f"""
SELECT d.id, d.method, d.url, d.content_type, d.body, d.attempts, d.received_at, d.headers::text FROM conversations_delivery d
WHERE d.connection_id = {{whose}} AND {UNREAD} ORDER BY d.id LIMIT %s
"""  # noqa: S608
TAKE, TAKE_TURN = _TAKE.format(whose="%s"), _TAKE.format(whose=WHOSE)
BATCH, BATCH_OF_TURN = _BATCH.format(whose="%s"), _BATCH.format(whose=WHOSE)
CHANNELS_OF_TURN = CHANNELS.format(whose=WHOSE)
ANY_UNREAD = f"EXISTS (SELECT 1 FROM conversations_connection c WHERE ({FIRST}) IS NOT NULL)"  # noqa: S608
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


def bring(source: Source) -> Brought:
    """Parse one batch of a connection, and claim the lanes nobody else has at work.

    What is claimed is worked at once from memory: most of what comes, while there is no backlog.
    """
    if source.attempts:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_FIRST, [source.id])
    with transaction.atomic():
        batch = _take(source, 1 if source.attempts else settings.DELIVERIES_PER_PARSE)
        if batch is None:
            return Brought(deliveries=0)
        batch.sort_out()
        batch.tell()
        token = batch.store(claim=not source.attempts)
    works = tuple(batch.in_hand)
    return Brought(
        deliveries=len(batch.reads), claim=token, works=works, whole=frozenset(batch.whole), window=batch.window
    )


def _take(source: Source, limit: int) -> Batch | None:
    """Hold a connection and read its next deliveries; None when somebody else has it. Needs a transaction."""
    held, waiting = prepared.send(TAKE, [source.id]), prepared.send(BATCH, [source.id, limit])
    return _read(source.id, held, waiting)


class Turn:
    """The turn of a connection that has something to parse: counted, held and read without waiting in between."""

    def __init__(self) -> None:
        self.source: Source | None = None  # whose turn it is, once that was heard
        self._counted: Answer[list[tuple[Any, ...]]]

    def count(self) -> None:
        """Count an attempt on a connection that has something to parse, durably before it is made. Needs ``pipelined``."""
        self._counted = prepared.send(TURN, [])
        prepared.keep()

    def take(self, limit: int) -> Batch | None:
        """Hold that connection and read its next deliveries.

        None where nobody has anything to parse, somebody else has the connection, or an attempt on it came to nothing.
        """
        held, waiting = prepared.send(TAKE_TURN, []), prepared.send(BATCH_OF_TURN, [limit])
        channels = prepared.send(CHANNELS_OF_TURN, [])
        ((source_id, attempts, *_),) = self._counted()
        if source_id is None:
            return None
        self.source = Source(source_id, attempts)
        return _read(source_id, held, waiting, channels)


def _read(
    source_id: UUID,
    held: Answer[list[tuple[Any, ...]]],
    waiting: Answer[list[tuple[Any, ...]]],
    channels: Answer[list[tuple[Any, ...]]] | None = None,
) -> Batch | None:
    taken = held()
    if not taken:
        return None
    ((provider, workspace_id, window),) = taken
    reads = [read(provider, one) for one in waiting()]
    return Batch(source_id, workspace_id, window, reads, channels() if channels else ())


def somebody_parses() -> bool:
    """Whether deliveries wait to be parsed: asked by who got none, since another holds their connection."""
    (found,) = ask(f"SELECT {ANY_UNREAD}", [])
    return bool(found[0])
