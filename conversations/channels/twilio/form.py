"""Reads the forms that Twilio sends: names with their values, each of them storable, and never too many."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from conversations.channels.reading import MAX_ID, clean
from conversations.channels.types import RawRequest

# What is not proven yet must cost little to read, and a form of Twilio's is a few kilobytes.
MOST_FIELDS, MOST_BYTES = 500, 256 * 1024
FORM = "application/x-www-form-urlencoded"


class Form(dict[str, str]):
    """The fields of a form by name, of several with one name the first; ``getlist`` gives them all, as the validator asks."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.every: dict[str, list[str]] = {}
        for name, value in pairs:
            self.setdefault(name, value)
            self.every.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        """Return every value of ``name``, in their order."""
        return self.every.get(name, [])

    def text(self, *names: str) -> str:
        """Return the first of ``names`` that holds something, trimmed and safe to store; empty without one."""
        for name in names:
            if value := clean(self.get(name, "")).strip():
                return value
        return ""

    def id(self, *names: str) -> str:
        """Return an identifier under the first of ``names`` that holds one, empty when none does."""
        value = self.text(*names)
        return value if len(value) <= MAX_ID else ""

    def storable(self) -> dict[str, str]:
        """Return every field as it may be kept."""
        return {clean(name): clean(value) for name, value in self.items()}


class NotAFormError(ValueError):
    """The body is no form that can be read."""


def fields(request: RawRequest) -> Form:
    """Return the form of a webhook: of the body, of the query where it came by GET. Raises ``NotAFormError``.

    What is no UTF-8 is read with U+FFFD in its place; blank values count, because they are signed too.
    """
    if request.method == "GET":
        return Form((name, value) for name, values in request.query.items() for value in values)
    if len(request.body) > MOST_BYTES:
        raise NotAFormError
    try:
        text = request.body.decode("latin-1")
        return Form(
            parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace", max_num_fields=MOST_FIELDS)
        )
    except ValueError as error:
        raise NotAFormError from error
