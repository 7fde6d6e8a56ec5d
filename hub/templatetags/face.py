"""The face's own template words: icons, channel marks, avatars, form inputs and what the rail leads to."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_simple_icons.templatetags.simple_icons import simple_icon
from lucide.templatetags.lucide import lucide

from hub.access import Caller
from hub.models import Role

register = template.Library()

AVATAR_TONES = 8


class Place(NamedTuple):
    """Somewhere the rail leads to: its address, icon and name, and the role it asks for."""

    address: str
    icon: str
    title: Any
    role: Role


PLACES = (
    Place("/inbox/", "inbox", _("Inbox"), Role.AGENT),
    Place("/wallboard/", "layout-dashboard", _("Live board"), Role.SUPERVISOR),
    Place("/metrics/", "chart-column", _("Reports"), Role.SUPERVISOR),
    Place("/settings/", "settings", _("Settings"), Role.ADMIN),
)


# What administrators set, in the order of their menu.
SETTINGS = (
    Place("/settings/channels/", "plug", _("Channels"), Role.ADMIN),
    Place("/settings/unrouted/", "route-off", _("Unrouted"), Role.ADMIN),
    Place("/settings/deliveries/", "webhook", _("Webhook journal"), Role.ADMIN),
)


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
def is_check(field: BoundField) -> bool:
    """Whether the field is a box to tick."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def rail_places(request: HttpRequest, caller: Caller | None) -> list[dict[str, Any]]:
    """Return where the rail leads this person: ``address``, ``icon``, ``title``, ``current``."""
    return _open_to(request, caller, PLACES)


@register.simple_tag
def settings_places(request: HttpRequest, caller: Caller | None) -> list[dict[str, Any]]:
    """Return the pages of the settings this person may open: ``address``, ``icon``, ``title``, ``current``."""
    return _open_to(request, caller, SETTINGS)


def _open_to(request: HttpRequest, caller: Caller | None, places: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Keep the places that exist and that this person may go to."""
    if caller is None:
        return []
    return [
        {
            "address": place.address,
            "icon": place.icon,
            "title": place.title,
            "current": request.path.startswith(place.address),
        }
        for place in places
        if caller.may(place.role) and _exists(place.address)
    ]


@cache
def _exists(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True
