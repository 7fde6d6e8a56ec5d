"""The page of the calculators: how many people a load needs, and whether two shares differ or chance made them so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hub.access import require
from hub.house.forms import HouseForm
from hub.models import Role
from metrics import told, words
from metrics.estimates import compared, wilson
from metrics.registry import METRICS
from metrics.staffing import Load, Staffed, around, needed

BESIDE = 2  # how many agents fewer and more are shown beside those that are needed
MOST, LONGEST = 10**6, 86_400
LENGTH = METRICS["handle_time"]  # a length of time is typed as the values of this figure are


class LengthField(forms.CharField):
    """A length of time as people type it, in seconds."""

    def clean(self, value: Any) -> float | None:
        """Read it; refuse what is none, and what is longer than a day."""
        typed = str(super().clean(value)).strip()
        if not typed:
            return None
        try:
            seconds = told.typed(LENGTH, typed)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if not 0 < seconds <= LONGEST:
            raise forms.ValidationError(_("Say a length of time between 1 s and 24 h."))
        return seconds


class StaffingForm(HouseForm):
    """A load: what comes in, how long each takes, what is aimed at."""

    conversations = forms.FloatField(min_value=0.1, max_value=MOST)
    interval = LengthField(max_length=20)
    handle = LengthField(max_length=20)
    concurrency = forms.FloatField(min_value=0.1, max_value=50)
    target = forms.FloatField(min_value=1, max_value=99.9)
    within = LengthField(max_length=20)
    patience = LengthField(max_length=20, required=False)

    def __init__(self, data: Any = None) -> None:
        usual = {"interval": "30 min", "concurrency": 1, "target": 80, "within": "30 s"}
        super().__init__(data, initial=usual)
        self.say(
            ("conversations", _("Conversations that come in"), ""),
            ("interval", _("In this time"), ""),
            ("handle", _("One takes"), told.how_to_type(LENGTH, "")),
            ("concurrency", _("Served at once"), _("How many people somebody who serves several is worth.")),
            ("target", _("Percent to be taken in time"), ""),
            ("within", _("In time is within"), ""),
            ("patience", _("People give up after"), _("On average. Empty: nobody does.")),
        )

    def load(self) -> Load:
        """Return what was typed, once it is valid."""
        given = self.cleaned_data
        return Load(**{**given, "target": given["target"] / 100})


class ComparisonForm(HouseForm):
    """Two variants, each as how many of how many."""

    a_part = forms.IntegerField(min_value=0, max_value=MOST)
    a_whole = forms.IntegerField(min_value=1, max_value=MOST)
    b_part = forms.IntegerField(min_value=0, max_value=MOST)
    b_whole = forms.IntegerField(min_value=1, max_value=MOST)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.say(
            ("a_part", _("A: how many did it"), ""), ("a_whole", _("A: of how many"), ""),
            ("b_part", _("B: how many did it"), ""), ("b_whole", _("B: of how many"), ""),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse a part that is more than its whole."""
        given = super().clean() or self.cleaned_data
        for name in ("a", "b"):
            if given.get(f"{name}_part", 0) > given.get(f"{name}_whole", MOST):
                self.add_error(f"{name}_part", _("This is more than there were."))
        return given


@require_GET
def calculators(request: HttpRequest) -> HttpResponse:
    """Show both calculators, with the answer of the one that was asked."""
    require(request, Role.SUPERVISOR)
    staffing = StaffingForm(request.GET if "conversations" in request.GET else None)
    comparison = ComparisonForm(request.GET if "a_part" in request.GET else None)
    context = {
        "staffing": staffing,
        "staffed": _staffed(staffing.load()) if staffing.is_valid() else None,
        "comparison": comparison,
        "compared": _compared(comparison.cleaned_data) if comparison.is_valid() else None,
    }
    return render(request, "metrics/plans/calculators.html", context)


def _staffed(load: Load) -> dict[str, Any]:
    """Return how many are needed, and how it goes with some fewer or more; nobody has as many as some loads need."""
    best = needed(load)
    return {
        "agents": best.agents if best else None,
        "busy": words.count(round(load.erlangs, 1)),
        "rows": [_line(one, best.agents) for one in around(load, best.agents, BESIDE)] if best else [],
        "gives_up": load.patience is not None,
    }


def _line(one: Staffed, best: int) -> dict[str, Any]:
    return {
        "agents": one.agents,
        "is_best": one.agents == best,
        "level": words.share(one.level),
        "wait": words.length(one.wait),
        "occupancy": words.share(one.occupancy),
        "abandonment": "" if one.abandonment is None else words.share(one.abandonment),
    }


def _compared(given: dict[str, Any]) -> dict[str, Any]:
    """Return both shares with their intervals, by how much they differ, and whether that is decided."""
    sides = {name: (given[f"{name}_part"], given[f"{name}_whole"]) for name in ("a", "b")}
    found = compared(sides["a"], sides["b"])
    return {
        "rows": [(name.upper(), words.share(part / whole), _between(wilson(part, whole), words.share))
                 for name, (part, whole) in sides.items()],
        "is_decided": found.is_decided,
        "b_is_more": found.difference > 0,
        "difference": words.points(abs(found.difference) * 100),
        "between": _between((found.ci_low * 100, found.ci_high * 100), words.count),
    }  # fmt: skip


def _between(ends: tuple[float, float], say: Callable[[float], str]) -> str:
    return f"{say(ends[0])} – {say(ends[1])}"
