"""Cells as people write them: amounts with a decimal comma, dates of both orders, local telephone numbers, yes and no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

from conversations.channels.stores import shaping
from conversations.outside.fields import currencies
from conversations.refusal import Refused

GROUPED = {
    ",": re.compile(r"-?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"),
    ".": re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"),
}
MONEY_SIGNS = re.compile(r"[A-Za-z$€£¥\s\u00a0\u202f']+")
NOT_A_SIGN = re.compile(r"[0-9.,\-\s\u00a0\u202f']+")
WRITTEN_DATE = re.compile(
    r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4}|[0-9]{2})"
    r"(?:[ ,T]+([0-9]{1,2})[:h]([0-9]{2})(?::([0-9]{2}))?\s*([AaPp]\.?[Mm]\.?)?)?"
)
APART_FROM_OFFSET = re.compile(r"(?<=[0-9]) (?=(?:[+-][0-9]{2}:?[0-9]{2}|Z)$)")
CURRENCIES = {"R$": "BRL", "US$": "USD", "U$S": "USD", "€": "EUR", "£": "GBP"}
ENDS_IN_CENTS = re.compile(r"([.,])[0-9]{1,2}\s*$")
DAY_FIRST, MONTH_FIRST = "day", "month"
YES = {"1", "true", "yes", "y", "sim", "s", "si", "verdadeiro", "x"}
NO = {"0", "false", "no", "n", "nao", "falso", "-"}


def bare(text: str) -> str:
    """Return a word without accents, capitals and marks, for comparing."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def amount(field: str, text: str, decimal: str) -> str:
    """Return an amount as a decimal in words. Raises ``Refused``: a wrong mark must not make a sale a hundred times larger."""
    plain = MONEY_SIGNS.sub("", text)
    if not GROUPED[decimal].fullmatch(plain):
        example = "1.234,56" if decimal == "," else "1,234.56"
        raise Refused(field, _("Must be an amount like %(example)s.") % {"example": example})
    return plain.replace("." if decimal == "," else ",", "").replace(",", ".")


def currency(text: str) -> str:
    """Return the currency an amount is written in, empty where it does not say: "$" alone may be any of a dozen."""
    sign = NOT_A_SIGN.sub("", text).upper()
    return CURRENCIES.get(sign) or (sign if sign in currencies() else "")


def moment(field: str, text: str, days: str, zone: str) -> str:
    """Return a time in ISO-8601 with its offset; a day alone is its midnight in ``zone``. Raises ``Refused``."""
    try:
        at = datetime.fromisoformat(APART_FROM_OFFSET.sub("", text.strip()))
    except ValueError:
        at = _written(field, text, days, zone)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).isoformat()


def _written(field: str, text: str, days: str, zone: str) -> datetime:
    found = WRITTEN_DATE.fullmatch(text.strip())
    if found is None:
        raise Refused(field, _("Must be a date like %(example)s.") % {"example": _example(days)})
    first, second, year, hour, minute, seconds, half = found.groups()
    day, month = (first, second) if days == DAY_FIRST else (second, first)
    whole = int(year) + (2000 if len(year) == 2 else 0)
    try:
        clock = _hour(hour, half), int(minute or 0), int(seconds or 0)
        return datetime(whole, int(month), int(day), *clock, tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(field, _("Must be a date like %(example)s.") % {"example": _example(days)}) from None


def _hour(hour: str | None, half: str | None) -> int:
    number = int(hour or 0)
    if not half:
        return number
    if not 1 <= number <= 12:
        raise ValueError(hour)
    return number % 12 + (12 if half[0] in "Pp" else 0)


def _example(days: str) -> str:
    return "31/12/2026 18:30" if days == DAY_FIRST else "12/31/2026 18:30"


def phone(field: str, text: str, country: str) -> str:
    """Return a telephone number as E.164. Raises ``Refused``."""
    found = shaping.phone(text, country)
    if not found:
        raise Refused(field, _("Must be a telephone number with its country, like +5511987654321."))
    return found


def yes_no(field: str, text: str) -> bool:
    """Read a yes or a no. Raises ``Refused``."""
    word = bare(text) or "-"
    if word not in YES | NO:
        raise Refused(field, _("Must be yes or no."))
    return word in YES


def decimal_of(values: Iterable[str], usual: str = ".") -> str:
    """Return the mark before the cents that most of these amounts show, ``usual`` where they show none."""
    marks = [found[1] for value in values if (found := ENDS_IN_CENTS.search(value))]
    commas = marks.count(",")
    return usual if 2 * commas == len(marks) else "," if 2 * commas > len(marks) else "."


@cache
def decimal_in(country: str) -> str:
    """Return the mark before the cents that people of a country write."""
    try:
        return str(get_decimal_symbol(Locale.parse(f"und_{country}"))) if country else "."
    except (UnknownLocaleError, ValueError):
        return "."


def days_of(values: Iterable[str]) -> str:
    """Return whether the day or the month comes first in these dates: the day, unless they show that it cannot be."""
    found = [one for value in values if (one := WRITTEN_DATE.match(value.strip()))]
    late = any(int(one[2]) > 12 for one in found) and not any(int(one[1]) > 12 for one in found)
    return MONTH_FIRST if late else DAY_FIRST


@cache
def country_of(zone: str) -> str:
    """Return the country a zone lies in, as two letters; empty where nobody says."""
    try:
        table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text()
    except (ModuleNotFoundError, OSError):
        return ""
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((row[0] for row in rows if row[2] == zone), "")
