"""Words: numbers, lengths of time, days and channels as the reader's language writes them."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from babel import Locale
from babel.dates import format_skeleton, get_day_names
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from django.utils.translation import get_language, gettext as _, gettext_lazy, ngettext, to_locale

from conversations.channels.registry import adapter_of
from metrics.registry.attribution import ATTRIBUTED_SALES

STAGE_TITLES = {
    "attention": gettext_lazy("Attention"),
    "consideration": gettext_lazy("Consideration"),
    "decision": gettext_lazy("Decision"),
    "service": gettext_lazy("Service"),
    "loyalty": gettext_lazy("Loyalty"),
}
# The values of dimensions that are neither names nor words of a channel or a stage.
PARTS = {
    "agent": gettext_lazy("Agents"),
    "rule": gettext_lazy("Rule"),
    "bot": gettext_lazy("Bot"),
    "customer": gettext_lazy("Customer"),
    "system": gettext_lazy("System"),
    "working_hours": gettext_lazy("Within working hours"),
    "off_hours": gettext_lazy("Outside working hours"),
    "focus": gettext_lazy("Attention"),
    "assigned": gettext_lazy("Assigned"),
    "won": gettext_lazy("Won"),
    "lost": gettext_lazy("Lost"),
    "open": gettext_lazy("Open"),
    "advanced": gettext_lazy("Advanced"),
    "back": gettext_lazy("Went back"),
    "left": gettext_lazy("Left the journey"),
    "moves": gettext_lazy("Moves on"),
    "stays": gettext_lazy("Stays on the channel"),
    "identified": gettext_lazy("Identified people"),
    "lowest": gettext_lazy("At least"),
    "highest": gettext_lazy("At most"),
    "matched": gettext_lazy("Share identified"),
    "uncosted": gettext_lazy("Cost of goods unknown"),
    "sales": gettext_lazy("Net sales"),
    "margin": gettext_lazy("Margin"),
    "service": gettext_lazy("Service"),
    "purchase": gettext_lazy("Purchase"),
    "store": gettext_lazy("Store"),
    "pickup": gettext_lazy("Pickup"),
    "delivery": gettext_lazy("Delivery"),
    "unanswered": gettext_lazy("Without an answer"),
    "inactive": gettext_lazy("Closed by inactivity"),
    "abandoned": gettext_lazy("Given up"),
    "short": gettext_lazy("Given up at once"),
    "single_channel": gettext_lazy("On one channel"),
    "cross_channel": gettext_lazy("On several channels"),
    "replaced": gettext_lazy("Answered again"),
    "unknown": gettext_lazy("Unknown"),
    "cancelled": gettext_lazy("Cancelled"),
    "free": gettext_lazy("Free"),
    "hours": gettext_lazy("Outside working hours"),
    "holiday": gettext_lazy("Holiday"),
}

MODELS = {way.id: way.title for way in ATTRIBUTED_SALES}  # of attribution


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def locale() -> Locale:
    """Return the reader's locale."""
    return _locale(get_language() or "pt-br")


def count(value: float) -> str:
    """Write a number: 1.480 or 1,480."""
    return str(format_decimal(value, format="#,##0.#", locale=locale()))


def points(value: float) -> str:
    """Write a difference of shares or scores: 1 point, 2.5 points."""
    size = round(value, 1)
    return ngettext("%(n)s point", "%(n)s points", 1 if size == 1 else 2) % {"n": count(size)}


def unit(word: str, currency: str) -> str:
    """Name the unit of a figure."""
    known = {
        "seconds": _("time"),
        "fraction": _("share"),
        "money": currency,
        "count": _("number"),
        "points": _("points"),
        "conversations": _("conversations"),
        "per_hour": _("per hour"),
    }
    return known.get(word) or word


def percent(share: float) -> str:
    """Write a share without its sign, in whole percents."""
    return str(format_percent(abs(share), locale=locale()))


def share(value: float) -> str:
    """Write a share with at most one decimal: 62,4 %."""
    return str(format_percent(value, format="#,##0.#%", locale=locale()))


def figure(unit: str, value: float | None, currency: str = "BRL") -> str:
    """Write the value of a figure as its unit wants it; a dash for none."""
    if value is None:
        return "—"
    if unit == "seconds":
        return length(value)
    if unit == "money":
        digits = "¤ #,##0" if abs(value) >= 100_000 else None
        return str(format_currency(value, currency, format=digits, currency_digits=digits is None, locale=locale()))
    if unit == "fraction":
        return share(value)
    digits = "#,##0.##" if abs(value) < 100 and unit != "points" else "#,##0.#"
    return str(format_decimal(value, format=digits, locale=locale()))


