"""The short way while little comes: a few deliveries are parsed and worked in one transaction, statements sent without waiting.

Whatever does not fit (many items, a lane on which something waits or is worked, a row that somebody holds, an item that
fails) is undone and takes the long way, where lanes queue and attempts are counted one by one.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from psycopg.errors import LockNotAvailable

from conversations import feed, lanes, parse, prepared
from conversations.pipeline import retold
from conversations.pipeline.batch import apply
from conversations.pipeline.heard import hear
from conversations.pipeline.knowing import ask_first
from conversations.prepared import pipelined

log = structlog.get_logger(__name__)

FEW_DELIVERIES = 8
FEW_ITEMS = 16
# The connection's row is held: who waits longer lets the others go on. What is asked for are few rows by their keys: plans
# are made once, and fetch by key however small the tables were when they were made.
LIMITS = """
SELECT set_config('lock_timeout', '200ms', true), set_config('plan_cache_mode', 'force_generic_plan', true),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true)
"""


class _LongWay(Exception):
    """What was found does not fit here."""


def through(turn: parse.Turn) -> tuple[int, int] | None:
    """Parse and work what waits on a connection; return how many deliveries and items, None for what must go the long way."""
    try:
        with pipelined():
            return _through(turn)
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


def _through(turn: parse.Turn) -> tuple[int, int] | None:
    turn.count()
    prepared.send(LIMITS, [])
    batch = turn.take(FEW_DELIVERIES + 1)
    if batch is None:
        return None if turn.source and turn.source.attempts else (0, 0)
    if len(batch.reads) > FEW_DELIVERIES or any(read.parsed.events for read in batch.reads):
        raise _LongWay
    batch.sort_out()
    works = batch.waiting
    if len(works) > FEW_ITEMS:
        raise _LongWay
    changes: dict[UUID, list[feed.Change]] = {}
    if works:
        keys = [(work.lane_key, work.channel.workspace_id) for work in works]
        held, asked = lanes.hold_idle(keys), ask_first(works)
        if not held():
            if not lanes.hold_new(keys):
                raise _LongWay
            asked = ask_first(works)  # before they were held somebody else may have worked them
        changes = apply(works, {batch.workspace_id: batch.window}, asked)
        hear(works)
    batch.store_worked()
    retold.keep_nothing(works)
    feed.publish(batch.workspace_id, changes.get(batch.workspace_id, ()))
    return len(batch.reads), len(works)
