"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for.

Whole months come from the cells of months, the days before and after them from their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from metrics import binary, histogram
from metrics.arrays import Numbers, added
from metrics.cells import DAY, HOURS, MONTH
from metrics.question import Question

EXACT_UP_TO = 100_000  # observations whose percentiles are taken from the facts themselves
WHOLE_DAYS = {"day", "week", "month"}
SIDES = ("", "_over", "_under")  # what follows a measure's name: all, those above the line, those below it
CLOCK = "weekday_hour"  # counts alone are kept by the hour of the day
CLOCKS = [f"{weekday}-{hour:02}" for weekday in range(1, 8) for hour in range(24)]
SHARES = (0.5, 0.75, 0.9, 0.95, 1.0)
EPOCH = date(2000, 1, 1).toordinal()  # PostgreSQL's first day
type Key = tuple[str | None, ...]


class Cells(NamedTuple):
    """Cells of a measure as columns: values and days as ordinals, how many each counts, and what else was asked for, as bytes."""

    values: list[str]
    days: Numbers
    n: Numbers
    others: Sequence[bytes]

    def keyed(self, by: Sequence[str]) -> tuple[list[Key], Numbers]:
        """Return the different keys, and the number of each cell's."""
        if not by:
            return [()], np.zeros(len(self.values), dtype=np.int64)
        found: dict[Key, int] = {}
        parts = zip(*map(self._parts, by), strict=True)
        numbers = [found.setdefault(key, len(found)) for key in parts]
        return list(found), np.array(numbers)

    def _parts(self, word: str) -> list[str | None]:
        """Return each cell's part of a key."""
        if word not in WHOLE_DAYS:
            return [value or None for value in self.values]
        days = self.days.tolist()
        names = {day: part(word, "", date.fromordinal(day)) for day in {*days}}
        return [names[day] for day in days]


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
    is_by_clock = CLOCK in question.by
    count = _by_clock if is_by_clock else _by_cell
    found = _read(question, measures, *(HOURS_OF_EACH if is_by_clock else ()))
    return [count(question, cells) if cells else {} for cells in found]


def _by_cell(question: Question, cells: Cells) -> dict[Key, int]:
    keys, numbers = cells.keyed(question.by)
    return {**dict(zip(keys, added(numbers, cells.n, len(keys)).tolist(), strict=True)), (): int(cells.n.sum())}


