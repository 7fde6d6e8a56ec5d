"""Messages and events of a person as one ordered list: two indexed reads a page, merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations.api import represent
from conversations.api.represent import Shown
from conversations.models import Customer, HistoryEvent, Message
from hub.pagination import Cursor, Window, beside

MESSAGE, EVENT = 0, 1  # at the same time what was said comes before what happened
KINDS: Sequence[type] = (datetime, int, int, UUID)
NO_ID = UUID(int=0)

Place = tuple[datetime, int, int, UUID]  # when, message or event, its order within, its id


class Entry(msgspec.Struct, frozen=True):
    """One line of the timeline, and its place in it."""

    place: Place
    shown: Shown


def read(whole: Sequence[Customer], seen: Window) -> list[Entry]:
    """Return what happened with a person (all customers who count as them): up to ``limit`` + 1 entries beside the cursor, oldest first; backwards when the page before is wanted."""
    both = _messages(whole, seen) + _events(whole, seen)
    return sorted(both, key=lambda entry: entry.place, reverse=seen.back)[: seen.limit + 1]


def _messages(whole: Sequence[Customer], seen: Window) -> list[Entry]:
    rows = Message.objects.filter(workspace=whole[0].workspace_id, customer__in=whole).for_reading().in_order()
    rows = rows.filter(_beside(seen, MESSAGE, ("shown_at", "seq", "id"), (2, 3)))
    rows = rows.reverse() if seen.back else rows
    return [
        Entry(
            (row.shown_at, MESSAGE, row.seq, row.pk),
            {"type": "message", "at": represent.moment(row.shown_at), **represent.message(row)},
        )
        for row in rows[: seen.limit + 1]
    ]


def _events(whole: Sequence[Customer], seen: Window) -> list[Entry]:
    told = Q(type__in=["message.received", "message.sent"], message_id__isnull=False)
    rows = HistoryEvent.objects.filter(workspace=whole[0].workspace_id, customer__in=whole).exclude(told)
    rows = rows.exclude(type__startswith="focus.")  # whose window it was tells nothing of the person
    rows = rows.filter(_beside(seen, EVENT, ("occurred_at", "id"), (2,))).select_related("actor", "customer")
    sign = "-" if seen.back else ""
    return [
        Entry(
            (row.occurred_at, EVENT, row.pk, NO_ID),
            {"type": "event", "at": represent.moment(row.occurred_at), **represent.event(row)},
        )
        for row in rows.order_by(f"{sign}occurred_at", f"{sign}id")[: seen.limit + 1]
    ]


def _beside(seen: Window, rank: int, names: tuple[str, ...], parts: tuple[int, ...]) -> Q:
    """Return the condition that a row of this rank lies beyond the cursor; ``parts`` of the place follow its time."""
    if seen.cursor is None:
        return Q()
    at, cursor_rank = seen.cursor.values[0], seen.cursor.values[1]
    if cursor_rank == rank:
        values = (at, *(seen.cursor.values[part] for part in parts))
        return beside(names, Cursor(values, back=seen.back), descending=False)
    follows = rank > int(cursor_rank) if isinstance(cursor_rank, int) else False
    word = ("lte" if seen.back else "gte") if follows is not seen.back else ("lt" if seen.back else "gt")
    return Q(**{f"{names[0]}__{word}": at})
