"""Exports: what a page shows as CSV, from the same answers; instants in ISO 8601 with their offset, the receipt in the head."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from metrics import evidence, receipts
from metrics.asked import Asked
from metrics.period import span_of
from metrics.query import Answer, Figure, answer, fresh, one_instant
from metrics.question import Question
from metrics.registry import Metric

FIGURES = ("n", "value", "mean", "p50", "p75", "p90", "p95", "max", "numerator", "denominator", "ci_low", "ci_high")
COLUMNS = ("metric", "unit", "from", "to", *FIGURES)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would reckon out
MOST = 100_000  # rows of evidence
PAGE = 1_000


def figures(asked: Asked, metrics: Sequence[Metric]) -> str:
    """Return every figure over the page's time and in all, with one receipt each."""
    given = []
    with one_instant():
        freshness = fresh(asked.workspace)
        for metric in metrics:
            step = () if metric.source.timeless else (asked.period.step,)
            given.append(answer(asked.question(metric, step), freshness))
    head = [*_head(asked, freshness.as_of)]
    for one in given:
        metric = one.question.metric
        unheeded = asked.unheeded(metric)
        note = ["not kept to " + ", ".join(unheeded)] if unheeded else []
        head.append(["# receipt", f"{metric.id}@{metric.version}", str(receipts.write(one).pk), *note])
    rows = (line for one in given for line in _lines(one))
    return written([*head, list(COLUMNS), *rows])


def _head(asked: Asked, as_of: datetime) -> Iterable[list[str]]:
    span = asked.period
    yield ["# period", _stamp(span.start), _stamp(span.end)]
    yield ["# zone", span.zone.key]
    yield ["# as of", _stamp(as_of.astimezone(span.zone))]
    yield ["# clock", asked.clock]
    yield ["# currency", asked.workspace.currency]
    for name, values in asked.filters:
        yield [f"# {name}", *values]
    if asked.variant:
        yield ["# variant", asked.variant]


def _lines(given: Answer) -> Iterable[list[Any]]:
    question = given.question
    for figure in given.rows:
        span = span_of(figure.key[0] or "", question.tz)
        start, end = span or (question.start, question.end)
        yield _line(given, figure, start, end)
    yield _line(given, given.total, question.start, question.end)


def _line(given: Answer, figure: Figure, start: datetime, end: datetime) -> list[Any]:
    values = [given.value(figure) if name == "value" else getattr(figure, name) for name in FIGURES]
    metric, zone = given.question.metric, given.question.tz
    begins, ends = (_stamp(at.astimezone(zone)) for at in (start, end))
    return [metric.id, metric.unit, begins, ends, *("" if value is None else value for value in values)]


def observations(asked: Asked, question: Question) -> str:
    """Return what a question counts, one line an observation, oldest first."""
    names = list(question.metric.source.dimensions)
    receipt = receipts.write(answer(question))
    head = [
        *_head(asked, receipt.as_of),
        ["# kept to", *(f"{name}={value}" for name, values in question.filters for value in values)],
        ["# receipt", f"{question.metric.id}@{question.metric.version}", str(receipt.pk)],
        [
            "id", "at", "started_at", "conversation", "customer", *names, "seconds", "excluded_seconds", "excluded_reason",
            "amount", "divisor", "counted", *question.metric.source.beside,
        ],
    ]  # fmt: skip
    return written([*head, *_observations(question, names)])


def _observations(question: Question, names: Sequence[str]) -> Iterable[list[Any]]:
    place, told = None, 0
    while told < MOST:
        found = evidence.page(question, place, PAGE)
        for one in found.observations:
            started = _stamp(one.started_at.astimezone(question.tz)) if one.started_at else ""
            yield [
                one.id, _stamp(one.anchor.astimezone(question.tz)), started, one.conversation_id or "",
                one.customer_id or "", *(one.split.get(name) or "" for name in names),
                *("" if value is None else value for value in (
                    one.seconds, one.excluded_seconds, one.excluded_reason, one.amount, one.divisor, one.counted, *one.beside.values(),
                )),
            ]  # fmt: skip
        told += len(found.observations)
        place = found.following
        if place is None:
            return


def _stamp(at: datetime) -> str:
    return at.isoformat()


def written(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as CSV; words that a spreadsheet would take for a formula are quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row])
    return out.getvalue()
