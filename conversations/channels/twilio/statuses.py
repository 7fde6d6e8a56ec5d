"""What became of a message sent through Twilio: its status words in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from conversations.channels.reading import MAX_ID
from conversations.channels.twilio.errors import code_of, error_of
from conversations.channels.twilio.form import Form
from conversations.channels.twilio.messages import SID
from conversations.channels.twilio.people import account_of, is_whatsapp, kind_of, lane_of, person_of
from conversations.channels.types import AccountNotice, AnyItem, Invalid, Parsed, Status, StatusChanged

WORDS: Mapping[str, Status] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "partially_delivered": "sent",  # some parts of a long text arrived
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def read(form: Form, query: Mapping[str, Sequence[str]]) -> Parsed:
    """Return the status in a form: one item, or none where it names no status (``ignored``)."""
    word = form.text("MessageStatus", "SmsStatus").lower()
    if not word:
        return Parsed(outcome="ignored", reason="no_status")
    return Parsed(items=(_item(form, word, query),))


def _item(form: Form, word: str, query: Mapping[str, Sequence[str]]) -> AnyItem:
    account, kind = account_of(form.text("From")), kind_of(form)
    person = person_of(form.text("To"), form, whatsapp=is_whatsapp(form), sender=False)
    provider_id, our_id = form.id(*SID), _our_id(query)
    lane = lane_of(person, provider_id or our_id or "")
    status = WORDS.get(word)
    if status is None:
        return AccountNotice(
            account=account, channel_kind=kind, lane=lane, topic="message_status", payload=form.storable(), known=False
        )
    if not provider_id:
        return Invalid(
            account=account, channel_kind=kind, lane=lane, reason="missing_message_sid", payload=form.storable()
        )
    error = None
    if status == "failed" or form.text("ErrorCode"):
        error = error_of(code_of(form.text("ErrorCode")), form.text("ErrorMessage", "ChannelStatusMessage"))
    return StatusChanged(
        account=account,
        channel_kind=kind,
        lane=lane,
        provider_id=provider_id,
        status=status,
        our_id=our_id,
        error=error,
        word=word if word != status else "",
    )


def _our_id(query: Mapping[str, Sequence[str]]) -> str | None:
    """Return the id we put into the address of the callback; what is none is left to the message's own id."""
    given = next(iter(query.get("uuid", ())), "")[:MAX_ID]
    try:
        return str(UUID(given)) if given else None
    except ValueError:
        return None
