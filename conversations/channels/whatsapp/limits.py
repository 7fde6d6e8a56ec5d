"""What WhatsApp takes: files by kind, the parts of a question, the words of a template; checked before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext_noop

from conversations.channels import content
from conversations.channels.content import Buttons, Link, LocationRequest, Menu
from conversations.channels.limits import EMPTY, MEGABYTE, Objection
from conversations.channels.types import FileRule, Outbound

CAPTION = 1024
QUESTION, MENU = 1024, 4096
EDGE, TITLE, ROW_TITLE, ROW_DESCRIPTION = 60, 20, 24, 72
MOST_BUTTONS, MOST_ROWS, MOST_CARDS = 3, 10, 50

FILES: Mapping[str, FileRule] = {
    "image": FileRule(max_bytes=5 * MEGABYTE, mime_types=("image/jpeg", "image/png"), caption_limit=CAPTION),
    "video": FileRule(max_bytes=16 * MEGABYTE, mime_types=("video/mp4", "video/3gpp"), caption_limit=CAPTION),
    "audio": FileRule(
        max_bytes=16 * MEGABYTE,
        mime_types=("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
        caption=False,
    ),
    "document": FileRule(max_bytes=100 * MEGABYTE, caption_limit=CAPTION),
    "sticker": FileRule(max_bytes=500 * 1024, mime_types=("image/webp",), caption=False),
}

PART_TOO_LONG = gettext_noop("“%(words)s” is too long: WhatsApp takes at most %(limit)d characters there.")
PART_EMPTY = gettext_noop("Every choice needs a title.")
TWICE = gettext_noop("Two choices are called “%(words)s”: each needs its own title.")
TWICE_ID = gettext_noop("Two choices have the same id “%(words)s”: each needs its own.")
NUMBER_OF_BUTTONS = gettext_noop("WhatsApp takes one to %(limit)d buttons.")
NUMBER_OF_ROWS = gettext_noop("WhatsApp takes a list of one to %(limit)d rows.")
SECTION_TITLE = gettext_noop("A list of several sections needs a title for each.")
BAD_LINK = gettext_noop("The link must begin with https:// or http://.")
NO_PAYLOAD = gettext_noop("The message does not say what it holds.")
NUMBER_OF_CARDS = gettext_noop("WhatsApp takes one to %(limit)d contacts in one message.")
NAMELESS = gettext_noop("Every contact needs a name.")


def objection(outbound: Outbound) -> Objection | None:
    """Return what WhatsApp has against the parts of a message beside its text and files."""
    if outbound.kind not in content.KINDS:
        return None
    try:
        said = content.read(outbound.kind, outbound.payload)
    except msgspec.ValidationError:
        return Objection(field=outbound.kind, code="no_payload", title=NO_PAYLOAD)
    reader = _READERS.get(type(said))
    return next(reader(said, outbound.text), None) if reader else None


def _objection(code: str, title: str, field: str = "interactive", **values: Any) -> Objection:
    return Objection(field=field, code=code, title=title, values=values)


def _long(words: str, limit: int, field: str = "interactive") -> Iterator[Objection]:
    if len(words) > limit:
        shown = words if len(words) <= EDGE else f"{words[:EDGE]}…"
        yield _objection("part_too_long", PART_TOO_LONG, field, words=shown, limit=limit)


def _frame(said: Buttons | Menu | Link, text: str, limit: int) -> Iterator[Objection]:
    yield from _long(text, limit, "text")
    yield from _long(said.header, EDGE)
    yield from _long(said.footer, EDGE)


def _choices(
    choices: Iterable[content.Choice], title: int, most: int, id_limit: int, crowd: str
) -> Iterator[Objection]:
    rows = list(choices)
    if not 1 <= len(rows) <= most:
        yield _objection("number_of_choices", crowd, limit=most)
    for row in rows:
        if not row.title.strip() or not row.id.strip():
            yield _objection("part_empty", PART_EMPTY)
        yield from _long(row.title, title)
        yield from _long(row.description, ROW_DESCRIPTION)
        yield from _long(row.id, id_limit)
    yield from _twice([row.id for row in rows], TWICE_ID)


def _twice(named: list[str], sentence: str) -> Iterator[Objection]:
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        yield _objection("choice_twice", sentence, words=twice)


def _buttons(said: Buttons, text: str) -> Iterator[Objection]:
    yield from _twice([choice.title for choice in said.choices], TWICE)
    yield from _choices(said.choices, TITLE, MOST_BUTTONS, 256, NUMBER_OF_BUTTONS)
    yield from _frame(said, text, QUESTION)


def _menu(said: Menu, text: str) -> Iterator[Objection]:
    rows = [row for section in said.sections for row in section.rows]
    yield from _choices(rows, ROW_TITLE, MOST_ROWS, 200, NUMBER_OF_ROWS)
    if len(said.sections) > 1 and not all(section.title.strip() for section in said.sections):
        yield _objection("section_title", SECTION_TITLE)
    for section in said.sections:
        yield from _long(section.title, ROW_TITLE)
    yield from _long(said.button, TITLE)
    yield from _frame(said, text, MENU)


def _link(said: Link, text: str) -> Iterator[Objection]:
    parts = urlsplit(said.url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        yield _objection("bad_link", BAD_LINK)
    if not said.title.strip():
        yield _objection("part_empty", PART_EMPTY)
    yield from _long(said.title, TITLE)
    yield from _frame(said, text, QUESTION)


def _request(_said: LocationRequest, text: str) -> Iterator[Objection]:
    if not text.strip():
        yield _objection("empty_text", EMPTY, "text")
    yield from _long(text, QUESTION, "text")


def _cards(said: content.Contacts, _text: str) -> Iterator[Objection]:
    if not 1 <= len(said.contacts) <= MOST_CARDS:
        yield _objection("number_of_contacts", NUMBER_OF_CARDS, "contacts", limit=MOST_CARDS)
    if not all(card.name.strip() for card in said.contacts):
        yield _objection("contact_name", NAMELESS, "contacts")


_READERS: Mapping[type, Callable[[Any, str], Iterator[Objection]]] = {
    Buttons: _buttons,
    Menu: _menu,
    Link: _link,
    LocationRequest: _request,
    content.Contacts: _cards,
}
