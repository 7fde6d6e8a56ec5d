"""Ratio: a sum over what it is divided by, where the two may come from different facts with different anchors."""

from __future__ import annotations

from typing import Any

from metrics.query.figure import Key
from metrics.query.sql import PERCENTILES, Values, distinct, grouped, spread
from metrics.question import Question
from metrics.registry import Per, Ratio, Source


def ratios(question: Question, kind: Ratio, values: Values) -> dict[Key, dict[str, Any]]:
    """Return the figure of every key that has something above the line, or somebody below it where both sides know the key."""
    source, per = question.metric.source, kind.per
    above = {
        key: (n, float(total or 0))
        for key, (rows, n, total) in grouped(
            question, source, f"count(*), {distinct(kind.each)}, sum({kind.amount})", values
        )
        if rows
    }
    under = per.source or source
    below = _below(question, under, per, values)
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


def _below(question: Question, under: Source, per: Per, values: Values) -> dict[Key, float]:
    counted = f"sum({per.amount})" if per.amount else distinct(per.each)
    rows = grouped(question, under, f"{counted} FILTER (WHERE {per.condition})", values)
    return {key: float(amount) for key, (amount,) in rows if amount}


def _add_spread(question: Question, kind: Ratio, figures: dict[Key, dict[str, Any]], values: Values) -> None:
    """Add the percentiles of the rows divided by; their mean is the ratio itself."""
    source = question.metric.source
    counts = f"({source.counts}) AND ({kind.per.condition})"
    select = f"{PERCENTILES.format(kind.spread)}, max({kind.spread})"
    for key, (percentiles, most) in grouped(question, source, select, values, condition=counts):
        if percentiles:
            figure = figures[key]
            figure.update(spread(figure["n"], figure["value"], percentiles, most))
