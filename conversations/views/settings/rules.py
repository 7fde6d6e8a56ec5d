"""Rules: the list with its order and switches, the editor, the trial over the last week, and the log of what fired and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import automation
from conversations.api.rules import plan_of
from conversations.automation import EVENTS, ready
from conversations.automation.keeping import Plan
from conversations.models import Rule, RuleRun
from conversations.refusal import Refused
from conversations.views.settings import rule_form
from conversations.views.settings.place import before, uuid_in
from conversations.views.settings.rule_form import ACTIONS
from hub import audit
from hub.access import Caller, require
from hub.ids import new_id
from hub.models import Role, Workspace

LIST, ONE, LOG = (f"conversations/settings/{name}.html" for name in ("rules", "rule", "rule_log"))
ROWS_A_PAGE = 50
HELD = {
    "loop": gettext_lazy("held: it would have gone in a circle"),
    "too_often": gettext_lazy("held: it fired too often"),
}


def _rule(workspace: Workspace, key: UUID) -> Rule:
    return get_object_or_404(Rule.objects.of(workspace), pk=key)


@never_cache
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Show every rule in its order; a POST switches one on or off, or moves it."""
    caller = require(request, Role.ADMIN)
    if request.method == "POST":
        wrong = _act(request, caller)
        if wrong:
            messages.error(request, wrong)
        return redirect("settings_rules")
    rows = Rule.objects.of(caller.workspace).annotate(fired=Count("runs", filter=Q(runs__fired=True)))
    shown = [
        {
            "row": row,
            "event": _(EVENTS.get(row.event, row.event)),
            "acts": [ACTIONS.get(one.get("do", ""), "?") for one in row.actions],
        }
        for row in rows.order_by("position", "id")
    ]
    templates = [
        {"word": one.word, "drawing": one.drawing, "title": _(one.title), "about": _(one.about)}
        for one in ready.TEMPLATES
    ]
    return render(request, LIST, {"rules": shown, "templates": templates})


def _act(request: HttpRequest, caller: Caller) -> str:
    """Do what a button of the list says; return a sentence why not."""
    word, _colon, key = request.POST.get("act", "").partition(":")
    rows = list(Rule.objects.of(caller.workspace).order_by("position", "id"))
    place = next((n for n, row in enumerate(rows) if str(row.pk) == key), None)
    if place is None:
        return ""
    row = rows[place]
    with transaction.atomic():
        if word in {"on", "off"}:
            try:
                automation.keep(caller.workspace, plan_of({"active": word == "on"}, row), row)
            except Refused as refused:
                return refused.sentence
            audit.note(caller, "rule.changed", row, {"active": (word != "on", word == "on")})
        elif word in {"up", "down"}:
            other = place + (1 if word == "down" else -1)
            if 0 <= other < len(rows):
                rows[place], rows[other] = rows[other], rows[place]
            for n, one in enumerate(rows, 1):
                one.position = n
            Rule.objects.bulk_update(rows, ["position"])
    return ""


@never_cache
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, rule: UUID | None = None) -> HttpResponse:
    """Show the form of a rule, a new one's with ``template`` filled in; a POST adds or drops a row, tries it, or keeps it."""
    caller = require(request, Role.ADMIN)
    row = _rule(caller.workspace, rule) if rule else None
    words = rule_form.words_of(caller.workspace)
    if request.method == "GET":
        begun = ready.plan(caller.workspace, request.GET.get("template", ""))
        plan = plan_of({}, row) if row else begun or Plan(name="", event="message.received", actions=[{"do": "reply"}])
        return _page(request, row, plan, words)
    plan = rule_form.read(request.POST, words)
    act = request.POST.get("act", "")
    if act not in {"save", "try"}:
        return _page(request, row, plan, words)
    try:
        if act == "try":
            understood = automation.understood(caller.workspace, plan, row.pk if row else new_id())
            trial = automation.dry_run(caller.workspace, plan.event, understood)
            return _page(request, row, plan, words, trial=trial, held=HELD)
        kept = _keep(caller, plan, row)
    except Refused as refused:
        return _page(request, row, plan, words, wrong={refused.field: refused.sentence})
    return _page(request, kept, plan_of({}, kept), words, saved=_("Saved.")) if row else _made(request, kept)


def _made(request: HttpRequest, row: Rule) -> HttpResponse:
    """Lead to the page of a new rule."""
    messages.success(request, _("The rule is kept."))
    address = reverse("settings_rule", args=[row.pk])
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _keep(caller: Caller, plan: Plan, row: Rule | None) -> Rule:
    with transaction.atomic():
        kept = automation.keep(caller.workspace, plan, row)
        audit.note(caller, "rule.changed" if row else "rule.created", kept)
    return kept


def _page(
    request: HttpRequest,
    row: Rule | None,
    plan: Plan,
    words: rule_form.Words,
    *,
    wrong: dict[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    context = {"rule": row, **rule_form.shown(plan, words, wrong or {}), **more}
    part = "#editor" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{ONE}{part}", context)


@never_cache
@require_http_methods(["POST"])
def remove(request: HttpRequest, rule: UUID) -> HttpResponse:
    """Remove a rule with its log."""
    caller = require(request, Role.ADMIN)
    row = _rule(caller.workspace, rule)
    with transaction.atomic():
        audit.note(caller, "rule.removed", row)
        row.delete()
    return redirect("settings_rules")


@never_cache
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show what fired, and what was held and why, newest first; ``rule`` narrows it, ``before`` goes on below a row."""
    caller = require(request, Role.ADMIN)
    rows = RuleRun.objects.of(caller.workspace).select_related("rule", "conversation__customer").order_by("-id")
    if (key := uuid_in(request, "rule")) is not None:
        rows = rows.filter(rule=key)
    if (last := before(request)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: ROWS_A_PAGE + 1])
    shown = [_logged(row) for row in found[:ROWS_A_PAGE]]
    narrowed = f"rule={key}&" if key else ""
    onward = f"?{narrowed}before={found[ROWS_A_PAGE - 1].pk}" if len(found) > ROWS_A_PAGE else ""
    only = Rule.objects.of(caller.workspace).filter(pk=key).first() if key else None
    days = settings.RUN_RETENTION_DAYS
    return render(request, LOG, {"rows": shown, "next": onward, "only": only, "days": days})


def _logged(row: RuleRun) -> dict[str, Any]:
    steps = [
        {"title": ACTIONS.get(step.get("do", ""), "?"), "done": step.get("done"), "why": step.get("why", "")}
        for step in row.why.get("steps", ())
    ]
    event = row.why.get("event", "")
    return {
        "row": row,
        "event": _(EVENTS.get(event, event)),
        "held": HELD.get(row.why.get("held", ""), ""),
        "steps": steps,
    }
