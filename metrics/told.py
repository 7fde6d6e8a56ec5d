"""Told: any figure's value as the reader's language writes it, whatever its unit; and values read as people type them."""

from __future__ import annotations

import math
import re

from babel.numbers import NumberFormatError, format_currency, format_decimal, format_percent, parse_decimal
from django.utils.translation import gettext as _

from hub import lengths
from metrics import words
from metrics.registry import Metric

NONE = "—"
LENGTHS = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
A_LENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(s|min|m|h|d)\b\.?\s*", re.IGNORECASE)
COUNTED, WHOLE = ("count", "conversations", "people"), 100  # from here on parts of one say nothing


def value(metric: Metric, number: float | None, currency: str = "") -> str:
    """Write a value with its unit; a dash for none."""
    if number is None:
        return NONE
    if metric.unit == "seconds":
        return words.length(number)
    if metric.unit == "fraction":
        return str(format_percent(number, format="#,##0.#%", locale=words.locale()))
    if metric.unit == "money":
        return str(format_currency(number, currency or "BRL", locale=words.locale()))
    digits = "#,##0" if metric.unit in COUNTED and abs(number) >= WHOLE else "#,##0.##"
    shown = str(format_decimal(number, format=digits, locale=words.locale()))
    return f"{shown} / h" if metric.unit == "per_hour" else shown


def typed(metric: Metric, text: str) -> float:
    """Read a value as it is typed: ``5 min``, ``80 %``, ``1.500,00``. Raises ``ValueError`` with a sentence."""
    text = text.strip()
    if metric.unit == "seconds":
        return _length(text)
    number = _number(text.removesuffix("%") if metric.unit == "fraction" else text)
    return number / 100 if metric.unit == "fraction" else number


def as_typed(metric: Metric, number: float | None) -> str:
    """Write a value so that ``typed`` reads it again."""
    if number is None:
        return ""
    if metric.unit == "seconds":
        return lengths.said(int(number)) if number == int(number) else f"{_plain(number)} s"
    return f"{_plain(number * 100)} %" if metric.unit == "fraction" else _plain(number)


def how_to_type(metric: Metric, currency: str) -> str:
    """Say how a value of a metric is typed."""
    if metric.unit == "seconds":
        return _("A length of time: 5 min, 1 h 30 min, 90 s.")
    if metric.unit == "fraction":
        return _("In percent: 80 %.")
    if metric.unit == "money":
        return _("In %(currency)s.") % {"currency": currency}
    return _("A number.")


def _plain(number: float) -> str:
    return str(format_decimal(round(number, 6), format="0.######", locale=words.locale()))


def _length(text: str) -> float:
    parts = A_LENGTH.findall(text)
    if not parts or A_LENGTH.sub("", text).strip():
        raise ValueError(_("Say a length of time with its unit: 5 min, 1 h 30 min, 90 s."))
    return sum(float(number.replace(",", ".")) * LENGTHS[unit.lower()] for number, unit in parts)


def _number(text: str) -> float:
    try:
        number = float(parse_decimal(text.strip(), locale=words.locale(), strict=True))
    except (NumberFormatError, OverflowError) as error:
        raise ValueError(_("This is not a number.")) from error
    if not math.isfinite(number):
        raise ValueError(_("This is not a number."))
    return number
