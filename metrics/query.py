"""Query: the one way from a question to its figures; page, API, export and receipt all come through here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from hub.models import Workspace
from metrics import heavy
from metrics.question import Question

SMALL_SAMPLE = 5
EVER = datetime(1970, 1, 1, tzinfo=UTC)
SHARES = (0.5, 0.75, 0.9, 0.95)
type Key = tuple[str | None, ...]


class Figure(NamedTuple):
    """One row of an answer. Lengths in seconds; what does not apply to the metric, or has no observation, is None."""

    key: Key
    n: int = 0
    mean: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    censored: int = 0
    oldest_open_seconds: float | None = None
    set_aside: int = 0
    approximate: bool = False
    inbound: int = 0
    outbound: int = 0
    people: int | None = None

    @property
    def is_small_sample(self) -> bool:
        """Whether there are too few observations to lean on."""
        return 0 < self.n < SMALL_SAMPLE


class Freshness(NamedTuple):
    """Up to what an answer is complete: the transaction of the mark, and the instant that stands for."""

    mark: int
    as_of: datetime


class Answer(NamedTuple):
    """The figures of a question: rows by key, and the total over everything asked."""

    question: Question
    freshness: Freshness
    rows: list[Figure]
    total: Figure

    def value(self, figure: Figure) -> float | None:
        """Return the headline of a figure."""
        return getattr(figure, self.question.metric.headline)  # type: ignore[no-any-return]


class Part(NamedTuple):
    """A piece of SQL and its values."""

    sql: str
    values: list[Any]


def answer(
    question: Question,
    freshness: Freshness | None = None,
    *,
    cells: bool = True,
    people: bool = True,
    lean: bool = False,
) -> Answer:
    """Answer a question from one instant of the database.

    ``freshness`` is given by who has asked for it already. ``cells`` False reads facts alone, no rollup. ``people``
    False leaves out the distinct people of a count, the one figure that cannot be added up beforehand. ``lean`` leaves
    out everything beside the figure itself: who still waits, what ended otherwise, messages and people.
    """
    with one_instant():
        freshness = freshness or fresh(question.workspace)
        found: dict[Key, dict[str, Any]] = defaultdict(dict)
        if question.metric.clocks:
            _lengths(question, found, cells=cells)
        else:
            _counts(question, found, cells=cells)
        if not lean and question.metric.clocks:
            _open(question, freshness.as_of, found)
            _set_aside(question, found)
        elif not lean:
            _messages(question, found, cells=cells, people=people)
    figures = {key: Figure(key, **values) for key, values in found.items()}
    total = figures.pop((), Figure(()))
    rows = sorted(figures.values(), key=lambda figure: [(part is None, part or "") for part in figure.key])
    return Answer(question, freshness, rows, total)


@contextmanager
def one_instant() -> Iterator[None]:
    """Let all reads inside see the same state; inside a transaction of the caller, its own."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def fresh(workspace: Workspace) -> Freshness:
    """Return how far the facts reach: to now, or to when the first history that waits behind the mark was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(mark.transaction, 0), (SELECT event.recorded_at FROM conversations_historyevent event "
            "WHERE event.workspace_id = workspace.id AND event.transaction >= coalesce(mark.transaction, 0) "
            "ORDER BY event.transaction LIMIT 1) "
            "FROM hub_workspace workspace LEFT JOIN metrics_mark mark ON mark.workspace_id = workspace.id "
            "WHERE workspace.id = %s",
            [workspace.pk],
        )
        mark, waits_since = cursor.fetchone()
    return Freshness(mark, waits_since or timezone.now())


def split(question: Question, anchor: str) -> list[Part]:
    """Return an expression for each part of the key."""
    local = f"{anchor} AT TIME ZONE %s"
    times = {
        "day": f"to_char({local}, 'YYYY-MM-DD')",
        "week": f"to_char({local}, 'IYYY-\"W\"IW')",
        "month": f"to_char({local}, 'YYYY-MM')",
        "weekday_hour": f"to_char({local}, 'ID-HH24')",
        "hour": f"date_trunc('hour', {anchor}, %s)",
    }
    columns = question.metric.source.dimensions
    return [
        Part(times[word], [question.tz.key]) if word in times else Part(f"nullif({columns[word]}, '')", [])
        for word in question.by
    ]


def where(question: Question, anchor: str, condition: str, dimensions: Mapping[str, str] | None = None) -> Part:
    """Return the condition of a question: workspace, period by ``anchor``, filters, and what counts."""
    columns = dimensions or question.metric.source.dimensions
    parts = [f"workspace_id = %s AND {anchor} >= %s AND {anchor} < %s AND {condition}"]
    values: list[Any] = [question.workspace.pk, question.start, question.end]
    for name, wanted in question.filters:
        parts.append(f"{columns[name]} = ANY(%s)")
        values.append(list(wanted))
    return Part(" AND ".join(parts), values)


def grouped(
    question: Question, table: Part, anchor: str, condition: Part, select: str
) -> Iterator[tuple[Key, list[Any]]]:
    """Read ``select`` for every key and, under the empty key, for everything together: one pass over the facts."""
    keys = split(question, anchor)
    names = ", ".join(f"k{place}" for place in range(len(keys)))
    expressions = "".join(f", {part.sql} AS k{place}" for place, part in enumerate(keys))
    sets = f"GROUP BY GROUPING SETS (({names}), ())" if keys else ""
    whole = f"GROUPING({names})" if keys else "1"
    sql = (
        f"SELECT {whole}{', ' + names if keys else ''}, {select} "  # noqa: S608  names of the registry, values bound
        f"FROM (SELECT *{expressions} FROM {table.sql} WHERE {condition.sql}) AS counted {sets}"
    )
    values = [value for part in keys for value in part.values]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *table.values, *condition.values])
        for is_total, *row in cursor.fetchall():
            key = () if is_total else tuple(_shown(question, part) for part in row[: len(keys)])
            yield key, row[len(keys) :]


def _shown(question: Question, part: Any) -> str | None:
    return part.astimezone(question.tz).isoformat() if isinstance(part, datetime) else part


def _lengths(question: Question, found: dict[Key, dict[str, Any]], *, cells: bool) -> None:
    """Add n, mean and percentiles: from facts, or from histograms where there are more than facts are read for."""
    source = question.metric.source
    approximate = heavy.figures(question) if cells else {}
    for key, values in approximate.items():
        found[key].update(values)
    if () in approximate and len(approximate) > 1 and not heavy.has_light_rows(question, approximate):
        return
    length = source.lengths[question.clock]
    rows = grouped(
        question,
        Part(source.table, []),
        source.anchor,
        where(question, source.anchor, source.counts),
        f"count(*), sum({length}), percentile_cont(ARRAY{list(SHARES)}) WITHIN GROUP (ORDER BY {length}), max({length})",
    )
    for key, (n, total, percentiles, longest) in rows:
        if n and key not in approximate:
            p50, p75, p90, p95 = (value / 1e6 for value in percentiles)
            found[key].update(
                n=n, mean=float(total) / n / 1e6, p50=p50, p75=p75, p90=p90, p95=p95, max=longest / 1e6
            )  # fmt: skip


def _open(question: Question, as_of: datetime, found: dict[Key, dict[str, Any]]) -> None:
    """Add who still waits, by the instant the wait began at."""
    source = question.metric.source
    table = Part(source.table, [])
    waiting = where(question, source.start, source.still_open)
    waiting.values.append(as_of)
    waiting = Part(f"{waiting.sql} AND {source.start} <= %s", waiting.values)
    for key, (n, oldest) in grouped(question, table, source.start, waiting, f"count(*), min({source.start})"):
        if n:
            found[key].update(censored=n, oldest_open_seconds=(as_of - oldest) / timedelta(seconds=1))


def _set_aside(question: Question, found: dict[Key, dict[str, Any]]) -> None:
    """Add what ended otherwise, and is no observation."""
    source = question.metric.source
    if source.set_aside:
        table = Part(source.table, [])
        apart = where(question, source.anchor, source.set_aside[1])
        for key, (n,) in grouped(question, table, source.anchor, apart, "count(*)"):
            if n:
                found[key]["set_aside"] = n


def _counts(question: Question, found: dict[Key, dict[str, Any]], *, cells: bool) -> None:
    source = question.metric.source
    if cells and heavy.can_answer(question):
        for key, n in heavy.counts(question, source.measure).items():
            found[key]["n"] = n
        return
    condition = where(question, source.anchor, source.counts)
    for key, (n,) in grouped(question, Part(source.table, []), source.anchor, condition, "count(*)"):
        if n:
            found[key]["n"] = n


def waiting(question: Question, as_of: datetime) -> Figure:
    """Return who still waits at ``as_of``, since whenever: what a board shows beside its period."""
    found: dict[Key, dict[str, Any]] = defaultdict(dict)
    _open(question._replace(start=EVER, by=()), as_of, found)
    return Figure((), **found[()])


# One row a message; the team is that of its conversation.
MESSAGES = """(
    SELECT volume.workspace_id, volume.customer_id, volume.channel_kind, whole.team, said.at, said.inbound AS is_inbound
    FROM metrics_volumefact volume
    CROSS JOIN LATERAL (
        SELECT unnest(volume.inbound) AS at, true AS inbound UNION ALL SELECT unnest(volume.outbound), false
    ) AS said
    LEFT JOIN metrics_conversationfact whole
        ON whole.workspace_id = volume.workspace_id AND whole.conversation_id = volume.conversation_id
    WHERE volume.workspace_id = %s AND volume.day >= %s AND volume.day <= %s
) AS message"""


def _messages(question: Question, found: dict[Key, dict[str, Any]], *, cells: bool, people: bool) -> None:
    """Add messages in and out, and the distinct people who wrote."""
    if cells and not people and heavy.can_answer(question):
        for measure in ("inbound", "outbound"):
            for key, n in heavy.counts(question, measure).items():
                found[key][measure] = n
        return
    days = [at.astimezone(UTC).date() for at in (question.start, question.end)]
    rows = grouped(
        question,
        Part(MESSAGES, [question.workspace.pk, *days]),
        "at",
        where(question, "at", "true"),
        "count(*) FILTER (WHERE is_inbound), count(*) FILTER (WHERE NOT is_inbound), "
        "count(DISTINCT customer_id) FILTER (WHERE is_inbound)",
    )
    for key, (inbound, outbound, writers) in rows:
        if inbound or outbound:
            found[key].update(inbound=inbound, outbound=outbound, people=writers)
