"""`dashboard`: twelve questions to a year of figures: at two sizes, against DuckDB scanning the same facts, against raw facts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from django.db import connection
from django.utils import timezone

from hub.models import Workspace
from metrics.query import answer, waiting
from metrics.question import Question, metric_named
from tests.bench.figures_rows import fill
from tests.bench.ground import Ground, use
from tests.bench.report import Goal, Result

LARGE = int(os.environ.get("DASHBOARD_MESSAGES", "3000000"))  # 10,000,000 takes a quarter of an hour
SMALL = LARGE // 10
TURNS, TURNS_OF_LIMITS = 7, 3
CLOSE = 0.0102  # how far a percentile of cells may lie from the facts
BACKLOG = "backlog"
ZONE = ZoneInfo("UTC")
type Found = dict[tuple[str | None, ...], tuple[float, ...]]  # by key: counts, or a number and percentiles
QUARTILES = "quantile_cont({0}, [0.5, 0.9])"


class Asked:
    """One of the twelve: the metric, what it is split by, over how many last days, and the same in DuckDB's words."""

    def __init__(self, metric: str, by: str = "", days: int = 365, scan: str = "") -> None:
        self.metric, self.by, self.days, self.scan = metric, tuple(by.split()), days, scan

    def question(self, workspace: Workspace, today: date) -> Question:
        """Return the question for a company."""
        end = datetime(today.year, today.month, today.day, tzinfo=UTC)
        start = end - timedelta(days=self.days)
        return Question(workspace, metric_named(self.metric), start, end, ZONE, self.by)

    def words(self, today: date) -> str:
        """Return DuckDB's statement."""
        end = f"TIMESTAMP '{today} 00:00:00'"
        return self.scan.replace("[END]", end).replace("[START]", f"({end} - INTERVAL {self.days} DAY)")


def lengths(at: str, length: str, facts: str, *keys: str) -> str:
    """Return a scan for number and percentiles by key."""
    parts = "".join(f"{key}, " for key in keys)
    return (
        f"SELECT {parts}count(*), {QUARTILES.format(length)} FROM {facts} "
        f"WHERE {at} >= [START] AND {at} < [END]{_groups(len(keys))}"
    )


def counts(at: str, facts: str, numbers: str, *keys: str) -> str:
    """Return a scan for numbers by key."""
    parts = "".join(f"{key}, " for key in keys)
    return f"SELECT {parts}{numbers} FROM {facts} WHERE {at} >= [START] AND {at} < [END]{_groups(len(keys))}"


def _groups(number: int) -> str:
    return f" GROUP BY {', '.join(map(str, range(1, number + 1)))}" if number else ""


def day(at: str) -> str:
    """Return a day's key."""
    return f"strftime({at}, '%Y-%m-%d')"


def month(at: str) -> str:
    """Return a month's key."""
    return f"strftime({at}, '%Y-%m')"


