"""Standing: how a goal goes: its figure now, what was to be expected by now, and what the past says about the day it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile
from math import inf
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from hub.hours import Schedule, business_seconds
from hub.models import Workspace
from metrics import receipts
from metrics.business import EVERYBODY, calendars
from metrics.goals.forecast import Bounds, Forecast, Stretch, forecast, is_beyond
from metrics.models import Goal
from metrics.models.plans import AT_LEAST
from metrics.query import answer, fresh, one_instant
from metrics.question import Question
from metrics.registry import METRICS, Count, Metric, Rate, Score, Sum

WINDOW = timedelta(days=28)  # a level is that of so many days
WEEKS, DAYS = 26, 56  # how much of the past is looked at
type State = Literal["to_come", "on_pace", "behind", "reached", "missed", "unknown", "closed"]


class Standing(msgspec.Struct, frozen=True):
    """How a goal goes at an instant. ``pace`` is 1 where the figure is what was expected by now, above where it is better.

    ``elapsed`` is the share of the working time that is over. ``beyond``: the target lies beyond what 95 % of the past's
    periods reached; ``needed`` is what each period must come to. ``history`` is the number of periods known.
    """

    state: State
    value: float | None
    n: int
    receipt: UUID | None
    expected: float | None
    pace: float | None
    elapsed: float
    forecast: Forecast | None = None
    chance: float | None = None
    beyond: bool | None = None
    needed: float | None = None
    history: int = 0
    period: Literal["day", "week"] = "week"
    is_timeless: bool = False


def is_total(metric: Metric) -> bool:
    """Whether the figure grows from the start to the deadline, as counts and sums do; others are levels."""
    return isinstance(metric.adding, Count | Sum)


def span(goal: Goal, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the goal's first instant and the first one after its last day."""
    return midnight(goal.start, zone), midnight(goal.deadline + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant a day begins at."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)


def question(goal: Goal, workspace: Workspace, now: datetime) -> Question:
    """Return what is asked of the figure up to the end of today: a total since the start; a level over its last 28 days."""
    zone = ZoneInfo(workspace.timezone)
    start, end = span(goal, zone)
    metric = METRICS[goal.metric]
    # Whole days: as long as nothing new happens, the answer and its receipt stay the same.
    until = min(midnight(now.astimezone(zone).date() + timedelta(days=1), zone), end)
    since = start if is_total(metric) else max(start, until - WINDOW)
    return Question(workspace, metric, since, until, zone, filters=filters(goal.filters), clock=goal.clock)


def filters(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return kept filters as those of a question."""
    return tuple((name, tuple(values)) for name, values in sorted(given.items()))


def standings(workspace: Workspace, goals: Sequence[Goal], now: datetime) -> list[Standing]:
    """Return how goals go, all from one instant of the database."""
    hours = calendars(workspace.pk).get(EVERYBODY, ())
    with one_instant():
        return [_standing(workspace, goal, now, hours) for goal in goals]


def _standing(workspace: Workspace, goal: Goal, now: datetime, hours: Sequence[Schedule]) -> Standing:
    zone = ZoneInfo(workspace.timezone)
    start, end = span(goal, zone)
    elapsed = worked(hours, start, end, now)
    metric = METRICS.get(goal.metric)
    if metric is None:
        return Standing("unknown", None, 0, None, None, None, elapsed)
    if now < start:
        return Standing("to_come", None, 0, None, None, None, 0.0)
    given = answer(question(goal, workspace, goal.closed_at or now), fresh(workspace))
    value, n = given.value(given.total), given.total.n
    expected = _expected(goal, metric, elapsed)
    pace = _pace(goal, value, expected)
    seen = Standing(
        _state(goal, value, expected, end, now), value, n, receipts.write(given).pk, expected, pace, elapsed
    )
    if goal.closed_at or now >= end:
        return seen
    return _ahead(seen, workspace, goal, metric, now, end)


def worked(hours: Sequence[Schedule], start: datetime, end: datetime, now: datetime) -> float:
    """Return which share of the working time from start to end is over; of all time where nobody ever works in it."""
    until = max(start, min(now, end))
    whole = business_seconds(hours, start, end)
    if whole <= 0:
        return (until - start) / (end - start)
    return business_seconds(hours, start, until) / whole


def _expected(goal: Goal, metric: Metric, elapsed: float) -> float:
    """Return what the figure was to be by now: its share of a total, or the place between baseline and target."""
    if is_total(metric):
        return goal.target * elapsed
    return goal.target if goal.baseline is None else goal.baseline + (goal.target - goal.baseline) * elapsed


def _pace(goal: Goal, value: float | None, expected: float) -> float | None:
    """Return value / expected, the other way round where less is better; None where a ratio says nothing."""
    if value is None or value < 0 or expected <= 0:
        return None
    if goal.direction == AT_LEAST:
        return value / expected
    return expected / value if value else None


def _state(goal: Goal, value: float | None, expected: float, end: datetime, now: datetime) -> State:
    if goal.closed_at:
        return "closed"
    if value is None:
        return "unknown"
    is_reached = _is_as_good(goal, value, goal.target)
    if now >= end:
        return "reached" if is_reached else "missed"
    if goal.direction == AT_LEAST and is_reached and is_total(METRICS[goal.metric]):
        return "reached"
    return "on_pace" if _is_as_good(goal, value, expected) else "behind"


def _is_as_good(goal: Goal, value: float, other: float) -> bool:
    """Say whether a value is as good as another, or better: also where no ratio of the two says so, below 0 or at it."""
    return value >= other if goal.direction == AT_LEAST else value <= other


def _ahead(seen: Standing, workspace: Workspace, goal: Goal, metric: Metric, now: datetime, end: datetime) -> Standing:
    """Add what the past says about the deadline; figures that cannot be split by time have no course to go by."""
    if metric.source.timeless:
        return msgspec.structs.replace(seen, is_timeless=True)
    total, at_least = is_total(metric), goal.direction == AT_LEAST
    by_day = total and end - now <= WINDOW
    step = timedelta(days=1 if by_day else 7)
    last, course = _course(workspace, goal, metric, now, by_day=by_day)
    so_far = seen.value or 0.0 if total else 0.0
    # What is left of a total, or all that its level will be measured of, in periods after those that are over.
    since = now if total else max(span(goal, ZoneInfo(workspace.timezone))[0], end - WINDOW)
    stretch = Stretch((since - last) / step, (end - last) / step, total)
    found = forecast(course, stretch, bounds(metric, course), season=7 if by_day else 1, so_far=so_far)
    needed = max(0.0, goal.target - so_far) / ((end - now) / step) if total else goal.target
    is_there = total and at_least and so_far >= goal.target
    return msgspec.structs.replace(
        seen,
        forecast=found,
        chance=found.chance(goal.target, at_least=at_least) if found else None,
        beyond=False if is_there else is_beyond(course, needed, at_least=at_least),
        needed=needed,
        history=len(course),
        period="day" if by_day else "week",
    )


def bounds(metric: Metric, course: Sequence[float]) -> Bounds:
    """Return what a figure can come to: a share, points, or an amount, which falls below 0 only where it has before."""
    if isinstance(metric.adding, Rate):
        return Bounds(0, 1)
    if isinstance(metric.adding, Score):
        return Bounds(-100, 100)
    return Bounds(-inf if min(course, default=0) < 0 else 0)


def _course(
    workspace: Workspace, goal: Goal, metric: Metric, now: datetime, *, by_day: bool
) -> tuple[datetime, list[float]]:
    """Return when this day or week began, and the figure of each whole one before it, from the first that has any."""
    zone = ZoneInfo(workspace.timezone)
    today = now.astimezone(zone).date()
    last = today if by_day else today - timedelta(days=today.weekday())
    step = timedelta(days=1 if by_day else 7)
    first = last - step * (DAYS if by_day else WEEKS)
    asked = Question(
        workspace, metric, midnight(first, zone), midnight(last, zone), zone,
        by=("day" if by_day else "week",), filters=filters(goal.filters), clock=goal.clock,
    )  # fmt: skip
    given = answer(asked, fresh(workspace), people=False, lean=True)
    values = {figure.key[0]: given.value(figure) for figure in given.rows}
    places = [first + step * number for number in range((last - first) // step)]
    course = [values.get(place.isoformat() if by_day else place.strftime("%G-W%V")) for place in places]
    if not is_total(metric):
        return midnight(last, zone), [one for one in course if one is not None]
    return midnight(last, zone), [one or 0.0 for one in dropwhile(lambda one: not one, course)]