def axis(unit: str, value: float, currency: str = "BRL") -> str:
    """Write a round value beside an axis."""
    if unit == "seconds":
        return "0" if value == 0 else length(value)
    if unit == "money" and value >= 1000:
        return str(format_compact_decimal(value, locale=locale(), fraction_digits=1))
    if unit == "money":
        return count(value)
    return figure(unit, value, currency)


def length(seconds: float | None) -> str:
    """Write a length of time in its two largest units: ``42 s``, ``2 min 55 s``, ``1 h 10 min``, ``3 d 4 h``; a dash for none."""
    if seconds is None:
        return "—"
    if seconds < 10:
        return f"{format_decimal(round(seconds, 1), locale=locale())} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for unit, name, smaller, smaller_name in ((60, "min", 1, "s"), (3_600, "h", 60, "min"), (86_400, "d", 3_600, "h")):
        if whole < unit * {60: 60, 3_600: 24, 86_400: 10**9}[unit]:
            first, rest = divmod(whole, unit)
            second = rest // smaller
            return (
                f"{count(first)} {name} {second} {smaller_name}" if second and first < 100 else f"{count(first)} {name}"
            )
    raise AssertionError(seconds)


def day(at: date) -> str:
    """Write a day of a year that is known: 21/11 or 11/21."""
    return str(format_skeleton("Md", at, locale=locale()))


def day_and_weekday(at: date) -> str:
    """Write a day with its weekday: sex., 21/11."""
    return str(format_skeleton("MEd", at, locale=locale()))


def span(first: date, last: date, this_year: int) -> str:
    """Write whole days from one to another, with their years where these are not the running one."""
    if first == last and first.year == this_year:
        return day_and_weekday(first)
    write = day if first.year == last.year == this_year else _day_of_year
    return write(first) if first == last else f"{write(first)} – {write(last)}"


def _day_of_year(at: date) -> str:
    return str(format_skeleton("yMd", at, locale=locale()))


def month(at: date) -> str:
    """Write a month of a year: nov. de 2026."""
    return str(format_skeleton("yMMM", at, locale=locale()))


def clock(at: datetime) -> str:
    """Write a time of the day with seconds."""
    return f"{at:%H:%M:%S}"


def instant(at: datetime) -> str:
    """Write an instant of a year that may be any: 22/11/2026 13:34:06."""
    return f"{_day_of_year(at.date())} {clock(at)}"


def weekdays() -> list[str]:
    """Return the short names of Monday to Sunday."""
    names = get_day_names("abbreviated", locale=locale())
    return [str(names[number]).rstrip(".") for number in range(7)]


OUTSIDE = ("email", "phone", "store", "ecommerce", "app")  # kinds of channel that only history from outside is of


def channel(kind: str) -> str:
    """Name a kind of channel."""
    known = {"email": _("E-mail"), "phone": _("Phone"), "store": _("Store"), "ecommerce": _("E-commerce")}
    title = adapter_of(kind).title
    return (_(title) if title else known.get(kind)) or kind.replace("_", " ").capitalize() or _("Unknown")


def dimension(word: str) -> str:
    """Name a dimension figures are split by."""
    known = {
        "channel": _("Channel"),
        "agent": _("Agent"),
        "team": _("Team"),
        "label": _("Label"),
        "closed_by": _("Closed by"),
        "closing_channel": _("Closing channel"),
        "arrival": _("Arrival"),
        "basis": _("Basis"),
        "stage": _("Stage"),
        "outcome": _("Outcome"),
        "store": _("Store"),
        "fulfilment": _("Fulfilment"),
        "from_channel": _("From channel"),
        "to_channel": _("To channel"),
        "touchpoint": _("Touchpoint"),
        "months": _("Months later"),
        "model": _("Attribution model"),
        "measure": _("Measure"),
        "kind": _("Kind"),
        "reach": _("Channels used"),
        "coupon": _("Coupon"),
        "benefit": _("Benefit"),
        "used_channel": _("Channel of use"),
    }
    return known.get(word) or word.replace("_", " ").capitalize()


def part(dimension_word: str, value: str | None) -> str:
    """Name a value of a dimension."""
    if not value:
        return {"team": _("No team"), "agent": _("Nobody"), "label": _("No label")}.get(dimension_word, "—")
    if dimension_word.endswith("channel"):
        return channel(value)
    if dimension_word in {"agent", "team", "label", "store", "months"}:
        return value
    if dimension_word == "model":
        return str(MODELS.get(value, value))
    if dimension_word == "stage":  # of the journey; those of opportunities have the names their source gave them
        return str(STAGE_TITLES.get(value, value))
    return str(PARTS.get(value) or value.replace("_", " ").capitalize())
