"""SQL: a question as conditions and keys over a source; names come from the registry, values are always bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from metrics.query.figure import Freshness, Key
from metrics.question import Question
from metrics.registry import TIMES, Source

PERCENTILES = "percentile_cont(ARRAY[0.5, 0.75, 0.9, 0.95]) WITHIN GROUP (ORDER BY {0})"
type Values = dict[str, Any]


def values_of(question: Question, freshness: Freshness, *, given: bool = True) -> Values:
    """Return what SQL may name: workspace, period, zone, mark and instant of the answer, its words, the filters' values.

    And what its source is given; ``given`` False: not that, for who asks nothing of the source itself.
    """
    values: Values = {
        "workspace": question.workspace.pk,
        "start": question.start,
        "end": question.end,
        "zone": question.tz.key,
        "as_of": freshness.as_of,
        "mark": freshness.mark,
        "split": list(question.split),
        **{f"only_{name}": list(wanted) for name, wanted in question.filters},
    }
    for name, make in question.metric.source.given.items() if given else ():
        values[name] = make(values)
    return values


def where(question: Question, source: Source, condition: str = "", *, anchor: str = "") -> str:
    """Return the condition of a question: workspace, period by the anchor, filters, and what counts."""
    at = anchor or source.anchor
    parts = ["workspace_id = %(workspace)s"]
    if not source.timeless:
        parts.append(f"{at} >= %(start)s AND {at} < %(end)s")
    parts.append(f"({condition or source.counts})")
    asked = dict(question.filters)
    for name, column in source.dimensions.items():
        if name in asked and name in source.several:
            parts.append(_has(source, name, or_none="" in asked[name]))
        elif name in asked:
            parts.append(f"({column})::text = ANY(%(only_{name})s)")
        elif name in source.usual and name not in question.by:
            parts.append(f"{column} = '{source.usual[name]}'")
    if "weekday_hour" in asked and not source.timeless:
        parts.append(f"{_part('weekday_hour', source, at)} = ANY(%(only_weekday_hour)s)")
    return " AND ".join(parts)


def grouped(
    question: Question, source: Source, select: str, values: Values, *, condition: str = "", anchor: str = ""
) -> Iterator[tuple[Key, list[Any]]]:
    """Read ``select`` for every key and, under the empty key, for everything together: one pass over the facts.

    The keys are the question's words that the source can be split by; ``condition`` and ``anchor`` are the source's unless
    given.
    """
    by = [word for word in question.by if word in source.words]
    names = [f"k{place}" for place in range(len(by))]
    keys = "".join(
        f", {_part(word, source, anchor or source.anchor)} AS {name}" for word, name in zip(by, names, strict=True)
    )
    shown = "".join(f"{name}, " for name in names)
    whole = f"GROUPING({', '.join(names)})" if names else "1"
    sets = f"GROUP BY GROUPING SETS (({', '.join(names)}), ())" if names else ""
    sql = (
        f"SELECT {whole}, {shown}{select} "  # noqa: S608  names of the registry, values bound
        f"FROM (SELECT *{keys} FROM {source.table}{_joined(question, source)} "
        f"WHERE {where(question, source, condition, anchor=anchor)}) AS counted {sets}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for is_total, *row in cursor.fetchall():
            key = () if is_total else tuple(_shown(question, part) for part in row[: len(by)])
            yield key, row[len(by) :]


def as_text(source: Source, name: str) -> str:
    """Return the value of a dimension as text; of one with several values all of them, in order, with commas between."""
    if name not in source.several:
        return f"({source.dimensions[name]})::text"
    those = f"of = {source.conversation} ORDER BY value"
    return f"array_to_string(ARRAY(SELECT value FROM ({_values(source, name)}) AS had WHERE {those}), ',')"  # noqa: S608  names of the registry


def distinct(each: str) -> str:
    """Return the count of rows, or of distinct values of ``each``."""
    return f"count(DISTINCT {each})" if each else "count(*)"


def spread(n: int, mean: float | None, percentiles: Sequence[Any], most: Any, scale: float = 1) -> dict[str, Any]:
    """Return n, mean, the percentiles as selected by ``PERCENTILES`` and the largest, these divided by ``scale``."""
    p50, p75, p90, p95, largest = (float(value) / scale for value in (*percentiles, most))
    return dict(n=n, mean=mean, p50=p50, p75=p75, p90=p90, p95=p95, max=largest)


def _values(source: Source, name: str) -> str:
    """Return the values of a dimension of which conversations have several: of which conversation, and the value."""
    return (
        f"SELECT conversation_id AS of, {source.dimensions[name]} AS value FROM {source.several[name]} "  # noqa: S608  names of the registry
        "WHERE workspace_id = %(workspace)s"
    )


def _has(source: Source, name: str, *, or_none: bool) -> str:
    """Return the condition that a conversation has one of the values asked for; ``or_none``: or none at all."""
    has_any = f"{source.conversation} IN (SELECT of FROM ({_values(source, name)}) AS had"  # noqa: S608  names of the registry
    has = f"{has_any} WHERE value = ANY(%(only_{name})s))"
    return f"({has} OR ({has_any})) IS NOT TRUE)" if or_none else has


def _joined(question: Question, source: Source) -> str:
    """Return what puts an observation beside each value it is split by of its conversation, kept to those asked for."""
    joined = ""
    for name in source.several:
        if name in question.by:
            only = f" WHERE value = ANY(%(only_{name})s)" if name in dict(question.filters) else ""
            each = f"SELECT of AS {name}_of, value AS each_{name} FROM ({_values(source, name)}) AS had{only}"  # noqa: S608  names of the registry
            joined += f" LEFT JOIN ({each}) AS {name}s ON {name}_of = {source.conversation}"
    return joined


def _part(word: str, source: Source, anchor: str) -> str:
    """Return the expression of a word of the key."""
    local = f"{anchor} AT TIME ZONE %(zone)s"
    times = {
        "day": f"to_char({local}, 'YYYY-MM-DD')",
        "week": f"to_char({local}, 'IYYY-\"W\"IW')",
        "month": f"to_char({local}, 'YYYY-MM')",
        "weekday_hour": f"to_char({local}, 'ID-HH24')",
        "hour": f"date_trunc('hour', {anchor}, %(zone)s)",
    }
    column = f"each_{word}" if word in source.several else source.dimensions.get(word)
    return times[word] if word in TIMES else f"nullif(({column})::text, '')"


def _shown(question: Question, part: Any) -> str | None:
    return part.astimezone(question.tz).isoformat() if isinstance(part, datetime) else part
