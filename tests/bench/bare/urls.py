"""The one page of the bare project."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(_: HttpRequest) -> HttpResponse:
    """Ask the database something, so that everything for it is loaded."""
    try:
        User.objects.first()
    except Exception as error:
        return HttpResponse(type(error).__name__)
    return HttpResponse("hello")


urlpatterns = [path("", page)]
