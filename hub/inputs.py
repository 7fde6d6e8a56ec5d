"""What the API accepts: JSON that cannot hurt, fields that take their own type and nothing like it, strict filters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import QueryDict, RawPostDataException
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from hub.problems import TooLarge

CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
FILTER_LENGTH = 300
TOO_LARGE = _("A number in the body is too large.")
LONGEST_NUMBER = 300  # digits: a longer one is no number to whoever counts with it


def raw_body(request: Request) -> bytes:
    """Return the bytes of the request, read once and kept. Raises ``TooLarge``, or 415 for a form that was read as one."""
    try:
        return request._request.body
    except RequestDataTooBig as error:
        raise TooLarge from error
    except RawPostDataException as error:
        raise UnsupportedMediaType(request.content_type) from error


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not know."""
    raise ValueError(name)


class AnyJSON(BaseParser):
    """``application/json`` in UTF-8, at most ``DATA_UPLOAD_MAX_MEMORY_SIZE``, of a depth Python can walk."""

    media_type = "application/json"
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value. Raises 400 for anything that is not JSON and 413 for too much of it."""
        try:
            body = raw_body(parser_context["request"])
            value = self.decoder.decode(body.decode())
            return self.kept(value, body)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON in UTF-8.")) from error

    def kept(self, value: Any, body: bytes) -> Any:
        """Return the value of ``body`` as it is: what of it cannot be kept, whoever takes it refuses."""
        return value


def _finite(written: str) -> float:
    """Read a number with a fraction or an exponent. Raises 400 for one that would be infinite."""
    number = float(written)
    if math.isinf(number):
        raise ParseError(TOO_LARGE)
    return number


def _countable(written: str) -> int:
    """Read a whole number. Raises 400 for one of more digits than anything counts."""
    if len(written) > LONGEST_NUMBER:
        raise ParseError(TOO_LARGE)
    return int(written)


class StrictJSON(AnyJSON):
    """The same, without numbers beyond measure, halves of letters and zero characters, which no column holds: 400."""

    decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_countable)

    def kept(self, value: Any, body: bytes) -> Any:
        """Return the value when all of it can be kept."""
        if b"\\u" not in body:  # only so can JSON write them
            return value
        parts = value if isinstance(value, dict) else {"non_field_errors": value}
        faults = [name for name, part in parts.items() if not (_keepable(name) and _keepable(part))]
        if faults:
            raise ValidationError({writable(name): str(_("Holds characters that cannot be kept.")) for name in faults})
        return value


def _keepable(value: Any) -> bool:
    """Whether columns can hold every text in ``value``, names included."""
    if isinstance(value, str):
        return value == writable(value)
    if isinstance(value, dict):
        return all(_keepable(name) and _keepable(part) for name, part in value.items())
    return all(map(_keepable, value)) if isinstance(value, list) else True


def writable(text: str) -> str:
    """Return text as it can be told back to whoever sent it: what nobody can write down is a question mark."""
    return text if text.isascii() and "\0" not in text else text.replace("\0", "?").encode(errors="replace").decode()


class Text(serializers.CharField):
    """A string and nothing that could be turned into one; never blank unless the field says so."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the string, else raise with the field's sentence."""
        if data not in (None, serializers.empty) and not isinstance(data, str):
            self.fail("invalid")
        if isinstance(data, str) and not self.allow_blank and not data.strip():
            self.fail("blank")
        return super().run_validation(data)


class Id(serializers.UUIDField):
    """A UUID as a string in its usual writing."""

    default_error_messages = {"invalid": _("Must be a valid UUID.")}

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id."""
        if not isinstance(data, str) or not CANONICAL_UUID.fullmatch(data):
            self.fail("invalid")
        return UUID(data)


class Choice(serializers.ChoiceField):
    """One of a closed set of words; the refusal lists them."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word."""
        if not isinstance(data, str) or data not in self.choices:
            raise ValidationError(allowed(self.choices))
        return data


class YesNo(serializers.BooleanField):
    """``true`` or ``false``, not a word or number for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Instant(serializers.DateTimeField):
    """A time in ISO-8601 that says its offset."""

    default_error_messages = {"offset": _("Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00.")}

    def to_internal_value(self, value: Any) -> datetime:
        """Return the time in UTC."""
        at = instant(value) if isinstance(value, str) else None
        if at is None:
            self.fail("offset")
        return at


def instant(value: str) -> datetime | None:
    """Read an ISO-8601 time with an offset, as UTC; ``None`` for anything else, also for a time without an offset."""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def allowed(words: Iterable[str]) -> str:
    """Say what a closed set allows."""
    return str(_("Must be one of: %(words)s.") % {"words": ", ".join(words)})


class Filters:
    """The query string, read strictly: a filter that is empty, doubled or unreadable is refused and never ignored."""

    def __init__(self, request: Request | QueryDict) -> None:
        self.query = request if isinstance(request, QueryDict) else request.query_params

    def text(self, name: str) -> str | None:
        """Return the words of ``name``, ``None`` when it is not there."""
        values = self.query.getlist(name)
        if not values:
            return None
        if len(values) > 1:
            raise ValidationError({name: str(_("May be given once."))})
        return self._usable(name, values[0])

    def uuid(self, name: str) -> UUID | None:
        """Return the id in ``name``, ``None`` when it is not there."""
        value = self.text(name)
        if value is None:
            return None
        if not CANONICAL_UUID.fullmatch(value):
            raise ValidationError({name: str(_("Must be a valid UUID."))})
        return UUID(value)

    def choices(self, name: str, words: Iterable[str]) -> list[str] | None:
        """Return the words of a closed set, any of which will do (repeated or comma-separated); ``None`` without any."""
        values = self.query.getlist(name)
        if not values:
            return None
        known = list(words)
        found = [word.strip() for value in values for word in self._usable(name, value).split(",")]
        if any(word not in known for word in found):
            raise ValidationError({name: allowed(known)})
        return found

    def _usable(self, name: str, value: str) -> str:
        if not value.strip():
            raise ValidationError({name: str(_("May not be empty."))})
        if "\0" in value or len(value) > FILTER_LENGTH:
            raise ValidationError({name: str(_("Is not a usable value."))})
        return value.strip()


class Partly(serializers.Serializer[Any]):
    """The fields of an input to be changed: what is not said stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, partial=True, **kwargs)


def checked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's body as ``serializer`` reads it. Raises ``ValidationError`` with a sentence per field."""
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)
