"""Period: the spans of time a board can be about, each under one key, as the reader's clock cuts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from metrics import words

LONGEST_BY_DAY, LONGEST_BY_WEEK = 92, 190  # days; what is longer is cut into months
LONGEST = 3_660  # days of a period of the reader's own
EARLIEST, LATEST = date(1971, 1, 1), date(2198, 12, 31)
DAYS = {"7": 7, "28": 28, "91": 91}
TITLES = {
    "today": (_("Today"), "D"),
    "yesterday": (_("Yesterday"), "E"),
    "7": (_("7 days"), "W"),
    "28": (_("28 days"), "F"),
    "91": (_("91 days"), "N"),
    "month": (_("Month"), "M"),
    "last-month": (_("Last month"), "P"),
    "year": (_("Year"), "Y"),
    "12-months": (_("12 months"), "L"),
}
CUSTOM = "custom"
USUAL = "28"
A_DAY = timedelta(days=1)


class Period(NamedTuple):
    """Whole days from ``first`` to ``last``, both inside."""

    key: str
    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The first instant."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return _midnight(self.last + A_DAY, self.zone)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def step(self) -> str:
        """The word of a question that cuts it into places: hours of a single day, else days, weeks or months."""
        if self.days == 1:
            return "hour"
        return "day" if self.days <= LONGEST_BY_DAY else "week" if self.days <= LONGEST_BY_WEEK else "month"

    def places(self) -> list[tuple[str, str]]:
        """Return every place: its key in an answer, and its label."""
        if self.step == "hour":
            hours = int((self.end.timestamp() - self.start.timestamp()) // 3600)
            instants = [
                datetime.fromtimestamp(self.start.timestamp() + 3600 * number, self.zone) for number in range(hours)
            ]
            return [(at.isoformat(), f"{at.hour:02}h") for at in instants]
        found: dict[str, str] = {}
        for number in range(self.days):
            day = self.first + timedelta(days=number)
            found.setdefault(_key(day, self.step), words.month(day) if self.step == "month" else words.day(day))
        return list(found.items())

    def place_of(self, now: datetime) -> int | None:
        """Return the place that ``now`` lies in, whose time is not over; None when it lies outside."""
        local = now.astimezone(self.zone)
        hour = local.replace(minute=0, second=0, microsecond=0).isoformat()
        key = hour if self.step == "hour" else _key(local.date(), self.step)
        if not self.first <= local.date() <= self.last:
            return None
        return next((number for number, (place, _label) in enumerate(self.places()) if place == key), None)

    def shifted(self, by: int) -> Period:
        """Return the period so many of its lengths later: calendar months and years stay such."""
        if self.first.day == 1 and (self.last + A_DAY).day == 1:
            months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
            first, after = (_months_later(day, months * by) for day in (self.first, self.last + A_DAY))
            return self._replace(key=CUSTOM, first=first, last=after - A_DAY)
        if self.key in {"month", "year"}:  # goes on still: its neighbors are whole
            months = 1 if self.key == "month" else 12
            first = _months_later(self.first, months * by)
            return self._replace(key=CUSTOM, first=first, last=_months_later(first, months) - A_DAY)
        days = timedelta(days=self.days * by)
        return self._replace(key=CUSTOM, first=self.first + days, last=self.last + days)


def named(key: str, now: datetime, zone: ZoneInfo, first: str = "", last: str = "") -> Period:
    """Return the period with this key, the usual one for a key nobody knows; ``today`` is where the zone says.

    A ``custom`` one goes from ``first`` to ``last``, dates of ISO 8601; where these are none, it is the usual one.
    """
    today = now.astimezone(zone).date()
    if key == CUSTOM and (own := _custom(first, last, zone)):
        return own
    month = today.replace(day=1)
    spans = {
        "today": (today, today),
        "yesterday": (today - A_DAY, today - A_DAY),
        "month": (month, today),
        "last-month": (_months_later(month, -1), month - A_DAY),
        "year": (today.replace(month=1, day=1), today),
        "12-months": (_months_later(month, -11), today),
    }
    if key in spans:
        return Period(key, *spans[key], zone)
    key = key if key in DAYS else USUAL
    return Period(key, today - timedelta(days=DAYS[key] - 1), today, zone)


def _custom(first: str, last: str, zone: ZoneInfo) -> Period | None:
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    known = EARLIEST <= since <= until <= LATEST and (until - since).days < LONGEST
    return Period(CUSTOM, since, until, zone) if known else None


def span_of(key: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return the first instant of the place with this key in an answer, and the first after it; None for no such key."""
    try:
        if "T" in key:
            at = datetime.fromisoformat(key.replace(" ", "+")).astimezone(zone)
            return at, datetime.fromtimestamp(at.timestamp() + 3600, zone)
        if "W" in key:
            monday = date.fromisoformat(key.replace("-W", "W") + "1")
            return _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)
        first = date.fromisoformat(key if len(key) == len("2026-01-01") else f"{key}-01")
        last = first + A_DAY if len(key) == len("2026-01-01") else _months_later(first, 1)
        return _midnight(first, zone), _midnight(last, zone)
    except (ValueError, OverflowError, OSError):
        return None


def _key(day: date, step: str) -> str:
    if step == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat()[:7] if step == "month" else day.isoformat()


def _months_later(day: date, months: int) -> date:
    """Return the first of the month so many months later."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant a day begins at; where clocks jump over midnight, the first instant there is."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)