RESPONDED = ("responded_at", "response_elapsed", "whole")
CONVERTED = """
SELECT channel, count(DISTINCT customer), count(DISTINCT customer) FILTER (WHERE paid_at IS NOT NULL) FROM (
    SELECT first.*, sale.paid_at FROM (
        SELECT customer, channel, min(said) AS said FROM touch WHERE said >= [START] AND said < [END] GROUP BY ALL
    ) AS first LEFT JOIN sale ON sale.customer = first.customer AND sale.paid_at >= first.said
    AND sale.paid_at <= first.said + INTERVAL 30 DAY
) GROUP BY 1"""
RETURNED = """
SELECT strftime(first.paid_at, '%Y-%m'), count(DISTINCT first.id), count(DISTINCT first.id) FILTER (WHERE again.id IS NOT NULL)
FROM sale AS first LEFT JOIN sale AS again ON again.customer = first.customer
AND date_trunc('month', again.paid_at) = date_trunc('month', first.paid_at) + INTERVAL 1 MONTH
WHERE first.place = 1 AND first.paid_at >= [START] AND first.paid_at < [END]
AND date_trunc('month', first.paid_at) + INTERVAL 2 MONTH <= now()::TIMESTAMP GROUP BY 1"""
TWELVE = (
    Asked("first_response_time", "day", scan=lengths(*RESPONDED, day("responded_at"))),
    Asked("first_response_time", "channel", scan=lengths(*RESPONDED, "channel")),
    Asked("first_response_time", "day channel", scan=lengths(*RESPONDED, day("responded_at"), "channel")),
    Asked("reply_time", "agent", scan=lengths("ended_at", "elapsed", "wait", "agent")),
    Asked("resolution_time", "month channel", scan=lengths("resolved_at", "elapsed", "whole", month("resolved_at"), "channel")),
    Asked("interaction_volume", "day channel", scan=counts("opened_at", "whole", "count(*)", day("opened_at"), "channel")),
    Asked("interaction_volume", "weekday_hour", scan=counts("opened_at", "whole", "count(*)", "strftime(opened_at, '%u-%H')")),
    Asked(
        "csat", "month channel",
        scan=counts(
            "said", "(FROM survey WHERE kind = 'csat')", "count(*), count(*) FILTER (WHERE score >= 4)", month("said"), "channel"
        ),
    ),
    Asked(
        "nps", "month",
        scan=counts(
            "said", "(FROM survey WHERE kind = 'nps')",
            "count(*), count(*) FILTER (WHERE score >= 9) - count(*) FILTER (WHERE score <= 6)", month("said"),
        ),
    ),
    Asked(BACKLOG, scan="SELECT count(*) FROM wait WHERE ended_at IS NULL AND started_at < [END]"),
    Asked("conversion_rate", "channel", 28, CONVERTED),
    Asked("cohort_retention", "month", 91, RETURNED),
)  # fmt: skip


def dashboard(ground: Ground) -> Iterator[Result]:
    """Ask the twelve in turns at both sizes; then DuckDB and the raw facts of the larger one."""
    with ground.database() as large, ground.database() as small:
        places: dict[str, Workspace] = {}
        for url, messages in ((small, SMALL), (large, LARGE)):
            use(url)
            places[url] = fill(messages, 10 if url == large else 1)
        today = timezone.now().date()
        times: dict[str, list[list[float]]] = {large: [], small: []}
        for _turn in range(TURNS):
            for url, some in times.items():
                use(url)
                ask = partial(ours, workspace=places[url], today=today)
                timed(ask)  # on a connection just made; the house keeps its own, and DuckDB is asked once before, too
                some.append(timed(ask)[0])
        use(large)
        found = timed(partial(ours, workspace=places[large], today=today))[1]
        raw, exactly = timed(partial(ours, workspace=places[large], today=today, cells=False))
        scanned, scans = scan(ground.home / "facts.duckdb", today)
    value, limit = (_usual(times[url]) for url in (large, small))
    right = [agree(one, other) for one, other in zip(found, exactly, strict=True)]
    same = [agree(one, other) for one, other in zip(exactly, scans, strict=True)]
    parts = {f"{place + 1}_{asked.metric}": milliseconds(times[large], place) for place, asked in enumerate(TWELVE)}
    extra: dict[str, Any] = {"messages": LARGE}
    yield Result(
        bench="dashboard", value=value * 1000, unit="ms", limit=limit * 1000, goal=Goal("<=", 1.2), n=TURNS,
        holds={"exact": all(right)}, extra=extra | parts,
    )  # fmt: skip
    yield Result(
        bench="dashboard_vs_scan", value=value * 1000, unit="ms", limit=_usual(scanned) * 1000,
        ratio=_usual(scanned) / value, goal=Goal(">=", 8), n=TURNS, holds={"exact": all(same)},
        extra=extra | {"differ": [place + 1 for place, one in enumerate(same) if not one]} | {f"{place + 1}_scan": milliseconds(scanned, place) for place in range(len(TWELVE))},
    )  # fmt: skip
    yield Result(
        bench="dashboard_vs_raw", value=value * 1000, unit="ms", limit=sum(raw) * 1000, ratio=sum(raw) / value,
        goal=Goal(">=", 100), n=TURNS, holds={"exact": all(right)},
        extra=extra | {f"{place + 1}_raw": seconds * 1000 for place, seconds in enumerate(raw)},
    )  # fmt: skip


