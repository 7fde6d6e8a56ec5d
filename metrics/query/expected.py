"""Expected: amounts that are expected of each row, added up with how sure they are all together."""

from __future__ import annotations

from typing import Any

from metrics import lifetime
from metrics.lifetime import Forecast
from metrics.query.figure import Key
from metrics.query.sql import Values, grouped
from metrics.question import Question


def add_expected(question: Question, found: dict[Key, dict[str, Any]], values: Values, *, lean: bool) -> None:
    """Add what is expected by key, and to the total how it stands; ``lean``: not how it would have done before."""
    made: Forecast = values["forecast"]
    if made.outlook is None:
        return
    for key, (places, factors) in grouped(
        question, question.metric.source, "array_agg(place), array_agg(factor)", values
    ):
        if places:
            one = lifetime.expected(made.outlook, places, factors)
            found[key].update(
                n=one.people,
                value=one.sales / one.people,
                numerator=one.sales,
                denominator=float(one.people),
                ci_low=one.low / one.people,
                ci_high=one.high / one.people,
                expected_orders=one.orders,
                alive=one.alive,
            )
    if found[()]:
        found[()]["standing"] = lifetime.standing(made, is_held=not lean)
