"""The form of working hours: a line for each day of the week, the zone, the holidays, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext as _

from hub import free_days, schedules
from hub.hours import Period
from hub.house.forms import HouseForm
from hub.models import WorkingHours, Workspace
from hub.schedules import NewHours

CLOCK = r"(\d{1,2})(?:[:h.](\d{2})?)?h?"
INTERVAL = re.compile(rf"\s*{CLOCK}\s*[-–—]\s*{CLOCK}\s*", re.IGNORECASE)
DAY_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")
OFFICE = ["09:00-18:00"] * 5 + [""] * 2


class HoursForm(HouseForm):
    """A version of the hours; ``needs_since`` when one is there already, so that this one must begin some day."""

    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    zone = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}))
    region = forms.ChoiceField(required=False)
    holidays = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self, workspace: Workspace, current: WorkingHours | None, data: Any = None, *, needs_since: bool = False
    ) -> None:
        week = schedules.summary(current.periods) if current else OFFICE
        initial: dict[str, Any] = {f"day_{number}": text for number, text in enumerate(week)}
        initial["zone"] = current.zone if current else workspace.timezone
        initial["region"] = current.region if current else ""
        initial["holidays"] = "\n".join(current.holidays) if current else ""
        super().__init__(data, initial=initial)
        for number in range(schedules.DAYS):
            self.fields[f"day_{number}"] = forms.CharField(
                required=False,
                max_length=200,
                label=str(WEEKDAYS[number]).capitalize(),
                widget=forms.TextInput(
                    attrs={"placeholder": _("closed"), "autocomplete": "off", "spellcheck": "false"}
                ),
            )
        self.fields["since"].label, self.fields["since"].required = _("From"), needs_since
        self.fields["since"].help_text = _("The day on which these hours begin to hold.")
        if not needs_since:
            del self.fields["since"]
        self.fields["zone"].label = _("Time zone")
        self.fields["region"].label = _("Public holidays of")
        self.offer("region", [("", _("No region")), *free_days.offered(get_language() or "en")])
        self.fields["holidays"].label = _("Days of your own")
        self.fields["holidays"].help_text = _("Of the city or the house: one a line, like 2026-01-25 or 25/01/2026.")

    def days(self) -> list[forms.BoundField]:
        """Return the inputs of the week, from Monday."""
        return [self[f"day_{number}"] for number in range(schedules.DAYS)]

    def clean_zone(self) -> str:
        """Refuse what is no time zone."""
        zone = str(self.cleaned_data["zone"]).strip()
        if zone not in available_timezones():
            raise ValidationError(_("There is no time zone of this name: %(zone)s.") % {"zone": zone})
        return zone

    def clean_holidays(self) -> tuple[date, ...]:
        """Read days, one a line. Refuse what is none."""
        lines = [line.strip() for line in str(self.cleaned_data["holidays"]).splitlines() if line.strip()]
        return tuple(sorted({_day(line) for line in lines}))

    def clean(self) -> dict[str, Any]:
        """Read every day of the week, and refuse what overlaps at the day where it does."""
        data = super().clean() or self.cleaned_data
        periods: list[Period] = []
        for number in range(schedules.DAYS):
            try:
                periods += _periods(number, str(data.get(f"day_{number}") or ""))
            except ValidationError as error:
                self.add_error(f"day_{number}", error)
        if (day := schedules.overlapping(periods)) is not None:
            self.add_error(f"day_{day}", str(schedules.OVERLAP))
        data["periods"] = tuple(periods)
        return data

    def wanted(self, team: UUID | None) -> NewHours:
        """Return the version to keep."""
        given = self.cleaned_data
        since: datetime | None = None
        if given.get("since"):
            since = schedules.instant_of(given["since"], given["zone"])
        return NewHours(
            zone=given["zone"],
            periods=given["periods"],
            holidays=given["holidays"],
            region=given["region"],
            team=team,
            since=since,
        )

    def as_typed(self) -> NewHours | None:
        """Return the hours as they stand in the form, kept or typed; None while they make no sense."""
        if self.is_bound:
            only_since = not (set(self.errors) - {"since"})
            return self.wanted(None) if only_since else None
        periods = [one for number in range(schedules.DAYS) for one in _periods(number, self.initial[f"day_{number}"])]
        return NewHours(
            zone=self.initial["zone"],
            periods=tuple(periods),
            holidays=tuple(date.fromisoformat(one) for one in self.initial["holidays"].split()),
            region=self.initial["region"],
        )


def _periods(weekday: int, text: str) -> Iterator[Period]:
    """Read "09:00-12:00, 13:30-18:00", also "9-18" and "20h-2h" (which ends on the next day). Raises ``ValidationError``."""
    for part in (one for one in re.split(r"[,;]", text) if one.strip()):
        found = INTERVAL.fullmatch(part)
        if found is None:
            raise ValidationError(_("Write it like 09:00-12:00, 13:30-18:00."))
        yield Period(weekday, _time(found[1], found[2]), _time(found[3], found[4]))


def _time(hour: str, minute: str | None) -> time:
    try:
        return time() if (hour, int(minute or 0)) == ("24", 0) else time(int(hour), int(minute or 0))
    except ValueError as error:
        raise ValidationError(_("There is no such time: %(time)s.") % {"time": f"{hour}:{minute or '00'}"}) from error


def _day(text: str) -> date:
    for form in DAY_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise ValidationError(_("There is no such day: %(day)s.") % {"day": text})
