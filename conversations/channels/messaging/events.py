"""The events between an account and its customers: what was said, pressed, reacted to, read, changed and taken back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from conversations.channels.messaging.entry import Entry, Event, event_of
from conversations.channels.messaging.kinds import HEART, Content, content, pressed
from conversations.channels.reading import id_of, listed, mapping, moment, text_of
from conversations.channels.types import (
    AnyItem,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageReceived,
    ReactionChanged,
    StatusChanged,
    StatusUpTo,
)

MAX_EMOJI = 64
# The reactions that have a name; whoever sends the name alone means this.
EMOJI: Mapping[str, str] = {
    "love": HEART,
    "like": "👍",
    "dislike": "👎",
    "smile": "😆",
    "haha": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
}
# News about a person that is no message: who answers the thread, what they agreed to.
NOTICES = (
    "pass_thread_control", "take_thread_control", "request_thread_control", "release_thread_control", "app_roles", "optin",
    "account_linking", "policy_enforcement", "messaging_feedback",
)  # fmt: skip
_ENVELOPE = {"sender", "recipient", "timestamp", "priority_message", "hop_context"}


def read_event(entry: Entry, raw: Any, *, standby: bool = False) -> Iterator[AnyItem]:
    """Yield what one element of ``messaging[]`` or ``standby[]`` says. Never raises because of content."""
    if not isinstance(raw, dict):
        yield entry.invalid("not_an_object", raw)
        return
    event = event_of(entry, raw, standby=standby)
    words = [word for word in READERS if word in raw]
    if {"message", "postback"} & set(words):
        words = [word for word in words if word != "referral"]  # it is said with the message
    for word in words:
        if isinstance(raw[word], dict):
            yield from READERS[word](event)
        else:
            yield event.invalid("not_an_object")
    for word in (word for word in NOTICES if word in raw):
        yield event.notice(word, event.part(word))
    if not words and not raw.keys() & set(NOTICES):
        word = next((key for key in raw if key not in _ENVELOPE), "") or "unknown"
        yield event.notice(word[:100], raw, known=False)


def _reason(event: Event, provider_id: str) -> str:
    """Return what an event lacks to be used, empty when nothing."""
    if not provider_id:
        return "missing_id"
    if event.person is None:
        side, role = ("recipient", "recipient") if event.outgoing else ("sender", "sender")
        return f"invalid_{role}" if mapping(event.raw.get(side)).get("id") else f"missing_{role}"
    return "" if event.at else "invalid_timestamp"


def _message(event: Event) -> Iterator[AnyItem]:
    part = event.part("message")
    provider_id = id_of(part.get("mid"))
    if reason := _reason(event, provider_id):
        yield event.invalid(reason)
    elif part.get("is_deleted") is True:
        yield MessageDeleted(
            **event.common, provider_id=provider_id, target=provider_id, sender=event.customer, outgoing=event.outgoing
        )
    else:
        referral = mapping(part.get("referral")) or mapping(event.raw.get("referral"))
        reply_to = id_of(mapping(part.get("reply_to")).get("mid")) or None
        yield _said(event, provider_id, content(part), part, referral=referral, reply_to=reply_to)


def _said(
    event: Event,
    provider_id: str,
    said: Content,
    part: Mapping[str, Any],
    *,
    referral: dict[str, Any],
    reply_to: str | None = None,
) -> AnyItem:
    marks = {"is_self": part.get("is_self") is True, "standby": event.standby}
    common = event.common | {
        "provider_id": provider_id,
        "kind": said.kind,
        "text": said.text,
        "payload": said.payload | {mark: True for mark, true in marks.items() if true},
        "attachments": said.attachments,
        "reply_to": reply_to,
    }
    if event.outgoing:
        return MessageEchoed(**common, recipient=event.customer, app_id=id_of(part.get("app_id")))
    return MessageReceived(**common, sender=event.customer, referral=referral or None)


def _postback(event: Event) -> Iterator[AnyItem]:
    part = event.part("postback")
    provider_id = id_of(part.get("mid")) or _own_id(event, "postback", part)
    if reason := _reason(event, provider_id):
        yield event.invalid(reason)
    else:
        yield _said(event, provider_id, pressed(part), part, referral=mapping(part.get("referral")))


def _referral(event: Event) -> Iterator[AnyItem]:
    """A link or an ad led the person here, and nothing was said yet: shown in the thread with where they come from."""
    part = event.part("referral")
    provider_id = _own_id(event, "referral", part)
    if reason := _reason(event, provider_id):
        yield event.invalid(reason)
    else:
        said = Content(kind="interactive", payload={"kind": "referral"})
        yield _said(event, provider_id, said, {}, referral=part)


def _own_id(event: Event, word: str, part: Mapping[str, Any]) -> str:
    """Make an id for what has none: the same event has the same one each time it comes."""
    person = event.person.addresses[0].value if event.person else ""
    at = event.at.isoformat() if event.at else ""
    facts = json.dumps(part, sort_keys=True)
    digest = hashlib.sha256(f"{person}\x1f{at}\x1f{facts}".encode()).hexdigest()[:32]
    return f"{word}:{digest}"


def _reaction(event: Event) -> Iterator[AnyItem]:
    part = event.part("reaction")
    target = id_of(part.get("mid"))
    if reason := _reason(event, target):
        yield event.invalid("missing_target" if reason == "missing_id" else reason)
        return
    name = text_of(part.get("reaction"))
    emoji = text_of(part.get("emoji")) or EMOJI.get(name, name) or HEART
    yield ReactionChanged(
        **event.common,
        provider_id=target,
        target=target,
        sender=event.customer,
        emoji="" if part.get("action") == "unreact" else emoji[:MAX_EMOJI],
        outgoing=event.outgoing,
    )


def _edit(word: str) -> Callable[[Event], Iterator[AnyItem]]:
    def read(event: Event) -> Iterator[AnyItem]:
        part = event.part(word)
        target = id_of(part.get("mid"))
        if reason := _reason(event, target):
            yield event.invalid("missing_target" if reason == "missing_id" else reason)
            return
        count = text_of(part.get("num_edit"))
        yield MessageEdited(
            **event.common,
            provider_id=target,
            target=target,
            sender=event.customer,
            text=text_of(part.get("text")),
            payload={"num_edit": int(count)} if count.isascii() and count.isdigit() and len(count) < 10 else {},
            outgoing=event.outgoing,
        )

    return read


def _reached(word: str, status: Literal["delivered", "read"]) -> Callable[[Event], Iterator[AnyItem]]:
    """Read ``delivery`` or ``read``: the messages it names, and the mark up to which everything got there."""

    def read(event: Event) -> Iterator[AnyItem]:
        part = event.part(word)
        named = [part.get("mid"), *listed(part.get("mids"))]
        until = moment(part.get("watermark"))
        event_at = event.at or until
        if event.outgoing:
            yield event.notice(word, part)  # what the account read itself
            return
        ids = [found for found in map(id_of, named) if found]
        if event.person is None or event_at is None or not (ids or until):
            yield event.invalid(_reason(event, "-") if ids or until else "missing_id")
            return
        common = event.common | {"at": event_at}
        for provider_id in ids:
            yield StatusChanged(**common, provider_id=provider_id, status=status, person=event.person)
        if until:
            yield StatusUpTo(**common, person=event.person, until=until, status=status)

    return read


READERS: Mapping[str, Callable[[Event], Iterator[AnyItem]]] = {
    "message": _message,
    "postback": _postback,
    "referral": _referral,
    "reaction": _reaction,
    "read": _reached("read", "read"),
    "delivery": _reached("delivery", "delivered"),
    "message_edit": _edit("message_edit"),
    "message_edits": _edit("message_edits"),
}
