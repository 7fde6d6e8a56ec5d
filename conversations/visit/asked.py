"""What a page or request of a visitor stands on: their chat, their session, and one way to refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from conversations.visit import limits, place as places, session as sessions, wire
from conversations.visit.limits import Limit
from conversations.visit.place import Place
from conversations.visit.session import Session
from conversations.visit.wire import Refusal
from hub.problems import refuse

Handler = Callable[[HttpRequest, Place], HttpResponse]
View = Callable[[HttpRequest, UUID], HttpResponse]


def visitors_may(method: str) -> Callable[[Handler], View]:
    """Make a handler a view that our own chat page may ask with ``method``: no cookie counts, so none can be abused."""

    def wrap(handler: Handler) -> View:
        @csrf_exempt
        @login_not_required
        @never_cache
        @require_http_methods([method])
        @wraps(handler)
        def view(request: HttpRequest, channel: UUID) -> HttpResponse:
            try:
                headers = {name.lower(): value for name, value in request.headers.items()}
                if not wire.from_our_page(method, headers):
                    raise Refusal(403, _("The chat is not reached from other sites."))
                return handler(request, found(channel))
            except Refusal as refusal:
                answer = refuse(refusal.status, refusal.sentence)
                if refusal.retry_after:
                    answer["Retry-After"] = str(math.ceil(refusal.retry_after))
                return answer

        return view

    return wrap


def found(channel: UUID) -> Place:
    """Return the web chat. Raises ``Refusal``."""
    place = places.find(channel)
    if place is None:
        raise Refusal(404, _("There is no such chat."))
    return place


def found_page(channel: UUID) -> Place:
    """Return the web chat for a page. Raises ``Http404``."""
    place = places.find(channel)
    if place is None:
        raise Http404
    return place


def session_of(request: HttpRequest, place: Place) -> Session | None:
    """Return whose session the request shows."""
    return sessions.of_header(request.headers.get("Authorization", ""), place.id)


def visitor(request: HttpRequest, place: Place) -> Session:
    """Return the visitor. Raises ``Refusal`` for a request without a session of this chat."""
    session = session_of(request, place)
    if session is None:
        raise Refusal(401, _("The session is missing or over."))
    return session


def pay(*wanted: tuple[str, str, Limit]) -> None:
    """Count this request. Raises ``Refusal`` with the seconds to wait when it is one too many."""
    wait = limits.take(*wanted)
    if wait:
        raise Refusal(429, _("That was too much at once. Try again in a moment."), wait)


def address_of(request: HttpRequest) -> str:
    """Return the address the request comes from."""
    return str(request.META.get("REMOTE_ADDR", ""))
