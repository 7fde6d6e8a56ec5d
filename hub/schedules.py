"""Keeping working hours: a version is added or removed, never changed, so that what was then stays. Every change is audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from hub import audit, free_days
from hub.access import Caller
from hub.hours import Period, Schedule, segments
from hub.models import Team, WorkingHours, Workspace
from hub.refusal import Refused, TooLate

MINUTES_A_DAY, DAYS, MOST_HOLIDAYS, MOST_PERIODS = 24 * 60, 7, 1_000, 100
HORIZON = timedelta(days=30)  # how far ahead one looks for the next opening
OVERLAP = gettext_lazy("Two of these periods overlap.")


class NewHours(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the hours to add: of the workspace, or of ``team``; in force from ``since`` on, without it always."""

    zone: str
    periods: tuple[Period, ...]
    holidays: tuple[date, ...] = ()
    region: str = ""
    team: UUID | None = None
    since: datetime | None = None


class Now(msgspec.Struct, frozen=True):
    """Whether it is open at an instant, and when that changes next (None: not for a month)."""

    is_open: bool
    until: datetime | None


def add(caller: Caller, wanted: NewHours) -> WorkingHours:
    """Keep a version. Raises ``Refused`` with the field at fault, ``TooLate`` when one begins at this instant already."""
    workspace = caller.workspace
    team = Team.objects.of(workspace).filter(pk=wanted.team).first() if wanted.team else None
    if wanted.team and team is None:
        raise Refused("team", _("There is no such team."))
    checked(workspace, wanted)
    row = WorkingHours(
        workspace=workspace,
        team=team,
        since=wanted.since,
        zone=wanted.zone,
        region=wanted.region,
        periods=[
            {"weekday": one.weekday, "start": _clock(one.start), "end": _clock(one.end)}
            for one in sorted(wanted.periods, key=lambda one: (one.weekday, one.start))
        ],
        holidays=sorted({one.isoformat() for one in wanted.holidays}),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            told = {"since": (None, row.since), "zone": (None, row.zone), "region": (None, row.region)}
            audit.note(caller, "hours.added", _subject(row), told)
    except IntegrityError as error:
        raise TooLate(_("There are hours in force from this instant already: remove them first.")) from error
    return row


def checked(workspace: Workspace, wanted: NewHours) -> None:
    """Raise ``Refused`` for a version that cannot be: its zone, region, periods or beginning."""
    if wanted.zone not in available_timezones():
        raise Refused("zone", _("There is no time zone of this name: %(zone)s.") % {"zone": wanted.zone})
    if wanted.region and not free_days.knows(wanted.region):
        raise Refused("region", _("There is no such region: %(region)s.") % {"region": wanted.region})
    if len(wanted.periods) > MOST_PERIODS or overlapping(wanted.periods) is not None:
        raise Refused("periods", str(OVERLAP))
    if len(wanted.holidays) > MOST_HOLIDAYS:
        raise Refused("holidays", _("At most %(most)d days.") % {"most": MOST_HOLIDAYS})
    later = (
        WorkingHours.objects.of(workspace).filter(team=wanted.team, since__gt=wanted.since) if wanted.since else None
    )
    if wanted.since and wanted.since < timezone.now() and later is not None and later.exists():
        raise Refused(
            "since", _("Lies in the past, and other hours came into force after it: figures of then would change.")
        )


def overlapping(periods: Sequence[Period]) -> int | None:
    """Return the weekday on which two periods overlap, over midnight and the end of the week too; None when none do."""
    spans = sorted((*_minutes(one), one.weekday) for one in periods)
    week = DAYS * MINUTES_A_DAY
    following = [*spans[1:], *((start + week, end + week, day) for start, end, day in spans[:1])]
    for (_start, end, _day), (start, _end, day) in zip(spans, following, strict=True):
        if end > start:
            return day
    return None


def remove(caller: Caller, hours_id: UUID) -> None:
    """Remove a version: the one before it holds on. Raises ``WorkingHours.DoesNotExist``."""
    with transaction.atomic():
        row = WorkingHours.objects.of(caller.workspace).select_related("team").get(pk=hours_id)
        audit.note(caller, "hours.removed", _subject(row), {"since": (row.since, None)})
        row.delete()


def versions(rows: Iterable[WorkingHours], team: UUID | None) -> list[WorkingHours]:
    """Return the versions of a team (None: of the workspace) in the order in which they come into force."""
    own = [row for row in rows if row.team_id == team]
    return sorted(own, key=lambda row: (row.since is not None, row.since))


def in_force(rows: Sequence[WorkingHours], at: datetime) -> WorkingHours | None:
    """Return which of these versions, in their order, holds at an instant; before the first the first does."""
    begun = [row for row in rows if row.since is None or row.since <= at]
    return begun[-1] if begun else (rows[0] if rows else None)


def state(schedules: Sequence[Schedule], at: datetime) -> Now:
    """Return whether it is open at an instant, and when that changes."""
    parts = segments(schedules, at, at + HORIZON)
    is_open = bool(parts) and parts[0].why == "open"
    change = next((part.start for part in parts if (part.why == "open") != is_open), None)
    return Now(is_open, change)


def coming_holidays(schedule: Schedule, at: datetime, language: str, number: int = 10) -> list[tuple[date, str]]:
    """Return the next free days with their names; a day of the house's own has none."""
    today = at.astimezone(ZoneInfo(schedule.zone)).date()
    found: dict[date, str] = {day: "" for day in schedule.holidays if day >= today}
    for year in range(today.year, today.year + 3) if schedule.region else ():
        found |= {day: name for day, name in free_days.names(schedule.region, year, language).items() if day >= today}
    return sorted(found.items())[:number]


def _minutes(period: Period) -> tuple[int, int]:
    """Return a period in minutes of the week."""
    start, end = (at.hour * 60 + at.minute for at in (period.start, period.end))
    midnight = period.weekday * MINUTES_A_DAY
    return midnight + start, midnight + end + (MINUTES_A_DAY if end <= start else 0)


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


def _subject(row: WorkingHours) -> audit.Subject:
    return audit.Subject("hours", str(row.pk), row.team.name if row.team else str(row.workspace))


def instant_of(day: date, zone: str) -> datetime:
    """Return when a day begins in a zone, as UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def summary(periods: Iterable[dict[str, Any]]) -> list[str]:
    """Return the hours of each day of the week, from Monday, as one types them: "09:00-12:00, 13:30-18:00"."""
    days: list[list[str]] = [[] for _day in range(DAYS)]
    for one in periods:
        days[one["weekday"]].append(f"{one['start']}-{one['end']}")
    return [", ".join(day) for day in days]
