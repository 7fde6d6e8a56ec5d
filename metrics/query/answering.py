"""Answering: a question's figures from one instant of the database, each kind of figure added up its own way."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from metrics import crowd
from metrics.query.adding import add, add_open
from metrics.query.figure import Answer, Figure, Freshness, Key
from metrics.query.instant import fresh, one_instant
from metrics.query.sql import values_of
from metrics.question import Question
from metrics.registry import Expected

EVER = datetime(1970, 1, 1, tzinfo=UTC)


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
        found = _found(question, freshness, cells=cells, people=people, lean=lean)
        if question.is_more_than_its_total and not (cells and lean and crowd.can_answer(question)):
            # What is shown several times must not be added up; a crowd never is.
            found[()] = _found(question._replace(by=()), freshness, cells=cells, people=people, lean=lean)[()]
    figures = {key: Figure(key, **values) for key, values in found.items()}
    total = figures.pop((), Figure(()))
    rows = [figures[key] for key in sorted(figures, key=_nothing_last if any(None in key for key in figures) else None)]
    return Answer(question, freshness, rows, total)


def _nothing_last(key: Key) -> list[tuple[bool, str]]:
    return [(part is None, part or "") for part in key]


def _found(
    question: Question, freshness: Freshness, *, cells: bool, people: bool, lean: bool
) -> dict[Key, dict[str, Any]]:
    found: dict[Key, dict[str, Any]] = defaultdict(dict)
    values = values_of(question, freshness, given=not isinstance(question.metric.adding, Expected))
    add(question, found, values, cells=cells, people=people, lean=lean)
    return found


def waiting(question: Question, as_of: datetime) -> Figure:
    """Return who still waits at ``as_of``, since whenever: what a board shows beside its period."""
    found: dict[Key, dict[str, Any]] = defaultdict(dict)
    ever = question._replace(start=EVER, by=())
    add_open(ever, found, values_of(ever, Freshness(0, as_of)))
    return Figure((), **found[()])
