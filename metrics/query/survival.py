"""Survival: the median of waits some of which go on, so that the ones nobody answers do not flatter the figure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metrics.estimates import survival
from metrics.query.figure import Key
from metrics.query.sql import Values, grouped
from metrics.question import Question
from metrics.registry import Lengths

MOST = 20_000  # observations that are looked at one by one


def add_survival(question: Question, kind: Lengths, found: dict[Key, dict[str, Any]], values: Values) -> None:
    """Add Kaplan-Meier median and P75 to the keys where something is still open, while they are few enough to be read."""
    whole = found.get((), {})
    if not whole.get("censored") or whole.get("n", 0) + whole["censored"] > MOST:
        return
    source = question.metric.source
    as_of: datetime = values["as_of"]
    going_on = f"({source.still_open}) AND {source.start} <= %(as_of)s"
    open_since = grouped(
        question, source, f"array_agg({source.start})", values, condition=going_on, anchor=source.start
    )
    waiting = {key: [(as_of - at).total_seconds() for at in since] for key, (since,) in open_since if since}
    lengths = grouped(question, source, f"array_agg({kind.clocks['elapsed']})", values)
    ended = {key: [length / 1e6 for length in some] for key, (some,) in lengths if some}
    for key, so_far in waiting.items():
        median, third = survival(ended.get(key, ()), so_far)
        found[key]["survival"] = (median, third)
