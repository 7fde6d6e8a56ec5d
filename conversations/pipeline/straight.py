"""The short way while little comes: a few deliveries are parsed and worked in one transaction, statements sent without waiting.

Whatever does not fit (many items, a lane on which something waits or is worked, a row that somebody holds, an item that
fails) is undone and takes the long way, where lanes queue and attempts are counted one by one.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection
from psycopg.errors import LockNotAvailable

from conversations import feed, lanes, parse
from conversations.pipeline.batch import apply
from conversations.pipeline.heard import hear
from conversations.prepared import pipelined

log = structlog.get_logger(__name__)

FEW_DELIVERIES = 8
FEW_ITEMS = 16
PATIENCE = "SET LOCAL lock_timeout = '200ms'"  # the connection's row is held: who waits longer lets the others go on


class _LongWay(Exception):
    """What was found does not fit here."""


def through(source: parse.Source) -> tuple[int, int] | None:
    """Parse and work what waits on a connection; return how many deliveries and items, None for what must go the long way."""
    try:
        with pipelined():
            return _through(source)
    except _LongWay:
        return None
    except InterfaceError:
        raise
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
    except Exception as error:
        log.warning("what came could not go the short way", error=type(error).__name__)
    return None


def _through(source: parse.Source) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
    batch = parse.take(source, FEW_DELIVERIES + 1)
    if batch is None:
        return 0, 0
    if len(batch.reads) > FEW_DELIVERIES or any(read.parsed.events for read in batch.reads):
        raise _LongWay
    batch.sort_out()
    works = batch.waiting
    if len(works) > FEW_ITEMS:
        raise _LongWay
    changes: dict[UUID, list[feed.Change]] = {}
    if works:
        if not lanes.hold_idle((work.lane_key, work.channel.workspace_id) for work in works):
            raise _LongWay
        changes = apply(works, {batch.workspace_id: batch.window})
        hear(works)
    batch.store_worked()
    feed.publish(batch.workspace_id, changes.get(batch.workspace_id, ()))
    return len(batch.reads), len(works)
