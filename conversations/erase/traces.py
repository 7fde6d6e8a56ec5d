"""What is left behind an erasure in journals and storage: looked through a piece at a time, each a transaction of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from conversations import bulk, erased, lanes
from conversations.erase.known import Traces
from conversations.media.store import drop
from conversations.models import Draft, Erasure, ImportJob
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

DELIVERIES_A_PIECE = 500
# Bodies are bytes in whatever encoding a provider chose; what is looked for is plain letters in all of them.
BODIES = """
WITH piece AS MATERIALIZED (
  SELECT id, outcome, encode(body, 'escape') || ' ' || url || ' ' || headers::text AS said FROM conversations_delivery
  WHERE workspace_id = %(workspace)s AND received_at <= %(at)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
  ORDER BY id LIMIT %(limit)s
)
SELECT id, outcome <> 'pending' AND said ILIKE ANY(%(patterns)s::text[]) FROM piece ORDER BY id
"""
SET_ASIDE = """
UPDATE conversations_item SET state = 'done', outcome = 'ignored' WHERE delivery_id = ANY(%s::uuid[]) AND state = 'quarantined'
"""
SAY_WHY = "UPDATE conversations_delivery SET reason = %s WHERE id = ANY(%s::uuid[])"
SAY_WHY_OF_ITEMS = "UPDATE conversations_item SET reason = %s WHERE delivery_id = ANY(%s::uuid[]) AND reason <> ''"
PARKED = """
DELETE FROM conversations_parkeditem WHERE workspace_id = %(workspace)s AND parked_at <= %(at)s
  AND (lane_key = ANY(%(lanes)s::text[]) OR body::text ILIKE ANY(%(patterns)s::text[]))
"""
EXCHANGES = """
DELETE FROM conversations_exchange WHERE workspace_id = %(workspace)s
  AND concat_ws(' ', url, request, response, error) ILIKE ANY(%(patterns)s::text[])
"""
REFUSALS = """
UPDATE conversations_importrefusal SET reason = ''
WHERE workspace_id = %(workspace)s AND reason ILIKE ANY(%(patterns)s::text[])
"""


def look_on() -> bool:
    """Look through the next piece of what was left behind an erasure; return whether there may be more.

    Any worker may come at any time: a piece belongs to whoever holds the entry of the register.
    """
    row = Erasure.objects.filter(finished_at=None).order_by("at").first()
    if row is None:
        return False
    try:
        traces = msgspec.convert(row.traces(), Traces)
    except SecretUnreadable:
        log.error("what an erasure looks for does not open", erasure=str(row.pk))  # noqa: TRY400  traces would tell more
        return False
    looked_at = _empty_deliveries(row.pk, traces)
    if looked_at != 0:
        return looked_at is not None
    drop(*traces.files)
    _drop_imports(row, traces)
    _finish(row.pk, traces)
    return True


def _patterns(traces: Traces) -> str:
    """Return what a journal's text is compared with: each word anywhere in it, letter by letter."""
    plain = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in traces.words)
    return bulk.words(f"%{word}%" for word in plain if word.isascii())


def _empty_deliveries(erasure_id: UUID, traces: Traces) -> int | None:
    """Empty the next deliveries that hold an address of theirs; return how many were looked at, None when somebody else is at it.

    One that still waits is left alone: what comes of it is somebody new, or a retry, which is emptied on its way.
    """
    with transaction.atomic():
        row = Erasure.objects.select_for_update(skip_locked=True).filter(pk=erasure_id, finished_at=None).first()
        if row is None:
            return None
        given: dict[str, Any] = {"workspace": row.workspace_id, "at": row.at, "after": row.after}
        with connection.cursor() as cursor:
            cursor.execute(BODIES, given | {"patterns": _patterns(traces), "limit": DELIVERIES_A_PIECE})
            seen = cursor.fetchall()
            theirs = [key for key, is_theirs in seen if is_theirs]
            if theirs:
                ids = bulk.array(theirs)
                cursor.execute(SET_ASIDE, [ids])
                erased.empty(theirs)
                cursor.execute(SAY_WHY, [erased.REASON, ids])
                cursor.execute(SAY_WHY_OF_ITEMS, [erased.REASON, ids])
        if seen:
            Erasure.objects.of(row.workspace).filter(pk=row.pk).update(after=seen[-1][0])
    return len(seen)


def _drop_imports(row: Erasure, traces: Traces) -> None:
    """Drop the files of history taken in already that name the person: they would have been forgotten some days later."""
    jobs = ImportJob.objects.of(row.workspace).filter(state__in=["done", "failed"]).exclude(stored_as="")
    for job in jobs:
        try:
            with default_storage.open(job.stored_as, "rb") as file:
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        if traces.are_in(text):
            drop(job.stored_as)
            ImportJob.objects.of(row.workspace).filter(pk=job.pk).update(stored_as="")


def _finish(erasure_id: UUID, traces: Traces) -> None:
    """Clear the small journals, and forget what was looked for."""
    with transaction.atomic():
        row = Erasure.objects.select_for_update(skip_locked=True).filter(pk=erasure_id, finished_at=None).first()
        if row is None:
            return
        lanes.forget(traces.lanes)  # the first in the order of locks; who is busy on one by now is somebody new
        given: dict[str, Any] = {"workspace": row.workspace_id, "at": row.at}
        given |= {"patterns": _patterns(traces), "lanes": bulk.words(traces.lanes)}
        Draft.objects.of(row.workspace).filter(conversation__erased=True).delete()  # begun while it happened
        with connection.cursor() as cursor:
            for statement in (PARKED, EXCHANGES, REFUSALS):
                cursor.execute(statement, given)
        Erasure.objects.of(row.workspace).filter(pk=row.pk).update(sealed_traces=None, finished_at=timezone.now())
