"""What stores say in their own ways, read into the words of the contract: amounts, times, people, pieces, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    is_valid_number,
    parse,
)

from conversations.channels.reading import id_of, text_of
from conversations.channels.types import Happened, Parsed

ITEMS = 200  # of more an order says only how many
WORD = 200
NAME = 160
BRAZIL = 55
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
DISCARDED: tuple[Any, ...] = ("", None, [], {})


def amount(value: Any) -> str | None:
    """Return an amount as a decimal in words, ``None`` for what is none: stores give text, numbers and negative refunds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = abs(Decimal(str(value).strip()))
    except InvalidOperation:
        return None
    return format(number, "f") if number.is_finite() else None


def instant(value: Any) -> str | None:
    """Return a time in ISO-8601 in UTC; one without an offset is meant in UTC. ``None`` for what is none."""
    try:
        at = datetime.fromisoformat(text_of(value).strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.isoformat()


def phone(value: Any, country: Any = "") -> str:
    """Return a telephone number as E.164, read in ``country`` where it says none itself; empty for what is no number."""
    return _international(text_of(value), text_of(country).upper()[:2])


@lru_cache(4096)  # a customer's orders all name the same one
def _international(text: str, region: str) -> str:
    try:
        number = parse(text, region or None)
    except NumberParseException:
        return ""
    return format_number(number, PhoneNumberFormat.E164) if is_possible_number(number) and _is_whole(number) else ""


def _is_whole(number: PhoneNumber) -> bool:
    """Whether a number says its area: without it a Brazilian one is somebody's in every city."""
    return number.country_code != BRAZIL or (number.national_number or 0) >= 10**9 or is_valid_number(number)


def email(value: Any) -> str:
    """Return an e-mail address, empty for what is none: nobody's ends in ``.invalid``, which stores write over what they erase."""
    found = text_of(value).strip().lower()
    return found if EMAIL.fullmatch(found) and len(found) <= 254 and not found.endswith(".invalid") else ""


def word(value: Any) -> str:
    """Return a short text, cut to what an event may hold."""
    return " ".join(text_of(value).split())[:WORD]


def person(external_id: Any, emails: Iterable[Any], phones: Iterable[tuple[Any, Any]], *names: Any) -> dict[str, str]:
    """Return who it is about, of every identity the first usable one; empty when nobody can be told.

    ``phones`` are pairs of a number and the country it is read in. The first of ``names`` that says anything is taken.
    """
    found = {
        "external_id": id_of(external_id) if id_of(external_id) != "0" else "",
        "email": next(filter(None, map(email, emails)), ""),
        "phone": next(filter(None, (phone(*pair) for pair in phones)), ""),
        "name": next(filter(None, map(word, names)), "")[:NAME],
    }
    known = {key: value for key, value in found.items() if value}
    return known if known.keys() - {"name"} else {}


def of_somebody(told: Iterable[Happened]) -> Parsed:
    """Return the events that say who they are about; ``ignored`` where none does, as for sales to strangers and erased people."""
    events = tuple(told)
    known = tuple(one for one in events if one.like or one.event.get("customer"))
    if known:
        return Parsed(events=known)
    return Parsed(outcome="ignored", reason="missing_identity" if events else "nothing_inside")


def pieces(items: Iterable[Mapping[str, Any]], title: str, price: str) -> list[dict[str, Any]] | int | None:
    """Return what an order holds, ``None`` for nothing; of very many lines only how many pieces they are.

    ``title`` and ``price`` are what the store calls them.
    """
    rows, count = [], 0
    for item in items:
        given = item.get("quantity")
        quantity = given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else 1
        count += quantity
        row = {
            "sku": word(item.get("sku")),
            "product": id_of(item.get("product_id")),
            "title": word(item.get(title)),
            "price": amount(item.get(price)),
        }
        rows.append({"quantity": quantity} | {key: value for key, value in row.items() if value not in DISCARDED})
    if len(rows) > ITEMS:
        return count
    return rows or None


def filled(**fields: Any) -> dict[str, Any]:
    """Return these fields without those that say nothing; ``False`` and 0 say something."""
    return {key: value for key, value in fields.items() if not any(value is one or value == one for one in DISCARDED)}
