"""The pages of goals: how each goes, setting one, and one with all that was wanted before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.access import Caller, require
from hub.models import Role, Workspace
from hub.refusal import Refused, TooLate
from metrics import links, told, who, words
from metrics.goals import keeping
from metrics.goals.bullet import bullet
from metrics.goals.forms import GoalChangeForm, GoalForm
from metrics.goals.standing import Standing, is_total, standings
from metrics.models import Goal
from metrics.models.plans import AT_LEAST
from metrics.registry import METRICS, Metric

Shown = dict[str, Any]
USUAL_DAYS = 90


@never_cache
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Show every goal and how it goes; closed ones only when asked for."""
    caller = require(request, Role.SUPERVISOR)
    closed = "closed" in request.GET
    rows = Goal.objects.of(caller.workspace).filter(closed_at__isnull=not closed, metric__in=METRICS)
    goals = list(rows.select_related("owner").order_by("deadline", "created_at"))
    now = timezone.now()
    seen = standings(caller.workspace, goals, now)
    shown = [_shown(caller.workspace, goal, how) for goal, how in zip(goals, seen, strict=True)]
    return render(request, "metrics/plans/goals.html", {"goals": shown, "closed": closed})


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a figure, then for what it shall be, and keep the goal."""
    caller = require(request, Role.SUPERVISOR)
    metric = METRICS.get(request.GET.get("metric", ""))
    today = timezone.localdate()
    first = {"start": today, "deadline": today + timedelta(days=USUAL_DAYS)}
    form = GoalForm(
        caller.workspace, metric, str(caller.user.pk) if caller.user else "", request.POST or None, initial=first
    )
    if request.method == "POST" and metric and form.is_valid():
        try:
            goal = keeping.set_goal(caller, form.wanted())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The goal is set."))
            return redirect("goal", goal.pk)
    metrics = sorted(METRICS.values(), key=lambda one: str(one.title))
    return render(request, "metrics/plans/goal_new.html", {"form": form, "metric": metric, "metrics": metrics})


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, goal: UUID) -> HttpResponse:
    """Show a goal, how it goes, what the past says, and every change; take in a change."""
    caller = require(request, Role.SUPERVISOR)
    row = _goal(caller, goal)
    form = GoalChangeForm(caller.workspace, row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.change(caller, row.pk, form.wanted())
        except Refused as refused:
            form.refuse(refused)
        except TooLate as late:
            form.add_error(None, late.sentence)
        else:
            messages.success(request, _("The change is kept; what was wanted before stays to be seen."))
            return redirect("goal", row.pk)
    (seen,) = standings(caller.workspace, [row], timezone.now())
    metric = METRICS[row.metric]
    shown = _shown(caller.workspace, row, seen) | {"changes": _changes(caller.workspace, row, metric)}
    return render(request, "metrics/plans/goal.html", {"one": shown, "form": form})


@require_POST
def close(request: HttpRequest, goal: UUID) -> HttpResponse:
    """Close a goal for good."""
    caller = require(request, Role.SUPERVISOR)
    try:
        keeping.change(caller, _goal(caller, goal).pk, {"closed": True})
    except TooLate as late:
        messages.error(request, late.sentence)
    return redirect("goal", goal)


def _goal(caller: Caller, goal: UUID) -> Goal:
    rows = Goal.objects.of(caller.workspace).select_related("owner").filter(metric__in=METRICS)
    row = rows.filter(pk=goal).first()
    if row is None:
        raise Http404
    return row


def _shown(workspace: Workspace, goal: Goal, seen: Standing) -> Shown:
    metric, part = METRICS[goal.metric], who.part_of(workspace, *goal.filters)

    def value(number: float | None) -> str:
        return told.value(metric, number, workspace.currency)

    return {
        "row": goal,
        "metric": metric,
        "kept": [", ".join(part(name, one) for one in values) for name, values in goal.filters.items()],
        "state": seen.state,
        "state_word": states()[seen.state],
        "value": value(seen.value),
        "n": words.count(seen.n),
        "target": value(goal.target),
        "side": _("at least") if goal.direction == AT_LEAST else _("at most"),
        "baseline": value(goal.baseline) if goal.baseline is not None else "",
        "expected": value(seen.expected),
        "pace": _pace(seen),
        "is_total": is_total(metric),
        "elapsed": round(seen.elapsed * 100),
        "bullet": mark_safe(bullet(seen.value, seen.expected, goal.target, seen.state)),  # noqa: S308  our own drawing
        "receipt": links.of_receipt(seen.receipt),
        "address": links.of_metric(metric.id),
        "ahead": _ahead(seen, value),
        "warning": _warning(seen, value),
    }


def states() -> dict[str, str]:
    """Return the words of a goal's states."""
    return {
        "to_come": _("Not begun"),
        "on_pace": _("On pace"),
        "behind": _("Behind"),
        "reached": _("Reached"),
        "missed": _("Missed"),
        "unknown": _("Nothing counted yet"),
        "closed": _("Closed"),
    }


