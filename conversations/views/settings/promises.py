"""The shelves of promises and alerts: what is told to whom, in minutes and numbers, with the sentence at the field."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST

from conversations import alerts
from conversations.act import act
from conversations.alerts import keeping as watching
from conversations.channels.registry import CHANNELS
from conversations.models import AlertRule, Incident, SlaPolicy
from conversations.promise import keeping
from conversations.refusal import Refused, TooLate
from conversations.views.listed import priorities
from conversations.views.settings.shelf import Shelf, apart, page
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.lengths import said
from hub.models import Role, Team, Workspace

MINUTE = 60
CLOCK_WORDS = {
    "business": gettext_lazy("Working time: the team's hours, else the workspace's"),
    "elapsed": gettext_lazy("Every minute, day and night"),
}
KIND_WORDS = {
    "depth": gettext_lazy("Conversations wait in the queue"),
    "oldest_wait": gettext_lazy("Minutes that somebody waits in the queue"),
    "breach": gettext_lazy("Promises are late or at risk"),
}


def _teams(workspace: Workspace) -> list[tuple[str, Any]]:
    rows = Team.objects.of(workspace).order_by("name").values_list("pk", "name")
    return [("", _("Every team")), *((str(key), name) for key, name in rows)]


def _kinds() -> list[tuple[str, Any]]:
    return [(kind, _(adapter.title)) for kind, adapter in sorted(CHANNELS.items())]


def _seconds(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes * MINUTE)


class PolicyForm(HouseForm):
    """A policy: to whom, what in how many minutes, by which clock."""

    name = forms.CharField(max_length=keeping.NAME_LENGTH)
    first_response = forms.FloatField(required=False)
    next_response = forms.FloatField(required=False)
    resolution = forms.FloatField(required=False)
    clock = forms.ChoiceField(choices=CLOCK_WORDS.items(), widget=forms.RadioSelect)
    pauses = forms.BooleanField(required=False)
    team = forms.ChoiceField(required=False)
    channel_kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    priorities = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    position = forms.IntegerField()
    active = forms.BooleanField(required=False)

    def __init__(self, workspace: Workspace, row: SlaPolicy | None, data: Any) -> None:
        initial: dict[str, Any] = {"clock": "business", "pauses": True, "active": True, "position": 0}
        if row is not None:
            kept = ("name", "clock", "pauses", "channel_kinds", "priorities", "position", "active")
            initial = {name: getattr(row, name) for name in kept} | {"team": str(row.team_id or "")}
            initial |= {name: _minutes(getattr(row, name)) for name in keeping.PROMISES}
        elif rows := SlaPolicy.objects.of(workspace).order_by("-position").values_list("position", flat=True)[:1]:
            initial["position"] = rows[0] + 10
        super().__init__(data, initial=initial, auto_id=apart(row))
        words = priorities()
        self.say(
            ("name", _("Name"), ""),
            ("first_response", _("First response, in minutes"), _("Empty promises none.")),
            ("next_response", _("Every further answer, in minutes"), _("Empty promises none.")),
            ("resolution", _("Resolution, in minutes"), _("Empty promises none.")),
            ("clock", _("Which minutes count"), ""),
            ("pauses", _("Resolution pauses while the customer is asked"), ""),
            ("team", _("Team"), ""),
            ("channel_kinds", _("Kinds of channel"), _("Every kind where none is chosen.")),
            ("priorities", _("Priorities"), _("Every priority where none is chosen.")),
            ("position", _("Place"), _("The first policy that fits holds: smaller numbers stand higher.")),
            ("active", _("Switched on"), ""),
        )
        ranks = [(str(rank), name) for rank, name in enumerate(reversed(words.values()))]
        self.offer("team", _teams(workspace))
        self.offer("channel_kinds", _kinds())
        self.offer("priorities", ranks)


def _minutes(seconds: int | None) -> float | int | None:
    if seconds is None:
        return None
    return seconds // MINUTE if seconds % MINUTE == 0 else seconds / MINUTE


def _plan(given: dict[str, Any]) -> keeping.Plan:
    promised: dict[str, Any] = {name: _seconds(given[name]) for name in keeping.PROMISES}
    return keeping.Plan(
        **{name: given[name] for name in ("name", "clock", "pauses", "channel_kinds", "position", "active")},
        **promised,
        team_id=UUID(given["team"]) if given["team"] else None,
        priorities=[int(one) for one in given["priorities"]],
    )


def _change(caller: Caller, key: UUID, given: dict[str, Any]) -> SlaPolicy:
    return keeping.keep(caller, _plan(given), SlaPolicy.objects.of(caller.workspace).get(pk=key))


def _policies(workspace: Workspace) -> Sequence[SlaPolicy]:
    rows = list(SlaPolicy.objects.of(workspace).select_related("team").order_by("position", "pk"))
    for row in rows:
        lengths = {name: getattr(row, name) for name in keeping.PROMISES}
        row.shown = {name: said(length) for name, length in lengths.items() if length}  # type: ignore[attr-defined]
    return rows


policies = page(
    Shelf(
        template="conversations/settings/sla.html",
        role=Role.ADMIN,
        rows=_policies,
        make=PolicyForm,
        create=lambda caller, given: keeping.keep(caller, _plan(given)),
        change=_change,
        remove=keeping.remove,
    )
)


class AlertForm(HouseForm):
    """A rule: what is watched, from which number on, where."""

    kind = forms.ChoiceField(choices=KIND_WORDS.items(), widget=forms.RadioSelect)
    threshold = forms.FloatField()
    team = forms.ChoiceField(required=False)
    channel_kind = forms.ChoiceField(required=False)
    active = forms.BooleanField(required=False)

    def __init__(self, workspace: Workspace, row: AlertRule | None, data: Any) -> None:
        initial: dict[str, Any] = {"kind": "depth", "active": True}
        if row is not None:
            initial = {"kind": row.kind, "channel_kind": row.channel_kind, "active": row.active}
            initial |= {"team": str(row.team_id or ""), "threshold": _number(row)}
        super().__init__(data, initial=initial, auto_id=apart(row))
        self.say(
            ("kind", _("When"), ""),
            ("threshold", _("From which number on"), _("Conversations, promises or minutes, as chosen above.")),
            ("team", _("Team"), ""),
            ("channel_kind", _("Kind of channel"), ""),
            ("active", _("Switched on"), ""),
        )
        self.offer("team", _teams(workspace))
        self.offer("channel_kind", [("", _("Every kind")), *_kinds()])


def _number(row: AlertRule) -> float | int | None:
    return _minutes(row.threshold) if row.kind == "oldest_wait" else row.threshold


def _watch(given: dict[str, Any]) -> watching.Plan:
    number = given["threshold"]
    if given["kind"] != "oldest_wait" and number != int(number):
        raise Refused("threshold", _("Must be a whole number."))
    return watching.Plan(
        kind=given["kind"],
        threshold=round(number * MINUTE) if given["kind"] == "oldest_wait" else int(number),
        team_id=UUID(given["team"]) if given["team"] else None,
        channel_kind=given["channel_kind"],
        active=given["active"],
    )


def _change_alert(caller: Caller, key: UUID, given: dict[str, Any]) -> AlertRule:
    return watching.keep(caller, _watch(given), AlertRule.objects.of(caller.workspace).get(pk=key))


def _rules(workspace: Workspace) -> Sequence[AlertRule]:
    open_ = Incident.objects.of(workspace).filter(closed_at=None).select_related("taken_by")
    holding = {row.rule_id: row for row in open_}
    rows = list(AlertRule.objects.of(workspace).select_related("team").order_by("pk"))
    for row in rows:
        row.words, row.number = KIND_WORDS[row.kind], _number(row)  # type: ignore[attr-defined]
        row.incident = incident = holding.get(row.pk)  # type: ignore[attr-defined]
        if incident is not None:
            value = incident.cause.get("value", 0)
            row.cause = value // MINUTE if row.kind == "oldest_wait" else value  # type: ignore[attr-defined]
    return rows


alert_rules = page(
    Shelf(
        template="conversations/settings/alerts.html",
        role=Role.ADMIN,
        rows=_rules,
        make=AlertForm,
        create=lambda caller, given: watching.keep(caller, _watch(given)),
        change=_change_alert,
        remove=watching.remove,
    )
)


@require_POST
def take(request: HttpRequest, incident: UUID) -> HttpResponse:
    """Let the reader see to an alert that holds."""
    caller = require(request, Role.ADMIN)
    assert caller.user is not None  # nobody else has a session
    try:
        act(caller.workspace.pk, partial(alerts.take, caller.workspace, incident, caller.user))
    except Incident.DoesNotExist as error:
        raise Http404 from error
    except TooLate as late:
        messages.error(request, late.sentence)
    return redirect("settings_alerts")
