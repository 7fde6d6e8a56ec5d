"""WhatsApp messages of every direction: what customers said, what the paired phone said, what was said before.

Reactions, edits and deletions come as messages too and become items of their own, in the lane of the same customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from conversations.channels.reading import id_of, mapping, moment, text_of
from conversations.channels.types import (
    AnyItem,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageReceived,
    Person,
    ReactionChanged,
)
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.identity import system
from conversations.channels.whatsapp.kinds import content, word_of
from conversations.channels.whatsapp.people import ids, lane_of

MAX_EMOJI = 64


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message whose id, time and person are known: what every reader needs before it looks at what was said."""

    change: Change
    raw: dict[str, Any]
    provider_id: str
    at: datetime
    person: Person
    outgoing: bool

    @property
    def common(self) -> dict[str, Any]:
        """The fields that every item about a message carries."""
        at, lane = self.at, lane_of(self.person)
        return {"account": self.change.account, "lane": lane, "at": at, "provider_id": self.provider_id}

    @property
    def reply_to(self) -> str | None:
        """The provider id of the message answered."""
        return id_of(mapping(self.raw.get("context")).get("id")) or None


def received(change: Change) -> Iterator[AnyItem]:
    """Read ``messages[]``: what customers wrote to this number."""
    for raw in change.entries("messages"):
        person = change.people.person(*ids(mapping(raw), "from"))
        yield one(change, raw, person, outgoing=False, plain=_received)


def echoed(change: Change) -> Iterator[AnyItem]:
    """Read ``message_echoes[]``: what the business wrote in its app on the paired phone; the customer is ``to``."""
    for raw in change.entries("message_echoes"):
        person = change.people.person(*ids(mapping(raw), "to"))
        yield one(change, raw, person, outgoing=True, plain=_echoed)


def one(
    change: Change, raw: Any, person: Person | None, *, outgoing: bool, plain: Callable[[Said], AnyItem]
) -> AnyItem:
    """Read one message; ``plain`` makes the item when it is neither reaction, edit, deletion nor system message."""
    if not isinstance(raw, dict):
        return change.invalid("not_an_object", raw)
    provider_id, at = id_of(raw.get("id")), moment(raw.get("timestamp"))
    word = word_of(raw)
    if not provider_id:
        return change.invalid("missing_id", raw, person, at)
    if at is None:
        return change.invalid("invalid_timestamp", raw, person)
    if word == "system":
        return system(change, raw, person, at)
    if person is None:
        return change.invalid(_why_nobody(raw, outgoing=outgoing), raw, at=at)
    said = Said(change=change, raw=raw, provider_id=provider_id, at=at, person=person, outgoing=outgoing)
    return EVENTS.get(word, plain)(said)


def _why_nobody(raw: Mapping[str, Any], *, outgoing: bool) -> str:
    side, role = ("to", "recipient") if outgoing else ("from", "sender")
    return f"invalid_{role}" if any(ids(raw, side)) else f"missing_{role}"


def _received(said: Said) -> AnyItem:
    context = mapping(said.raw.get("context"))
    message = content(said.raw)
    return MessageReceived(
        **said.common,
        sender=said.person,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=message.attachments,
        reply_to=said.reply_to,
        referral=mapping(said.raw.get("referral")) or None,
        group=id_of(said.raw.get("group_id")) or None,
        forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
    )


def _echoed(said: Said) -> AnyItem:
    message = content(said.raw)
    return MessageEchoed(
        **said.common,
        recipient=said.person,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=message.attachments,
        reply_to=said.reply_to,
    )


def _reaction(said: Said) -> AnyItem:
    part = mapping(said.raw.get("reaction"))
    target = id_of(part.get("message_id"))
    if not target:
        return said.change.invalid("missing_target", said.raw, said.person, said.at)
    emoji = text_of(part.get("emoji"))[:MAX_EMOJI]
    return ReactionChanged(**said.common, target=target, sender=said.person, emoji=emoji, outgoing=said.outgoing)


def _edit(said: Said) -> AnyItem:
    part = mapping(said.raw.get("edit"))
    target = id_of(part.get("original_message_id"))
    if not target:
        return said.change.invalid("missing_target", said.raw, said.person, said.at)
    message = content(mapping(part.get("message")))
    return MessageEdited(
        **said.common,
        target=target,
        sender=said.person,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=message.attachments,
        outgoing=said.outgoing,
    )


def _revoke(said: Said) -> AnyItem:
    target = id_of(mapping(said.raw.get("revoke")).get("original_message_id"))
    if not target:
        return said.change.invalid("missing_target", said.raw, said.person, said.at)
    return MessageDeleted(**said.common, target=target, sender=said.person, outgoing=said.outgoing)


EVENTS: Mapping[str, Callable[[Said], AnyItem]] = {"reaction": _reaction, "edit": _edit, "revoke": _revoke}
