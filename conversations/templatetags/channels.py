"""Template words about channels: their drawings and names from the registry, and times as people say them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext as _, to_locale

from conversations.channels.registry import CHANNELS, adapter_of
from hub.templatetags.face import drawing

register = template.Library()


@register.simple_tag
def channel_mark(kind: str, size: int | None = None) -> SafeString:
    """Return the drawing of a kind of channel, for the eye only; ``size`` in pixels where no style sheet sets it."""
    return drawing(*adapter_of(kind).setup.mark, size)


@register.simple_tag
def channel_kinds() -> tuple[str, ...]:
    """Return every kind of channel there is."""
    return tuple(CHANNELS)


@register.filter
def channel_title(kind: str) -> str:
    """Return what a kind of channel is called, in the reader's language."""
    title = adapter_of(kind).title
    return _(title) if title else kind


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime | None, other: str = "—") -> SafeString | str:
    """Return how long ago a time was, its full form on hover; ``other`` for none."""
    if at is None:
        return other
    workspace = context.get("workspace")
    zone = ZoneInfo(workspace.timezone) if workspace else timezone.get_current_timezone()
    locale = _locale(get_language() or "pt-br")
    ago = format_timedelta(at - timezone.now(), add_direction=True, locale=locale)
    full = format_datetime(at.astimezone(zone), "medium", locale=locale)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), full, ago)


@register.simple_tag(takes_context=True)
def at_time(context: Context, at: datetime) -> SafeString:
    """Return a time with its day and seconds, as the workspace's clock shows it."""
    workspace = context.get("workspace")
    zone = ZoneInfo(workspace.timezone) if workspace else timezone.get_current_timezone()
    shown = format_datetime(at.astimezone(zone), "dd/MM HH:mm:ss", locale=_locale(get_language() or "pt-br"))
    return format_html('<time datetime="{}" class="tabular">{}</time>', at.isoformat(), shown)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))
