"""What a file comes to before anything is taken: rows, each events of the contract or refused with field and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody wants a file read.

    ``columns`` name the column of each field; ``decimal`` is the mark before the cents, ``days`` says whether the day or the month
    comes first, ``zone`` is meant where a time says none, ``country`` where a telephone number says none. Of a chat ``us`` are
    the names of the house and ``phone`` is the customer's number. ``source`` is the word the events carry.
    """

    source: str
    currency: str = ""
    zone: str = "UTC"
    decimal: str = "."
    days: str = "day"
    country: str = ""
    columns: Mapping[str, str] = {}
    us: tuple[str, ...] = ()
    phone: str = ""
    now: str = ""  # when the file came, for what happened at no time of its own


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its number as an editor shows it, and its events; or the ``field`` at fault and the ``reason``."""

    number: int
    events: tuple[dict[str, Any], ...] = ()
    field: str = ""
    reason: str = ""
    shown: tuple[str, ...] = ()


class Unreadable(Exception):
    """A file that cannot be read at all; says why in a sentence for people."""
