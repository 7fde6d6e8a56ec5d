"""Working hours: of the workspace and of each team, in versions; with what holds now and the holidays to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import free_days, schedules
from hub.access import require
from hub.hours import Schedule
from hub.house.hours_form import HoursForm
from hub.models import Role, Team, WorkingHours, Workspace
from hub.refusal import Refused, TooLate

PAGE, NEW = "hub/house/hours.html", "hub/house/hours_new.html"
Shown = dict[str, Any]


@never_cache
@require_GET
def hours(request: HttpRequest) -> HttpResponse:
    """Show the hours of the workspace and of each team."""
    caller = require(request, Role.ADMIN)
    rows = list(WorkingHours.objects.of(caller.workspace).select_related("team"))
    teams = Team.objects.of(caller.workspace).order_by("name")
    owners = [_owner(rows, None), *(_owner(rows, team) for team in teams)]
    return render(request, PAGE, {"owners": owners})


def _owner(rows: Sequence[WorkingHours], team: Team | None) -> Shown:
    """Return what is shown of a team's hours (None: the workspace's): what holds now, and every version."""
    own = schedules.versions(rows, team.pk if team else None)
    now = timezone.now()
    current = schedules.in_force(own, now)
    return {
        "team": team,
        "current": current,
        "now": schedules.state([row.schedule for row in own], now) if own else None,
        "week": schedules.summary(current.periods) if current else [],
        "region": free_days.title(current.region) if current and current.region else "",
        "holidays": _holidays(current.schedule) if current else [],
        "versions": [{"row": row, "current": row == current} for row in own] if len(own) > 1 else [],
        "only": own[0] if len(own) == 1 else None,
    }


def _holidays(schedule: Schedule) -> list[Shown]:
    coming = schedules.coming_holidays(schedule, timezone.now(), get_language() or "")
    return [{"day": day, "name": name or _("Own day")} for day, name in coming]


def _team(request: HttpRequest, workspace: Workspace) -> Team | None:
    """Return the team the address names, None for the workspace. Raises ``Http404``."""
    word = request.GET.get("team", "")
    if not word:
        return None
    try:
        found = Team.objects.of(workspace).filter(pk=UUID(word)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a version of the hours, filled in with what holds now, and keep it."""
    caller = require(request, Role.ADMIN)
    team = _team(request, caller.workspace)
    form = _form(request, caller.workspace, team)
    if request.method == "POST" and form.is_valid():
        try:
            schedules.add(caller, form.wanted(team.pk if team else None))
        except Refused as refused:
            form.refuse(refused)
        except TooLate as late:
            form.add_error("since", late.sentence)
        else:
            messages.success(request, _("The hours are kept."))
            return redirect("settings_hours")
    return render(request, NEW, {"form": form, "team": team, **_preview(form)})


def _form(request: HttpRequest, workspace: Workspace, team: Team | None) -> HoursForm:
    rows = list(WorkingHours.objects.of(workspace).select_related("team"))
    own = schedules.versions(rows, team.pk if team else None)
    base = own or schedules.versions(rows, None)
    current = schedules.in_force(base, timezone.now())
    return HoursForm(workspace, current, request.POST or None, needs_since=bool(own))


@never_cache
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what hours would mean now, before they are kept."""
    caller = require(request, Role.ADMIN)
    form = _form(request, caller.workspace, _team(request, caller.workspace))
    form.is_valid()
    return render(request, f"{NEW}#preview", _preview(form))


def _preview(form: HoursForm) -> Shown:
    """Return what the hours in the form mean now; nothing while they make no sense."""
    wanted = form.as_typed()
    if wanted is None:
        return {"now": None, "holidays": []}
    schedule = Schedule(
        zone=wanted.zone, periods=wanted.periods, holidays=frozenset(wanted.holidays), region=wanted.region
    )
    return {"now": schedules.state([schedule], timezone.now()), "holidays": _holidays(schedule)}


@require_POST
def remove(request: HttpRequest, hours: UUID) -> HttpResponse:
    """Remove a version; the one before it holds on."""
    caller = require(request, Role.ADMIN)
    try:
        schedules.remove(caller, hours)
    except WorkingHours.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The version was removed."))
    return redirect("settings_hours")
