"""Surveys: what is asked, when and of whom; and what came back lately."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.channels.registry import CHANNELS
from conversations.models import Survey, SurveyRequest
from conversations.refusal import Refused
from conversations.surveys import TRIGGERS, keeping
from conversations.surveys.texts import PARTS, spoken
from hub import audit
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Role, Team, Workspace

LIST, ONE = "conversations/settings/surveys.html", "conversations/settings/survey.html"
TRIGGER_WORDS = {
    "conversation.resolved": gettext_lazy("After a conversation is resolved"),
    "order.paid": gettext_lazy("After an order is paid"),
    "order.delivered": gettext_lazy("After an order is delivered"),
    "order.picked_up": gettext_lazy("After an order is picked up"),
}
KIND_WORDS = {
    "csat": gettext_lazy("Satisfaction (CSAT), 1 to 5"),
    "nps": gettext_lazy("Recommendation (NPS), 0 to 10"),
}
PART_WORDS = {
    "question": gettext_lazy("Question"),
    "thanks": gettext_lazy("Thanks"),
    "comment": gettext_lazy("Request for a comment"),
}
STATE_WORDS = {
    "due": gettext_lazy("due"), "asked": gettext_lazy("asked"), "answered": gettext_lazy("answered"),
    "skipped": gettext_lazy("not asked"),
}  # fmt: skip
REASON_WORDS = {
    "asked_lately": gettext_lazy("asked within seven days"),
    "window": gettext_lazy("the channel's window was closed"),
    "opted_out": gettext_lazy("asked not to be written to"),
    "switched_off": gettext_lazy("the survey was switched off"),
    "too_late": gettext_lazy("it was too late"),
}
LATELY = 20


class SurveyForm(HouseForm):
    """A survey to make or to change."""

    name = forms.CharField(max_length=keeping.NAME_LENGTH, label=gettext_lazy("Name"))
    kind = forms.ChoiceField(label=gettext_lazy("What is asked"), choices=KIND_WORDS.items())
    trigger = forms.ChoiceField(label=gettext_lazy("When"), choices=TRIGGER_WORDS.items())
    delay_minutes = forms.IntegerField(
        label=gettext_lazy("How many minutes after"), min_value=0, max_value=keeping.LONGEST_DELAY // 60
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    channel_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of channel"), required=False, widget=forms.CheckboxSelectMultiple
    )
    template = forms.CharField(
        label=gettext_lazy("Template for a closed window"),
        required=False,
        max_length=keeping.TEMPLATE_LENGTH,
        help_text=gettext_lazy("WhatsApp takes only an approved template 24 hours after the customer's last message."),
    )
    active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, workspace: Workspace, row: Survey | None, data: Any = None) -> None:
        initial: dict[str, Any] = {"delay_minutes": 0}
        if row is not None:
            initial = {
                name: getattr(row, name) for name in ("name", "kind", "trigger", "channel_kinds", "template", "active")
            }
            initial |= {"delay_minutes": row.delay_seconds // 60, "team": str(row.team_id or "")}
        super().__init__(data, initial=initial)
        teams: list[Any] = [("", _("Every team"))]
        teams += [(str(team.pk), team.name) for team in Team.objects.of(workspace).order_by("name")]
        kinds = [(kind, _(adapter.title)) for kind, adapter in sorted(CHANNELS.items())]
        self.offer("team", teams)
        self.offer("channel_kinds", kinds)
        self.fields["channel_kinds"].help_text = _("Every kind where none is chosen.")
        if row is not None:
            self.fields["kind"].disabled = True
        self.own = row.texts if row else {}
        for code, _name in settings.LANGUAGES:
            for part in PARTS:
                box = forms.Textarea(attrs={"rows": 2})
                self.fields[f"{code}-{part}"] = forms.CharField(required=False, widget=box, label=PART_WORDS[part])
                self.initial[f"{code}-{part}"] = self.own.get(code, {}).get(part, "")

    def languages(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Return the texts' inputs by language; each shows the house's own words where it is empty."""
        kind = self.initial.get("kind") or self.data.get("kind") or "csat"
        found = []
        for code, name in settings.LANGUAGES:
            house = spoken(Survey(kind=kind if kind in KIND_WORDS else "csat", texts={}), code)
            boxes = [self[f"{code}-{part}"] for part in PARTS]
            for box, part in zip(boxes, PARTS, strict=True):
                box.field.widget.attrs["placeholder"] = getattr(house, part)
            found.append((code, name, boxes))
        return found

    def plan(self) -> keeping.Plan:
        """Return what was filled in."""
        given = self.cleaned_data
        texts = {code: {part: given[f"{code}-{part}"] for part in PARTS} for code, _name in settings.LANGUAGES}
        return keeping.Plan(
            name=given["name"],
            kind=given["kind"],
            trigger=given["trigger"],
            delay_seconds=given["delay_minutes"] * 60,
            team_id=UUID(given["team"]) if given["team"] else None,
            channel_kinds=given["channel_kinds"],
            texts=texts,
            template=given["template"],
            active=given["active"],
        )


@never_cache
@require_http_methods(["GET"])
def surveys(request: HttpRequest) -> HttpResponse:
    """Show every survey with what came back."""
    caller = require(request, Role.ADMIN)
    rows = Survey.objects.of(caller.workspace).annotate(
        asked=Count("requests", filter=Q(requests__state__in=["asked", "answered"])),
        answered=Count("requests", filter=Q(requests__state="answered")),
    )
    shown = [
        {"row": row, "kind": KIND_WORDS[row.kind], "trigger": TRIGGER_WORDS.get(row.trigger, row.trigger)}
        for row in rows.order_by("created_at", "id")
    ]
    lately = (
        SurveyRequest.objects.of(caller.workspace).select_related("survey", "customer").order_by("-due_at")[:LATELY]
    )
    requests = [
        {
            "row": row,
            "state": STATE_WORDS[row.state],
            "reason": REASON_WORDS.get(row.reason, row.reason if row.state == "skipped" else ""),
        }
        for row in lately
    ]
    return render(request, LIST, {"surveys": shown, "requests": requests})


@never_cache
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest, survey: UUID | None = None) -> HttpResponse:
    """Show the form of a survey; a POST keeps it."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(Survey.objects.of(caller.workspace), pk=survey) if survey else None
    form, saved = SurveyForm(caller.workspace, row, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            kept = _keep(caller, form, row)
        except Refused as refused:
            field = {"delay_seconds": "delay_minutes"}.get(refused.field, refused.field)
            form.add_error(field if field in form.fields else None, refused.sentence)
        else:
            if row is None:
                return redirect("settings_survey", kept.pk)
            row, saved = kept, _("Saved.")
            form = SurveyForm(caller.workspace, row)
    return render(request, ONE, {"survey": row, "form": form, "saved": saved, "triggers": TRIGGERS})


def _keep(caller: Caller, form: SurveyForm, row: Survey | None) -> Survey:
    with transaction.atomic():
        kept = keeping.keep(caller.workspace, form.plan(), row)
        audit.note(caller, "survey.changed" if row else "survey.created", kept)
    return kept
