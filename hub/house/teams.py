"""Teams: who answers together, and how their conversations are given out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub import people as house
from hub.access import Caller, require
from hub.house.forms import METHOD_WORDS, TeamForm, ids
from hub.models import Role, Team, Workspace
from hub.refusal import Refused

PAGE, ONE = "hub/house/teams.html", "hub/house/team.html"


@never_cache
@require_http_methods(["GET", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """Show every team; a POST makes one and leads to it."""
    caller = require(request, Role.ADMIN)
    name, wrong = request.POST.get("name", ""), ""
    if request.method == "POST":
        try:
            row = house.create_team(caller, name)
        except Refused as refused:
            wrong = refused.sentence
        else:
            return redirect("settings_team", row.pk)
    rows = Team.objects.of(caller.workspace).annotate(number=Count("members")).prefetch_related("members__user")
    shown = [
        {"row": row, "method": METHOD_WORDS[house.routing_of(row)["method"]], "members": list(row.members.all())[:5]}
        for row in rows.order_by("name")
    ]
    return render(request, PAGE, {"teams": shown, "name": name, "wrong": wrong})


def _team(workspace: Workspace, key: UUID) -> Team:
    return get_object_or_404(Team.objects.of(workspace).select_related("workspace"), pk=key)


@never_cache
@require_http_methods(["GET", "POST"])
def team(request: HttpRequest, team: UUID) -> HttpResponse:
    """Show a team; a POST changes its name, its people and how its conversations are given out."""
    caller = require(request, Role.ADMIN)
    row = _team(caller.workspace, team)
    form, saved = TeamForm(row, house.routing_of(row), request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _change(caller, row, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            row, saved = _team(caller.workspace, team), _("Saved.")
            form = TeamForm(row, house.routing_of(row))
    part = "#team" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{ONE}{part}", {"team": row, "form": form, "saved": saved})


def _change(caller: Caller, row: Team, form: TeamForm) -> None:
    given = form.cleaned_data
    wanted = house.TeamChange(name=given["name"], members=ids(given["members"]), routing=form.routing())
    house.change_team(caller, row.pk, wanted)


@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, team: UUID) -> HttpResponse:
    """Say what dissolving a team ends, and do it when that is confirmed."""
    caller = require(request, Role.ADMIN)
    row = _team(caller.workspace, team)
    if request.method == "POST":
        house.remove_team(caller, row.pk)
        messages.success(request, _("The team %(name)s was dissolved.") % {"name": row.name})
        return redirect("settings_teams")
    return render(request, "hub/house/team_remove.html", {"team": row})
