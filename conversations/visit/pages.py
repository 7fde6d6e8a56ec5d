"""The pages of the web chat: the script any site may load, the page of its own, and the frame that holds the talk."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import translation
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from conversations.visit import onward
from conversations.visit.asked import found_page
from conversations.visit.place import Place, own_origin
from conversations.visit.words import launcher_words, words

SCRIPT = Path(__file__).parents[1] / "static" / "widget" / "widget.js"
SCRIPT_SECONDS = 3600
PLACEHOLDER = "{} /* words */"
MODULES = [
    "hub/js/dom.js",
    "hub/js/time.js",
    *(f"widget/{name}.js" for name in ("door", "composer", "outbox", "stream", "talk", "bubbles", "onward")),
]


@cache
def script() -> tuple[bytes, str]:
    """Return the site's script with its few words in every language, and its mark for caches."""
    spoken = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            spoken[code] = launcher_words()
    body = SCRIPT.read_text().replace(PLACEHOLDER, json.dumps(spoken, ensure_ascii=False)).encode()
    return body, f'"{sha256(body).hexdigest()[:20]}"'


@login_not_required
@require_safe
def widget_script(request: HttpRequest) -> HttpResponse:
    """Serve the script that puts the chat on a page, to every site."""
    body, mark = script()
    fresh = request.headers.get("If-None-Match") == mark
    answer = HttpResponseNotModified() if fresh else HttpResponse(body, content_type="text/javascript; charset=utf-8")
    answer["ETag"] = mark
    answer["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_not_required
@require_safe
def page(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Show a plain page of our own that holds the chat, opened."""
    return render(request, "widget/page.html", {"place": found_page(channel)})


@login_not_required
@never_cache
@xframe_options_exempt  # older than, and overruled by, the frame-ancestors below
@require_safe
def frame(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Show the talk, to be held in a frame by the page ``origin``; only sites of the channel's list may."""
    place = found_page(channel)
    origin = request.GET.get("origin") or own_origin()
    if not place.may_be_shown_on(origin):
        answer = HttpResponse(
            _("This site may not show this chat: an admin can add it to the sites of the channel."),
            status=403,
            content_type="text/plain; charset=utf-8",
        )
        answer._csp_config = settings.SECURE_CSP  # type: ignore[attr-defined]
        return answer
    with translation.override(_language(request)):
        answer = render(
            request,
            "widget/frame.html",
            {"place": place, "config": _config(place, origin), "words": words(), "modules": MODULES},
        )
    answer._csp_config = _policy(place)  # type: ignore[attr-defined]
    answer["Referrer-Policy"] = "no-referrer"
    answer["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    return answer


def _language(request: HttpRequest) -> str:
    """Return the language the site asked for, else the browser's."""
    wanted = request.GET.get("lang", "").lower()
    for code, _name in settings.LANGUAGES:
        if wanted and (wanted == code or wanted.partition("-")[0] == code.partition("-")[0]):
            return code
    return translation.get_language() or settings.LANGUAGE_CODE


def _config(place: Place, origin: str) -> dict[str, Any]:
    return {
        "channel": str(place.id),
        "origin": origin,
        "color": place.color,
        "fields": place.fields,
        "ways": onward.ways(place),
    }


def _policy(place: Place) -> dict[str, list[str]]:
    """Return what the frame may load (ours, and pictures it was just given) and who may hold it."""
    return {
        "default-src": [CSP.NONE],
        "script-src": [CSP.SELF],
        "style-src": [CSP.SELF],
        "img-src": [CSP.SELF, "blob:"],
        "media-src": [CSP.SELF, "blob:"],
        "connect-src": [CSP.SELF],
        "object-src": [CSP.NONE],
        "base-uri": [CSP.NONE],
        "form-action": [CSP.NONE],
        "frame-ancestors": [CSP.SELF, *place.origins],
        "require-trusted-types-for": ["'script'"],
    }
