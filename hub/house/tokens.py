"""API tokens: what programs come with; a new one is shown once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hub import tokens as house
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import ApiToken, Role
from hub.refusal import Refused

PAGE = "hub/house/tokens.html"


class TokenForm(HouseForm):
    """A token to make: what it is for and what it may do."""

    name = forms.CharField(max_length=house.NAME_LENGTH)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.AGENT)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["name"].label, self.fields["role"].label = _("Name"), _("Role")
        self.fields["name"].help_text = _("Which program comes with it, like “Shop”.")
        self.fields["role"].help_text = _("It may do what a member of this role may do, and nothing more.")


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Show every token that works; a POST makes one and shows its secret this once."""
    caller = require(request, Role.ADMIN)
    form, said = TokenForm(request.POST or None), {}
    if request.method == "POST" and form.is_valid():
        try:
            made = house.issue(caller, form.cleaned_data["name"], form.cleaned_data["role"])
        except Refused as refused:
            form.refuse(refused)
        else:
            form, said = TokenForm(), {"secret": made.secret, "made": made.row}
    return _answer(request, caller, {"form": form, **said})


@require_POST
def revoke(request: HttpRequest, token: UUID) -> HttpResponse:
    """Take a token back."""
    caller = require(request, Role.ADMIN)
    try:
        row = house.revoke(caller, token)
    except ApiToken.DoesNotExist as error:
        raise Http404 from error
    return _answer(request, caller, {"form": TokenForm(), "told": _("“%(name)s” works no longer.") % {"name": row}})


def _answer(request: HttpRequest, caller: Caller, said: dict[str, Any]) -> HttpResponse:
    rows = ApiToken.objects.of(caller.workspace).filter(revoked_at=None).order_by("-created_at")
    part = "#tokens" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{PAGE}{part}", {"rows": rows, **said})
