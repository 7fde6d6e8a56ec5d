"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from metrics import histogram
from metrics.question import Question

EXACT_UP_TO = 100_000  # observations of a cell whose percentiles are taken from the facts themselves
WHOLE_DAYS = {"day", "week", "month"}
type Key = tuple[str | None, ...]


class Stored(NamedTuple):
    """A stored cell as read."""

    day: date
    value: str
    n: int
    total: int
    histogram: bytes


def can_answer(question: Question) -> bool:
    """Whether cells hold what is asked: whole days of the workspace's zone, by channel or by agent but not both."""
    asked = {*question.by, *(name for name, _ in question.filters)} - WHOLE_DAYS
    return (
        bool(question.metric.source.measure)
        and question.clock == "elapsed"
        and question.tz.key == question.workspace.timezone
        and question.is_whole_days
        and (asked <= {"channel"} or asked <= {"agent"})
    )


def counts(question: Question, measure: str) -> dict[Key, int]:
    """Return how many there are by key; under the empty key all together."""
    return {key: sum(cell.n for cell in cells) for key, cells in _keyed(question, measure).items()}


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of those keys that have more observations than facts are read for, within one percent."""
    if not can_answer(question):
        return {}
    keyed = _keyed(question, question.metric.source.measure, histograms=False)
    too_many = {key for key, cells in keyed.items() if sum(cell.n for cell in cells) > EXACT_UP_TO}
    if not too_many:
        return {}
    keyed = _keyed(question, question.metric.source.measure)
    return {key: _figure(keyed[key]) for key in too_many}


def has_light_rows(question: Question, approximate: Mapping[Key, Any]) -> bool:
    """Whether some key, besides those, must be answered from facts."""
    return bool(set(_keyed(question, question.metric.source.measure, histograms=False)) - set(approximate))


def _figure(cells: Iterable[Stored]) -> dict[str, Any]:
    cells = list(cells)
    n = sum(cell.n for cell in cells)
    places, filled = histogram.merged(cell.histogram for cell in cells)
    p50, p75, p90, p95, longest = (histogram.percentile(places, filled, share) for share in (0.5, 0.75, 0.9, 0.95, 1.0))
    mean = sum(cell.total for cell in cells) / n / 1e6
    return dict(n=n, mean=mean, p50=p50, p75=p75, p90=p90, p95=p95, max=longest, approximate=True)


def _keyed(question: Question, measure: str, *, histograms: bool = True) -> dict[Key, list[Stored]]:
    keyed: dict[Key, list[Stored]] = defaultdict(list)
    for cell in _stored(question, measure, histograms=histograms):
        keyed[()].append(cell)
        if question.by:
            keyed[tuple(_part(word, cell) for word in question.by)].append(cell)
    return keyed


def _part(word: str, cell: Stored) -> str | None:
    if word == "day":
        return cell.day.isoformat()
    if word == "week":
        year, week, _ = cell.day.isocalendar()
        return f"{year}-W{week:02}"
    if word == "month":
        return cell.day.isoformat()[:7]
    return cell.value or None


def _stored(question: Question, measure: str, *, histograms: bool) -> list[Stored]:
    asked = {*question.by, *(name for name, _ in question.filters)}
    dimension = "agent" if "agent" in asked else "channel"
    wanted = next((list(values) for name, values in question.filters if name == dimension), None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, value, n, total, CASE WHEN %s THEN histogram ELSE ''::bytea END FROM metrics_cell "
            "WHERE workspace_id = %s AND measure = %s AND dimension = %s AND day >= %s AND day < %s "
            "AND (%s::text[] IS NULL OR value = ANY(%s))",
            [
                histograms, question.workspace.pk, measure, dimension,
                question.start.astimezone(question.tz).date(), question.end.astimezone(question.tz).date(),
                wanted, wanted,
            ],
        )  # fmt: skip
        return [Stored(*row) for row in cursor.fetchall()]
