"""The first page of the settings: the first one that its reader may open."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from hub import navigation
from hub.access import require
from hub.models import Role


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of the settings."""
    groups = navigation.settings_open_to(require(request, Role.SUPERVISOR), request.path)
    if not groups:
        raise PermissionDenied
    return redirect(groups[0]["places"][0]["address"])
