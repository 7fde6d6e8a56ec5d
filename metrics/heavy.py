"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for.

Whole months come from the cells of months, the days before and after them from their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from metrics import binary, histogram
from metrics.cells import DAY, HOURS, MONTH
from metrics.question import Question

EXACT_UP_TO = 100_000  # observations whose percentiles are taken from the facts themselves
WHOLE_DAYS = {"day", "week", "month"}
SIDES = ("", "_over", "_under")  # what follows a measure's name: all, those above the line, those below it
CLOCK = "weekday_hour"  # counts alone are kept by the hour of the day
CLOCKS = [f"{weekday}-{hour:02}" for weekday in range(1, 8) for hour in range(24)]
SHARES = (0.5, 0.75, 0.9, 0.95, 1.0)
type Key = tuple[str | None, ...]
type Row = tuple[Any, ...]  # the key a cell counts under, its measure, and what was selected of it


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
    found: dict[str, dict[Key, int]] = {measure: defaultdict(int) for measure in measures}
    if CLOCK in question.by:
        _by_clock(question, found)
    else:
        for key, measure, n in _read(question, measures, "n"):
            found[measure][key] += n
    return [{**some, (): sum(some.values())} if some else {} for some in found.values()]


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of every key, percentiles within one percent; none where facts are few enough to be read."""
    if not can_answer(question, lengths=True):
        return {}
    parts: dict[Key, list[bytes]] = defaultdict(list)
    counted: dict[Key, int] = defaultdict(int)
    added: dict[Key, int] = defaultdict(int)
    for key, _measure, n, total, packed in _read(question, [question.metric.source.measure], "n, total, histogram"):
        counted[key] += n
        added[key] += total
        parts[key].append(packed)
    whole = sum(counted.values())
    if whole <= EXACT_UP_TO:
        return {}
    added[()] = sum(added.values())  # of what is not split, its own once more
    counted[()] = whole
    return {
        key: dict(n=n, mean=total / n / 1e6, p50=p50, p75=p75, p90=p90, p95=p95, max=longest, approximate=True)
        for (key, n), total, (p50, p75, p90, p95, longest) in zip(
            counted.items(),
            added.values(),
            histogram.percentiles(list(parts.values()), SHARES, whole=bool(question.by)),
            strict=True,
        )
    }


def _by_clock(question: Question, found: dict[str, dict[Key, int]]) -> None:
    """Add counts by the hour of the week, among whatever else they are split by."""
    place = question.by.index(CLOCK)
    others = question._replace(by=tuple(word for word in question.by if word != CLOCK))
    weeks: dict[tuple[str, Key], Any] = defaultdict(lambda: np.zeros(HOURS[MONTH], dtype=np.int64))
    for key, measure, weekday, hours in _read(others, list(found), "extract(isodow FROM day)::int, hours"):
        first = 0 if len(hours) == HOURS[MONTH] else HOURS[DAY] * (weekday - 1)
        weeks[measure, key][first : first + len(hours)] += hours
    for (measure, rest), week in weeks.items():
        found[measure] |= {
            (*rest[:place], clock, *rest[place:]): n for clock, n in zip(CLOCKS, week.tolist(), strict=True) if n
        }


# A range of the index each for the days before the whole months, for these, and for the days after.
CELLS = """
SELECT value, day, measure, {} FROM unnest(%s::text[], %s::date[], %s::date[]) AS part(span, first, past)
JOIN metrics_cell cell ON cell.span = part.span AND cell.day >= part.first AND cell.day < part.past
WHERE workspace_id = %s AND measure = ANY(%s) AND dimension = %s AND (%s::text[] IS NULL OR value = ANY(%s))
"""


def _read(question: Question, measures: Sequence[str], select: str) -> list[Row]:
    by, filters = question.by, dict(question.filters)
    dimension = "agent" if "agent" in {*by, *filters} else "channel"
    wanted = list(filters[dimension]) if dimension in filters else None
    values = [*_spans(question), question.workspace.pk, list(measures), dimension, wanted, wanted]
    rows = binary.read(CELLS.format(select), values, again=True)
    return [(tuple([part(word, value, day) for word in by]), *content) for value, day, *content in rows]


@lru_cache(maxsize=100_000)
def part(word: str, value: str, day: date) -> str | None:
    """Return a word of the key of a cell, as facts write it: of its first day, or else its value."""
    if word == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    return {"day": day.isoformat(), "month": day.isoformat()[:7]}.get(word, value or None)


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
