"""What a template looks like and which blanks it has, read from its components; and its words with the blanks filled.

Components are kept as Meta writes them (HEADER, BODY, FOOTER, BUTTONS); another provider's adapter brings its own into
that shape when it lists them. A status means the same for every provider here: ``approved`` may be sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
from django.utils.translation import gettext as _

from conversations.channels.content import (
    ButtonKind,
    Header,
    HeaderKind,
    Location,
    Template,
    TemplateButton,
    Value,
)
from conversations.channels.reading import listed, mapping, objects, text_of

USABLE = "approved"
VALUE_LENGTH = 1024
FILE_HEADERS = frozenset({"image", "video", "document"})
_BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
_BUTTONS: Mapping[str, ButtonKind] = {
    "quick_reply": "quick_reply",
    "url": "url",
    "phone_number": "phone",
    "copy_code": "copy_code",
    "flow": "flow",
    "otp": "url",  # the code itself stands in its address
}


class NotFilled(Exception):
    """A template cannot be sent with these values: ``sentence`` says which one is missing, too many or too long."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LayoutButton(msgspec.Struct, frozen=True, kw_only=True):
    """A button as approved; ``blank`` whether its address or code must be given."""

    kind: ButtonKind
    title: str = ""
    url: str = ""
    blank: bool = False
    example: str = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A template as approved: its texts with their blanks, by name and in order of first use."""

    body: str = ""
    blanks: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    header_kind: HeaderKind | None = None
    header: str = ""
    header_blanks: tuple[str, ...] = ()
    footer: str = ""
    buttons: tuple[LayoutButton, ...] = ()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The values for a template: by the blank's name, or in order; buttons by their place from 0.

    ``header_kind`` and ``button_kinds`` are only believed of a template that nobody has listed.
    """

    name: str
    language: str = ""
    values: Mapping[str, str] = {}
    header_values: Mapping[str, str] = {}
    header_link: str = ""
    header_kind: HeaderKind = "image"
    header_location: Location | None = None
    buttons: Mapping[int, str] = {}
    button_kinds: Mapping[int, ButtonKind] = {}


def layout(components: Any) -> Layout:
    """Return what the components of a template say; never raises: what cannot be read is left out."""
    parts = {text_of(part.get("type")).lower(): part for part in objects(components)}
    header, body = parts.get("header", {}), parts.get("body", {})
    text = text_of(body.get("text"))
    kind = text_of(header.get("format")).lower() or ("text" if header else "")
    title = text_of(header.get("text"))
    return Layout(
        body=text,
        blanks=blanks(text),
        examples=_examples(mapping(body.get("example"))),
        header_kind=cast("HeaderKind", kind) if kind in {"text", "location", *FILE_HEADERS} else None,
        header=title,
        header_blanks=blanks(title),
        footer=text_of(parts.get("footer", {}).get("text")),
        buttons=tuple(_button(button) for button in objects(parts.get("buttons", {}).get("buttons"))),
    )


def blanks(text: str) -> tuple[str, ...]:
    """Return the names of the blanks in a text, each once, in order of first use."""
    return tuple(dict.fromkeys(_BLANK.findall(text)))


def _examples(example: Mapping[str, Any]) -> tuple[str, ...]:
    named = objects(example.get("body_text_named_params"))
    if named:
        return tuple(text_of(one.get("example")) for one in named)
    rows = listed(example.get("body_text"))
    first = rows[0] if rows and isinstance(rows[0], list) else rows
    return tuple(text_of(value) for value in first)


def _button(raw: Mapping[str, Any]) -> LayoutButton:
    word = text_of(raw.get("type")).lower()
    kind = _BUTTONS.get(word, "other")
    url, examples = text_of(raw.get("url")), raw.get("example")
    first = examples[0] if isinstance(examples, list) and examples else examples
    return LayoutButton(
        kind=kind,
        title=text_of(raw.get("text")),
        url=url,
        blank=word in {"copy_code", "otp"} or (kind == "url" and bool(blanks(url))),
        example=text_of(first),
    )


