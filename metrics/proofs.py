"""The pages that prove figures: exports, and receipts with the number computed again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.access import require
from hub.models import Role
from metrics import drawer, exports, receipts, who, words
from metrics.asked import asked
from metrics.layouts import AGENT, BOARDS, OVERVIEW
from metrics.models import Receipt
from metrics.query import answer
from metrics.registry import METRICS


def export_board(request: HttpRequest) -> HttpResponse:
    """Send the figures of a board as CSV, over the same time and kept to the same as on the screen."""
    caller = require(request, Role.SUPERVISOR)
    layout = {**BOARDS, AGENT.key: AGENT}.get(request.GET.get("board", ""), OVERVIEW)
    about = asked(caller.workspace, request.GET, timezone.now())
    return _file(exports.figures(about, [METRICS[name] for name in layout.tiles]), layout.key or "overview")


def export_metric(request: HttpRequest, name: str) -> HttpResponse:
    """Send one figure as CSV."""
    caller = require(request, Role.SUPERVISOR)
    if name not in METRICS:
        raise Http404
    about = asked(caller.workspace, request.GET, timezone.now(), name)
    return _file(exports.figures(about, [about.metric(name)]), name)


def export_rows(request: HttpRequest, name: str) -> HttpResponse:
    """Send what stands behind a number as CSV."""
    caller = require(request, Role.SUPERVISOR)
    if name not in METRICS:
        raise Http404
    about = asked(caller.workspace, request.GET, timezone.now(), name)
    said = request.GET.copy()
    said["open"] = name
    question = drawer.question_of(about, said)
    assert question is not None, "the metric is known"
    return _file(exports.observations(about, question), f"{name}-rows")


def _file(text: str, name: str) -> HttpResponse:
    answered = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answered["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answered


def write_receipt(request: HttpRequest, name: str) -> HttpResponse:
    """Keep the receipt of what the page shows, and show it."""
    caller = require(request, Role.SUPERVISOR)
    if name not in METRICS:
        raise Http404
    about = asked(caller.workspace, request.GET, timezone.now(), name)
    return redirect("receipt", receipt=receipts.write(answer(about.question(about.metric(name)))).pk)


def receipt(request: HttpRequest, receipt: UUID) -> HttpResponse:
    """Show a receipt: the number, what was asked, and the number computed again as of its mark and as of now."""
    caller = require(request, Role.SUPERVISOR)
    found = get_object_or_404(Receipt.objects.of(caller.workspace), pk=receipt)
    metric = METRICS.get(found.metric)
    metric = metric and metric.measured(found.parameters.get("variant", ""))
    context: dict[str, Any] = {
        "receipt": found,
        "metric": metric,
        "value": _value(found, found.answer),
        "facts": _facts(found),
    }
    if "recompute" in request.GET and metric:
        again = receipts.recompute(found)
        then, now = again["as_of_mark"], again["now"]
        context |= {
            "then": {"value": _value(found, then), "equal": then["equal"]},
            "now": {
                "value": _value(found, now),
                "equal": now["equal"],
                "changes": now["changes"],
                "as_of": now["as_of"],
            },
        }
        return render(request, "metrics/receipt_again.html", context)
    return render(request, "metrics/receipt.html", context)


def _facts(found: Receipt) -> list[tuple[str, str]]:
    """Return what was asked in the reader's words, first over which time and by which clock, then what it was kept to."""
    asked = dict(found.parameters)
    zone = ZoneInfo(asked.pop("tz"))
    start, end = (datetime.fromisoformat(asked.pop(name)).astimezone(zone) for name in ("from", "to"))
    last = (end - timedelta(microseconds=1)).date()
    whole = start.time() == end.time() == time()
    span = words.span(start.date(), last, 0) if whole else f"{words.instant(start)} – {words.instant(end)}"
    facts = [(_("Period"), span), (_("Time zone"), zone.key)]
    clock, by, target, _variant = (asked.pop(name, None) for name in ("clock", "by", "target", "variant"))
    facts += [(_("Clock"), _("Working hours") if clock == "business" else _("All hours"))] if clock else []
    facts += [(_("Split by"), ", ".join(words.dimension(name) for name in by))] if by else []
    facts += [(_("Target"), words.length(float(target)))] if target else []
    part = who.part_of(found.workspace, *asked)
    facts += [
        (words.dimension(name), ", ".join(part(name, value) for value in values)) for name, values in asked.items()
    ]
    return [*facts, (_("As of"), words.instant(found.as_of.astimezone(zone)))]


def _value(found: Receipt, given: dict[str, Any]) -> str:
    metric = METRICS.get(found.metric)
    value = given["total"]["value"]
    return words.figure(metric.unit, value, found.workspace.currency) if metric else str(value)
