"""Working hours: what of an interval of time was inside them, as one pure function of a schedule; it knows no database.

A schedule's periods are wall-clock times in its zone, resolved day by day to UTC instants, so that a day on which the
clocks change has the hours it really had. A holiday closes its whole local date, also what reaches into it from the evening
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from hub import free_days

MIDNIGHT = time()
A_DAY = timedelta(days=1)
FIRST_LOOK, WIDEST_LOOK, FARTHEST = timedelta(days=4), timedelta(days=366), timedelta(days=3_660)

Span = tuple[datetime, datetime]


class Period(msgspec.Struct, frozen=True):
    """Open on ``weekday`` (0 is Monday) from ``start`` to ``end``; an end that is not after the start lies on the next day."""

    weekday: int
    start: time
    end: time


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in force since ``since`` (None: always) in the IANA zone ``zone``, but for ``holidays`` and those of ``region``."""

    zone: str
    periods: tuple[Period, ...]
    holidays: frozenset[date] = frozenset()
    since: datetime | None = None
    region: str = ""

    def is_free(self, day: date) -> bool:
        """Whether a day is a holiday, of its own or of the region."""
        return day in self.holidays or (bool(self.region) and day in free_days.dates(self.region, day.year))


class Segment(msgspec.Struct, frozen=True):
    """A part of an interval: open, or closed because of the ``hours`` or a ``holiday``; ``start`` and ``end`` in UTC."""

    start: datetime
    end: datetime
    why: Literal["open", "hours", "holiday"]

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()


def business_seconds(versions: Sequence[Schedule], start: datetime, end: datetime) -> float:
    """Return how many seconds between two instants were working time. ``versions`` in the order in which they came into force.

    Before the first version the first holds; without any, every second counts.
    """
    return sum(part.seconds for part in segments(versions, start, end) if part.why == "open")


def after(versions: Sequence[Schedule], start: datetime, seconds: float) -> datetime | None:
    """Return the first instant, in UTC, at which ``seconds`` of working time have passed since ``start``.

    The inverse of ``business_seconds``. ``None`` for a schedule that is not open for so long within ten years.
    """
    start, left = start.astimezone(UTC), timedelta(seconds=seconds)
    if not versions or left <= timedelta():
        return start + left
    at, look = start, FIRST_LOOK
    while at - start < FARTHEST:
        for part in segments(versions, at, at + look):
            if part.why != "open":
                continue
            if part.end - part.start >= left:
                return part.start + left
            left -= part.end - part.start
        at, look = at + look, min(look * 2, WIDEST_LOOK)
    return None


def segments(versions: Sequence[Schedule], start: datetime, end: datetime) -> list[Segment]:
    """Cut the interval where it opens and closes; the parts follow each other without a gap. Empty for one that is none."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if not versions:
        return [Segment(start, end, "open")] if start < end else []
    found: list[Segment] = []
    for schedule, (since, until) in _in_force(versions, start, end):
        found += _cut(schedule, since, until)
    return found


def _in_force(versions: Sequence[Schedule], start: datetime, end: datetime) -> Iterator[tuple[Schedule, Span]]:
    """Yield which version held in which part of the interval."""
    for position, schedule in enumerate(versions):
        following = versions[position + 1].since if position + 1 < len(versions) else None
        since = max(start, schedule.since) if position and schedule.since else start
        until = min(end, following) if following else end
        if since < until:
            yield schedule, (since.astimezone(UTC), until.astimezone(UTC))


def _cut(schedule: Schedule, start: datetime, end: datetime) -> list[Segment]:
    parts: list[Segment] = []
    at = start
    for opens, closes in _merged(span for span in _open_spans(schedule, start, end)):
        if opens > at:
            parts += _closed(schedule, at, min(opens, end))
        if max(opens, at) < min(closes, end):
            parts.append(Segment(max(opens, at), min(closes, end), "open"))
        at = max(at, min(closes, end))
    return parts + _closed(schedule, at, end)


def _open_spans(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """Return the open periods that touch the interval, in order, without what falls on a holiday."""
    zone = ZoneInfo(schedule.zone)
    day, last = start.astimezone(zone).date() - A_DAY, end.astimezone(zone).date()
    spans: list[Span] = []
    while day <= last:
        spans += _open_on(schedule, day)
        day += A_DAY
    return sorted(span for span in spans if span[1] > start and span[0] < end)


@lru_cache(8192)  # many waits lie on the same days
def _open_on(schedule: Schedule, day: date) -> tuple[Span, ...]:
    """Return the periods that begin on a day."""
    zone = ZoneInfo(schedule.zone)
    today, tomorrow = not schedule.is_free(day), not schedule.is_free(day + A_DAY)
    midnight = _instant(day + A_DAY, MIDNIGHT, zone)
    spans: list[Span] = []
    for period in schedule.periods:
        if period.weekday != day.weekday():
            continue
        opens, overnight = _instant(day, period.start, zone), period.end <= period.start
        if today:
            spans.append((opens, midnight if overnight else _instant(day, period.end, zone, ends=True)))
        if overnight and tomorrow:
            spans.append((midnight, _instant(day + A_DAY, period.end, zone, ends=True)))
    return tuple(span for span in spans if span[0] < span[1])


def _instant(day: date, at: time, zone: ZoneInfo, *, ends: bool = False) -> datetime:
    """Return when a wall clock shows this; of an hour that comes twice a period starts with the first and ends with the second."""
    return datetime.combine(day, at, zone).replace(fold=int(ends)).astimezone(UTC)


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    """Join spans that overlap or touch."""
    current: Span | None = None
    for opens, closes in spans:
        if current is not None and opens <= current[1]:
            current = (current[0], max(current[1], closes))
            continue
        if current is not None:
            yield current
        current = (opens, closes)
    if current is not None:
        yield current


def _closed(schedule: Schedule, start: datetime, end: datetime) -> list[Segment]:
    """Cut closed time at midnights where a holiday begins or ends, so that each part has its reason."""
    zone = ZoneInfo(schedule.zone)
    parts: list[Segment] = []
    at = start
    while at < end:
        day = at.astimezone(zone).date()
        until = min(end, _instant(day + A_DAY, MIDNIGHT, zone))
        why: Literal["hours", "holiday"] = "holiday" if schedule.is_free(day) else "hours"
        if parts and parts[-1].why == why:
            parts[-1] = Segment(parts[-1].start, until, why)
        else:
            parts.append(Segment(at, until, why))
        at = until
    return parts
