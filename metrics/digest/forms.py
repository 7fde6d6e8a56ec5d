"""The form of a digest: which figures, when, in which language, to whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from hub.house.forms import HouseForm
from hub.models import Membership, Role, Workspace
from metrics.models import Digest
from metrics.registry import METRICS

EVERY_DAY = ""
NOBODY = UUID(int=0)
USUAL = ["first_response_time", "reply_time", "resolution_time", "interaction_volume", "csat"]
MOST_FIGURES = 20


def possible_readers(workspace: Workspace) -> list[tuple[str, str]]:
    """Return who may be sent figures: who may see them."""
    rows = Membership.objects.of(workspace).filter(role__in=[Role.SUPERVISOR, Role.ADMIN], user__is_active=True)
    return [(str(row.pk), str(row.user)) for row in rows.select_related("user").order_by("user__email")]


class DigestForm(HouseForm):
    """What a digest is made of; typed words come back with the sentence about them."""

    name = forms.CharField(max_length=60)
    metrics = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    weekday = forms.ChoiceField(required=False)
    hour = forms.IntegerField(min_value=0, max_value=23)
    zone = forms.CharField(max_length=60)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    recipients = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    is_on = forms.BooleanField(required=False)

    def __init__(self, workspace: Workspace, digest: Digest | None, data: Any = None, language: str = "") -> None:
        super().__init__(data, initial=_initial(workspace, digest, language))
        self.workspace, self.digest = workspace, digest
        labels = {
            "name": _("Name"),
            "metrics": _("Figures"),
            "weekday": _("Day"),
            "hour": _("Hour"),
            "zone": _("Time zone"),
            "language": _("Language of the letter"),
            "recipients": _("Readers"),
            "is_on": _("Send it"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["hour"].help_text = _("0 to 23, on the clocks of the time zone.")
        self.fields["recipients"].help_text = _("Members who may see figures: supervisors and administrators.")
        choices = {
            "metrics": [(one.id, str(one.title)) for one in METRICS.values()],
            "weekday": [(EVERY_DAY, _("Every day")), *((str(key), str(day)) for key, day in WEEKDAYS.items())],
            "recipients": possible_readers(workspace),
        }
        for name, some in choices.items():
            self.offer(name, some)

    def clean_zone(self) -> str:
        """Refuse a zone that is none."""
        zone: str = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no time zone of this name: %(zone)s.") % {"zone": zone})
        return zone

    def clean_metrics(self) -> list[str]:
        """Refuse more figures than a letter holds."""
        chosen: list[str] = self.cleaned_data["metrics"]
        if len(chosen) > MOST_FIGURES:
            raise forms.ValidationError(_("A letter holds at most %(most)d figures.") % {"most": MOST_FIGURES})
        return chosen

    def clean_name(self) -> str:
        """Refuse a name that another letter has."""
        name = " ".join(self.cleaned_data["name"].split())
        others = Digest.objects.of(self.workspace).filter(name=name)
        if others.exclude(pk=self.digest.pk if self.digest else NOBODY).exists():
            raise forms.ValidationError(_("There is a letter of this name already."))
        return name


def _initial(workspace: Workspace, digest: Digest | None, language: str) -> dict[str, Any]:
    if digest is None:
        first = {"metrics": USUAL, "weekday": "0", "hour": 8, "zone": workspace.timezone, "is_on": True}
        return {**first, "name": _("The week in figures"), "language": language}
    return {
        "name": digest.name,
        "metrics": digest.metrics,
        "weekday": EVERY_DAY if digest.weekday is None else str(digest.weekday),
        "hour": digest.hour,
        "zone": digest.zone,
        "language": digest.language,
        "recipients": [str(key) for key in digest.recipients.values_list("pk", flat=True)],
        "is_on": digest.is_on,
    }