def fill(found: Layout, given: Given, *, category: str = "", files: int = 0) -> tuple[Template, str]:
    """Return the template with its values, and its body as the customer will read it. Raises ``NotFilled``."""
    values = _values(found.blanks, given.values, _("The template needs a value for %(name)s."))
    header = _header(found, given, files)
    buttons = tuple(_filled(button, given.buttons.get(index, "")) for index, button in enumerate(found.buttons))
    beyond = [index for index in given.buttons if not 0 <= index < len(found.buttons)]
    if beyond:
        raise NotFilled(_("The template has no button %(number)d.") % {"number": beyond[0]})
    template = Template(
        name=given.name,
        language=given.language,
        values=values,
        header=header,
        footer=found.footer,
        buttons=buttons,
        category=category,
    )
    return template, _rendered(found.body, values)


def _values(wanted: Sequence[str], given: Mapping[str, str], missing: str) -> tuple[Value, ...]:
    """Return a value for each blank. Raises ``NotFilled`` for one that is missing, unknown or too long."""
    by_name = {str(number): name for number, name in enumerate(wanted, start=1)}
    found = {name if name in wanted else by_name.get(name, name): text for name, text in given.items()}
    for name in wanted:
        if not found.get(name, "").strip():
            raise NotFilled(missing % {"name": f"{{{{{name}}}}}"})
    for name, text in found.items():
        if name not in wanted:
            raise NotFilled(_("The template has no blank %(name)s.") % {"name": f"{{{{{name}}}}}"})
        if len(text) > VALUE_LENGTH:
            raise NotFilled(_("A value of a template takes at most %(limit)d characters.") % {"limit": VALUE_LENGTH})
        if re.search(r"[\n\r\t]| {5,}", text):
            raise NotFilled(_("A value of a template takes no line breaks, no tabs and no more than four spaces."))
    return tuple(Value(name=name, text=found[name]) for name in wanted)


def _header(found: Layout, given: Given, files: int) -> Header | None:
    kind = found.header_kind
    if kind in FILE_HEADERS:
        if not files and not given.header_link:
            raise NotFilled(_NEEDS[kind]())
        return Header(kind=kind, link="" if files else given.header_link)
    if files or given.header_link:
        raise NotFilled(_("The template has no place for a file."))
    if kind == "location":
        if given.header_location is None:
            raise NotFilled(_("The template needs a location."))
        return Header(kind=kind, location=given.header_location)
    if kind is None:
        return None
    missing = _("The template needs a value for %(name)s in its heading.")
    values = _values(found.header_blanks, given.header_values, missing)
    return Header(kind="text", text=_rendered(found.header, values), values=values)


_NEEDS: dict[str, Callable[[], str]] = {
    "image": lambda: _("The template needs an image."),
    "video": lambda: _("The template needs a video."),
    "document": lambda: _("The template needs a document."),
}


def _filled(button: LayoutButton, value: str) -> TemplateButton:
    if button.blank and not value.strip():
        raise NotFilled(_("The template needs a value for its button %(title)s.") % {"title": button.title})
    url = _BLANK.sub(lambda _match: value, button.url) if button.blank else button.url
    return TemplateButton(kind=button.kind, title=button.title, value=value, url=url)


def _rendered(text: str, values: Iterable[Value]) -> str:
    words = {value.name: value.text for value in values}
    return _BLANK.sub(lambda match: words.get(match[1], match[0]), text)


def unread(given: Given, *, files: int = 0) -> Template:
    """Return a template of a channel whose templates nobody has listed, as it was asked for: the provider checks it."""
    header = None
    if given.header_values:
        header = Header(kind="text", values=_in_order(given.header_values))
    elif given.header_location is not None:
        header = Header(kind="location", location=given.header_location)
    elif given.header_link and not files:
        header = Header(kind=given.header_kind, link=given.header_link)
    buttons = tuple(
        TemplateButton(kind=given.button_kinds.get(index, "url"), value=given.buttons.get(index, ""))
        for index in range(max(given.buttons, default=-1) + 1)
    )
    return Template(
        name=given.name, language=given.language, values=_in_order(given.values), header=header, buttons=buttons
    )


def _in_order(values: Mapping[str, str]) -> tuple[Value, ...]:
    return tuple(Value(name=name, text=text) for name, text in values.items())
