"""Macros: some acts done at once; the list, and the form with a row for each act, the same rows that rules have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.automation.keeping import Plan
from conversations.models import Macro
from conversations.refusal import Refused
from conversations.views.settings import rule_form
from conversations.views.settings.rule_form import ACTIONS
from conversations.workplace import macros as house
from hub.access import Caller, require
from hub.models import Role, Workspace

LIST, ONE = "conversations/settings/macros.html", "conversations/settings/macro.html"
FIRST: Sequence[dict[str, Any]] = ({"do": "reply", "text": ""},)


@never_cache
@require_GET
def macros(request: HttpRequest) -> HttpResponse:
    """Show every macro with what it does."""
    caller = require(request, Role.ADMIN)
    rows = Macro.objects.of(caller.workspace).select_related("team").order_by("name")
    shown = [{"row": row, "acts": [ACTIONS.get(one.get("do", ""), "?") for one in row.actions]} for row in rows]
    return render(request, LIST, {"macros": shown})


def _macro(workspace: Workspace, key: UUID) -> Macro:
    return get_object_or_404(Macro.objects.of(workspace), pk=key)


@never_cache
@require_http_methods(["GET", "POST"])
def macro(request: HttpRequest, macro: UUID | None = None) -> HttpResponse:
    """Show the form of a macro; a POST adds or drops a row, or keeps it."""
    caller = require(request, Role.ADMIN)
    row = _macro(caller.workspace, macro) if macro else None
    words = rule_form.words_of(caller.workspace)
    if request.method == "GET":
        plan = Plan(name=row.name if row else "", event="", actions=list(row.actions if row else FIRST))
        return _page(request, row, plan, words, str(row.team_id or "") if row else "")
    plan, team = rule_form.read(request.POST, words), request.POST.get("team", "")
    if request.POST.get("act") != "save":
        return _page(request, row, plan, words, team)
    try:
        kept = _keep(caller, row, plan, team if team in dict(words.teams) else "")
    except Refused as refused:
        return _page(request, row, plan, words, team, {refused.field: refused.sentence})
    messages.success(request, _("Kept: %(name)s.") % {"name": kept})
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("settings_macros")})
    return redirect("settings_macros")


def _keep(caller: Caller, row: Macro | None, plan: Plan, team: str) -> Macro:
    wanted = house.MacroChange(name=plan.name, actions=tuple(plan.actions), team=UUID(team) if team else None)
    return house.change(caller, row.pk, wanted) if row else house.create(caller, wanted)


def _page(
    request: HttpRequest,
    row: Macro | None,
    plan: Plan,
    words: rule_form.Words,
    team: str,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    context = {"macro": row, "team": team, **rule_form.shown(plan, words, wrong or {})}
    part = "#editor" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{ONE}{part}", context)


@require_POST
def remove(request: HttpRequest, macro: UUID) -> HttpResponse:
    """Remove a macro; what was done with it stays."""
    caller = require(request, Role.ADMIN)
    row = _macro(caller.workspace, macro)
    house.remove(caller, row.pk)
    messages.success(request, _("Removed: %(name)s.") % {"name": row})
    return redirect("settings_macros")
