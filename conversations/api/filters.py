"""What conversations can be asked for by: the words of ``GET /conversations``, of saved views and of the inbox, read once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from conversations.api import shapes
from conversations.api.asking import STATUSES
from conversations.marking import PRIORITIES
from conversations.models import Conversation, Label
from conversations.querysets.conversation import Conversations
from hub.access import Caller
from hub.inputs import CANONICAL_UUID, Filters
from hub.pagination import Value

# Columns, their types and the direction of each order; the last column tells equals apart.
ORDERS: dict[str, tuple[dict[str, type], bool]] = {
    "activity": ({"last_message_at": datetime, "id": UUID}, True),
    "waiting": ({"waiting_since": datetime, "id": UUID}, False),
    "priority": ({"priority": int, "opened_at": datetime, "id": UUID}, True),
    "due": ({"due_at": datetime, "id": UUID}, False),
}
KEPT = ("status", "assignee", "team", "channel_kind", "channel", "label", "priority", "language")  # of a saved view
LANGUAGE_LENGTH = 8


def from_words(words: dict[str, str]) -> Filters:
    """Return filters that were kept as words."""
    query = QueryDict(mutable=True)
    query.update(words)
    return Filters(query)


def filtered(caller: Caller, filters: Filters, rows: Conversations | None = None) -> Conversations:
    """Return the caller's conversations (of ``rows``) that pass the filters of the query string."""
    rows = Conversation.objects.of(caller.workspace).standing() if rows is None else rows
    if (words := filters.choices("status", STATUSES)) is not None:
        rows = rows.filter(status__in=words)
    if (kinds := filters.choices("channel_kind", shapes.CHANNEL_KINDS)) is not None:
        rows = rows.on_channel_kind(*kinds)
    if (channel := filters.uuid("channel")) is not None:
        rows = rows.filter(channel_ids__contains=[channel])
    if (customer := filters.uuid("customer")) is not None:
        rows = rows.of_person(customer)
    if (assignee := filters.text("assignee")) is not None:
        rows = _of_assignee(rows, caller, assignee)
    if (team := filters.text("team")) is not None:
        rows = _of_team(rows, team)
    if (label := filters.text("label")) is not None:
        rows = _of_label(rows, caller, label)
    if (priorities := filters.choices("priority", PRIORITIES)) is not None:
        rows = rows.filter(priority__in=[PRIORITIES.index(word) for word in priorities])
    if (language := filters.text("language")) is not None:
        rows = rows.filter(language__iexact=language[: LANGUAGE_LENGTH + 1])
    return rows


def order_of(filters: Filters) -> str:
    """Return how the list is ordered: a key of ``ORDERS``."""
    found = filters.choices("sort", ORDERS)
    return found[0] if found else "activity"


def place_of(row: Conversation, order: str) -> list[Value]:
    """Return where the row stands in that order."""
    return [getattr(row, name) for name in ORDERS[order][0]]


def _of_assignee(rows: Conversations, caller: Caller, word: str) -> Conversations:
    if word == "none":
        return rows.filter(assignee=None)
    if word == "me":
        if caller.user is None:
            raise ValidationError({"assignee": _("A token is nobody: name an e-mail address or id.")})
        return rows.filter(assignee=caller.user)
    if CANONICAL_UUID.fullmatch(word):
        return rows.filter(assignee=UUID(word))
    if "@" in word:
        return rows.filter(assignee__email__iexact=word)
    raise ValidationError({"assignee": _("Must be an id, an e-mail address, me or none.")})


def _of_team(rows: Conversations, word: str) -> Conversations:
    if word == "none":
        return rows.filter(team=None)
    return rows.filter(team=UUID(word)) if CANONICAL_UUID.fullmatch(word) else rows.filter(team__name=word)


def _of_label(rows: Conversations, caller: Caller, word: str) -> Conversations:
    """Keep those with every one of the labels, named by id or name; one that is not here has no conversations."""
    for one in word.split(","):
        name = one.strip()
        if CANONICAL_UUID.fullmatch(name):
            rows = rows.filter(label_ids__contains=[UUID(name)])
            continue
        label = Label.objects.of(caller.workspace).filter(name__iexact=name).first()
        rows = rows.filter(label_ids__contains=[label.pk]) if label else rows.none()
    return rows
