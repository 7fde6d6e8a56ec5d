"""The list of the inbox: its views and how much they hold, a page of rows in any order, all for one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ValidationError

from conversations.api import filters as asking, reading, represent, saved_views
from conversations.api.represent import RISK, Shown
from conversations.models import Conversation, SavedView
from conversations.querysets.conversation import Conversations
from hub.access import Caller
from hub.inputs import CANONICAL_UUID, Filters
from hub.pagination import Cursor, Value, beside

VIEWS = ("mine", "unassigned", "mentions", "snoozed", "risk", "all", "resolved")
FIRST = ("mine", "unassigned", "all")  # where one starts: the first that holds something
ROWS_A_PAGE = 50
MOST_COUNTED = 99  # of what would cost to count whole: one more says "99+"

NO_FILTERS = asking.from_words({})


def is_view(caller: Caller, name: str) -> bool:
    """Whether the inbox knows a view by this name: one of its own, or the id of a kept one the caller sees."""
    if CANONICAL_UUID.fullmatch(name):
        return saved_views.seen_by(caller).filter(pk=name).exists()
    return name in VIEWS


def of_view(caller: Caller, view: str) -> Conversations:
    """Return the conversations of a view, unordered; all there are for "", none of a kept view that is gone."""
    found = Conversation.objects.of(caller.workspace).standing().filter(last_message_at__isnull=False)
    if CANONICAL_UUID.fullmatch(view):
        kept = saved_views.seen_by(caller).filter(pk=view).first()
        return of_kept(caller, kept, found) if kept else found.none()
    if view in {"mine", "mentions"} and caller.user is None:
        return found.none()
    views: dict[str, Any] = {
        "": lambda: found,
        "mine": lambda: found.mine(caller.user),  # type: ignore[arg-type]  # nobody has left above
        "unassigned": found.unassigned,
        "mentions": lambda: found.mentioning(caller.user),  # type: ignore[arg-type]
        "snoozed": lambda: found.filter(status="snoozed"),
        "risk": lambda: found.at_risk(timezone.now() + RISK),
        "resolved": lambda: found.filter(status="resolved"),
    }
    return views.get(view, found.unresolved)()  # type: ignore[no-any-return]


def of_kept(caller: Caller, kept: SavedView, found: Conversations) -> Conversations:
    """Return what a kept view shows; without a status of its own what still needs somebody. Words nobody knows any more hold none."""
    rows = found if "status" in kept.filters else found.unresolved()
    try:
        return asking.filtered(caller, asking.from_words(kept.filters), rows)
    except ValidationError:
        return found.none()


def counts(caller: Caller) -> dict[str, int]:
    """Return how many conversations the views hold, and my ``unread`` ones: what is open by one look, the rest up to 100.

    What is resolved is not counted: it only grows.
    """
    mine, awake = Q(assignee=caller.user), ~Q(status="snoozed")
    risk = Q(due_at__isnull=False) & (Q(due_at__lte=timezone.now() + RISK) | ~Q(due_told=""))
    found: dict[str, int] = of_view(caller, "all").aggregate(
        mine=Count("id", filter=mine & awake),
        unassigned=Count("id", filter=Q(assignee=None) & awake),
        snoozed=Count("id", filter=Q(status="snoozed")),
        risk=Count("id", filter=risk),
        all=Count("id"),
        unread=Count("id", filter=mine & Q(unread__gt=0)),
    )
    found["mentions"] = _up_to_most(_unseen(caller))
    for kept in saved_views.seen_by(caller):
        found[str(kept.pk)] = _up_to_most(of_kept(caller, kept, of_view(caller, "")))
    return found


def _unseen(caller: Caller) -> Conversations:
    found = of_view(caller, "mentions")
    return found.filter(mentions__user=caller.user, mentions__seen_at=None).distinct() if caller.user else found


def _up_to_most(rows: Conversations) -> int:
    return rows.order_by()[: MOST_COUNTED + 1].count()


def kept_views(caller: Caller) -> list[Shown]:
    """Return the views the caller has kept and everybody's, by place and name."""
    return [saved_views.shown(row, caller) for row in saved_views.seen_by(caller).order_by("position", "name")]


def order_of(caller: Caller, view: str, filters: Filters) -> str:
    """Return the order asked for, else the one the view is kept with; what is at risk is seen by when it is due."""
    if filters.text("sort"):
        return asking.order_of(filters)
    if CANONICAL_UUID.fullmatch(view):
        kept = saved_views.seen_by(caller).filter(pk=view).first()
        return kept.sort if kept else "activity"
    return "due" if view == "risk" else "activity"


def rows(caller: Caller, view: str, after: str = "", filters: Filters = NO_FILTERS) -> Shown:
    """Return a page of rows of a view: ``results``, ``sort``, ``next``: the mark to ask on with, or None at the end.

    Raises ``ValueError`` for a mark that is none, ``ValidationError`` for filters nobody understands.
    """
    order = order_of(caller, view, filters)
    columns, descending = asking.ORDERS[order]
    found = asking.filtered(caller, filters, of_view(caller, view)).for_reading()
    if after:
        found = found.filter(beside(list(columns), Cursor(_mark(after, columns)), descending=descending))
    sign = "-" if descending else ""
    page = list(found.order_by(*[f"{sign}{name}" for name in columns])[: ROWS_A_PAGE + 1])
    more, page = len(page) > ROWS_A_PAGE, page[:ROWS_A_PAGE]
    channels = reading.channels_touched(caller.workspace, page)
    return {
        "results": [represent.conversation(row, channels) for row in page],
        "sort": order,
        "next": mark_of(page[-1], order) if more else None,
    }


def mark_of(row: Conversation, order: str) -> str:
    """Return the mark of a row: the values of the order's columns, joined; nothing where there is none."""
    return "~".join(_written(value) for value in asking.place_of(row, order))


def _written(value: Value) -> str:
    return (represent.moment(value) or "") if isinstance(value, datetime) else "" if value is None else str(value)


def _mark(text: str, columns: Mapping[str, type]) -> tuple[Value, ...]:
    values = text.split("~")
    if len(values) != len(columns):
        message = "The mark is of another order."
        raise ValueError(message)
    return tuple(
        _read(kind, value, first=not n) for n, (kind, value) in enumerate(zip(columns.values(), values, strict=True))
    )


def _read(kind: type, value: str, *, first: bool) -> Value:
    if kind is datetime:
        moment = parse_datetime(value) if value else None
        if moment is None and (value or not first):
            message = "The mark has no time."
            raise ValueError(message)
        if moment is not None and moment.tzinfo is None:
            message = "The mark's time has no offset."
            raise ValueError(message)
        return moment
    return UUID(value) if kind is UUID else int(value)
