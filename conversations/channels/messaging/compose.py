"""The request of one message to an Instagram or Messenger customer: whom to, what, and why it may be sent now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from conversations.channels import content
from conversations.channels.content import Buttons, Choice, Link, Menu
from conversations.channels.limits import Objection
from conversations.channels.types import Address, Error, Outbound, OutboundFile, SendRefused

NO_ADDRESS = gettext_noop("The customer has no address on this channel.")
NO_PAYLOAD = gettext_noop("The message does not say what it holds.")
NOT_A_QUESTION = gettext_noop("This kind of question cannot be asked on this channel.")
NUMBER_OF_CHOICES = gettext_noop("This channel takes one to %(limit)d choices.")
CHOICE_EMPTY = gettext_noop("Every choice needs a title.")
CHOICE_TOO_LONG = gettext_noop("“%(words)s” is too long: a choice has at most %(limit)d characters here.")
LINK_TEXT_TOO_LONG = gettext_noop("A text with a button has at most %(limit)d characters here.")

MAX_CHOICES, MAX_TITLE, MAX_CHOICE_DATA, MAX_LINK_TEXT = 13, 20, 1000, 640
OPEN = timedelta(hours=24)
# A comment's id: digits, on a page those of its post before them. No message has an id like that.
_COMMENT = re.compile("[0-9]+(_[0-9]+)?")
_WIRE_KINDS = {"image": "image", "sticker": "image", "audio": "audio", "video": "video"}


def person_of(to: tuple[Address, ...], reaches: tuple[str, ...]) -> dict[str, str]:
    """Return the recipient as the provider names people. Raises ``SendRefused`` without an address."""
    for one in to:
        if one.kind in reaches:
            return {"id": one.value}
    raise SendRefused(Error(code="no_address", title=NO_ADDRESS))


def recipient_of(outbound: Outbound, reaches: tuple[str, ...]) -> dict[str, str]:
    """Return whom a message is for: the person, or the comment it privately answers."""
    if outbound.reply_to and _COMMENT.fullmatch(outbound.reply_to):
        return {"comment_id": outbound.reply_to}
    return person_of(outbound.to, reaches)


def reply_of(outbound: Outbound) -> dict[str, Any]:
    """Return which message is answered; an answered comment is the recipient instead."""
    if not outbound.reply_to or _COMMENT.fullmatch(outbound.reply_to):
        return {}
    return {"reply_to": {"mid": outbound.reply_to}}


def late(outbound: Outbound) -> bool:
    """Whether only a person may still write: the customer was heard more than a day ago, and an agent wrote this.

    A comment may be answered in private for a week by anybody.
    """
    if outbound.heard_at is None or not outbound.by_person or _COMMENT.fullmatch(outbound.reply_to or ""):
        return False
    return datetime.now(UTC) - outbound.heard_at > OPEN


def objection(outbound: Outbound) -> Objection | None:
    """Return what these channels have against the question of a message; text and files are looked at elsewhere."""
    if outbound.kind != "interactive":
        return None
    try:
        said = content.read(outbound.kind, outbound.payload)
    except msgspec.ValidationError:
        return Objection(field="interactive", code="no_payload", title=NO_PAYLOAD)
    if isinstance(said, Link):
        return next(_against_link(said, outbound.text), None)
    if not isinstance(said, Buttons | Menu):
        return Objection(field="interactive", code="unsupported_question", title=NOT_A_QUESTION)
    return next(_against_choices(_choices(said)), None)


def _against_choices(choices: list[Choice]) -> Iterator[Objection]:
    if not 1 <= len(choices) <= MAX_CHOICES:
        yield _no("number_of_choices", NUMBER_OF_CHOICES, limit=MAX_CHOICES)
    for choice in choices:
        yield from _against_title(choice.title)


def _against_link(said: Link, text: str) -> Iterator[Objection]:
    yield from _against_title(said.title)
    if len(text) > MAX_LINK_TEXT:
        yield _no("text_too_long", LINK_TEXT_TOO_LONG, limit=MAX_LINK_TEXT)


def _against_title(title: str) -> Iterator[Objection]:
    if not title.strip():
        yield _no("part_empty", CHOICE_EMPTY)
    if len(title) > MAX_TITLE:
        yield _no("part_too_long", CHOICE_TOO_LONG, words=title[:60], limit=MAX_TITLE)


def _no(code: str, title: str, **values: Any) -> Objection:
    return Objection(field="interactive", code=code, title=title, values=values)


def message_of(outbound: Outbound) -> dict[str, Any]:
    """Return what is said: one file, or a text with what may be pressed under it. There must be no objection."""
    if outbound.attachments:
        return _file(outbound.attachments[0])
    said = content.read(outbound.kind, outbound.payload)
    if isinstance(said, Link):
        button = {"type": "web_url", "url": said.url, "title": said.title}
        card = {"template_type": "button", "text": outbound.text, "buttons": [button]}
        return {"attachment": {"type": "template", "payload": card}}
    if isinstance(said, Buttons | Menu):
        return {"text": outbound.text, "quick_replies": [_quick_reply(choice) for choice in _choices(said)]}
    return {"text": outbound.text}


def _file(file: OutboundFile) -> dict[str, Any]:
    return {"attachment": {"type": _WIRE_KINDS.get(file.kind, "file"), "payload": {"url": file.link}}}


def _choices(said: Buttons | Menu) -> list[Choice]:
    if isinstance(said, Buttons):
        return list(said.choices)
    return [row for section in said.sections for row in section.rows]


def _quick_reply(choice: Choice) -> dict[str, str]:
    """Return a choice as a quick reply: its ``id`` comes back with what was pressed."""
    return {"content_type": "text", "title": choice.title, "payload": (choice.id or choice.title)[:MAX_CHOICE_DATA]}
