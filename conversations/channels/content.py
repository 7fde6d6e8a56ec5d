"""What an outgoing message holds besides its text, in our own words: choices, a menu, a link, a place, people, a template.

The payload of a message is one of these as JSON; adapters read it back with ``read``. The text of the message is the body
of a question, and the rendered body of a template.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

HeaderKind = Literal["text", "image", "video", "document", "location"]
ButtonKind = Literal["quick_reply", "url", "phone", "copy_code", "flow", "other"]


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to choose: ``id`` comes back with the answer, ``title`` is what people read."""

    id: str
    title: str
    description: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Choices under one heading."""

    rows: tuple[Choice, ...]
    title: str = ""


class Buttons(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="buttons"):
    """A question with a few answers to press."""

    choices: tuple[Choice, ...]
    header: str = ""
    footer: str = ""


class Menu(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="list"):
    """A question whose answers open as a list by the button ``button``."""

    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="link"):
    """A text with one button that opens ``url``."""

    title: str
    url: str
    header: str = ""
    footer: str = ""


class LocationRequest(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="location_request"
):
    """A question that the customer answers with where they are."""


Interactive = Buttons | Menu | Link | LocationRequest


class Location(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place on the map, degrees north and east."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Phone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A telephone number of a contact; ``type`` is work, home …, as people write it."""

    phone: str
    type: str = ""


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody's card."""

    name: str
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()
    organization: str = ""


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """One or more cards."""

    contacts: tuple[Contact, ...]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a blank of a template: ``name`` is the blank's, a number from 1 where it has none."""

    name: str
    text: str


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The head of a template: its text, or a file (the message's own, or at ``link``), or a place."""

    kind: HeaderKind
    text: str = ""
    values: tuple[Value, ...] = ()
    link: str = ""
    location: Location | None = None


class TemplateButton(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A button of a template: ``value`` fills its blank, or is what comes back when it is pressed."""

    kind: ButtonKind
    title: str = ""
    value: str = ""
    url: str = ""


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A template with its values, ready to go; ``buttons`` in their order, all of them."""

    name: str
    language: str
    values: tuple[Value, ...] = ()
    header: Header | None = None
    footer: str = ""
    buttons: tuple[TemplateButton, ...] = ()
    category: str = ""


Content = Interactive | Location | Contacts | Template
KINDS: dict[str, Any] = {
    "interactive": Interactive,
    "location": Location,
    "contacts": Contacts,
    "template": Template,
}


def payload(content: Content | None) -> dict[str, Any]:
    """Return the payload that a message keeps of ``content``."""
    return dict(msgspec.to_builtins(content)) if content is not None else {}


def read(kind: str, kept: dict[str, Any]) -> Any:
    """Return the content in the payload of a message of ``kind``, None for a kind that has none.

    Raises ``msgspec.ValidationError`` for a payload that ``payload`` did not write.
    """
    return msgspec.convert(kept, KINDS[kind]) if kind in KINDS else None