def _by_clock(question: Question, cells: Cells) -> dict[Key, int]:
    """Count by the hour of the week, among whatever else is asked for."""
    place = question.by.index(CLOCK)
    keys, numbers = cells.keyed([word for word in question.by if word != CLOCK])
    weeks = np.zeros((len(keys), HOURS[MONTH]), dtype=np.int64)
    start = 0
    for number, day, size in zip(numbers, cells.days, _numbers(cells.others[0]), strict=True):
        first = 0 if size == HOURS[MONTH] else HOURS[DAY] * ((day - 1) % 7)  # the first of all days was a Monday
        weeks[number, first : first + size] += np.frombuffer(cells.others[1], ELEMENT, size, start + HEAD)["number"]
        start += HEAD + ELEMENT.itemsize * size
    found = {
        (*key[:place], clock, *key[place:]): n
        for key, week in zip(keys, weeks.tolist(), strict=True)
        for clock, n in zip(CLOCKS, week, strict=True)
        if n
    }
    return {**found, (): sum(found.values())}


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of every key, percentiles within one percent; none where facts are few enough to be read."""
    if not can_answer(question, lengths=True):
        return {}
    (cells,) = _read(question, [question.metric.source.measure], NUMBERS.format("total"), *HISTOGRAMS)
    if not cells or cells.n.sum() <= EXACT_UP_TO:
        return {}
    keys, numbers = cells.keyed(question.by)
    total, sizes = map(_numbers, cells.others[:2])
    spreads = histogram.percentiles(cells.others[2], sizes, numbers, SHARES, whole=bool(question.by))
    counted, lengths = (added(numbers, amounts, len(keys)).tolist() for amounts in (cells.n, total))
    if question.by:  # all together is told once more
        keys, counted, lengths = [*keys, ()], [*counted, sum(counted)], [*lengths, sum(lengths)]
    return {
        key: {
            "n": n, "mean": of_all / n / 1e6, "p50": p50, "p75": p75, "p90": p90, "p95": p95, "max": longest,
            "approximate": True,
        }
        for key, n, of_all, (p50, p75, p90, p95, longest) in zip(keys, counted, lengths, spreads.tolist(), strict=True)
    }  # fmt: skip


# What cells hold as one string a column: taking in a row of PostgreSQL's costs more than what is in it.
NUMBERS = "string_agg(int8send({}), '')"
HISTOGRAMS = (NUMBERS.format("length(histogram)"), "string_agg(histogram, '')")
HOURS_OF_EACH = (NUMBERS.format("cardinality(hours)"), "string_agg(array_send(hours), '')")
HEAD, ELEMENT = 20, np.dtype([("size", ">i4"), ("number", ">i8")])  # what an array begins with and goes on with
# A range of the index each for the days before the whole months, for these, and for the days after; planned without the values.
RANGE = """SELECT value, day, n, total, hours, histogram FROM metrics_cell
WHERE workspace_id = %(workspace)s AND measure = %({0})s AND dimension = %(dimension)s AND span = '{1}'
AND day >= %({2})s AND day < %({3})s"""
CELLS = """
SELECT %({})s::text, string_agg(textsend(value), '\\x00'), string_agg(int8send(day - '2000-01-01'), ''), string_agg(int8send(n), ''){}
FROM ({}) AS cell WHERE %(wanted)s::text[] IS NULL OR value = ANY(%(wanted)s)"""
RANGES = ((DAY, "first", "whole"), (MONTH, "whole", "rest"), (DAY, "rest", "past"))


def _read(question: Question, measures: Sequence[str], *others: str) -> list[Cells | None]:
    """Return the cells of each measure, None where it has none; ``others`` are further columns."""
    by, filters = question.by, dict(question.filters)
    dimension = "agent" if "agent" in {*by, *filters} else "channel"
    wanted = list(filters[dimension]) if dimension in filters else None
    named = {f"measure_{place}": measure for place, measure in enumerate(measures)}
    rows = binary.read(
        _statement(tuple(named), others),
        {"workspace": question.workspace.pk, "dimension": dimension, "wanted": wanted, **_spans(question), **named},
        again=True,
    )
    found = {
        measure: Cells(names.decode().split("\0"), EPOCH + _numbers(days), _numbers(n), content)
        for measure, names, days, n, *content in rows
        if n
    }
    return [found.get(measure) for measure in measures]


@cache
def _statement(measures: tuple[str, ...], others: tuple[str, ...]) -> str:
    """Return the question for the cells of measures, a row each."""
    columns = "".join(f", {column}" for column in others)
    return " UNION ALL ".join(
        CELLS.format(measure, columns, " UNION ALL ".join(RANGE.format(measure, *span) for span in RANGES))
        for measure in measures
    )


def _numbers(packed: bytes) -> Numbers:
    return np.frombuffer(packed, dtype=">i8").astype(np.int64)


@lru_cache(maxsize=100_000)
def part(word: str, value: str, day: date) -> str | None:
    """Return a word of the key of a cell, as facts write it: of its first day, or else its value."""
    if word == "week":
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    return {"day": day.isoformat(), "month": day.isoformat()[:7]}.get(word, value or None)


def _spans(question: Question) -> dict[str, date]:
    """Return where the period's days end and begin again with whole months between them, if there are any."""
    first, past = (at.astimezone(question.tz).date() for at in (question.start, question.end))
    whole, rest = _month(first, 0 if first.day == 1 else 1), _month(past, 0)
    if whole >= rest or {"day", "week"} & {*question.by}:
        whole = rest = past
    return {"first": first, "whole": whole, "rest": rest, "past": past}


def _month(day: date, later: int) -> date:
    """Return the first day of the month so many months after that of ``day``."""
    number = day.year * 12 + day.month - 1 + later
    return date(number // 12, number % 12 + 1, 1)
