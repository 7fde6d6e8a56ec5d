"""The page of the matrix: stages down, channels across, each cell with its figures; and what changes it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.access import Caller, require
from hub.models import Role
from hub.refusal import Refused
from metrics import kinds, links, period, words
from metrics.matrix import model
from metrics.matrix.figures import figures
from metrics.matrix.model import Bound
from metrics.models import StageModel
from metrics.models.plans import STAGES
from metrics.registry import METRICS

PERIODS = ("7", "28", "91")


@never_cache
@require_http_methods(["GET", "POST"])
def matrix(request: HttpRequest) -> HttpResponse:
    """Show the matrix; take in what is put into a cell or out of one."""
    caller = require(request, Role.SUPERVISOR)
    channels = kinds.of(caller.workspace)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            _change(request, caller, channels)
        except Refused as refused:
            wrong = {refused.field: refused.sentence}
        else:
            return redirect(f"{request.path}?edit")
    return render(request, "metrics/plans/matrix.html", _context(request, caller, channels, wrong))


def _change(request: HttpRequest, caller: Caller, channels: list[str]) -> None:
    if "reset" in request.POST:
        model.reset(caller.workspace)
        messages.success(request, _("The usual model is back."))
        return
    word = request.POST.get("remove")
    if word is not None:
        stage, _slash, rest = word.partition("/")
        channel, _slash, metric = rest.partition("/")
        model.remove(caller.workspace, channels, Bound(stage, channel, metric))
        return
    given = (str(request.POST.get(name, "")) for name in ("stage", "channel", "metric"))
    model.add(caller.workspace, channels, Bound(*given))


def _context(request: HttpRequest, caller: Caller, channels: list[str], wrong: dict[str, str]) -> dict[str, Any]:
    key = request.GET.get("period", period.USUAL)
    zone = ZoneInfo(caller.workspace.timezone)
    span = period.named(key if key in PERIODS else period.USUAL, timezone.now(), zone)
    bound = model.cells(caller.workspace, channels)
    shown, freshness = figures(caller.workspace, span, bound)
    places = ["", *channels, *sorted({one.channel for one in bound} - {"", *channels})]
    return {
        "heads": [words.channel(kind) if kind else _("All channels") for kind in places],
        "rows": [
            {
                "title": words.STAGE_TITLES[stage],
                "cells": [
                    [_figure(one) for one in shown if (one.bound.stage, one.bound.channel) == (stage, kind)]
                    for kind in places
                ],
            }
            for stage in STAGES
        ],
        "edit": "edit" in request.GET or bool(wrong),
        "wrong": wrong,
        "typed": request.POST,
        "stages": words.STAGE_TITLES.items(),
        "channels": [(kind, words.channel(kind)) for kind in channels],
        "metrics": sorted(METRICS.values(), key=lambda one: str(one.title)),
        "is_own": StageModel.objects.of(caller.workspace).exists(),
        "periods": [(one, period.TITLES[one][0], one == span.key) for one in PERIODS],
        "clock": words.clock(freshness.as_of.astimezone(zone)),
        "zone": zone.key,
    }


def _figure(one: Any) -> dict[str, Any]:
    metric = METRICS[one.bound.metric]
    return {
        "key": f"{one.bound.stage}/{one.bound.channel}/{metric.id}",
        "metric": metric,
        "value": one.value,
        "n": words.count(one.n),
        "is_small_sample": one.is_small_sample,
        "address": links.of_metric(metric.id),
        "receipt": links.of_receipt(one.receipt),
    }