def _pace(seen: Standing) -> Shown | None:
    """Return the pace in percent, and the word for it."""
    if seen.pace is None:
        return None
    share = round(seen.pace * 100)
    word = _("as expected") if share == 100 else _("better") if share > 100 else _("worse")
    return {"share": share, "word": word, "meaning": "same" if share == 100 else "good" if share > 100 else "bad"}


def _ahead(seen: Standing, value: Any) -> Shown:
    """Return what is said about the deadline, or why nothing is."""
    found = seen.forecast
    if found is None or seen.chance is None:
        why = ""
        if seen.is_timeless:
            why = _("This figure has no course over time, so nothing can be forecast from it.")
        elif seen.state in {"on_pace", "behind", "unknown", "reached"}:
            why = ngettext(
                "No forecast yet: %(known)d whole period is known, at least eight are needed, and three to test it.",
                "No forecast yet: %(known)d whole periods are known, at least eight are needed, and three to test it.",
                seen.history,
            ) % {"known": seen.history}
        return {"why": why}
    method = _("a line through the last twelve periods") if found.method == "linear" else _("the last periods again")
    tested = ngettext(
        "Tested on the past %(tests)d time, %(ahead)d ahead: off by %(error)s on average.",
        "Tested on the past %(tests)d times, %(ahead)d ahead: off by %(error)s on average.",
        found.tests,
    ) % {"tests": found.tests, "ahead": found.tested_ahead, "error": value(found.error)}
    return {
        "value": value(found.value),
        "low": value(found.low),
        "high": value(found.high),
        "chance": f"{_bounded(seen.chance)} %",
        "method": method,
        "period": _("days") if seen.period == "day" else _("weeks"),
        "tested": tested,
    }


def _bounded(chance: float) -> str:
    """Write a probability in percent: nothing that is forecast is certain."""
    share = round(chance * 100)
    return "> 99" if share > 99 else "< 1" if share < 1 else str(share)


def _warning(seen: Standing, value: Any) -> str:
    if not seen.beyond:
        return ""
    what = _("each day") if seen.period == "day" else _("each week")
    return _("Hard to attain: %(what)s would have to come to %(needed)s, beyond 95 %% of the past %(known)d.") % {
        "what": what,
        "needed": value(seen.needed),
        "known": seen.history,
    }


def _changes(workspace: Workspace, goal: Goal, metric: Metric) -> list[Shown]:
    """Return every change, the newest first, in words."""
    titles = {
        "target": _("Target"),
        "direction": _("Direction"),
        "baseline": _("Baseline"),
        "deadline": _("Deadline"),
        "owner": _("Owner"),
        "reason": _("Why it matters"),
        "closed_at": _("Closed"),
    }

    def said(name: str, given: Any) -> str:
        if given is None:
            return told.NONE
        if name == "closed_at":
            return _("closed")
        if name == "direction":
            return _("at least") if given == AT_LEAST else _("at most")
        return told.value(metric, given, workspace.currency) if name in {"target", "baseline"} else str(given)

    return [
        {
            "at": datetime.fromisoformat(change["at"]),
            "by": change["by"],
            "fields": [
                {"title": titles[name], "before": said(name, before), "after": said(name, after)}
                for name, (before, after) in change["fields"].items()
            ],
        }
        for change in reversed(goal.changes)
    ]
