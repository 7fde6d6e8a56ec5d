"""What a person sets for themselves: language and theme."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = {"auto", "light", "dark"}
YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep ``language`` and ``theme`` with the person, or in a cookie before they sign in; 400 for a word nobody knows."""
    language, theme = request.POST.get("language"), request.POST.get("theme")
    if (language and language not in dict(settings.LANGUAGES)) or (theme and theme not in THEMES):
        return HttpResponseBadRequest("Unknown language or theme.")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    for name, value, cookie in (("language", language, "django_language"), ("theme", theme, "theme")):
        if not value:
            continue
        response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        if request.user.is_authenticated:
            setattr(request.user, name, value)
            request.user.save(update_fields=[name])
    return response
