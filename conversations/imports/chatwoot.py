"""Chatwoot's conversations and messages as its API gives them: one answer, a list of conversations, or one JSON a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from conversations.channels.reading import NotReadableError, decode, id_of, mapping, moment, objects, text_of
from conversations.channels.stores import shaping
from conversations.imports.shapes import Choices, Line, Unreadable
from conversations.imports.tables import decoded
from conversations.outside import reading
from conversations.refusal import Refused

CHANNELS = {
    "channel::whatsapp": "whatsapp", "channel::instagram": "instagram", "channel::facebookpage": "messenger", "channel::webwidget": "webchat",
    "channel::email": "email", "channel::sms": "sms", "channel::twiliosms": "sms", "channel::telegram": "telegram", "channel::api": "app",
}  # fmt: skip
HEARD, SAID, TEMPLATE = 0, 1, 3
WORDS = {"incoming": HEARD, "outgoing": SAID, "template": TEMPLATE}
FILES = {"image": "image", "audio": "audio", "video": "video", "file": "document", "location": "location"}
TEXT_LENGTH = 60_000


def conversations(content: bytes) -> list[Mapping[str, Any]]:
    """Return the conversations of an export. Raises ``Unreadable``."""
    text = decoded(content)
    try:
        found = _inside(decode(text))
    except NotReadableError:
        try:
            found = [one for line in text.splitlines() if line.strip() for one in _inside(decode(line))]
        except NotReadableError:
            raise Unreadable(_("This is no JSON.")) from None
    if not found:
        raise Unreadable(_("There is no conversation in this file."))
    return found


def _inside(value: Any) -> list[Mapping[str, Any]]:
    """Return conversations out of whatever the API wraps them in; messages alone, as it lists them, are those of one."""
    if isinstance(value, dict):
        said, about = value.get("payload"), mapping(value.get("meta"))
        if isinstance(said, list) and any("message_type" in one for one in objects(said)):
            return [{"messages": said, "meta": {"sender": about.get("contact")}}]
        for name in ("payload", "data", "conversations"):
            if isinstance(value.get(name), list | dict):
                return _inside(value[name])
    return [one for one in objects(value) if "messages" in one]


def lines(content: bytes, choices: Choices) -> Iterator[Line]:
    """Yield each message and each end of a conversation, what cannot be read as refused. Raises ``Unreadable``."""
    number = 0
    for talk in conversations(content):
        for event, shown in _told(talk, choices):
            number += 1
            try:
                reading.read(event)
            except Refused as refused:
                yield Line(number=number, field=refused.field, reason=refused.sentence, shown=shown)
            else:
                yield Line(number=number, events=(event,), shown=shown)


def _told(talk: Mapping[str, Any], choices: Choices) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    meta = mapping(talk.get("meta"))
    customer = _customer(mapping(meta.get("sender")) or mapping(talk.get("contact")))
    word = text_of(meta.get("channel")) or text_of(talk.get("channel"))
    channel = CHANNELS.get(word.lower(), "app")
    base = {"source": choices.source, "customer": customer or None, "channel": channel}
    last, turns = None, Counter[datetime | None]()
    for message in sorted(objects(talk.get("messages")), key=lambda one: id_of(one.get("id")).zfill(20)):
        second = moment(message.get("created_at"))
        event = _message(message)
        if event is None:
            continue
        # What is said in one second keeps its order: its clock shows nothing smaller.
        at = second and second + timedelta(milliseconds=turns[second])
        turns[second] += 1
        last = max(filter(None, (last, at)), default=None)
        when = at.isoformat() if at else text_of(message.get("created_at")) or None
        sender = text_of(mapping(message.get("sender")).get("name"))
        yield base | event | {"at": when}, (when or "", sender, text_of(message.get("content"))[:200])
    if text_of(talk.get("status")) == "resolved" and last is not None:
        ended = moment(talk.get("updated_at")) or moment(talk.get("last_activity_at")) or last
        end = max(ended, last).isoformat()
        key = f"conversation/{id_of(talk.get('id'))}/resolved"
        agent = shaping.email(mapping(meta.get("assignee")).get("email"))
        data = {"by": "agent", **({"agent": agent} if agent else {})}
        yield base | {"id": key, "type": "conversation.resolved", "at": end, "data": data}, (end, "", _("resolved"))


def _message(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a message as an event; ``None`` for notes and for what the system writes down."""
    given = message.get("message_type")
    kind = WORDS.get(given) if isinstance(given, str) else given
    if message.get("private") is True or kind not in {HEARD, SAID, TEMPLATE}:
        return None
    text = text_of(message.get("content"))[:TEXT_LENGTH]
    file = next((FILES.get(text_of(one.get("file_type"))) for one in objects(message.get("attachments"))), None)
    data: dict[str, Any] = {"kind": file or "text"} | ({"text": text} if text.strip() else {})
    if kind != HEARD:
        data |= _author(mapping(message.get("sender")), kind)
    heard = "message.received" if kind == HEARD else "message.sent"
    return {"id": f"message/{id_of(message.get('id'))}", "type": heard, "data": data}


def _author(sender: Mapping[str, Any], kind: int) -> dict[str, str]:
    if kind == TEMPLATE:
        return {"author": "system"}
    if text_of(sender.get("type")).lower() in {"agent_bot", "agentbot", "captain_assistant"}:
        return {"author": "bot"}
    agent = shaping.email(sender.get("email"))
    return {"author": "agent", **({"agent": agent} if agent else {})}


def _customer(sender: Mapping[str, Any]) -> dict[str, str]:
    return shaping.person(
        sender.get("identifier") or sender.get("id"),
        [sender.get("email")],
        [(sender.get("phone_number"), "")],
        sender.get("name"),
    )
