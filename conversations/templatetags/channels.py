"""Template words about channels: their drawings and names from the registry, and times as people say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext as _, gettext_noop, to_locale

from conversations.channels.registry import CHANNELS, adapter_of
from conversations.models import Channel
from conversations.reasons import in_words
from hub.templatetags.face import drawing

register = template.Library()

OUTCOME_WORDS = {
    "processed": gettext_noop("Processed"), "duplicate": gettext_noop("Duplicate"), "ignored": gettext_noop("Ignored"),
    "unroutable": gettext_noop("Unroutable"), "invalid": gettext_noop("Invalid"), "failed": gettext_noop("Failed"),
    "parked": gettext_noop("Waiting"),
}  # fmt: skip
# Programs are written in one language, whoever reads them.
SERVER_EXAMPLE = """# Python, with PyJWT
import time
import jwt

token = jwt.encode(
    {
        "sub": "your-customer-id",
        "aud": "CHANNEL",
        "exp": int(time.time()) + 3600,
        "name": "Mariana Teixeira",
        "email": "mariana@example.com",
        "phone": "+5511988880001",
    },
    IDENTITY_KEY,
    algorithm="HS256",
)"""
PAGE_EXAMPLE = """<script>
  window.novelo = window.novelo || [];
  window.novelo.push(["identify", "TOKEN"]);
</script>"""


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
    return _(title) if title else kind.replace("_", " ").capitalize()


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


@register.filter
def at(found: Mapping[str, Any] | None, name: str) -> Any:
    """Return what stands under a name; nothing where nothing does."""
    return (found or {}).get(name, "") if isinstance(found, Mapping) else ""


@register.filter
def pretty(text: str) -> str:
    """Return JSON with its lines set out, and anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


@register.filter
def path_of(url: str) -> str:
    """Return of an address what tells it from its neighbors: everything behind the host."""
    _scheme, _mark, rest = url.partition("://")
    return "/" + rest.partition("/")[2] if rest else url


@register.simple_tag
def secret_title(row: Channel, name: str) -> str:
    """Return what a secret of a channel's kind is called."""
    titles = {field.name: field.title for field in adapter_of(row.kind).setup.secrets}
    return _(titles[name]) if name in titles else name


@register.simple_tag
def widget_page(row: Channel) -> str:
    """Return the address of the chat's own page."""
    return f"{settings.PUBLIC_URL}/chat/{row.pk}/"


@register.simple_tag
def widget_snippet(row: Channel) -> str:
    """Return the line that puts the chat on a page."""
    return f'<script src="{settings.PUBLIC_URL}/widget.js" data-channel="{row.pk}" async></script>'


@register.filter
def outcome_word(word: str) -> str:
    """Return what the outcome of an item is called."""
    return _(OUTCOME_WORDS.get(word, word))


@register.filter
def reason_words(reason: str) -> str:
    """Return why a delivery or an item ended as it did, in the reader's language."""
    return in_words(reason)


@register.simple_tag
def identity_example(row: Channel) -> dict[str, str]:
    """Return code that signs who a visitor is: ``server`` for the site's server, ``page`` for its page."""
    return {"server": SERVER_EXAMPLE.replace("CHANNEL", str(row.pk)), "page": PAGE_EXAMPLE}
