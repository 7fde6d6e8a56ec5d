"""The demo company: what the API says of its history is what its plan says, for every figure, and what stands behind it sums to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from itertools import batched
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict

from conversations import outside
from conversations.management import sights
from hub.models import Workspace
from metrics import shape
from metrics.evidence import page
from metrics.query import answer
from metrics.question import metric_named, read
from metrics.rebuild import differences
from metrics.registry import METRICS, Amounts, Count, Lengths, Metric, Rate, Ratio, Score, Sum
from simulator.company import events, plan, seen
from simulator.company.plan import ZONE, Plan
from simulator.company.truth import KNOWN, Answer, answers
from tests.metrics.conftest import derive_all

SEED, FIRST, DAYS, TALKS_A_DAY = 7, date(2026, 3, 2), 30, 10
INTERVAL = {"ci_low", "ci_high"}
NONE_IF_UNSAID = INTERVAL | {
    "value", "oldest_open_seconds", "mean", "p50", "p75", "p90", "p95", "max", "km_p50", "km_p75", "numerator", "denominator",
}  # fmt: skip
CLOSE = {"money": 0.005, "seconds": 1e-6, "fraction": 1e-12, "points": 1e-9, "per_hour": 1e-9, "count": 1e-9}


@pytest.fixture(scope="module")
def company() -> Plan:
    return plan(SEED, FIRST, DAYS, TALKS_A_DAY)


@pytest.fixture(scope="module")
def true(company: Plan) -> list[Answer]:
    """Return what the plan says of every figure: the same however its events are told."""
    return list(answers(company, company.start, company.end, company.end))


def take(workspace: Workspace, told: list[dict[str, Any]]) -> None:
    for some in batched(told, outside.MOST):
        for verdict in outside.take(workspace, list(some)):
            assert verdict.outcome != "invalid", verdict


def ask(workspace: Workspace, one: Answer, company: Plan) -> dict[str, Any]:
    words = QueryDict(mutable=True)
    words.update(
        {"from": company.start.date().isoformat(), "to": company.end.date().isoformat(), "tz": ZONE, **one.only}
    )
    words.setlist("by", list(one.by))
    return shape.of_answer(answer(read(workspace, metric_named(one.metric), words, company.end)))


def differs(
    body: dict[str, Any], by: tuple[str, ...], rows: dict[tuple[str | None, ...], dict[str, Any]]
) -> Iterator[str]:
    """Yield where an answer is not what is true."""
    said = {tuple(row["key"][word] for word in by): row for row in body["rows"]} | {(): body["total"]}
    true = {(): {"n": 0, "value": None}} | rows
    for key in sorted(said.keys() | true.keys(), key=str):
        if key not in said or key not in true:
            yield f"{body['metric']} {by} {key}: only {'said' if key in said else 'true'}: {said.get(key) or true[key]}"
            continue
        for name, value in said[key].items():
            if name in {"key", "small_sample"} or (name in INTERVAL and name not in true[key]):
                continue
            expected = true[key].get(name, None if name in NONE_IF_UNSAID else 0)
            near = (
                pytest.approx(expected, rel=1e-12, abs=CLOSE.get(body["unit"], 0))
                if isinstance(value, float)
                else expected
            )
            if expected is None or value != near:
                yield from (
                    [] if value is expected else [f"{body['metric']} {by} {key} {name}: said {value}, true {expected}"]
                )


def unproved(workspace: Workspace, company: Plan, metric: Metric) -> Iterator[str]:
    """Yield where rows of evidence do not sum to their number: in all, and kept to one value of each dimension."""
    words = QueryDict(mutable=True)
    words.update({"from": company.start.date().isoformat(), "to": company.end.date().isoformat(), "tz": ZONE})
    whole = read(workspace, metric, words, company.end)
    kept = [whole]
    for name in metric.source.dimensions:
        rows = answer(whole._replace(by=(name,)), lean=True).rows
        value = max(rows, key=lambda row: row.n).key[0] if rows else None
        kept += [whole._replace(filters=((name, (value,)),))] if value else []
    for question in kept:
        figure = answer(question, lean=True).total
        seen = page(question, size=100_000).observations
        kind = metric.adding
        if isinstance(kind, Lengths):
            told, true = [len(seen), sum(one.seconds or 0 for one in seen)], [figure.n, figure.n * (figure.mean or 0)]
        elif isinstance(kind, Rate):
            told, true = [len(seen), sum(one.counted is True for one in seen)], [figure.n, figure.numerator or 0]
        elif isinstance(kind, Ratio):
            below = [one.divisor if kind.per.amount else float(one.counted is True) for one in seen]
            told = [sum(one.amount or 0 for one in seen), sum(one or 0 for one in below)]
            true = [figure.numerator or 0, figure.denominator or 0]
        elif isinstance(kind, Count):
            told, true = [len(seen)], [figure.n]
        else:
            amounts = {Sum: figure.value, Score: (figure.value or 0) * figure.n, Amounts: (figure.mean or 0) * figure.n}
            told, true = [sum(one.amount or 0 for one in seen)], [amounts[type(kind)] or 0]
        if told != pytest.approx(true, rel=1e-9, abs=1e-6):
            yield f"{metric.id} {question.filters}: rows say {told}, the figure {true}"


@pytest.mark.parametrize(
    "is_shuffled",
    [
        pytest.param(False, id="as it happened"),
        pytest.param(True, id="in any order, and twice, with what stands behind", marks=pytest.mark.long),
    ],
)
def test_it_works(workspace: Workspace, company: Plan, true: list[Answer], *, is_shuffled: bool) -> None:
    told = events(company)
    if is_shuffled:
        draw = random.Random(SEED)
        told += draw.sample(told, len(told) // 5)
        draw.shuffle(told)
    assert set(KNOWN) == set(METRICS)
    take(workspace, told)
    for _ in range(1 + is_shuffled):
        sights.keep(workspace, seen(company))
    derive_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself a while after so much is new
    with time_machine.travel(company.end, tick=False):
        found = [line for one in true for line in differs(ask(workspace, one, company), one.by, one.rows)]
        if is_shuffled:  # thousands of rows read behind each figure take as long as all figures: once, in the long run
            found += [line for one in METRICS.values() for line in unproved(workspace, company, one)]
    assert found[:20] == []
    assert list(differences(workspace)) == []
