"""Fields of an event from outside: each reader takes its own type and nothing like it, or refuses with a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from conversations.refusal import Refused
from hub.inputs import allowed, instant

type Reader = Callable[[str, Any], Any]  # asked with the field's name and its value

FIRST_YEAR = 1970
GREATEST_AMOUNT = Decimal(10) ** 12
FINEST = 6  # digits after the point
GREATEST_INTEGER = 2**63 - 1
DEEPEST = 16
MOST_ITEMS = 1_000
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
EMAIL_LENGTH = 254
AMOUNT = re.compile(rf"-?[0-9]{{1,30}}(\.[0-9]{{1,{FINEST}}})?")
NOT_MONEY = {"XXX", "XTS"}  # codes that say "none" and "a test"


def text(limit: int) -> Reader:
    """Return a reader of words: not blank, at most ``limit`` characters."""

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Refused(name, _("Must be text."))
        if not value.strip():
            raise Refused(name, _("May not be empty."))
        if len(value) > limit:
            raise Refused(name, _("May hold at most %(limit)d characters.") % {"limit": limit})
        return value

    return read


def word(*words: str) -> Reader:
    """Return a reader of one of a closed set of words."""

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Refused(name, allowed(words))
        return value

    return read


def pattern(shape: str, sentence: str) -> Reader:
    """Return a reader of words of one shape; ``sentence`` says which, in English, to be translated."""
    wanted = re.compile(shape)

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or not wanted.fullmatch(value):
            raise Refused(name, _(sentence))
        return value

    return read


def yes_no(name: str, value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Refused(name, _("Must be true or false."))
    return value


def moment(name: str, value: Any) -> datetime:
    """Read a time that says its offset, in UTC."""
    at = instant(value) if isinstance(value, str) else None
    if at is None:
        raise Refused(name, _("Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."))
    if at.year < FIRST_YEAR:
        raise Refused(name, _("Must not be before %(year)d.") % {"year": FIRST_YEAR})
    return at


def moment_text(name: str, value: Any) -> str:
    """Read a time that says its offset; return it as text in UTC."""
    return moment(name, value).isoformat()


def day_or_moment(name: str, value: Any) -> str:
    """Read a day, or a time that says its offset; return it as text."""
    if isinstance(value, str) and len(value) == len("2026-03-01"):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise Refused(name, _("Must be a day like 2026-03-01, or a time with an offset.")) from None
        if day.year < FIRST_YEAR:
            raise Refused(name, _("Must not be before %(year)d.") % {"year": FIRST_YEAR})
        return value
    try:
        return moment_text(name, value)
    except Refused as error:
        if isinstance(value, str) and instant(value) is not None:
            raise
        raise Refused(error.field, _("Must be a day like 2026-03-01, or a time with an offset.")) from None


def begins(value: str) -> datetime:
    """Return where a day or time that was read begins, for comparing two."""
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def money(name: str, value: Any) -> str:
    """Read an amount that is not negative, as number or as text; return its decimal in words, digits as given."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Refused(name, _("Must be an amount of money, like 199.90."))
    written = value if isinstance(value, str) else _written(name, value)
    if not AMOUNT.fullmatch(written):
        raise Refused(name, _("Must be an amount of money, like 199.90."))
    amount = Decimal(written)
    if amount < 0:
        raise Refused(name, _("May not be negative."))
    if amount >= GREATEST_AMOUNT:
        raise Refused(name, _("Is too large to be an amount of money."))
    return written


def _written(name: str, value: float | Decimal) -> str:
    """Return the digits of a number; 0.30000000000000004 is what a program's own arithmetic leaves of 0.3. Raises ``Refused``."""
    if not math.isfinite(value) or abs(Decimal(value)) >= GREATEST_AMOUNT:
        raise Refused(name, _("Is too large to be an amount of money."))
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    rounded = round(exact, FINEST) + 0  # no amount is "-0"
    return format(exact if exact == rounded else rounded, "f")


@cache
def currencies() -> frozenset[str]:
    """Return the codes of ISO 4217 that mean money."""
    return frozenset(list_currencies()) - NOT_MONEY


def currency(name: str, value: Any) -> str:
    """Read the code of a currency."""
    code = value.upper() if isinstance(value, str) else ""
    if code not in currencies():
        raise Refused(name, _("Must be a currency of ISO 4217, like BRL."))
    return code


def items(name: str, value: Any) -> Any:
    """Read what an order or cart holds: a list, or how many."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= GREATEST_INTEGER:
            raise Refused(name, _("May not be negative."))
        return value
    if not isinstance(value, list):
        raise Refused(name, _("Must be a list, or how many."))
    if len(value) > MOST_ITEMS:
        raise Refused(name, _("May hold at most %(limit)d entries.") % {"limit": MOST_ITEMS})
    return value


def email(name: str, value: Any) -> str:
    """Read an e-mail address; return it in small letters."""
    found = value.strip().lower() if isinstance(value, str) else ""
    if not EMAIL.fullmatch(found) or len(found) > EMAIL_LENGTH:
        raise Refused(name, _("Must be an e-mail address."))
    return found


def score(lowest: int, highest: int) -> Reader:
    """Return a reader of a whole number between two others."""

    def read(name: str, value: Any) -> int:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value not in range(lowest, highest + 1):
            limits = {"lowest": lowest, "highest": highest}
            raise Refused(name, _("Must be a whole number from %(lowest)d to %(highest)d.") % limits)
        return int(value)

    return read


def storable(name: str, value: Any, depth: int = 0) -> None:
    """Refuse what no column could hold: halves of letters, zero characters, endless numbers, endless depth."""
    if isinstance(value, dict | list) and depth == DEEPEST:
        raise Refused(name, _("Is nested too deeply."))
    if isinstance(value, dict):
        for key, entry in value.items():
            _scalar(name or "event", key)
            storable(f"{name}.{key}" if name else key, entry, depth + 1)
    elif isinstance(value, list):
        for entry in value:
            storable(name, entry, depth + 1)
    else:
        _scalar(name, value)


def _scalar(name: str, value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or (not value.isascii() and value != value.encode(errors="ignore").decode()):
            raise Refused(name, _("Holds characters that cannot be kept."))
    elif isinstance(value, int):
        if abs(value) > GREATEST_INTEGER:
            raise Refused(name, _("Is too large."))
    elif isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise Refused(name, _("Must be a number."))
    elif value is not None:
        raise Refused(name, _("Is of a type that cannot be kept."))