def _usual(turns: Sequence[Sequence[float]]) -> float:
    return median(sum(turn) for turn in turns)


def milliseconds(turns: Sequence[Sequence[float]], place: int) -> float:
    """Return what one of the twelve usually took."""
    return median(turn[place] for turn in turns) * 1000


def timed(ask: Callable[[Asked], Found]) -> tuple[list[float], list[Found]]:
    """Ask the twelve; return seconds and what was found of each."""
    spent, found = [], []
    for asked in TWELVE:
        began = time.perf_counter()
        found.append(ask(asked))
        spent.append(time.perf_counter() - began)
    return spent, found


def ours(asked: Asked, workspace: Workspace, today: date, *, cells: bool = True) -> Found:
    """Return the answer as pages get it; without ``cells`` from the facts."""
    if asked.metric == BACKLOG:
        still = waiting(Asked("reply_time").question(workspace, today), timezone.now())
        return {(): (still.censored,)}
    given = answer(asked.question(workspace, today), cells=cells, people=False, lean=True)
    are_times = bool(given.question.metric.clocks)
    found: Found = {}
    for figure in given.rows:
        if are_times:
            found[figure.key] = (figure.n, figure.p50 or 0.0, figure.p90 or 0.0)
        else:
            found[figure.key] = (figure.n,) if figure.numerator is None else (figure.n, figure.numerator)
    return found


def agree(one: Found, other: Found) -> bool:
    """Whether counts are equal and percentiles as close as they must be."""
    return one.keys() == other.keys() and all(
        len(mine) == len(its)
        and (mine == its if len(mine) < 3 else mine[0] == its[0])
        and all(abs(a - b) <= CLOSE * b for a, b in zip(mine[1:], its[1:], strict=True) if len(mine) == 3)
        for mine, its in ((one[key], other[key]) for key in one)
    )


TABLES = {
    "whole": (
        "SELECT channel_kind, opened_at, responded_at, response_elapsed, resolved_at, resolution_elapsed FROM metrics_conversationfact",
        "channel VARCHAR, opened_at TIMESTAMP, responded_at TIMESTAMP, response_elapsed BIGINT, resolved_at TIMESTAMP, elapsed BIGINT",
    ),
    "wait": (
        "SELECT agent, started_at, ended_at, elapsed FROM metrics_waitfact",
        "agent VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP, elapsed BIGINT",
    ),
    "touch": (
        "SELECT right(customer_id::text, 12), channel_kind, unnest(inbound) FROM metrics_volumefact",
        "customer VARCHAR, channel VARCHAR, said TIMESTAMP",
    ),
    "survey": (
        "SELECT survey, channel_kind, answered_at, score FROM metrics_surveyfact",
        "kind VARCHAR, channel VARCHAR, said TIMESTAMP, score INTEGER",
    ),
    "sale": (
        "SELECT id, right(customer_id::text, 12), paid_at, position FROM metrics_orderfact",
        "id BIGINT, customer VARCHAR, paid_at TIMESTAMP, place INTEGER",
    ),
}  # fmt: skip


def scan(home: Path, today: date) -> tuple[list[list[float]], list[Found]]:
    """Give DuckDB the facts as a file of its own; return what each turn took, and what was found."""
    with duckdb.connect(str(home)) as duck:
        for name, (select, columns) in TABLES.items():
            lines = home.with_suffix(".csv")
            with lines.open("wb") as file, connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                with cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as rows:
                    for some in rows:
                        file.write(some)
            duck.execute(f"CREATE TABLE {name} ({columns})")
            duck.execute(f"COPY {name} FROM '{lines}' (FORMAT csv, HEADER false)")
            lines.unlink()
        duck.execute("CHECKPOINT")

        def ask(asked: Asked) -> Found:
            keys = len(asked.by)
            return {
                tuple(row[:keys]): (row[keys], *(part / 1e6 for part in row[keys + 1]))
                if len(row) > keys + 1 and isinstance(row[keys + 1], list)
                else tuple(row[keys:])
                for row in duck.execute(asked.words(today)).fetchall()
            }

        found = timed(ask)[1]
        return [timed(ask)[0] for _ in range(TURNS_OF_LIMITS)], found
