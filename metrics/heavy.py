"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from metrics import histogram
from metrics.question import Question

EXACT_UP_TO = 100_000  # observations of an answer whose percentiles are taken from the facts themselves
WHOLE_DAYS = {"day", "week", "month"}
SIDES = ("", "_over", "_under")  # what follows a measure's name: all, those above the line, those below it
CLOCK = "weekday_hour"  # counts alone are kept by the hour of the day
type Key = tuple[str | None, ...]


class Stored(NamedTuple):
    """What is read of a stored cell; of ``hours`` and ``histogram`` only what the question needs."""

    day: date
    value: str
    n: int
    total: int
    hours: list[int]
    histogram: bytes


def can_answer(question: Question, *, lengths: bool = False) -> bool:
    """Whether cells hold what is asked: whole days of the workspace's zone, by channel or by agent but not both."""
    free = WHOLE_DAYS if lengths else WHOLE_DAYS | {CLOCK}
    asked = {*question.by} - free | {name for name, _ in question.filters}
    return (
        bool(question.metric.source.measure)
        and question.clock == "elapsed"
        and question.tz.key == question.workspace.timezone
        and question.is_whole_days
        and (asked <= {"channel"} or asked <= {"agent"})
    )


def counts(question: Question, measure: str) -> dict[Key, int]:
    """Return how many there are by key; under the empty key all together."""
    found: dict[Key, int] = defaultdict(int)
    by_clock = CLOCK in question.by
    for cell in _stored(question, measure, "hours" if by_clock else ""):
        found[()] += cell.n
        if by_clock:
            for hour, n in enumerate(cell.hours):
                if n:
                    found[_key(question, cell, hour)] += n
        elif question.by:
            found[_key(question, cell)] += cell.n
    return dict(found)


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of every key, percentiles within one percent; none where facts are few enough to be read."""
    if not can_answer(question, lengths=True):
        return {}
    measure = question.metric.source.measure
    if _number(question, measure) <= EXACT_UP_TO:
        return {}
    keyed: dict[Key, list[Stored]] = defaultdict(list)
    for cell in _stored(question, measure, "histogram"):
        keyed[_key(question, cell)].append(cell)
    figures = _figures(keyed)
    return figures if () in figures else figures | _figures({(): [cell for cells in keyed.values() for cell in cells]})


def _figures(keyed: dict[Key, list[Stored]]) -> dict[Key, dict[str, Any]]:
    read = histogram.percentiles([[cell.histogram for cell in cells] for cells in keyed.values()], SHARES)
    figures = {}
    for (key, cells), (p50, p75, p90, p95, longest) in zip(keyed.items(), read, strict=True):
        n = sum(cell.n for cell in cells)
        mean = sum(cell.total for cell in cells) / n / 1e6
        figures[key] = dict(n=n, mean=mean, p50=p50, p75=p75, p90=p90, p95=p95, max=longest, approximate=True)
    return figures


SHARES = (0.5, 0.75, 0.9, 0.95, 1.0)


def _key(question: Question, cell: Stored, hour: int = 0) -> Key:
    return tuple(_part(word, cell, hour) for word in question.by)


def _part(word: str, cell: Stored, hour: int) -> str | None:
    if word == "day":
        return cell.day.isoformat()
    if word == "week":
        year, week, _ = cell.day.isocalendar()
        return f"{year}-W{week:02}"
    if word == "month":
        return cell.day.isoformat()[:7]
    if word == CLOCK:
        return f"{cell.day.isoweekday()}-{hour:02}"
    return cell.value or None


CELLS = (
    "FROM metrics_cell WHERE workspace_id = %s AND measure = %s AND dimension = %s AND day >= %s AND day < %s "
    "AND (%s::text[] IS NULL OR value = ANY(%s))"
)


def _number(question: Question, measure: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(n), 0)::bigint {CELLS}", _values(question, measure))
        return int(cursor.fetchone()[0])


def _stored(question: Question, measure: str, more: str) -> list[Stored]:
    hours = "hours" if more == "hours" else "NULL"
    packed = "histogram" if more == "histogram" else "NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT day, value, n, total, {hours}, {packed} {CELLS}", _values(question, measure))
        return [Stored(*row) for row in cursor.fetchall()]


def _values(question: Question, measure: str) -> list[Any]:
    asked = {*question.by, *(name for name, _ in question.filters)}
    dimension = "agent" if "agent" in asked else "channel"
    wanted = next((list(values) for name, values in question.filters if name == dimension), None)
    first, end = (at.astimezone(question.tz).date() for at in (question.start, question.end))
    return [question.workspace.pk, measure, dimension, first, end, wanted, wanted]
