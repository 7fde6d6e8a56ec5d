"""The state a conversation carries along: kept and given back as it was, or read off its history anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Min

from conversations import bulk
from conversations.models import Conversation, HistoryEvent, Message

# What a merge changes of the conversation that takes another one in.
CARRIED = (
    "status", "snoozed_until", "assignee", "team", "waiting_since", "first_response_at", "unread", "channel_ids",
    "last_inbound_at", "last_channel", "last_message_at", "last_message",
)  # fmt: skip
PEOPLE = ("agent", "device")  # who answers for the house
WAITING = """
SELECT min(e.occurred_at) FROM conversations_historyevent e
WHERE e.conversation_id = ANY(%(ids)s::uuid[]) AND e.type = 'message.received' AND NOT e.data ? 'imported'
  AND e.id > coalesce((
    SELECT max(r.id) FROM conversations_historyevent r LEFT JOIN conversations_message m ON m.id = r.message_id
    WHERE r.conversation_id = ANY(%(ids)s::uuid[]) AND (r.type = 'conversation.resolved' OR (
      r.type = 'message.sent' AND r.actor_kind IN ('agent', 'device') AND coalesce(m.status, '') <> 'failed'))), 0)
"""


def carried(row: Conversation) -> dict[str, Any]:
    """Return what a merge changes, as JSON can hold it."""
    return {name: _plain(row, name) for name in CARRIED}


def _column(name: str) -> Field[Any, Any]:
    field = Conversation._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _plain(row: Conversation, name: str) -> Any:
    value = getattr(row, _column(name).attname)
    if isinstance(value, list):
        return [str(entry) for entry in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value) if isinstance(value, UUID) else value


def give_back(row: Conversation, before: dict[str, Any], after: dict[str, Any], names: Iterable[str] = CARRIED) -> None:
    """Set the fields back to ``before`` that still are as the merge left them; nothing is saved."""
    for name in names:
        if _plain(row, name) == after[name]:
            field = _column(name)
            value = before[name]
            value = [UUID(entry) for entry in value] if isinstance(value, list) else field.to_python(value)
            setattr(row, field.attname, value)


def advance(row: Conversation, messages: Iterable[Message]) -> None:
    """Carry a conversation forward by messages that come to it, in order, as if they had come in time; nothing is saved."""
    for message in messages:
        if message.channel_id not in row.channel_ids:
            row.channel_ids = [*row.channel_ids, message.channel_id]
        if row.last_message_at is None or message.shown_at >= row.last_message_at:
            row.last_message_at, row.last_message_id = message.shown_at, message.pk
            if message.author_kind in {"customer", "device"}:
                row.last_channel_id = message.channel_id
        row.last_channel_id = row.last_channel_id or message.channel_id
        if not message.imported and message.direction == "inbound":
            _heard(row, message)
        elif not message.imported and message.author_kind in PEOPLE and message.status != "failed":
            _answered(row, message)


def _heard(row: Conversation, message: Message) -> None:
    row.last_inbound_at = max(row.last_inbound_at or message.sent_at, message.sent_at)
    if row.status == Conversation.Status.RESOLVED:
        return
    row.unread += 1
    row.waiting_since = min(row.waiting_since or message.sent_at, message.sent_at)
    if row.status in {Conversation.Status.PENDING, Conversation.Status.SNOOZED}:
        row.status, row.snoozed_until = ("open" if row.assignee_id else "waiting"), None


def _answered(row: Conversation, message: Message) -> None:
    if row.last_inbound_at is not None:
        row.first_response_at = row.first_response_at or message.sent_at
    row.waiting_since, row.unread = None, 0
    if row.status == Conversation.Status.WAITING:
        row.status = "open"


def read_again(row: Conversation, ids: Sequence[UUID]) -> None:
    """Read the carried state off the messages and events of ``ids``, the conversation and what is folded into it.

    Left alone are who has it, what is unread, and a snooze; nothing is saved.
    """
    said = Message.objects.filter(workspace=row.workspace_id, conversation__in=ids)
    last = said.in_order().last()
    row.last_message_id, row.last_message_at = (last.pk, last.shown_at) if last else (None, None)
    spoken = said.exclude(kind="note")
    channels = spoken.values("channel").annotate(first=Min("pk")).order_by("first").values_list("channel", flat=True)
    row.channel_ids = list(channels)
    heard = spoken.filter(author_kind__in=["customer", "device"]).in_order().last()
    row.last_channel_id = heard.channel_id if heard else next(iter(row.channel_ids), None)
    inbound = spoken.filter(direction="inbound", imported=False).order_by("sent_at")
    first, newest = inbound.first(), inbound.last()
    row.last_inbound_at = newest.sent_at if newest else None
    answers = spoken.filter(direction="outbound", author_kind__in=PEOPLE, imported=False)
    reply = answers.filter(sent_at__gte=first.sent_at).order_by("sent_at").first() if first else None
    row.first_response_at = reply.sent_at if reply else None
    if row.status == Conversation.Status.RESOLVED:
        row.waiting_since = None
    else:
        row.waiting_since = _waiting_since(ids)
        row.status = _standing(row)


def _waiting_since(ids: Sequence[UUID]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"ids": bulk.array(ids)})
        return cursor.fetchone()[0]


def _standing(row: Conversation) -> str:
    """Return where an unresolved conversation stands by who waits for whom; a snooze stays one."""
    if row.status in {Conversation.Status.PENDING, Conversation.Status.SNOOZED}:
        return row.status
    if row.last_inbound_at is None:
        return "pending"
    untouched = row.waiting_since is not None and row.first_response_at is None
    return row.status if untouched else "open"


def ended_before(row: Conversation) -> HistoryEvent | None:
    """Return the end that still holds when the event that reopened the conversation is taken away, if there is one."""
    told = HistoryEvent.objects.filter(workspace=row.workspace_id, conversation=row)
    ends = told.filter(type="conversation.resolved").order_by("-pk").first()
    if ends is None:
        return None
    again = told.filter(pk__gt=ends.pk, type__in=["message.received", "conversation.reopened"])
    return None if again.exclude(data__has_key="imported").exists() else ends
