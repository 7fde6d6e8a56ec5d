"""Within: how many times were no longer than what is aimed at; always exact, from the facts themselves."""

from __future__ import annotations

from typing import Any

from metrics.query.figure import Key
from metrics.query.sql import Values, grouped
from metrics.question import Question
from metrics.registry import Lengths


def add_within(question: Question, target: float, found: dict[Key, dict[str, Any]], values: Values) -> None:
    """Add to every key that has times how many of them kept to ``target``, in seconds on the question's clock."""
    kind = question.metric.adding
    assert isinstance(kind, Lengths), "targets are read of times alone"
    select = f"count(*) FILTER (WHERE {kind.clocks[question.clock]} <= %(target)s)"
    for key, (n,) in grouped(question, question.metric.source, select, values | {"target": round(target * 1e6)}):
        if found.get(key, {}).get("n"):
            found[key]["within"] = n
