"""Aggregate: looks for new history behind each workspace's mark, derives it, and moves facts, cells and mark together.

Messages are derived by conversation, what people did beside writing by person; a message looks at nobody but its conversation
and, where something elsewhere asked them about it or it led to what they have bought, the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from hub.models import Workspace
from metrics import binary, cells, facts
from metrics.binary import Row
from metrics.models import Mark
from metrics.persons import rows as persons, talks
from metrics.persons.records import TYPES

EVENTS_A_SLICE = 5_000
CONVERSATIONS_A_READ = 1_000
ERASED = "customer.erased"  # what tells their orders and such apart is another word since


class Slice(NamedTuple):
    """A gap-free piece of new history: its conversations, who did more than write, and the mark that stands behind it."""

    conversation_ids: list[bytes]
    person_ids: list[UUID]
    mark: int


def derive_pending(limit: int = EVENTS_A_SLICE) -> int:
    """Derive the next piece of new history, about ``limit`` events, of every workspace that has some.

    Returns how many conversations and people were looked at: call it again until it says 0. Several callers may run at once: a workspace
    is left to whoever holds its mark. Each workspace is its own transaction.
    """
    return sum(_derive_workspace(workspace_id, limit) for workspace_id in _workspaces_with_news())


def locked_mark(workspace: Workspace, *, wait: bool = True) -> Mark | None:
    """Lock and return the workspace's mark, made at the first time; ``None`` without ``wait`` when somebody else holds it."""
    Mark.objects.bulk_create([Mark(workspace=workspace, timezone=workspace.timezone)], ignore_conflicts=True)
    return Mark.objects.select_for_update(skip_locked=not wait).filter(workspace=workspace).first()


def horizon() -> int:
    """Return the number of the oldest transaction that still runs: all history of earlier ones is there to be seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def rederive(
    workspace: Workspace, conversation_ids: Iterable[bytes], before: int | None = None, *, has_moved: bool = True
) -> facts.Change:
    """Derive these conversations and their family again; write the facts that changed and return them, for the cells.

    Expects the mark to be locked. ``before`` leaves out the history of later transactions; ``has_moved`` is that of ``changed``.
    """
    whole = facts.family(workspace.pk, conversation_ids)
    change = facts.changed(workspace.pk, whole, before, has_moved=has_moved)
    facts.replace(workspace.pk, change)
    return change


def rederive_persons(workspace: Workspace, ids: Iterable[UUID], before: int | None = None) -> facts.Change:
    """Derive these people again, with all who count as them; as ``rederive`` otherwise."""
    circle = persons.circle(workspace.pk, ids)
    derived = persons.derived(workspace, circle, before)
    change = facts.difference(persons.kept(workspace.pk, circle, but_for=derived), derived)
    facts.replace(workspace.pk, change)
    return change


def forget_gone_workspaces() -> None:
    """Clear the lists of what is stale in workspaces that were erased whole: nobody else will."""
    with connection.cursor() as cursor:
        for table in ("metrics_stale", "metrics_staleperson"):
            cursor.execute(
                f"DELETE FROM {table} stale "  # noqa: S608  names of our own
                "WHERE NOT EXISTS (SELECT 1 FROM hub_workspace workspace WHERE workspace.id = stale.workspace_id)"
            )


# The next event behind each mark, by the index; EXISTS would be planned as a walk over all history that hopes to end early.
NEWS = """
SELECT workspace.id
FROM hub_workspace workspace LEFT JOIN metrics_mark mark ON mark.workspace_id = workspace.id
WHERE mark.timezone <> workspace.timezone
   OR EXISTS (SELECT 1 FROM metrics_stale stale WHERE stale.workspace_id = workspace.id)
   OR EXISTS (SELECT 1 FROM metrics_staleperson stale WHERE stale.workspace_id = workspace.id)
   OR (SELECT event.transaction FROM conversations_historyevent event
       WHERE event.workspace_id = workspace.id AND event.transaction >= coalesce(mark.transaction, 0)
       ORDER BY event.transaction LIMIT 1) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY mark.at NULLS FIRST
