"""Template words of the house's settings: times as people say them, a person's presence, what a change was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

register = template.Library()


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def _here(context: Context) -> tuple[ZoneInfo, Locale]:
    workspace = context.get("workspace")
    zone = ZoneInfo(workspace.timezone) if workspace else ZoneInfo("UTC")
    return zone, _locale(get_language() or "pt-br")


@register.simple_tag(takes_context=True)
def ago(context: Context, at: datetime | None, other: str = "—") -> SafeString | str:
    """Return how long ago or ahead a time is, its full form on hover; ``other`` for none."""
    if at is None:
        return other
    zone, locale = _here(context)
    told = format_timedelta(at - timezone.now(), add_direction=True, locale=locale)
    full = format_datetime(at.astimezone(zone), "medium", locale=locale)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), full, told)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime) -> SafeString:
    """Return a time with its day, as the workspace's clock shows it."""
    zone, locale = _here(context)
    shown = format_datetime(at.astimezone(zone), "short", locale=locale)
    return format_html('<time datetime="{}" class="tabular">{}</time>', at.isoformat(), shown)


@register.filter
def long_date(day: date) -> str:
    """Return a day with its weekday: "sexta-feira, 25 de dezembro de 2026"."""
    return format_date(day, "full", locale=_locale(get_language() or "pt-br"))


@register.filter
def weekday(number: int) -> str:
    """Return the name of a day of the week, 0 for Monday."""
    return str(WEEKDAYS[int(number)]).capitalize()


@register.simple_tag
def zones() -> list[str]:
    """Return the names of time zones that people choose from."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


@register.filter
def told(value: Any) -> str:
    """Return a value of the audit log as one reads it."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, list):
        return ", ".join(told(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {told(one)}" for name, one in value.items())
    return str(value)
