"""Kiosk links: addresses that show the board on a wall; a new one is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations import kiosk
from conversations.api.alerting import address_of
from conversations.models import KioskLink
from conversations.refusal import Refused
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Role

PAGE = "conversations/settings/kiosk.html"


class LinkForm(HouseForm):
    """A link to make: the wall it is for, and for how many days."""

    name = forms.CharField(max_length=kiosk.NAME_LENGTH)
    days = forms.IntegerField(initial=90)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["name"].label, self.fields["days"].label = _("Name"), _("Days until it ends")
        self.fields["name"].help_text = _("Where it hangs, like “Support floor”.")


@never_cache
@require_http_methods(["GET", "POST"])
def kiosks(request: HttpRequest) -> HttpResponse:
    """Show every link that works; a POST makes one and shows its address this once."""
    caller = require(request, Role.ADMIN)
    form, said = LinkForm(request.POST or None), {}
    if request.method == "POST" and form.is_valid():
        days = max(min(form.cleaned_data["days"], 10_000), -10_000)
        try:
            made = kiosk.make(caller, form.cleaned_data["name"], timezone.now() + timedelta(days=days))
        except Refused as refused:
            form.refuse(Refused("days" if refused.field == "expires_at" else refused.field, refused.sentence))
        else:
            form, said = LinkForm(), {"address": address_of(made.token), "made": made.row}
    return _answer(request, caller, {"form": form, **said})


@require_POST
def revoke(request: HttpRequest, link: UUID) -> HttpResponse:
    """Take a link back."""
    caller = require(request, Role.ADMIN)
    try:
        row = kiosk.revoke(caller, link)
    except KioskLink.DoesNotExist as error:
        raise Http404 from error
    return _answer(request, caller, {"form": LinkForm(), "told": _("“%(name)s” works no longer.") % {"name": row}})


def _answer(request: HttpRequest, caller: Caller, said: dict[str, Any]) -> HttpResponse:
    part = "#kiosks" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{PAGE}{part}", {"rows": kiosk.valid(caller).order_by("-created_at"), **said})
