"""Reads foreign JSON into values the house can keep: what a vendor sends is untrusted, however well it is signed.

Whatever comes out of ``decode`` can be stored as ``jsonb`` and as text, and encoded again by msgspec: no NUL, no lone
surrogate, no NaN, no number beyond 64 bits, never deeper than ``MAX_DEPTH``.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

MAX_DEPTH = 200
MAX_ID = 255
_INT_DIGITS = 18  # what surely fits 64 bits; longer numbers are kept as text
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# JSON text that may hold one of those: most holds none, and is spared the walk through every string of it.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\x00\ud800-\udfff]")
# What the fast reader would read otherwise: a NUL that is written as an escape, a number of more than 64 bits. A pattern would
# look at every digit of a body; making all digits zeros and looking for many of them costs a tenth.
_NUL, _ZEROS, _DIGITS = b"\\u0000", b"0" * 18, bytes.maketrans(b"123456789", b"0" * 9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 4_102_444_800  # the year 2100: later is not a time but a mistake
_MILLISECONDS = 10**12  # no clock of seconds reaches this before the year 33658


class NotReadableError(ValueError):
    """The text is not JSON that can be used; the message is a reason word such as ``not_json``."""


def decode(body: bytes | str) -> Any:
    """Return the JSON value in ``body``, safe to store. Raises ``NotReadableError`` with a reason word, and nothing else."""
    if isinstance(body, bytes) and _is_plain(body):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return _FAST.decode(body)
    try:
        text = body if isinstance(body, str) else body.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise NotReadableError("not_utf8") from None
    if not text.strip():
        raise NotReadableError("empty_body")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise NotReadableError("too_deep") from None
    except ValueError:
        raise NotReadableError("not_json") from None
    if text.count("{") + text.count("[") <= MAX_DEPTH and not _SUSPECT.search(text):
        return value
    return _storable(value, MAX_DEPTH)


def _is_plain(body: bytes) -> bool:
    """Whether the fast reader reads a body as the careful one does, should it be able to read it at all."""
    shallow = body.count(b"{") + body.count(b"[") <= MAX_DEPTH
    return shallow and _NUL not in body and _ZEROS not in body.translate(_DIGITS)


def clean(text: str) -> str:
    """Return ``text`` with every character that PostgreSQL or UTF-8 refuses replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def text_of(value: Any) -> str:
    """Return a string as it is, a whole number as its digits, and anything else as the empty string."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def id_of(value: Any) -> str:
    """Return an identifier of the provider, or the empty string when it is missing or too long to be one."""
    identifier = text_of(value).strip()
    return identifier if len(identifier) <= MAX_ID else ""


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Return a JSON list as it is, one object as a list of itself, and anything else as an empty list."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) and value else []


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, without what is not an object."""
    return [entry for entry in listed(value) if isinstance(entry, dict)]


def moment(value: Any) -> datetime | None:
    """Return the UTC time of Unix seconds (or milliseconds, from 10^12 up) given as digits or number; None otherwise."""
    digits = text_of(value).strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        return None
    number = int(digits)
    milliseconds = number if number >= _MILLISECONDS else number * 1000
    if not 0 < milliseconds < _LATEST * 1000:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _INT_DIGITS else digits


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


_FAST = msgspec.json.Decoder()
_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_number, parse_constant=lambda _: None)


def _storable(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise NotReadableError("too_deep")
    if isinstance(value, dict):
        return {clean(key): _storable(inner, depth - 1) for key, inner in value.items()}
    return [_storable(inner, depth - 1) for inner in value]
