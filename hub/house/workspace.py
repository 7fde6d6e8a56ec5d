"""The workspace itself: its name, clock and money, and how its people work."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext as _, to_locale
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub import kinds, second_factor, workspaces
from hub.access import require
from hub.house.forms import HouseForm
from hub.models import Role, Workspace
from hub.refusal import Refused

PAGE = "hub/house/workspace.html"
FIRST_CURRENCIES = ("BRL", "USD", "EUR", "ARS", "CLP", "COP", "MXN", "PEN", "UYU")


class WorkspaceForm(HouseForm):
    """What may be set for a whole workspace."""

    name = forms.CharField(max_length=workspaces.NAME_LENGTH)
    timezone = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}))
    currency = forms.ChoiceField()
    reopen_hours = forms.IntegerField(min_value=0, max_value=workspaces.MOST_HOURS)
    away_minutes = forms.IntegerField(min_value=1, max_value=workspaces.MOST_MINUTES)
    second_factor_required = forms.BooleanField(required=False)

    def __init__(self, row: Workspace, data: Any = None) -> None:
        described = workspaces.described(row)
        weights = {f"weight_{kind}": described["weights"].get(kind, 1) for kind, _title in kinds.kinds()}
        super().__init__(data, initial={**described, **weights})
        self.say(
            ("name", _("Name"), ""),
            ("timezone", _("Time zone"), _("Of days and hours on every page and in every figure.")),
            ("currency", _("Currency"), ""),
            ("reopen_hours", _("Reopen within so many hours"), _("Who writes again so soon after the end goes on with the same conversation.")),
            ("away_minutes", _("Away after so many minutes"), _("Without a sign of life an agent counts as away.")),
            ("second_factor_required", _("Everybody needs a second factor"), _("Members without one are led to set it up before anything else.")),
        )  # fmt: skip
        names = Locale.parse(to_locale(get_language() or "en")).currencies
        others = sorted({*names, row.currency} - set(FIRST_CURRENCIES))
        self.offer("currency", [(code, f"{code} · {names.get(code, code)}") for code in (*FIRST_CURRENCIES, *others)])
        for kind, title in kinds.kinds():
            self.fields[f"weight_{kind}"] = forms.IntegerField(
                min_value=0, max_value=workspaces.MOST_WEIGHT, label=title
            )

    def weights(self) -> list[forms.BoundField]:
        """Return the inputs of what a conversation of each kind weighs."""
        return [self[f"weight_{kind}"] for kind, _title in kinds.kinds()]

    def wanted(self) -> workspaces.WorkspaceChange:
        """Return the workspace as it shall be."""
        given = dict(self.cleaned_data)
        weights = {kind: given.pop(f"weight_{kind}") for kind, _title in kinds.kinds()}
        return workspaces.WorkspaceChange(**given, weights=weights)


@never_cache
@require_http_methods(["GET", "POST"])
def workspace(request: HttpRequest) -> HttpResponse:
    """Show what is set for the workspace; a POST changes it."""
    caller = require(request, Role.ADMIN)
    form, saved = WorkspaceForm(caller.workspace, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            row = workspaces.change(caller, form.wanted())
        except Refused as refused:
            form.refuse(refused)
        else:
            form, saved = WorkspaceForm(row), _("Saved.")
    part = "#workspace" if request.method == "POST" and getattr(request, "htmx", False) else ""
    secured = caller.user is not None and second_factor.has_one(caller.user)
    return render(request, f"{PAGE}{part}", {"form": form, "saved": saved, "secured": secured})
