"""Period: the spans of time a board can be about, each under one key, as the reader's clock cuts them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from metrics import words

LONGEST_BY_HOUR = 1  # days
DAYS = {"7": 7, "28": 28, "91": 91}
TITLES = {
    "today": (_("Today"), "D"),
    "yesterday": (_("Yesterday"), "E"),
    "7": (_("7 days"), "W"),
    "28": (_("28 days"), "F"),
    "91": (_("91 days"), "N"),
    "month": (_("Month"), "M"),
}
USUAL = "28"


class Period(NamedTuple):
    """Whole days from ``first`` to ``last``, both inside."""

    key: str
    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def step(self) -> str:
        """The word of a question that cuts it into places: hours of a single day, else days."""
        return "hour" if self.first == self.last else "day"

    def places(self) -> list[tuple[str, str]]:
        """Return every place: its key in an answer, and its label."""
        if self.step == "day":
            days = [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]
            return [(one.isoformat(), words.day(one)) for one in days]
        hours = int((self.end.timestamp() - self.start.timestamp()) // 3600)
        instants = [
            datetime.fromtimestamp(self.start.timestamp() + 3600 * number, self.zone) for number in range(hours)
        ]
        return [(at.isoformat(), f"{at.hour:02}h") for at in instants]

    def place_of(self, now: datetime) -> int | None:
        """Return the place that ``now`` lies in, whose time is not over; None when it lies outside."""
        key = now.astimezone(self.zone).replace(minute=0, second=0, microsecond=0).isoformat()
        key = key if self.step == "hour" else key[:10]
        return next((number for number, (place, _label) in enumerate(self.places()) if place == key), None)


def named(key: str, now: datetime, zone: ZoneInfo) -> Period:
    """Return the period with this key, the usual one for a key nobody knows; ``today`` is where the zone says."""
    today = now.astimezone(zone).date()
    if key == "today":
        return Period(key, today, today, zone)
    if key == "yesterday":
        return Period(key, today - timedelta(days=1), today - timedelta(days=1), zone)
    if key == "month":
        return Period(key, today.replace(day=1), today, zone)
    key = key if key in DAYS else USUAL
    return Period(key, today - timedelta(days=DAYS[key] - 1), today, zone)
