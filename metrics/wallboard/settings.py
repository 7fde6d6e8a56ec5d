"""The page of the live board's targets: one input a tile, and what holds where it is empty."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.access import require
from hub.house.forms import HouseForm
from hub.models import Role, Workspace
from hub.refusal import Refused
from metrics.wallboard.targets import KEPT_SHARE, LEFT_SHARE, TILES, keep, own, usual

PAGE = "metrics/wallboard_targets.html"
# What one of an input's unit is in a target's own: minutes are kept as seconds, percents as shares.
UNITS = {"longest": 60, "sla": 0.01, "abandonment": 0.01}


class TargetsForm(HouseForm):
    """The six targets as people say them; an empty one is the usual."""

    queue = forms.IntegerField(required=False)
    longest = forms.FloatField(required=False)
    serving = forms.IntegerField(required=False)
    agents = forms.IntegerField(required=False)
    sla = forms.FloatField(required=False)
    abandonment = forms.FloatField(required=False)

    def __init__(self, workspace: Workspace, data: Any = None) -> None:
        kept, alerts = own(workspace), usual(workspace)
        super().__init__(data, initial={tile: _said(tile, value) for tile, value in kept.items()})
        none = _("Empty: no target.")
        from_alert = _("Empty: %(number)s, the limit of an alert.")
        waiting = from_alert % {"number": number_format(alerts.queue)} if alerts.queue is not None else none
        longest = alerts.longest and from_alert % {"number": number_format(_said("longest", alerts.longest))}
        percent = _("Empty: %(number)s %%.")
        self.say(
            ("queue", _("In the queue, at most"), waiting),
            ("longest", _("Longest wait in minutes, at most"), longest or none),
            ("serving", _("In service, at most"), _("Empty: as much as everybody who is there may carry.")),
            ("agents", _("Available agents, at least"), _("Empty: one, while anybody is there.")),
            ("sla", _("Promises kept in percent, at least"), percent % {"number": number_format(_said("sla", KEPT_SHARE))}),
            ("abandonment", _("Abandonment in percent, at most"), percent % {"number": number_format(_said("abandonment", LEFT_SHARE))}),
        )  # fmt: skip

    def wanted(self) -> dict[str, float | None]:
        """Return the targets in their own units."""
        given = self.cleaned_data
        return {tile: None if given[tile] is None else _meant(tile, given[tile]) for tile in TILES}


def _said(tile: str, value: float) -> float | int:
    """Return a target as its input says it: without a fraction where there is none."""
    found = round(value / UNITS.get(tile, 1), 4)
    return int(found) if found == int(found) else found


def _meant(tile: str, value: float) -> float | int:
    """Return what was typed in the target's own unit."""
    found = value * UNITS.get(tile, 1)
    return round(found) if tile == "longest" else round(found, 6)


@never_cache
@require_http_methods(["GET", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """Show the targets; a POST sets them."""
    caller = require(request, Role.ADMIN)
    form, saved = TargetsForm(caller.workspace, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            form, saved = TargetsForm(keep(caller, form.wanted())), _("Saved.")
        except Refused as refused:
            form.refuse(refused)
    part = "#targets" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{PAGE}{part}", {"form": form, "saved": saved})
