"""Ratio: a sum over what it is divided by, where the two may come from different facts with different anchors."""

from __future__ import annotations

from typing import Any

from metrics.query.figure import Key
from metrics.query.sql import PERCENTILES, Values, distinct, grouped, spread, where
from metrics.question import Question
from metrics.registry import Per, Ratio, Source


def ratios(question: Question, kind: Ratio, values: Values) -> dict[Key, dict[str, Any]]:
    """Return the figure of every key that has something above the line, or somebody below it where both sides know the key."""
    source, per = question.metric.source, kind.per
    under = per.source or source
    above, below = (
        _one_pass(question, kind, values) if _is_one_pass(question, under) else _two_passes(question, kind, values)
    )
    shared = [place for place, word in enumerate(question.by) if word in under.words]
    # Who was there and did nothing is a zero; time alone, that passes for everybody, makes no row.
    known = below if len(shared) == len(question.by) and under.dimensions else {}
    figures = {}
    for key in {*above, *known}:
        n, numerator = above.get(key, (0, 0.0))
        denominator = below.get(tuple(key[place] for place in shared) if key else (), 0.0)
        figures[key] = {
            "n": n if per.amount else int(denominator),
            "value": numerator / denominator if denominator else None,
            "numerator": numerator,
            "denominator": denominator,
        }
    if kind.spread:
        _add_spread(question, kind, figures, values)
    return figures


def _is_one_pass(question: Question, under: Source) -> bool:
    """Whether both sides count the same rows, by the same keys or, below, all together."""
    source = question.metric.source
    shared = {word for word in question.by if word in under.words}
    return (
        under.table == source.table
        and where(question, under) == where(question, source)
        and shared in (set(), {*question.by})
    )


def _one_pass(question: Question, kind: Ratio, values: Values) -> tuple[dict[Key, tuple[int, float]], dict[Key, float]]:
    """Return what is above the line and what is below it by key, read together."""
    above: dict[Key, tuple[int, float]] = {}
    below: dict[Key, float] = {}
    select = f"{_above(kind)}, {_below(kind.per)}"
    for key, (rows, n, total, amount) in grouped(question, question.metric.source, select, values):
        if rows:
            above[key] = (n, float(total or 0))
        if amount:
            below[key] = float(amount)
    return above, below


def _two_passes(
    question: Question, kind: Ratio, values: Values
) -> tuple[dict[Key, tuple[int, float]], dict[Key, float]]:
    """Return what is above the line and what is below it by key, each from its own facts."""
    source, under = question.metric.source, kind.per.source or question.metric.source
    above = {
        key: (n, float(total or 0)) for key, (rows, n, total) in grouped(question, source, _above(kind), values) if rows
    }
    below = {key: float(amount) for key, (amount,) in grouped(question, under, _below(kind.per), values) if amount}
    return above, below


def _above(kind: Ratio) -> str:
    return f"count(*), {distinct(kind.each)}, sum({kind.amount})"


def _below(per: Per) -> str:
    return f"{f'sum({per.amount})' if per.amount else distinct(per.each)} FILTER (WHERE {per.condition})"


def _add_spread(question: Question, kind: Ratio, figures: dict[Key, dict[str, Any]], values: Values) -> None:
    """Add the percentiles of the rows divided by; their mean is the ratio itself."""
    source = question.metric.source
    counts = f"({source.counts}) AND ({kind.per.condition})"
    select = f"{PERCENTILES.format(kind.spread)}, max({kind.spread})"
    for key, (percentiles, most) in grouped(question, source, select, values, condition=counts):
        if percentiles:
            figure = figures[key]
            figure.update(spread(figure["n"], figure["value"], percentiles, most))
