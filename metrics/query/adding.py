"""Adding: one function a kind of figure, from its facts, or from cells where those hold what is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from metrics import crowd, heavy
from metrics.estimates import score_interval, wilson
from metrics.query.expected import add_expected
from metrics.query.figure import Key
from metrics.query.ratio import ratios
from metrics.query.sql import PERCENTILES, Values, distinct, grouped, spread
from metrics.query.survival import add_survival
from metrics.query.within import add_within
from metrics.question import Question
from metrics.registry import Amounts, Count, Expected, Lengths, Rate, Ratio, Score, Source, Sum

type Found = dict[Key, dict[str, Any]]


def add(question: Question, found: Found, values: Values, *, cells: bool, people: bool, lean: bool) -> None:
    """Add the figures of every key; ``lean``: nothing beside them."""
    kind = question.metric.adding
    if isinstance(kind, Lengths):
        _lengths(question, kind, found, values, cells=cells, lean=lean)
    elif isinstance(kind, Count):
        _count(question, kind, found, values, cells=cells)
    elif cells and isinstance(kind, Rate) and crowd.can_answer(question):
        found.update({key: _rated(over, n) for key, (over, n) in crowd.shares(question, values["as_of"]).items()})
    elif cells and isinstance(kind, Rate | Score) and heavy.can_answer(question):
        _shares(question, kind, found)
    elif isinstance(kind, Expected):
        add_expected(question, found, values, lean=lean)
    else:
        OTHERS[type(kind)](question, kind, found, values)
    if question.target is not None:
        add_within(question, question.target, found, values)
    if not lean:
        _add_beside(question, found, values, from_cells=cells and not people)


def _add_beside(question: Question, found: Found, values: Values, *, from_cells: bool) -> None:
    """Add what stands beside the figure itself."""
    source, kind = question.metric.source, question.metric.adding
    if isinstance(kind, Count) and kind.beside:
        _messages(question, kind.beside, found, values, from_cells=from_cells)
    if source.still_open:
        add_open(question, found, values)
    if source.set_aside:
        _set_aside(question, source.set_aside[1], found, values)
    each = distinct(kind.each if isinstance(kind, Sum | Ratio) else "")  # a sale shared among touches is left out once
    for name, condition in source.left_out.items():
        for key, (n,) in grouped(question, source, each, values, condition=condition):
            if n:
                found[key]["left_out"] = (*found[key].get("left_out", ()), (name, n))
    if isinstance(kind, Sum):  # where something is only left out the sum is nothing, as the total's is
        for figures in found.values():
            figures.setdefault("value", 0.0)
    if isinstance(kind, Lengths) and question.clock == "elapsed":
        add_survival(question, kind, found, values)


def _lengths(question: Question, kind: Lengths, found: Found, values: Values, *, cells: bool, lean: bool) -> None:
    """Add n, mean and percentiles: from facts, or from histograms where there are more than facts are read for.

    What a row's own observations are few enough for is exact; ``lean``, as charts ask, takes every row from histograms then.
    """
    approximate = heavy.figures(question) if cells else {}
    found.update(approximate)
    few = () if lean else {key for key, figures in approximate.items() if figures["n"] <= heavy.EXACT_UP_TO}
    if approximate and not few:
        return
    length = kind.clocks[question.clock]
    select = f"count(*), sum({length}), {PERCENTILES.format(length)}, max({length})"
    for key, (n, total, percentiles, longest) in grouped(question, question.metric.source, select, values):
        if n and (key in few or key not in approximate):
            found[key].pop("approximate", None)
            found[key].update(spread(n, float(total) / n / 1e6, percentiles, longest, scale=1e6))


def _amounts(question: Question, kind: Amounts, found: Found, values: Values) -> None:
    select = f"count({kind.amount}), avg({kind.amount}), {PERCENTILES.format(kind.amount)}, max({kind.amount})"
    for key, (n, mean, percentiles, most) in grouped(question, question.metric.source, select, values):
        if n:
            found[key].update(spread(n, float(mean), percentiles, most))


def _count(question: Question, kind: Count, found: Found, values: Values, *, cells: bool) -> None:
    if cells and not kind.each and heavy.can_answer(question):
        (counted,) = heavy.counts(question, question.metric.source.measure)
        for key, n in counted.items():
            found[key]["n"] = n
        return
    for key, (n,) in grouped(question, question.metric.source, distinct(kind.each), values):
        if n:
            found[key]["n"] = n


def _sum(question: Question, kind: Sum, found: Found, values: Values) -> None:
    select = f"count(*), {distinct(kind.each)}, sum({kind.amount})"
    for key, (rows, n, total) in grouped(question, question.metric.source, select, values):
        if rows or not key:
            found[key].update(n=n, value=float(total or 0))


def _shares(question: Question, kind: Rate | Score, found: Found) -> None:
    """Add a rate or score from the cells of what is asked, of what is above the line and of what is below it."""
    asked, over, under = heavy.counts(question, *(question.metric.source.measure + which for which in heavy.SIDES))
    for key, n in asked.items():
        found[key].update(
            _rated(over.get(key, 0), n) if isinstance(kind, Rate) else _scored(over.get(key, 0), under.get(key, 0), n)
        )


def _rate(question: Question, kind: Rate, found: Found, values: Values) -> None:
    count = distinct(kind.each)
    select = f"{count} FILTER (WHERE {kind.numerator}), {count}"
    for key, (numerator, n) in grouped(question, question.metric.source, select, values):
        if n:
            found[key].update(_rated(numerator, n))


def _rated(numerator: int, n: int) -> dict[str, Any]:
    low, high = wilson(numerator, n)
    return dict(n=n, value=numerator / n, numerator=numerator, denominator=n, ci_low=low, ci_high=high)


def _score(question: Question, kind: Score, found: Found, values: Values) -> None:
    select = f"count(*) FILTER (WHERE {kind.promoter}), count(*) FILTER (WHERE {kind.detractor}), count(*)"
    for key, (promoters, detractors, n) in grouped(question, question.metric.source, select, values):
        if n:
            found[key].update(_scored(promoters, detractors, n))


def _scored(promoters: int, detractors: int, n: int) -> dict[str, Any]:
    low, high = score_interval(promoters, detractors, n)
    over = promoters - detractors
    return dict(n=n, value=100 * over / n, numerator=over, denominator=n, ci_low=low, ci_high=high)


def _ratio(question: Question, kind: Ratio, found: Found, values: Values) -> None:
    for key, figure in ratios(question, kind, values).items():
        found[key].update(figure)


OTHERS: dict[type, Callable[[Question, Any, Found, Values], None]] = {
    Amounts: _amounts,
    Sum: _sum,
    Rate: _rate,
    Score: _score,
    Ratio: _ratio,
}


def add_open(question: Question, found: Found, values: Values) -> None:
    """Add what is not decided yet, by the instant it began at."""
    source, kind = question.metric.source, question.metric.adding
    start = source.start or source.anchor
    going_on = f"({source.still_open}) AND {start} <= %(as_of)s"
    count = distinct(kind.each if isinstance(kind, Rate) else "")
    rows = grouped(question, source, f"{count}, min({start})", values, condition=going_on, anchor=start)
    for key, (n, oldest) in rows:
        if n:
            found[key].update(censored=n, oldest_open_seconds=(values["as_of"] - oldest) / timedelta(seconds=1))


def _set_aside(question: Question, condition: str, found: Found, values: Values) -> None:
    """Add what ended otherwise, and is no observation."""
    for key, (n,) in grouped(question, question.metric.source, "count(*)", values, condition=condition):
        if n:
            found[key]["set_aside"] = n


def _messages(question: Question, said: Source, found: Found, values: Values, *, from_cells: bool) -> None:
    """Add messages in and out, and, but for cells, the distinct people who wrote."""
    if from_cells and heavy.can_answer(question):
        measures = ("inbound", "outbound")
        for measure, counted in zip(measures, heavy.counts(question, *measures), strict=True):
            for key, n in counted.items():
                found[key][measure] = n
        return
    select = (
        "count(*) FILTER (WHERE is_inbound), count(*) FILTER (WHERE NOT is_inbound), "
        "count(DISTINCT customer_id) FILTER (WHERE is_inbound)"
    )
    for key, (inbound, outbound, writers) in grouped(question, said, select, values):
        if inbound or outbound:
            found[key].update(inbound=inbound, outbound=outbound, people=writers)
