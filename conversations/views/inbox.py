"""The inbox: its page, and what the page asks for while it is open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from rest_framework.exceptions import ValidationError

from conversations.media import rules
from conversations.models import Conversation, Erasure, Message
from conversations.views import listed, listing, opened, state
from conversations.views.words import FACES, words
from conversations.views.writing import emoji
from hub.access import Caller, require
from hub.inputs import Filters
from hub.models import Role

# Loaded with the page instead of one after the other.
MODULES = [
    *(f"hub/js/{name}.js" for name in ("dom", "http", "time", "toast", "keys", "feed", "fuzzy", "palette")),
    *(
        f"conversations/js/{name}.js"
        for name in (
            "store",
            "list",
            "row",
            "desk",
            "views",
            "selection",
            "choose",
            "search",
            "saying",
            "thread",
            "typing",
            "bubble",
            "pieces",
            "player",
            "lightbox",
            "attach",
            "composer",
            "complete",
            "sources",
            "variables",
            "drafts",
            "attention",
            "writing",
            "happenings",
            "fields",
            "forms",
            "steps",
            "ways",
            "picker",
            "reactions",
            "sending",
            "side",
            "reason",
            "loading",
            "people",
            "erasing",
            "panes",
            "shortcuts",
            "acts",
            "banner",
        )
    ),
]


@require_GET
def inbox(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:
    """Show the inbox, with a conversation opened when the address names one."""
    caller = require(request, Role.AGENT)
    shown = _state(request, caller, conversation)
    return render(
        request,
        "conversations/inbox.html",
        {
            "state": shown,
            "words": words(),
            "views": listed.views(),
            **listed.choices(),
            "modules": MODULES,
            "emoji": list(emoji()),
            "faces": FACES,
            "erase_reasons": Erasure.Reason.choices,
            "file_rules": rules.by_kind(),
        },
    )


@require_GET
def inbox_state(request: HttpRequest) -> JsonResponse:
    """Return what the page starts from, for one that missed too much: ``view``, ``conversation`` in the query."""
    caller = require(request, Role.AGENT)
    opened = request.GET.get("conversation")
    return _json(_state(request, caller, _id(opened) if opened else None))


@require_GET
def inbox_rows(request: HttpRequest) -> HttpResponse:
    """Return a page of rows of ``view`` that pass the filters, in the order ``sort``, after the mark ``after``; and the counts."""
    caller = require(request, Role.AGENT)
    try:
        view = _view(request, caller) or listing.VIEWS[0]
        page = listing.rows(caller, view, request.GET.get("after", ""), Filters(request.GET))
    except (ValueError, ValidationError):
        return HttpResponseBadRequest("Unknown mark or filter.")
    return _json({**page, "counts": listing.counts(caller)})


@require_GET
def inbox_counts(request: HttpRequest) -> JsonResponse:
    """Return how much the views hold."""
    return _json(listing.counts(require(request, Role.AGENT)))


@require_GET
def inbox_thread(request: HttpRequest, conversation: UUID) -> JsonResponse:
    """Return an opened conversation, or with ``before`` only its messages before that one."""
    caller = require(request, Role.AGENT)
    before = request.GET.get("before")
    try:
        if before:
            return _json(opened.page_before(caller.workspace, conversation, _id(before)))
        return _json(opened.thread(caller, conversation))
    except (Conversation.DoesNotExist, Message.DoesNotExist) as error:
        raise Http404 from error


def _state(request: HttpRequest, caller: Caller, conversation: UUID | None) -> dict[str, Any]:
    try:
        return state.state(caller, _view(request, caller), conversation, Filters(request.GET))
    except Conversation.DoesNotExist as error:
        raise Http404 from error
    except ValidationError:  # an old address: what it asked for is gone
        return state.state(caller, _view(request, caller), conversation)


def _view(request: HttpRequest, caller: Caller) -> str:
    view = request.GET.get("view", "")
    return view if listing.is_view(caller, view) else ""


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _json(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, headers={"Cache-Control": "no-store"})
