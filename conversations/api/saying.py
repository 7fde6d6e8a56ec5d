"""What the API takes in as something to say: text, files, a template with its values, a question, a place, cards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _, gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from conversations.api.template_values import TemplateValues
from conversations.channels.content import (
    Buttons,
    Choice,
    Contact,
    Contacts,
    Interactive,
    Link,
    Location,
    LocationRequest,
    Menu,
    Phone,
    Section,
)
from conversations.draft import Words
from hub.inputs import Choice as OneWord, Id, Text, YesNo

WORD = 400  # characters: longer than any provider takes of a title
INTERACTIVE = ("buttons", "list", "link", "location_request")
ROWS = 30
SPOKEN = ("attachments", "template", "interactive", "location", "contacts")


class Degrees(serializers.FloatField):
    """A number of degrees, written as a number."""

    default_error_messages = {"invalid": gettext_lazy("Must be a number of degrees.")}

    def to_internal_value(self, data: Any) -> float:
        """Return the degrees."""
        if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
            self.fail("invalid")
        return float(data)


def several(shape: type[serializers.Serializer[Any]], **more: Any) -> Any:
    """Return the field of a list of ``shape``, of a length people can still read; ``more`` is said of the list alone."""
    return serializers.ListSerializer(child=shape(), max_length=ROWS, **more)


class FileId(Id):
    """The id of an uploaded file, as it is or in an object."""

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id."""
        return super().to_internal_value(data.get("id") if isinstance(data, dict) else data)


class ChoiceInput(serializers.Serializer[Any]):
    """Something to choose; without an `id` its title comes back."""

    id = Text(max_length=WORD, required=False)
    title = Text(max_length=WORD)
    description = Text(max_length=WORD, required=False, allow_blank=True)


class SectionInput(serializers.Serializer[Any]):
    """Rows of a list under one title."""

    title = Text(max_length=WORD, required=False, allow_blank=True)
    rows = several(ChoiceInput, allow_empty=False)


class InteractiveInput(serializers.Serializer[Any]):
    """A question; the message's `text` is what it asks.

    `buttons` needs `buttons`; `list` needs `button`, the word that opens it, and `sections`; `link` needs `title` and `url`;
    `location_request` needs nothing more.
    """

    kind = OneWord(INTERACTIVE)
    buttons = several(ChoiceInput, required=False)
    button = Text(max_length=WORD, required=False)
    sections = several(SectionInput, required=False)
    title = Text(max_length=WORD, required=False)
    url = Text(max_length=2000, required=False)
    header = Text(max_length=WORD, required=False, allow_blank=True)
    footer = Text(max_length=WORD, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a question that lacks what its kind needs."""
        needs = {"buttons": ("buttons",), "list": ("button", "sections"), "link": ("title", "url")}
        missing = [name for name in needs.get(attrs["kind"], ()) if not attrs.get(name)]
        if missing:
            raise ValidationError({name: _("This kind of question needs it.") for name in missing})
        return attrs


class LocationInput(serializers.Serializer[Any]):
    """A place on the map."""

    latitude = Degrees(min_value=-90, max_value=90)
    longitude = Degrees(min_value=-180, max_value=180)
    name = Text(max_length=1000, required=False, allow_blank=True)
    address = Text(max_length=1000, required=False, allow_blank=True)


class PhoneInput(serializers.Serializer[Any]):
    """A telephone number of a contact."""

    phone = Text(max_length=60)
    type = Text(max_length=30, required=False, allow_blank=True)


class ContactInput(serializers.Serializer[Any]):
    """Somebody's card."""

    name = Text(max_length=200)
    phones = several(PhoneInput, required=False)
    emails = serializers.ListField(child=Text(max_length=254), required=False, max_length=ROWS)
    organization = Text(max_length=200, required=False, allow_blank=True)


@extend_schema_field({
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "language": {"type": "string", "description": "As the template says it: pt_BR."},
        "parameters": {
            "description": "The values of the body's blanks: in order, or by name.",
            "oneOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ],
        },
        "header": {
            "type": "object",
            "properties": {
                "parameters": {"type": "array", "items": {"type": "string"}},
                "link": {"type": "string", "format": "uri", "description": "Of a file; or name one in `attachments`."},
                "location": {"type": "object"},
            },
        },
        "buttons": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Values by the button's place from 0.",
        },
    },
})  # fmt: skip
class TemplateField(TemplateValues):
    """A template with its values."""


