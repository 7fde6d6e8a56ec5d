"""What became of the messages sent from a WhatsApp number: its status words in ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from conversations.channels.graph_errors import NOT_ACCEPTED
from conversations.channels.reading import id_of, mapping, moment, objects, text_of
from conversations.channels.types import AnyItem, Error, Person, Status, StatusChanged
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.errors import read_error
from conversations.channels.whatsapp.people import MAX_LANE, lane_of

WORDS: Mapping[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",  # a voice note was listened to, which says more than read
    "failed": "failed",
}
# Words of older versions: news for the log, no state of a message.
OLD_WORDS = {"deleted", "warning"}


def statuses(change: Change) -> Iterator[AnyItem]:
    """Read ``statuses[]``, in their order."""
    for raw in change.entries("statuses"):
        yield _one(change, raw) if isinstance(raw, dict) else change.invalid("not_an_object", raw)


def _one(change: Change, raw: dict[str, Any]) -> AnyItem:
    person, group = _recipient(change, raw)
    word, at = text_of(raw.get("status")), moment(raw.get("timestamp"))
    if raw.get("type") == "call":
        return change.notice("call_status", raw, person)
    if word in OLD_WORDS:
        return change.notice("message_status", raw, person)
    provider_id = id_of(raw.get("id"))
    reason = _refusal(provider_id, word, at)
    if reason:
        return change.invalid(reason, raw, person, at)
    status = WORDS[word]
    return StatusChanged(
        account=change.account,
        lane=lane_of(person, otherwise=(group or text_of(raw.get("recipient_id")))[:MAX_LANE]),
        at=at,
        provider_id=provider_id,
        status=status,
        our_id=id_of(raw.get("biz_opaque_callback_data")) or None,
        error=_error(raw, status),
        pricing=_pricing(raw),
        person=person,
        word=word if word != status else "",
        group=group,
    )


def _refusal(provider_id: str, word: str, at: datetime | None) -> str:
    if not provider_id:
        return "missing_id"
    if word not in WORDS:
        return "unknown_status" if word else "missing_status"
    return "" if at else "invalid_timestamp"


def _recipient(change: Change, raw: Mapping[str, Any]) -> tuple[Person | None, str | None]:
    """Return whom a status is about and, for a message to a group, the group: there the person is one participant."""
    parent = raw.get("recipient_parent_user_id") or raw.get("parent_recipient_user_id")
    if raw.get("recipient_type") == "group":
        participant = raw.get("recipient_participant_id") or raw.get("recipient_participant_user_id")
        person = change.people.person(participant, raw.get("recipient_user_id"), parent)
        return person, id_of(raw.get("recipient_id")) or None
    return change.people.person(raw.get("recipient_id"), raw.get("recipient_user_id"), parent), None


def _error(raw: Mapping[str, Any], status: Status) -> Error | None:
    if errors := objects(raw.get("errors")):
        return read_error(errors[0])
    return Error(code="unknown", title=NOT_ACCEPTED) if status == "failed" else None


def _pricing(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """What it cost, with the ``conversation`` of older versions and free entry points, which explains the price."""
    pricing, conversation = mapping(raw.get("pricing")), mapping(raw.get("conversation"))
    return pricing | ({"conversation": conversation} if conversation else {}) or None
