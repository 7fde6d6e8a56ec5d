"""What is set for a whole workspace: its name, clock and money, and how its people work. Every change is audited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

import msgspec
from babel import Locale
from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit, kinds, second_factor
from hub.access import Caller
from hub.models import Workspace
from hub.refusal import Refused

NAME_LENGTH, MOST_HOURS, MOST_MINUTES, MOST_WEIGHT = 120, 24 * 30, 8 * 60, 20


class WorkspaceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace as it shall be, whole. ``weights`` are what a conversation of each kind of channel weighs."""

    name: str
    timezone: str
    currency: str
    reopen_hours: int
    away_minutes: int
    weights: dict[str, int]
    second_factor_required: bool


def change(caller: Caller, wanted: WorkspaceChange) -> Workspace:
    """Keep the settings of the caller's workspace. Raises ``Refused`` with the field at fault; then nothing changed."""
    _check(caller, wanted)
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=caller.workspace.pk)
        before = described(row)
        row.name, row.timezone, row.currency = " ".join(wanted.name.split()), wanted.timezone, wanted.currency.upper()
        row.reopen_window = timedelta(hours=wanted.reopen_hours)
        row.settings = {
            **row.settings,
            "away_minutes": wanted.away_minutes,
            "weights": {kind: weight for kind, weight in wanted.weights.items() if weight != 1},
            second_factor.REQUIRED: wanted.second_factor_required,
        }
        row.save(update_fields=["name", "timezone", "currency", "reopen_window", "settings"])
        if changes := audit.difference(before, described(row)):
            audit.note(caller, "workspace.changed", row, changes)
    return row


def described(row: Workspace) -> dict[str, Any]:
    """Return what is set for a workspace."""
    return {
        "name": row.name,
        "timezone": row.timezone,
        "currency": row.currency,
        "reopen_hours": int(row.reopen_window / timedelta(hours=1)),
        "away_minutes": row.settings.get("away_minutes", 10),
        "weights": row.settings.get("weights") or {},
        "second_factor_required": second_factor.required(row),
    }


def _check(caller: Caller, wanted: WorkspaceChange) -> None:
    if not wanted.name.strip() or "\0" in wanted.name:
        raise Refused("name", _("This field is needed."))
    if len(wanted.name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    if wanted.timezone not in available_timezones():
        raise Refused("timezone", _("There is no time zone of this name: %(zone)s.") % {"zone": wanted.timezone})
    if wanted.currency.upper() not in Locale("en").currencies:
        raise Refused("currency", _("There is no such currency: %(code)s.") % {"code": wanted.currency})
    _between("reopen_hours", wanted.reopen_hours, 0, MOST_HOURS)
    _between("away_minutes", wanted.away_minutes, 1, MOST_MINUTES)
    known = {kind for kind, _title in kinds.kinds()}
    for kind, weight in wanted.weights.items():
        if kind not in known:
            raise Refused(f"weight_{kind}", _("There is no such kind of channel."))
        _between(f"weight_{kind}", weight, 0, MOST_WEIGHT)
    turns_on = wanted.second_factor_required and not second_factor.required(caller.workspace)
    if turns_on and caller.user is not None and not second_factor.has_one(caller.user):
        raise Refused("second_factor_required", _("Set up your own second factor first: nobody locks themselves out."))


def _between(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Refused(field, _("Must be a number from %(least)d to %(most)d.") % {"least": least, "most": most})