class MessageInput(serializers.Serializer[Any]):
    """Something to say, or a note."""

    text = Text(trim_whitespace=False, required=False, allow_null=True, allow_blank=True, max_length=100_000)
    private = YesNo(required=False, allow_null=True)
    client_id = Text(max_length=100)
    channel = Id(required=False, allow_null=True)
    reply_to = Id(required=False, allow_null=True)
    attachments = serializers.ListField(child=FileId(), required=False, allow_null=True, max_length=ROWS)
    template = TemplateField(required=False, allow_null=True)
    interactive = InteractiveInput(required=False, allow_null=True)
    location = LocationInput(required=False, allow_null=True)
    contacts = several(ContactInput, required=False, allow_null=True)
    mentions = serializers.ListField(child=Id(), required=False, allow_null=True, max_length=ROWS)
    seen_seq = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_000_000_000)
    anyway = YesNo(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to say nothing."""
        spoken = [name for name in SPOKEN if attrs.get(name)]
        if not spoken and not (attrs.get("text") or "").strip():
            raise ValidationError({"text": _("There is nothing to say.")})
        asked = [name for name in spoken if name in {"interactive", "location", "contacts"}]
        if len(asked) > 1:
            raise ValidationError({asked[1]: _("These cannot be said in one message: send them one after the other.")})
        return attrs


def words_of(given: Mapping[str, Any]) -> Words:
    """Return a checked body as words to say."""
    return Words(
        client_id=given["client_id"],
        text=given.get("text") or "",
        private=bool(given.get("private")),
        channel_id=given.get("channel"),
        reply_to_id=given.get("reply_to"),
        attachment_ids=tuple(given.get("attachments") or ()),
        asked=next(_asked(given), None),
        template=given.get("template"),
        mentions=tuple(given.get("mentions") or ()),
        seen_seq=given.get("seen_seq"),
        anyway=bool(given.get("anyway")),
    )


def _asked(given: Mapping[str, Any]) -> Iterator[Interactive | Location | Contacts]:
    if given.get("interactive"):
        yield _interactive(given["interactive"])
    if given.get("location"):
        yield Location(**given["location"])
    if given.get("contacts"):
        yield Contacts(contacts=tuple(_contact(card) for card in given["contacts"]))


def _choice(row: Mapping[str, Any]) -> Choice:
    return Choice(id=row.get("id") or row["title"], title=row["title"], description=row.get("description", ""))


def _interactive(given: Mapping[str, Any]) -> Interactive:
    frame = {"header": given.get("header", ""), "footer": given.get("footer", "")}
    if given["kind"] == "buttons":
        return Buttons(choices=tuple(_choice(row) for row in given["buttons"]), **frame)
    if given["kind"] == "list":
        sections = tuple(
            Section(title=section.get("title", ""), rows=tuple(_choice(row) for row in section["rows"]))
            for section in given["sections"]
        )
        return Menu(button=given["button"], sections=sections, **frame)
    if given["kind"] == "link":
        return Link(title=given["title"], url=given["url"], **frame)
    return LocationRequest()


def _contact(card: Mapping[str, Any]) -> Contact:
    return Contact(
        name=card["name"],
        phones=tuple(Phone(**one) for one in card.get("phones") or ()),
        emails=tuple(card.get("emails") or ()),
        organization=card.get("organization", ""),
    )
