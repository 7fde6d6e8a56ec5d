"""What a kind of channel needs to be connected, said by the kind itself: its drawing, its fields, what to do at its provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext as _, gettext_noop

LISTED = {"lines", "origins", "choices", "secrets"}  # kinds of field whose value is a list of words
MOST_ENTRIES = 50
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to fill in. ``title`` and ``help`` are message ids; ``help`` says where to find it at the provider.

    A value is text; of ``lines``, ``origins``, ``choices`` and ``secrets`` a list of texts. ``pattern`` is what the whole of
    it must match and ``wrong`` the sentence otherwise. ``made`` secrets are made here when they are left empty.
    """

    name: str
    title: str
    help: str = ""
    kind: Literal["line", "paragraph", "color", "choice", "choices", "lines", "origins", "secret", "secrets"] = "line"
    required: bool = False
    made: bool = False
    max_length: int = 200
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    wrong: str = ""
    example: str = ""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """How a kind of channel is connected. ``mark`` is its drawing: (library, name), ``simple`` for a vendor's own or ``lucide``.

    ``address`` is None for a kind without one; ``secrets`` are fields of ``Credentials``; ``settings`` what may be set of a
    channel and is no secret; ``steps`` what remains to be done at the provider, ``events`` the words to tick there. A kind that
    ``embeds`` is put on a site by one line of script.
    """

    mark: tuple[Literal["simple", "lucide"], str] = ("lucide", "message-circle")
    summary: str = ""
    address: Field | None = Field(name="address", title=gettext_noop("Address"), required=True, max_length=120)
    secrets: tuple[Field, ...] = ()
    settings: tuple[Field, ...] = ()
    steps: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    embeds: bool = False


class Unfit(ValueError):
    """A value cannot be taken: ``field`` is the name of what it was given for, ``sentence`` says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def settled(fields: Iterable[Field], given: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``kept`` with what is ``given``, each value read as its field says; ``None`` and emptiness take one away.

    What nobody declared stays as it was. Raises ``Unfit`` for a value of the wrong sort and for a name that is no setting.
    """
    known = {field.name: field for field in fields}
    found = dict(kept)
    for name, value in given.items():
        field = known.get(name)
        if field is None:
            if name in kept and kept[name] == value:
                continue
            raise Unfit(name, _("This kind of channel has no such setting."))
        read = accepted(field, value)
        if read:
            found[name] = read
        else:
            found.pop(name, None)
    return found


def accepted(field: Field, value: Any) -> str | list[str]:
    """Return ``value`` as ``field`` keeps it, empty for nothing. Raises ``Unfit``."""
    if value is None or value in ("", []):
        if field.required:
            raise Unfit(field.name, _("This field is needed."))
        return [] if field.kind in LISTED else ""
    if field.kind not in LISTED:
        return _entry(field, value)
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise Unfit(field.name, _("Must be a list of at most %(number)d texts.") % {"number": MOST_ENTRIES})
    return [text for text in dict.fromkeys(_entry(field, one) for one in value if one != "") if text]


def _entry(field: Field, value: Any) -> str:
    """Return one text as it is kept. Raises ``Unfit``."""
    if not isinstance(value, str) or "\0" in value:
        raise Unfit(field.name, _("Must be text."))
    text = value.strip()
    if len(text) > field.max_length:
        raise Unfit(field.name, _("May hold at most %(number)d characters.") % {"number": field.max_length})
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise Unfit(field.name, _(field.wrong) if field.wrong else _("Is not written as it must be."))
    reader = READERS.get(field.kind)
    return reader(field, text) if reader else text


def _color(field: Field, text: str) -> str:
    if not COLOR.fullmatch(text):
        raise Unfit(field.name, _("Must be a color like #4f46e5."))
    return text.lower()


def _choice(field: Field, text: str) -> str:
    words = [word for word, _title in field.choices]
    if text not in words:
        raise Unfit(field.name, _("Must be one of: %(words)s.") % {"words": ", ".join(words)})
    return text


def _origin(field: Field, text: str) -> str:
    """Keep of an address what a browser calls its origin: scheme, host and port."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(r"[a-z0-9.\-\[\]:]+", host):
        raise Unfit(field.name, _("Must be the address of a site, like https://www.example.com."))
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != usual else "")


READERS: dict[str, Callable[[Field, str], str]] = {
    "color": _color,
    "choice": _choice,
    "choices": _choice,
    "origins": _origin,
}
