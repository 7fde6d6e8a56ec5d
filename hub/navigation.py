"""Where one can go: the rail's places, and the pages of the settings by group. A place that nobody serves is not shown.

A new page of the settings is one line here: its address, icon, title and the role it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from hub.access import Caller
from hub.models import Role


class Place(NamedTuple):
    """Somewhere one can go: its address, icon and name, and the role it asks for."""

    address: str
    icon: str
    title: Any
    role: Role = Role.ADMIN


class Group(NamedTuple):
    """Pages of the settings that belong together."""

    title: Any
    places: tuple[Place, ...]


PLACES = (
    Place("/inbox/", "inbox", _("Inbox"), Role.AGENT),
    Place("/wallboard/", "layout-dashboard", _("Live board"), Role.SUPERVISOR),
    Place("/metrics/", "chart-column", _("Reports"), Role.SUPERVISOR),
    Place("/settings/", "settings", _("Settings"), Role.SUPERVISOR),
)

SETTINGS = (
    Group(
        _("Channels"),
        (
            Place("/settings/channels/", "plug", _("Channels")),
            Place("/settings/unrouted/", "route-off", _("Unrouted")),
            Place("/settings/deliveries/", "webhook", _("Webhook journal")),
        ),
    ),
    Group(
        _("People"),
        (
            Place("/settings/people/", "users", _("People")),
            Place("/settings/teams/", "users-round", _("Teams")),
            Place("/settings/routing/", "split", _("Routing")),
            Place("/settings/hours/", "clock", _("Working hours")),
        ),
    ),
    Group(
        _("Work"),
        (
            Place("/settings/labels/", "tag", _("Labels")),
            Place("/settings/canned/", "message-square-quote", _("Canned replies"), Role.SUPERVISOR),
            Place("/settings/macros/", "list-checks", _("Macros")),
            Place("/settings/fields/", "text-cursor-input", _("Custom fields")),
            Place("/settings/sla/", "timer", _("Service levels")),
            Place("/settings/alerts/", "bell-ring", _("Alerts")),
            Place("/settings/board/", "target", _("Live board")),
            Place("/settings/kiosk/", "tv", _("Kiosk links")),
        ),
    ),
    Group(
        _("Automation"),
        (
            Place("/settings/rules/", "workflow", _("Rules")),
            Place("/settings/bots/", "bot", _("Bots")),
            Place("/settings/surveys/", "star", _("Surveys")),
        ),
    ),
    Group(
        _("Data"),
        (
            Place("/settings/integrations/", "shopping-bag", _("Integrations")),
            Place("/settings/imports/", "file-up", _("Import")),
            Place("/settings/rates/", "arrow-left-right", _("Exchange rates"), Role.SUPERVISOR),
            Place("/settings/workspace/", "building-2", _("Workspace")),
            Place("/settings/tokens/", "key-round", _("API tokens")),
            Place("/settings/audit/", "scroll-text", _("Audit log")),
        ),
    ),
)


def open_to(caller: Caller | None, places: Iterable[Place], path: str) -> list[dict[str, Any]]:
    """Return the places that exist and that this person may go to: ``address``, ``icon``, ``title``, ``current`` at ``path``."""
    if caller is None:
        return []
    return [
        {
            "address": place.address,
            "icon": place.icon,
            "title": place.title,
            "current": path.startswith(place.address),
        }
        for place in places
        if caller.may(place.role) and _exists(place.address)
    ]


def settings_open_to(caller: Caller | None, path: str) -> list[dict[str, Any]]:
    """Return the groups of settings this person may open any page of: ``title`` and ``places``."""
    groups = [{"title": group.title, "places": open_to(caller, group.places, path)} for group in SETTINGS]
    return [group for group in groups if group["places"]]


@cache
def _exists(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True
