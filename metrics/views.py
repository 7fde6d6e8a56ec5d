"""The pages of the figures: the board of all, and one figure with its evidence."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from conversations.models import Channel, Customer
from hub.access import Caller, require
from hub.models import Role
from metrics import board, evidence, period, words
from metrics.board import Board, Filter
from metrics.models import Cell
from metrics.query import Freshness, fresh
from metrics.question import Question
from metrics.registry import METRICS, Metric

ROWS_SHOWN = 50


def overview(request: HttpRequest) -> HttpResponse:
    """Show the board of all figures; asked by its own pulse, answer with what changed since the mark it has seen."""
    caller = require(request, Role.SUPERVISOR)
    span, kept = _asked(request, caller)
    if (freshness := _nothing_new(request, caller)) is not None:
        return _pulse(request, "metrics/overview.html", Board(freshness, span))
    given = board.overview(caller.workspace, span, kept)
    return _answer(request, "metrics/overview.html", _common(request, caller, given, kept))


def metric(request: HttpRequest, name: str) -> HttpResponse:
    """Show one figure: its course, its splits, and the longest of what was counted, each with its conversation."""
    caller = require(request, Role.SUPERVISOR)
    found = METRICS.get(name)
    if found is None or found.id not in dict(board.TILES):
        raise Http404
    span, kept = _asked(request, caller)
    if (freshness := _nothing_new(request, caller)) is not None:
        return _pulse(request, "metrics/metric.html", Board(freshness, span))
    given = board.of_metric(caller.workspace, found, span, kept)
    context = _common(request, caller, given, kept) | {
        "metric": found,
        "splits": board.splits(caller.workspace, found, span, kept),
        "evidence": _evidence(caller, found, given, kept),
    }
    return _answer(request, "metrics/metric.html", context)


def _nothing_new(request: HttpRequest, caller: Caller) -> Freshness | None:
    """Return how fresh the figures are when the page has seen all of them; None when it must be told."""
    freshness = fresh(caller.workspace) if "seen" in request.GET else None
    return freshness if freshness and request.GET["seen"] == str(freshness.mark) else None


def _pulse(request: HttpRequest, template: str, given: Board) -> HttpResponse:
    """Answer a page that has seen everything: only the line of time."""
    return render(request, f"{template}#pulse", _time(request, given) | {"is_news": False})


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render the page, or for its pulse the line of time and the figures."""
    return render(request, f"{template}#pulse" if "seen" in request.GET else template, context)


def _time(request: HttpRequest, given: Board) -> dict[str, Any]:
    """Return what the line of time says, and where it asks next."""
    clock, zone, is_late = board.as_of_words(given)
    pulse = _address(request, seen=str(given.freshness.mark))
    return {"clock": clock, "zone": zone, "is_late": is_late, "pulse": pulse}


def _asked(request: HttpRequest, caller: Caller) -> tuple[period.Period, Filter]:
    zone = ZoneInfo(caller.workspace.timezone)
    span = period.named(request.GET.get("period", period.USUAL), timezone.now(), zone)
    channels = tuple(value for value in request.GET.getlist("channel") if value and "\0" not in value)
    return span, Filter(channels)


def _common(request: HttpRequest, caller: Caller, given: Board, kept: Filter) -> dict[str, Any]:
    """Return what both pages show: the bar with its links, the time, and the board."""
    span = given.period
    return {
        "board": given,
        "period": span,
        "span": f"{words.day(span.first)} – {words.day(span.last)}"
        if span.step == "day"
        else words.day_and_weekday(span.first),
        "periods": [
            {
                "key": key,
                "title": title,
                "letter": letter,
                "current": key == span.key,
                "address": _address(request, period=key),
            }
            for key, (title, letter) in period.TITLES.items()
        ],
        "channels": [
            {
                "kind": kind,
                "title": words.channel(kind),
                "current": kind in kept.channels,
                "address": _address(request, channel=None if kind in kept.channels else kind),
            }
            for kind in _channel_kinds(caller)
        ],
        "everything": _address(request, channel=None),
        "kept": kept,
        "board_address": f"{reverse('metrics')}?{_words(request)}",
        "words": _words(request),
        "is_news": True,
        **_time(request, given),
    }


def _channel_kinds(caller: Caller) -> list[str]:
    """Return the kinds the workspace has channels or figures of."""
    own = Channel.objects.of(caller.workspace).filter(deleted_at=None).values_list("kind", flat=True)
    told = (
        Cell.objects.of(caller.workspace)
        .filter(measure="conversations", dimension="channel")
        .values_list("value", flat=True)
    )
    return sorted(filter(None, {*own.distinct(), *told.distinct()}))


def _words(request: HttpRequest, **changed: str | None) -> str:
    """Return the address's words with some changed or, for None, left out."""
    asked: dict[str, Any] = {
        "period": request.GET.get("period", period.USUAL),
        "channel": request.GET.getlist("channel"),
        **changed,
    }
    return urlencode({name: value for name, value in asked.items() if value}, doseq=True)


def _address(request: HttpRequest, **changed: str | None) -> str:
    return f"{request.path}?{_words(request, **changed)}"


def _evidence(caller: Caller, found: Metric, given: Board, kept: Filter) -> list[dict[str, Any]]:
    """Return the longest observations (of a count the newest), with who wrote and where to read it."""
    span = given.period
    question = Question(caller.workspace, found, span.start, span.end, span.zone, filters=kept.asked())
    seen = evidence.page(question, size=ROWS_SHOWN, longest_first=True).observations
    names = dict(
        Customer.objects.of(caller.workspace).filter(pk__in={one.customer_id for one in seen}).values_list("pk", "name")
    )
    return [
        {
            "customer": names.get(one.customer_id, "") if one.customer_id else "",
            "address": f"/inbox/{one.conversation_id}/",
            "channel": words.channel(one.channel_kind),
            "agent": one.agent or "—",
            "at": one.anchor.astimezone(span.zone),
            "day": words.day(one.anchor.astimezone(span.zone).date()),
            "length": words.length(one.seconds) if found.clocks else "",
            "excluded": words.length(one.excluded_seconds) if one.excluded_seconds else "",
        }
        for one in seen
    ]
