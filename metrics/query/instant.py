"""Instant: from which state of the database an answer is read, and up to when that state is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone
from psycopg import IsolationLevel

from conversations.prepared import ask
from hub.models import Workspace
from metrics.query.figure import Freshness

REACH = """
SELECT coalesce(mark.transaction, 0) AS mark, (
    SELECT event.recorded_at FROM conversations_historyevent event
    WHERE event.workspace_id = workspace.id AND event.transaction >= coalesce(mark.transaction, 0)
    ORDER BY event.transaction LIMIT 1
) AS waits_since
FROM hub_workspace workspace LEFT JOIN metrics_mark mark ON mark.workspace_id = workspace.id
WHERE workspace.id = %s
"""


@contextmanager
def one_instant() -> Iterator[None]:
    """Let all reads inside see the same state; inside a transaction of the caller, its own."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    held = connection.connection
    before, held.isolation_level = held.isolation_level, IsolationLevel.REPEATABLE_READ  # said with BEGIN
    try:
        with transaction.atomic():
            yield
    finally:
        if not held.closed:
            held.isolation_level = before


def fresh(workspace: Workspace) -> Freshness:
    """Return how far the facts reach: to now, or to when the first history that waits behind the mark was recorded."""
    (found,) = ask(REACH, [workspace.pk])
    return Freshness(found.mark, found.waits_since or timezone.now())
