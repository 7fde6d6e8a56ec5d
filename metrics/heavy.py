"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for.

Whole months come from the cells of months, the days before and after them from their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from metrics import binary, histogram
from metrics.cells import DAY, HOURS, MONTH
from metrics.question import Question

EXACT_UP_TO = 100_000  # observations whose percentiles are taken from the facts themselves
WHOLE_DAYS = {"day", "week", "month"}
SIDES = ("", "_over", "_under")  # what follows a measure's name: all, those above the line, those below it
CLOCK = "weekday_hour"  # counts alone are kept by the hour of the day
# The parts of a key, by word, as facts write them; any other word is that of the cells' dimension.
PARTS = {
    "day": "to_char(day, 'YYYY-MM-DD')",
    "week": "to_char(day, 'IYYY-\"W\"IW')",
    "month": "to_char(day, 'YYYY-MM')",
}
CLOCKS = [f"{weekday}-{hour:02}" for weekday in range(1, 8) for hour in range(24)]
SHARES = (0.5, 0.75, 0.9, 0.95, 1.0)
type Key = tuple[str | None, ...]
type Row = tuple[Any, ...]


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


def counts(question: Question, *measures: str) -> list[dict[Key, int]]:
    """Return for each measure how many there are by key; under the empty key all together."""
    found: dict[str, dict[Key, int]] = {measure: {} for measure in measures}
    if CLOCK in question.by:
        _by_clock(question, found)
    else:
        for measure, *key, n in _added(question, measures, "sum(n)::bigint"):
            found[measure][tuple(key)] = n
    for some in found.values():
        if some:
            some[()] = sum(some.values())
    return list(found.values())


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of every key, percentiles within one percent; none where facts are few enough to be read."""
    if not can_answer(question, lengths=True):
        return {}
    select = "sum(n)::bigint, sum(total)::bigint, string_agg(histogram, ''::bytea)"
    rows = _added(question, [question.metric.source.measure], select)
    n, total = (sum(row[place] for row in rows) for place in (-3, -2))
    if n <= EXACT_UP_TO:
        return {}
    read = histogram.percentiles([[row[-1]] for row in rows], SHARES)
    found = {tuple(row[1:-3]): _figure(row[-3], row[-2], spread) for row, spread in zip(rows, read, strict=True)}
    if question.by:
        (whole,) = histogram.percentiles([[row[-1] for row in rows]], SHARES)
        found[()] = _figure(n, total, whole)
    return found


def _figure(n: int, total: int, spread: Sequence[float]) -> dict[str, Any]:
    p50, p75, p90, p95, longest = spread
    return dict(n=n, mean=total / n / 1e6, p50=p50, p75=p75, p90=p90, p95=p95, max=longest, approximate=True)


def _by_clock(question: Question, found: dict[str, dict[Key, int]]) -> None:
    """Add counts by the hour of the week, among whatever else they are split by."""
    place = question.by.index(CLOCK)
    others = question._replace(by=tuple(word for word in question.by if word != CLOCK))
    weeks: dict[tuple[str, Key], np.ndarray] = defaultdict(lambda: np.zeros(HOURS[MONTH], dtype=np.int64))
    for measure, *key, weekday, hours in _read(others, list(found), "extract(isodow FROM day)::int, hours"):
        first = 0 if len(hours) == HOURS[MONTH] else HOURS[DAY] * (weekday - 1)
        weeks[measure, tuple(key)][first : first + len(hours)] += hours
    for (measure, rest), week in weeks.items():
        found[measure] |= {
            (*rest[:place], clock, *rest[place:]): n for clock, n in zip(CLOCKS, week.tolist(), strict=True) if n
        }


def _added(question: Question, measures: Sequence[str], select: str) -> list[Row]:
    """Return a row for each measure and key that has cells: measure, key, what is selected."""
    grouped = ", ".join(str(place) for place in range(1, len(question.by) + 2))
    return _read(question, measures, select, f"GROUP BY {grouped}")


# A range of the index each for the days before the whole months, for these, and for the days after.
CELLS = """
SELECT {select} FROM unnest(%s::text[], %s::date[], %s::date[]) AS part(span, first, past)
JOIN metrics_cell cell ON cell.span = part.span AND cell.day >= part.first AND cell.day < part.past
WHERE workspace_id = %s AND measure = ANY(%s) AND dimension = %s AND (%s::text[] IS NULL OR value = ANY(%s)) {grouped}
"""


def _read(question: Question, measures: Sequence[str], select: str, grouped: str = "") -> list[Row]:
    asked = {*question.by, *(name for name, _ in question.filters)}
    dimension = "agent" if "agent" in asked else "channel"
    wanted = next((list(values) for name, values in question.filters if name == dimension), None)
    shown = ["measure", *(PARTS.get(word, "nullif(value, '')") for word in question.by), select]
    values = [*_spans(question), question.workspace.pk, list(measures), dimension, wanted, wanted]
    return binary.read(CELLS.format(select=", ".join(shown), grouped=grouped), values)


def _spans(question: Question) -> tuple[list[str], list[date], list[date]]:
    """Return the kinds of cells that make up the period, each with its first day and the first after it."""
    first, past = (at.astimezone(question.tz).date() for at in (question.start, question.end))
    whole, rest = _month(first, 0 if first.day == 1 else 1), _month(past, 0)
    if whole >= rest or {"day", "week"} & {*question.by}:
        return [DAY], [first], [past]
    return [DAY, MONTH, DAY], [first, whole, rest], [whole, rest, past]


def _month(day: date, later: int) -> date:
    """Return the first day of the month so many months after that of ``day``."""
    number = day.year * 12 + day.month - 1 + later
    return date(number // 12, number % 12 + 1, 1)
