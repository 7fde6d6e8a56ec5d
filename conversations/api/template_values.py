"""Reads the values somebody gives for a template: in order or by name, or as WhatsApp's own API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from conversations.channels.content import ButtonKind, HeaderKind, Location
from conversations.channels.reading import clean, mapping, objects, text_of
from conversations.channels.templates import Given

NAME_LENGTH, LANGUAGE_LENGTH, VALUE_LENGTH, MOST_VALUES = 512, 20, 4096, 60
BUTTON_KINDS = {"quick_reply", "url", "copy_code", "flow"}
FILES = ("image", "video", "document")


class TemplateValues(serializers.Field[Given, Any, Any, Any]):
    """A template's name, language and values."""

    def to_internal_value(self, data: Any) -> Given:
        """Return the values. Raises ``ValidationError`` with a sentence for each part that cannot be read."""
        if not isinstance(data, dict):
            raise ValidationError(_("Must be an object with the template's name."))
        name = _text(data.get("name"), "name", NAME_LENGTH)
        if not name:
            raise ValidationError({"name": _("Say which template.")})
        language = data.get("language")
        code = _text(
            mapping(language).get("code") if isinstance(language, dict) else language, "language", LANGUAGE_LENGTH
        )
        if data.get("components"):
            return _as_meta_writes(name, code, data["components"])
        header = data.get("header")
        if header is not None and not isinstance(header, dict):
            raise ValidationError({"header": _("Must be an object.")})
        return Given(
            name=name,
            language=code,
            values=_values(data.get("parameters", data.get("values")), "parameters"),
            header_values=_values(mapping(header).get("parameters", mapping(header).get("values")), "header"),
            header_link=_link(mapping(header).get("link")),
            header_kind=_header_kind(mapping(header).get("kind")),
            header_location=_location(mapping(header).get("location")),
            buttons=_buttons(data.get("buttons")),
        )


def _text(value: Any, field: str, limit: int) -> str:
    if value is None:
        return ""
    text = text_of(value)
    if (not text and value != "") or len(text) > limit or clean(text) != text:
        raise ValidationError({field: _("Must be text of at most %(limit)d characters.") % {"limit": limit}})
    return text


def _values(given: Any, field: str) -> dict[str, str]:
    """Return values by the blank's name; those given in order are named from 1."""
    if given is None:
        return {}
    if isinstance(given, list):
        given = {str(place): value for place, value in enumerate(given, start=1)}
    if not isinstance(given, dict) or len(given) > MOST_VALUES:
        raise ValidationError({field: _("Must be a list of values, or an object of values by name.")})
    return {_text(name, field, 60): _number(value, field) for name, value in given.items()}


def _number(value: Any, field: str) -> str:
    """Return a value as text; a number of cents or kilograms may come as one."""
    if isinstance(value, float):
        value = f"{value:g}"
    if value is None:
        raise ValidationError({field: _("A value is missing.")})
    return _text(value, field, VALUE_LENGTH)


def _link(value: Any) -> str:
    link = _text(value, "header", 2000)
    if link and urlsplit(link).scheme not in {"https", "http"}:
        raise ValidationError({"header": _("The link must begin with https:// or http://.")})
    return link


def _header_kind(value: Any) -> HeaderKind:
    return cast("HeaderKind", value) if value in FILES else "image"


def _location(value: Any) -> Location | None:
    place = mapping(value)
    if not place:
        return None
    try:
        latitude, longitude = float(place.get("latitude", "")), float(place.get("longitude", ""))
    except (TypeError, ValueError):
        latitude, longitude = 91.0, 181.0
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValidationError({"header": _("Must be a place with latitude and longitude.")})
    name, address = (_text(place.get(key), "header", 1000) for key in ("name", "address"))
    return Location(latitude=latitude, longitude=longitude, name=name, address=address)


def _buttons(given: Any) -> dict[int, str]:
    if given is None:
        return {}
    if isinstance(given, list):
        given = {str(place): value for place, value in enumerate(given) if value is not None}
    if not isinstance(given, dict) or not all(text_of(key).isdecimal() and len(str(key)) < 3 for key in given):
        raise ValidationError({"buttons": _("Must be values by the button's place, from 0.")})
    return {int(key): _text(value, "buttons", VALUE_LENGTH) for key, value in given.items() if value not in (None, "")}


def _as_meta_writes(name: str, language: str, components: Any) -> Given:
    """Return the values in the ``components`` of a send to WhatsApp, which programs that move here already have."""
    values: dict[str, str] = {}
    header: Mapping[str, Any] = {}
    buttons: dict[int, str] = {}
    kinds: dict[int, ButtonKind] = {}
    for part in objects(components):
        parameters = objects(part.get("parameters"))
        kind = text_of(part.get("type")).lower()
        if kind == "body":
            values = _named(parameters)
        elif kind == "header":
            header = _header_of(parameters)
        elif kind == "button" and parameters:
            index = text_of(part.get("index"))
            place = int(index) if index.isdecimal() and len(index) < 3 else 0
            word = text_of(part.get("sub_type")).lower()
            kinds[place] = cast("ButtonKind", word if word in BUTTON_KINDS else "url")
            said = (parameters[0].get(key) for key in ("text", "payload", "coupon_code"))
            buttons[place] = _text(next(filter(None, said), ""), "buttons", VALUE_LENGTH)
    return Given(name=name, language=language, values=values, buttons=buttons, button_kinds=kinds, **header)


def _named(parameters: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for place, parameter in enumerate(parameters, start=1):
        name = _text(parameter.get("parameter_name"), "components", 60) or str(place)
        money = mapping(parameter.get("currency")) or mapping(parameter.get("date_time"))
        found[name] = _number(parameter.get("text", money.get("fallback_value")), "components")
    return found


def _header_of(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    first = parameters[0] if parameters else {}
    kind = text_of(first.get("type")).lower()
    if kind in FILES:
        return {"header_link": _link(mapping(first.get(kind)).get("link")), "header_kind": _header_kind(kind)}
    if kind == "location":
        return {"header_location": _location(first.get("location"))}
    return {"header_values": _named(parameters)} if parameters else {}
