"""Following history: each new event is handed once, gap-free and in order, to whoever acts upon it: rules, surveys, bots.

A follower's mark stands behind whole transactions, none of which can still grow, as the mark of figures does. It moves after
the events were handed over, so one that was broken off hands some again: what they do is made once by unique rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

import msgspec
import structlog
from django.db import Error, InterfaceError, OperationalError, connection
from django.db.models import Func
from django.db.models.functions import Now

from conversations.models import Follower, HistoryEvent
from hub.models import Workspace

log = structlog.get_logger(__name__)

EVENTS_A_SLICE = 500
PLACES = 0x6E6F7666  # names our advisory locks
Hear = Callable[[HistoryEvent], None]
# Old events, also those that are told late or brought in from outside, are history only: they trigger nothing.
NEXT = """
SELECT transaction, id, type = ANY(%s::text[]) AND (source = 'novelo' OR type = ANY(%s::text[]))
  AND occurred_at > now() - interval '1 day' AND NOT data @> '{"imported": true}'
FROM conversations_historyevent
WHERE workspace_id = %s AND transaction >= %s AND transaction < %s ORDER BY transaction, id LIMIT %s
"""


def deaf(_: Workspace) -> Hear:
    """Return who hears nothing."""
    return lambda _event: None


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """Who follows: ``name`` of the mark; ``types`` of events; those in ``abroad`` also when another source told them.

    ``places`` returns the workspaces that have anything to do with them, ``watch`` who hears one workspace's next slice;
    who has ``take`` is handed a slice at once instead.
    """

    name: str
    types: frozenset[str]
    abroad: frozenset[str] = frozenset()
    places: Callable[[], Iterable[Workspace]]
    watch: Callable[[Workspace], Hear] = deaf
    take: Callable[[Workspace, list[HistoryEvent]], None] | None = None


class Horizon(Func):
    """The number of the oldest transaction that still runs: all history of earlier ones is there to be seen."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"


def begin(workspace: Workspace, name: str) -> None:
    """Let a follower start from now: called when the first thing it does is switched on, so that nothing earlier triggers it."""
    row, _new = Follower.objects.get_or_create(workspace=workspace, name=name)
    Follower.objects.of(workspace).filter(pk=row.pk).update(transaction=Horizon(), at=Now())


def follow(who: Follow) -> int:
    """Hand over the next slice of every workspace; return how many events were passed: call it again until it says 0.

    A workspace that somebody else is at is left to them.
    """
    return sum(_follow(who, workspace) for workspace in who.places())


def _follow(who: Follow, workspace: Workspace) -> int:
    with _held(f"{workspace.pk}:{who.name}") as ours:
        if not ours:
            return 0
        row, _new = Follower.objects.get_or_create(workspace=workspace, name=who.name)
        passed, wanted, end = _slice(who, workspace.pk, row.transaction)
        if end == row.transaction:
            return 0
        if wanted:
            events = HistoryEvent.objects.of(workspace).filter(pk__in=wanted).order_by("transaction", "id")
            if who.take is not None:
                who.take(workspace, list(events))
            else:
                hear = who.watch(workspace)
                for event in events:
                    _hand(who, hear, event)
        Follower.objects.of(workspace).filter(pk=row.pk, transaction=row.transaction).update(transaction=end, at=Now())
        return passed


def _hand(who: Follow, hear: Hear, event: HistoryEvent) -> None:
    """Hand one event over. What it breaks is passed over, else nothing after it would ever be heard."""
    try:
        hear(event)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: everything again later
    except Exception:
        log.exception("an event was not heard", follower=who.name, event=event.pk)


@contextmanager
def _held(name: str) -> Iterator[bool]:
    """Hold a follower, if nobody does; a worker that dies lets go of it with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [PLACES, name])
        ours = bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        if ours:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [PLACES, name])


def _slice(who: Follow, workspace_id: UUID, mark: int) -> tuple[int, list[int], int]:
    """Return the next whole transactions: how many events they hold, the ids of those wanted, and the mark behind them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        end = max(mark, int(cursor.fetchone()[0]))
    rows = _events(who, workspace_id, mark, end, EVENTS_A_SLICE)
    if len(rows) == EVENTS_A_SLICE:
        first, last = rows[0][0], rows[-1][0]
        # The last transaction may be cut: leave it for the next slice, or take all of it when it is the only one.
        end = last if last != first else last + 1
        rows = [row for row in rows if row[0] < end] if last != first else _events(who, workspace_id, first, end, None)
    return len(rows), [row[1] for row in rows if row[2]], end


def _events(
    who: Follow, workspace_id: UUID, start: int, end: int, limit: int | None
) -> Sequence[tuple[int, int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [sorted(who.types), sorted(who.abroad), workspace_id, start, end, limit])
        return list(cursor.fetchall())
