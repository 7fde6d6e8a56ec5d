"""The pages of the figures: the boards, each agent's own, and one for every figure, with the drawer behind its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from hub.access import Caller, require
from hub.models import Role
from metrics import board, drawer, who, words
from metrics.asked import DRAWER, INSIDE, Asked, asked
from metrics.bar import bar, variants
from metrics.board import Board
from metrics.layouts import AGENT, AGENTS, BOARDS, OVERVIEW, Layout
from metrics.query import Freshness, fresh
from metrics.registry import METRICS


def overview(request: HttpRequest) -> HttpResponse:
    """Show the board of all figures."""
    return _board(request, OVERVIEW)


def one_board(request: HttpRequest, key: str) -> HttpResponse:
    """Show a board."""
    if key not in BOARDS or not key:
        raise Http404
    return _board(request, BOARDS[key])


def agent(request: HttpRequest, email: str) -> HttpResponse:
    """Show one agent's figures, everybody's beside them."""
    if "\0" in email:
        raise Http404
    return _board(request, AGENT, email)


def _board(request: HttpRequest, layout: Layout, email: str = "") -> HttpResponse:
    """Show a board; asked by its own pulse, answer with what changed since the mark it has seen."""
    caller = require(request, Role.SUPERVISOR)
    about = asked(caller.workspace, request.GET, timezone.now())
    if email:
        about = replace(about, filters=(*((n, v) for n, v in about.filters if n != "agent"), ("agent", (email,))))
    if _is_drawer(request):
        return _drawer(request, about)
    template = "metrics/overview.html"
    if (freshness := _nothing_new(request, caller)) is not None:
        return _pulse(request, template, Board(freshness, about))
    given = board.of_agents(about, layout) if layout is AGENTS else board.of_layout(about, layout)
    key = AGENTS.key if email else layout.key
    context = _page_context(request, caller, given, key) | {
        "layout": layout,
        "agent": email,
        "agent_name": who.part_of(caller.workspace, "agent")("agent", email),
        "chosen": about.show or layout.tiles[0],
        "export": f"{reverse('metrics-export')}?{urlencode({'board': layout.key, 'agent': email} if email else {'board': layout.key})}&{about.words()}",
    }
    return _answer(request, template, context)


def metric(request: HttpRequest, name: str) -> HttpResponse:
    """Show one figure: what it means, its course, every split, and what was counted."""
    caller = require(request, Role.SUPERVISOR)
    if name not in METRICS:
        raise Http404
    about = asked(caller.workspace, request.GET, timezone.now(), name)
    found = about.metric(name)
    if _is_drawer(request):
        return _drawer(request, about)
    if (freshness := _nothing_new(request, caller)) is not None:
        return _pulse(request, "metrics/metric.html", Board(freshness, about))
    given = board.of_metric(about, found)
    context = _page_context(request, caller, given, None) | {
        "metric": found,
        "variants": variants(about, found, request.path),
        "unit": words.unit(found.unit, caller.workspace.currency),
        "export": f"{reverse('metric-export', args=[name])}?{about.words()}",
        "receipt": f"{reverse('metric-receipt', args=[name])}?{about.words()}",
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
    said = given.asked.words()
    pulse = f"{request.path}?{said}{'&' if said else ''}{urlencode({'seen': str(given.freshness.mark)})}"
    return {"clock": clock, "zone": zone, "is_late": is_late, "pulse": pulse}


def _page_context(request: HttpRequest, caller: Caller, given: Board, key: str | None) -> dict[str, Any]:
    """Return what every page shows: the bar, the time, the board, and the drawer where the address opens one."""
    return {
        **bar(caller, given.asked, request.path, key),
        "board": given,
        "is_news": True,
        **_time(request, given),
        **_drawer_context(request, given.asked),
    }


def _is_drawer(request: HttpRequest) -> bool:
    """Whether only the drawer is asked for."""
    return request.headers.get("HX-Target") == "drawer"


def _drawer(request: HttpRequest, about: Asked) -> HttpResponse:
    context = {"words": about.words(), "page": request.path, **_drawer_context(request, about)}
    if context["drawer"] is None:
        raise Http404
    return render(request, "metrics/drawer.html", context)


def _drawer_context(request: HttpRequest, about: Asked) -> dict[str, Any]:
    question = drawer.question_of(about, request.GET)
    if question is None:
        return {"drawer": None}
    kept = [
        (word, value)
        for word, values in request.GET.lists()
        if word.startswith(INSIDE) or word in DRAWER
        for value in values
        if word != "row"
    ]
    said = "&".join(filter(None, (about.words(), urlencode(kept))))
    return {
        "drawer": drawer.drawer(question, request.GET),
        "drawer_words": urlencode(kept),
        "drawer_export": f"{reverse('metric-rows', args=[question.metric.id])}?{said}",
    }
