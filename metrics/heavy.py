"""Heavy: answers from rollup cells, for counts of whole days and for more observations than facts are read for."""

from __future__ import annotations

from typing import Any

from django.db import connection

from metrics import histogram
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
    CLOCK: "concat(to_char(day, 'ID-'), lpad((place - 1)::text, 2, '0'))",
}
SHARES = (0.5, 0.75, 0.9, 0.95, 1.0)
type Key = tuple[str | None, ...]


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
    by_clock = CLOCK in question.by
    rows = _added(question, measure, "sum(hourly)::bigint" if by_clock else "sum(n)::bigint")
    found = {key: int(n) for key, (n,) in rows if n}
    return found | {(): sum(found.values())} if found else {}


def figures(question: Question) -> dict[Key, dict[str, Any]]:
    """Return the figures of every key, percentiles within one percent; none where facts are few enough to be read."""
    if not can_answer(question, lengths=True):
        return {}
    measure = question.metric.source.measure
    whole = counts(question._replace(by=()), measure).get((), 0)
    if whole <= EXACT_UP_TO:
        return {}
    rows = _added(question, measure, "sum(n)::bigint, sum(total)::bigint, string_agg(histogram, ''::bytea)")
    if question.by:
        rows.append(
            ((), (whole, sum(total for _, (_, total, _) in rows), b"".join(packed for _, (_, _, packed) in rows)))
        )
    read = histogram.percentiles([[packed] for _, (_, _, packed) in rows], SHARES)
    return {
        key: dict(n=n, mean=total / n / 1e6, p50=p50, p75=p75, p90=p90, p95=p95, max=longest, approximate=True)
        for (key, (n, total, _)), (p50, p75, p90, p95, longest) in zip(rows, read, strict=True)
    }


def _added(question: Question, measure: str, select: str) -> list[tuple[Key, tuple[Any, ...]]]:
    """Add cells up by key."""
    by = question.by
    keys = [PARTS.get(word, "nullif(value, '')") for word in by]
    clock = "CROSS JOIN LATERAL unnest(hours) WITH ORDINALITY AS clock(hourly, place)" if CLOCK in by else ""
    grouped = f"GROUP BY {', '.join(map(str, range(1, len(by) + 1)))}" if by else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([*keys, select])} FROM metrics_cell {clock} "  # noqa: S608  names of our own
            "WHERE workspace_id = %s AND measure = %s AND dimension = %s AND day >= %s AND day < %s "
            f"AND (%s::text[] IS NULL OR value = ANY(%s)) {grouped}",
            _values(question, measure),
        )
        return [(row[: len(by)], tuple(map(_bytes, row[len(by) :]))) for row in cursor.fetchall()]


def _bytes(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _values(question: Question, measure: str) -> list[Any]:
    asked = {*question.by, *(name for name, _ in question.filters)}
    dimension = "agent" if "agent" in asked else "channel"
    wanted = next((list(values) for name, values in question.filters if name == dimension), None)
    first, end = (at.astimezone(question.tz).date() for at in (question.start, question.end))
    return [question.workspace.pk, measure, dimension, first, end, wanted, wanted]
