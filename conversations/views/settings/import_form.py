"""The form of a file that is about to be taken in: its columns, its money, its clock, or who of a chat is the house."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import get_language, gettext as _, gettext_lazy

from conversations.imports.kinds import KINDS, Kind
from conversations.models import ImportJob
from conversations.outside import fields
from conversations.refusal import Refused

PREFIX = "col_"


class ImportForm(forms.Form):
    """How a file is read; what a kind of file does not need is not asked."""

    source = forms.RegexField(
        r"[a-z0-9_:\-]{2,40}",
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The same file under the same source is never counted twice."),
    )
    currency = forms.CharField(max_length=3, label=gettext_lazy("Currency"))
    decimal = forms.ChoiceField(
        choices=[(",", gettext_lazy("Comma: 1.234,56")), (".", gettext_lazy("Point: 1,234.56"))],
        label=gettext_lazy("Before the cents"),
    )
    days = forms.ChoiceField(
        choices=[("day", gettext_lazy("Day first: 31/12/2026")), ("month", gettext_lazy("Month first: 12/31/2026"))],
        label=gettext_lazy("Dates"),
    )
    zone = forms.CharField(max_length=60, label=gettext_lazy("Time zone"))
    country = forms.RegexField(
        r"[A-Za-z]{2}",
        required=False,
        label=gettext_lazy("Country of telephone numbers"),
        help_text=gettext_lazy("Two letters, like BR: for numbers that do not say their country."),
    )
    us = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Who of them is your house"),
        help_text=gettext_lazy("Whoever is left is the customer: one person."),
    )
    phone = forms.CharField(
        max_length=30,
        required=False,
        label=gettext_lazy("The customer's WhatsApp number"),
        help_text=gettext_lazy("Needed where the chat shows a name."),
    )

    def __init__(self, job: ImportJob, data: Any = None) -> None:
        self.kind: Kind = KINDS[job.kind]
        self.job = job
        held = job.options
        columns = {f"{PREFIX}{name}": column for name, column in held.get("columns", {}).items()}
        super().__init__(data, initial={**held, **columns})
        for name in self._needless():
            del self.fields[name]
        if "us" in self.fields:
            chosen = self.fields["us"]
            assert isinstance(chosen, forms.ChoiceField)
            chosen.choices = [(name, f"{name} ({count})") for name, count in held.get("authors", [])]
        header = [("", _("— not in this file —")), *((name, name) for name in job.header)]
        for column in self.kind.columns:
            title = f"{column.title} *" if column.required else str(column.title)
            self.fields[f"{PREFIX}{column.name}"] = forms.ChoiceField(choices=header, required=False, label=title)

    def _needless(self) -> set[str]:
        if self.kind.name == "chatwoot":
            return {"currency", "decimal", "days", "zone", "country", "us", "phone"}
        if self.kind.name == "whatsapp":
            return {"currency", "decimal"}
        if self.kind.name == "contacts":
            return {"currency", "decimal", "days", "zone", "us", "phone"}
        return {"us", "phone"}

    @property
    def columns(self) -> list[Any]:
        """The fields that choose columns."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    @property
    def reading(self) -> list[Any]:
        """The fields that say how the file is read."""
        return [self[name] for name in self.fields if not name.startswith(PREFIX)]

    def clean_currency(self) -> str:
        """Refuse what is no currency."""
        try:
            return fields.currency("currency", self.cleaned_data["currency"])
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused

    def clean_zone(self) -> str:
        """Refuse what is no zone."""
        zone: str = self.cleaned_data["zone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return zone

    def options(self) -> dict[str, Any]:
        """Return what was chosen, as the job keeps it."""
        given = {name: value for name, value in self.cleaned_data.items() if not name.startswith(PREFIX)}
        columns = {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX) and value
        }
        kept = {"authors": self.job.options["authors"]} if "authors" in self.job.options else {}
        return {**kept, **given, "columns": columns, "language": get_language() or "en"}