"""


def _workspaces_with_news() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(NEWS)
        return [row[0] for row in cursor.fetchall()]


def _derive_workspace(workspace_id: UUID, limit: int) -> int:
    with transaction.atomic():
        workspace = Workspace.objects.filter(pk=workspace_id).first()
        mark = locked_mark(workspace, wait=False) if workspace else None
        if workspace is None or mark is None:
            return 0
        if mark.timezone != workspace.timezone:
            cells.recount(workspace_id, ZoneInfo(workspace.timezone))
        piece = _next_slice(workspace_id, mark.transaction, limit)
        stale = _stale(workspace_id, limit)
        ids = list(dict.fromkeys([*piece.conversation_ids, *stale]))
        tally = cells.Tally(ZoneInfo(workspace.timezone))
        concerned: list[UUID] = []
        for some in batched(ids, CONVERSATIONS_A_READ):
            change = rederive(workspace, some, before=piece.mark, has_moved=bool(stale))
            tally.count(change)
            concerned += talks.led_otherwise(workspace_id, change[facts.VOLUMES])
        concerned += talks.asked_about(workspace_id, ids) if ids else []
        people = list(dict.fromkeys([*piece.person_ids, *_stale_persons(workspace_id, limit), *concerned]))
        for circle in batched(people, CONVERSATIONS_A_READ):
            tally.count(rederive_persons(workspace, circle, before=piece.mark))
        cells.apply(workspace_id, tally)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE metrics_mark SET transaction = %s, at = statement_timestamp(), timezone = %s "
                "WHERE workspace_id = %s",
                [piece.mark, workspace.timezone, workspace_id],
            )
    return len(ids) + len(people)


def _next_slice(workspace_id: UUID, mark: int, limit: int) -> Slice:
    """Return the history from the mark on, whole transactions only, none of which can still grow."""
    end = max(mark, horizon())
    rows = _events(workspace_id, mark, end, limit)
    if len(rows) == limit:
        first, last = rows[0][0], rows[-1][0]
        # The last transaction may be cut: leave it for the next slice, or take all of it when it is the only one.
        end = last if last != first else last + 1
        rows = [row for row in rows if row[0] < end] if last != first else _events(workspace_id, first, end, None)
    return Slice([row[1] for row in rows if row[1]], [UUID(bytes=row[2]) for row in rows if row[2]], end)


def _events(workspace_id: UUID, start: int, end: int, limit: int | None) -> list[Row]:
    """Return of each event its transaction, its conversation, and the person it is news of beside a message."""
    return binary.read(
        "SELECT transaction, conversation_id, CASE WHEN type = ANY(%s) THEN coalesce(customer_id, workspace_id) END "
        "FROM conversations_historyevent "
        "WHERE workspace_id = %s AND transaction >= %s AND transaction < %s ORDER BY transaction LIMIT %s::bigint",
        [[*TYPES, ERASED], workspace_id, start, end, limit],
    )


def _stale(workspace_id: UUID, limit: int) -> list[bytes]:
    """Take the conversations whose history was erased or moved off the list."""
    taken = binary.read(
        "DELETE FROM metrics_stale WHERE id IN (SELECT id FROM metrics_stale WHERE workspace_id = %s "
        "ORDER BY id LIMIT %s) RETURNING conversation_id",
        [workspace_id, limit],
    )
    return [row[0] for row in taken]


def _stale_persons(workspace_id: UUID, limit: int) -> list[UUID]:
    """Take the people whose history was erased, moved, or joined to another's off the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM metrics_staleperson WHERE id IN (SELECT id FROM metrics_staleperson WHERE workspace_id = %s "
            "ORDER BY id LIMIT %s) RETURNING customer_id",
            [workspace_id, limit],
        )
        return [row[0] for row in cursor.fetchall()]
