"""The face's own template words: icons, channel marks, avatars, form inputs and what the rail leads to."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django_simple_icons.templatetags.simple_icons import simple_icon
from lucide.templatetags.lucide import lucide

from hub import navigation
from hub.access import Caller

register = template.Library()

AVATAR_TONES = 8


@cache
def _drawing(name: str, classes: str) -> SafeString:
    # Marked safe by the library, which reads it from its own files; the names come from our templates.
    return mark_safe(lucide(name, size=None, **{"class": classes, "aria-hidden": "true"}))  # noqa: S308


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Return a lucide drawing for the eye only; ``size`` is "", "s" (16 px) or "xs" (14 px)."""
    return _drawing(name, f"icon icon-{size}" if size else "icon")


@register.simple_tag
@cache
def drawing(library: str, name: str, size: int | None = None) -> SafeString:
    """Return a drawing for the eye only: ``lucide``, or a vendor's own mark from ``simple``, ``size`` in pixels where no style sheet sets it."""
    if library == "lucide":
        return _drawing(name, "icon")
    return mark_safe(simple_icon(name, size=size, **{"aria-hidden": "true"}))  # noqa: S308  the library's own file


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the languages of the house as (code, its own name): nobody looks for theirs in another one."""
    return list(settings.LANGUAGES)


@register.filter
def tone(key: Any) -> int:
    """Return the avatar tone of a person's id: 0 to 7, always the same for the same id."""
    return sum(str(key).encode()) % AVATAR_TONES


@register.filter
def input(field: BoundField) -> SafeString:  # noqa: A001  read as {{ field|input }}
    """Render a form field's input in the house's look."""
    if isinstance(field.field.widget, CheckboxInput):
        return field.as_widget()
    return field.as_widget(attrs={"class": "input"})


@register.filter
def is_checks(field: BoundField) -> bool:
    """Whether the field is several boxes or buttons of which some are chosen."""
    return isinstance(field.field.widget, CheckboxSelectMultiple | RadioSelect)


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether the field is a box to tick."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def rail_places(request: HttpRequest, caller: Caller | None) -> list[dict[str, Any]]:
    """Return where the rail leads this person: ``address``, ``icon``, ``title``, ``current``."""
    return navigation.open_to(caller, navigation.PLACES, request.path)


@register.simple_tag
def settings_groups(request: HttpRequest, caller: Caller | None) -> list[dict[str, Any]]:
    """Return the pages of the settings this person may open, by group: ``title``, and ``places`` as the rail's are."""
    return navigation.settings_open_to(caller, request.path)
