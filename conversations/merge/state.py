"""The state a conversation carries along: kept and given back as it was, or told once more from its story."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Field

from conversations.models import Conversation, HistoryEvent, Message

Status = Conversation.Status
PEOPLE = ("agent", "device")  # who answers for the house
CALM = {Status.PENDING, Status.SNOOZED}  # nobody of the house has to do anything now
# What a merge changes of the conversation that takes another one in.
CARRIED = (
    "status", "snoozed_until", "assignee", "team", "waiting_since", "first_response_at", "unread", "channel_ids",
    "last_inbound_at", "last_channel", "last_message_at", "last_message",
)  # fmt: skip


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
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value


def give_back(row: Conversation, before: dict[str, Any]) -> None:
    """Set the fields back to what ``carried`` has returned; nothing is saved."""
    for name, value in before.items():
        field = _column(name)
        given = [UUID(entry) for entry in value] if isinstance(value, list) else field.to_python(value)
        setattr(row, field.attname, given)


def take_over(into: Conversation, folded: Conversation) -> None:
    """Let one conversation count as part of an older one, which gets what nobody may lose; nothing is saved."""
    folded.folded_into_id = into.pk
    if into.assignee_id is None:
        into.assignee_id = folded.assignee_id
    if into.team_id is None:
        into.team_id = folded.team_id
    if into.status in CALM and folded.status not in CALM:
        into.status, into.snoozed_until = (Status.OPEN if into.assignee_id else Status.WAITING), None
    into.waiting_since = min(filter(None, (into.waiting_since, folded.waiting_since)), default=None)
    into.first_response_at = min(filter(None, (into.first_response_at, folded.first_response_at)), default=None)
    into.unread += folded.unread
    into.channel_ids = list(dict.fromkeys([*into.channel_ids, *folded.channel_ids]))
    if folded.last_inbound_at and (into.last_inbound_at is None or folded.last_inbound_at > into.last_inbound_at):
        into.last_inbound_at, into.last_channel_id = folded.last_inbound_at, folded.last_channel_id
    if folded.last_message_at and (into.last_message_at is None or folded.last_message_at > into.last_message_at):
        into.last_message_at, into.last_message_id = folded.last_message_at, folded.last_message_id


def forget(row: Conversation) -> None:
    """Set a conversation to its beginning, so that its story can be told from there."""
    row.status, row.resolved_at, row.snoozed_until = Status.PENDING, None, None
    row.reopened_count = row.unread = 0
    row.waiting_since = row.first_response_at = row.last_inbound_at = row.last_message_at = None
    row.last_message_id = row.last_channel_id = row.assignee_id = row.team_id = row.folded_into_id = None
    row.channel_ids = []


def turn(row: Conversation, event: HistoryEvent) -> bool:
    """Let the conversation end, begin again, be laid aside, taken up or given to somebody; return whether it could."""
    ended, data = row.status == Status.RESOLVED, event.data
    match event.type:
        case "conversation.resolved" if not ended:
            row.status, row.resolved_at = Status.RESOLVED, event.occurred_at
            row.waiting_since = row.snoozed_until = None
        case "conversation.reopened" if ended:
            reopen(row)
        case "conversation.snoozed" if not ended and data.get("until"):
            row.status, row.snoozed_until = Status.SNOOZED, datetime.fromisoformat(data["until"])
        case "conversation.unsnoozed" if row.status in CALM:
            row.status, row.snoozed_until = _awake(row), None
        case "conversation.assigned":
            row.assignee_id, row.team_id = _named(data, "agent_id"), _named(data, "team_id")
        case "conversation.queued" | "conversation.handoff":
            row.assignee_id, row.team_id = None, _named(data, "team_id")
            if row.first_response_at is None and row.status == Status.OPEN:
                row.status = Status.WAITING
        case _:
            return False
    return True


def _named(data: dict[str, Any], name: str) -> UUID | None:
    return UUID(data[name]) if data.get(name) else None


def reopen(row: Conversation) -> None:
    """Let what was resolved go on."""
    row.status, row.resolved_at = ("open" if row.assignee_id else "waiting"), None
    row.reopened_count += 1


def _awake(row: Conversation) -> str:
    untouched = row.waiting_since is not None and row.assignee_id is None and row.first_response_at is None
    return Status.WAITING if untouched else Status.OPEN


def say(row: Conversation, message: Message) -> None:
    """Carry a conversation forward by one message."""
    if message.channel_id not in row.channel_ids:
        row.channel_ids = [*row.channel_ids, message.channel_id]
    if row.last_message_at is None or message.shown_at >= row.last_message_at:
        row.last_message_at, row.last_message_id = message.shown_at, message.pk
        if message.author_kind in {"customer", "device"}:
            row.last_channel_id = message.channel_id
    row.last_channel_id = row.last_channel_id or message.channel_id
    if message.imported:
        if row.resolved_at is not None:
            row.resolved_at = max(row.resolved_at, message.sent_at)
        return
    if message.direction == "inbound":
        _heard(row, message)
    elif message.status != "failed":
        _answered(row, message)


def _heard(row: Conversation, message: Message) -> None:
    row.last_inbound_at = max(row.last_inbound_at or message.sent_at, message.sent_at)
    if row.status == Status.RESOLVED:
        if row.resolved_at is not None and message.sent_at <= row.resolved_at:
            return  # it came late, for an episode that is over
        reopen(row)  # who reopened it before went away: this would have
    row.unread += 1
    row.waiting_since = min(row.waiting_since or message.sent_at, message.sent_at)
    if row.status in {Status.PENDING, Status.SNOOZED}:
        row.status, row.snoozed_until = ("open" if row.assignee_id else "waiting"), None


def _answered(row: Conversation, message: Message) -> None:
    if message.author_kind == "device":
        if row.waiting_since is None or message.sent_at < row.waiting_since:
            return
        row.first_response_at = row.first_response_at or message.sent_at
    elif message.author_kind != "agent":
        return
    elif row.last_inbound_at is not None:
        row.first_response_at = row.first_response_at or message.sent_at
    row.waiting_since, row.unread = None, 0
    if row.status == Status.WAITING:
        row.status = Status.OPEN
