"""Forms of goals: values are typed as people write them, and refused at their field."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from hub.house.forms import HouseForm
from hub.models import Membership, Team, Workspace
from metrics import kinds, told, who, words
from metrics.goals.keeping import Wanted
from metrics.models import Goal
from metrics.models.plans import AT_LEAST, AT_MOST
from metrics.registry import METRICS, Metric

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def directions() -> list[tuple[str, str]]:
    """Return the choices of a direction."""
    return [(AT_LEAST, _("At least the target")), (AT_MOST, _("At most the target"))]


def owners(workspace: Workspace) -> list[tuple[str, str]]:
    """Return who may have a goal."""
    rows = Membership.objects.of(workspace).select_related("user").order_by("user__name", "user__email")
    return [(str(row.user.pk), str(row.user)) for row in rows]


def _kept_to(name: str, workspace: Workspace) -> tuple[str, list[tuple[str, str]]]:
    """Return what a goal kept to a dimension asks, and what it may be kept to."""
    if name == "channel":
        known = [(kind, words.channel(kind)) for kind in kinds.of(workspace)]
        return _("Only the channel"), [("", _("All channels")), *known]
    if name == "team":
        teams = Team.objects.of(workspace).order_by("name").values_list("name", flat=True)
        return _("Only the team"), [("", _("All teams")), *((team, team) for team in teams)]
    agents = sorted(who.names(workspace).items(), key=lambda one: one[1].casefold())
    return _("Only the agent"), [("", _("All agents")), *agents]


class ValueForm(HouseForm):
    """A form whose ``target`` and ``baseline`` are values of one metric."""

    metric: Metric | None = None

    def _value(self, field: str) -> float | None:
        text = str(self.cleaned_data.get(field) or "")
        if not text.strip() or self.metric is None:
            return None
        try:
            return told.typed(self.metric, text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_target(self) -> float | None:
        """Read the target."""
        return self._value("target")

    def clean_baseline(self) -> float | None:
        """Read the baseline."""
        return self._value("baseline")


class GoalForm(ValueForm):
    """A goal to set: specific, measured, attainable, relevant, with a day."""

    def __init__(self, workspace: Workspace, metric: Metric | None, user: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metric, self.workspace = metric, workspace
        if metric is None:
            return
        kept = [name for name in ("channel", "team", "agent") if name in metric.source.dimensions]
        usual = {"lower": AT_MOST, "higher": AT_LEAST}.get(metric.better or "")
        self.fields["target"] = forms.CharField(
            label=_("Target"), max_length=40, help_text=told.how_to_type(metric, workspace.currency)
        )
        self.fields["direction"] = forms.ChoiceField(label=_("Direction"), choices=directions(), initial=usual)
        self.fields["baseline"] = forms.CharField(
            label=_("Baseline"),
            max_length=40,
            required=False,
            help_text=_("Where the figure stands. Left empty, the 28 days before the start are measured."),
        )
        self.fields["start"] = forms.DateField(label=_("Start"), widget=DAY)
        self.fields["deadline"] = forms.DateField(label=_("Deadline"), widget=DAY)
        self.fields["owner"] = forms.ChoiceField(label=_("Owner"), choices=owners(workspace), initial=user)
        self.fields["reason"] = forms.CharField(
            label=_("Why it matters"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
        )
        if "business" in metric.clocks:
            self.fields["clock"] = forms.ChoiceField(
                label=_("Clock"), choices=[("elapsed", _("All hours")), ("business", _("Working hours"))]
            )
        for name in kept:
            label, choices = _kept_to(name, workspace)
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def wanted(self) -> Wanted:
        """Return what was typed, once it is valid."""
        given, metric = self.cleaned_data, self.metric
        assert metric is not None
        return Wanted(
            metric=metric.id,
            target=given["target"],
            direction=given["direction"],
            baseline=given["baseline"],
            start=given["start"],
            deadline=given["deadline"],
            owner=UUID(given["owner"]),
            reason=given["reason"],
            clock=given.get("clock") or "",
            filters={name: (given[name].strip(),) for name in ("channel", "team", "agent") if given.get(name)},
        )


class GoalChangeForm(ValueForm):
    """What may be otherwise about a goal."""

    target = forms.CharField(max_length=40)
    direction = forms.ChoiceField()
    deadline = forms.DateField(widget=DAY)
    owner = forms.ChoiceField()
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, workspace: Workspace, goal: Goal, data: Any = None) -> None:
        self.metric = METRICS[goal.metric]
        usual = {
            "target": told.as_typed(self.metric, goal.target),
            "direction": goal.direction,
            "deadline": goal.deadline,
            "owner": str(goal.owner_id or ""),
            "reason": goal.reason,
        }
        super().__init__(data, initial=usual)
        labels = (_("Target"), _("Direction"), _("Deadline"), _("Owner"), _("Why it matters"))
        for name, label in zip(self.fields, labels, strict=True):
            self.fields[name].label = label
        self.fields["target"].help_text = told.how_to_type(self.metric, workspace.currency)
        self.offer("direction", directions())
        self.offer("owner", owners(workspace))

    def wanted(self) -> dict[str, float | str | date | UUID]:
        """Return what was typed, once it is valid."""
        return {**self.cleaned_data, "owner": UUID(self.cleaned_data["owner"])}
