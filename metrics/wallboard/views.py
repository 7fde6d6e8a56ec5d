"""The pages of the live board: a supervisor's, and one for a wall that whoever has its link may see."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations import feed, kiosk as links
from hub.access import require
from hub.models import Role, Workspace
from metrics.wallboard import shown
from metrics.wallboard.targets import TILES
from metrics.wallboard.words import words

PAGE, GONE = "metrics/wallboard.html", "metrics/kiosk_gone.html"
AT_ONCE_SECONDS = 0.9  # many screens of one workspace look at the same figures
_kept: dict[tuple[UUID, bool], tuple[float, dict[str, Any]]] = {}


@never_cache
@require_GET
def wallboard(request: HttpRequest) -> HttpResponse:
    """Show the board; ``?kiosk=1`` fills a screen with it, in the dark and without the rail."""
    caller = require(request, Role.SUPERVISOR)
    wall = request.GET.get("kiosk") == "1"
    context = _context(caller.workspace, names=True) | {
        "seq": feed.head(caller.workspace.pk), "wall": wall, "me": {"id": str(caller.user.pk), "email": caller.user.email} if caller.user else None,
    }  # fmt: skip
    return render(request, PAGE, context | ({"theme": "dark"} if wall else {}))


@never_cache
@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """Return the board as of now."""
    return JsonResponse(_board(require(request, Role.SUPERVISOR).workspace, names=True))


@never_cache
@require_GET
def drawer(request: HttpRequest, tile: str) -> JsonResponse:
    """Return what is behind a tile's number."""
    caller = require(request, Role.SUPERVISOR)
    if tile not in TILES:
        raise Http404
    return JsonResponse(shown.drawer(caller.workspace, tile))


@login_not_required
@never_cache
@require_GET
def kiosk(request: HttpRequest, token: str) -> HttpResponse:
    """Show the board without names to whoever has the link; 410 once it has ended or was taken back."""
    link = links.behind(token)
    if link is None:
        return render(request, GONE, {"theme": "dark"}, status=410)
    context = _context(link.workspace, names=False) | {"wall": True, "token": token, "theme": "dark"}
    response = render(request, PAGE, context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@never_cache
@require_GET
def kiosk_state(request: HttpRequest, token: str) -> JsonResponse:
    """Return the board without names; 410 once the link has ended."""
    link = links.behind(token)
    if link is None:
        return JsonResponse({}, status=410)
    return JsonResponse(_board(link.workspace, names=False))


def _context(workspace: Workspace, *, names: bool) -> dict[str, Any]:
    return {"state": _board(workspace, names=names), "words": words(), "tiles": TILES, "place": workspace}


def _board(workspace: Workspace, *, names: bool) -> dict[str, Any]:
    """Return the board, the same for all who look within a second."""
    known = _kept.get((workspace.pk, names))
    if known and time.monotonic() - known[0] < AT_ONCE_SECONDS:
        return known[1]
    found = shown.board(workspace, names=names)
    _kept[workspace.pk, names] = (time.monotonic(), found)
    return found
