"""Expected: amounts that are expected of each person, added up with how sure they are all together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from metrics import lifetime
from metrics.lifetime import BASES
from metrics.query.figure import Key
from metrics.query.sql import Values
from metrics.question import Question

type Column = np.ndarray[Any, Any]


def add_expected(question: Question, found: dict[Key, dict[str, Any]], values: Values, *, lean: bool) -> None:
    """Add what is expected by key, and to the total how it stands; ``lean``: not how it would have done before.

    A forecast is at hand with a row a person; only what stands behind the figure asks the database for them once more.
    """
    made = lifetime.forecast_of(values)
    if made.outlook is None:
        return
    asked = dict(question.filters)
    bases = [
        basis for basis in BASES
        if made.factor(basis) is not None and basis in asked.get("basis", BASES if "basis" in question.by else BASES[:1])
    ]  # fmt: skip
    people = len(made.buyers.ids)
    place, basis = np.tile(np.arange(people), len(bases)), np.repeat(np.array(bases, dtype=object), people)
    columns = {"channel": made.buyers.channel[place], "basis": basis}
    kept = np.isin(columns["channel"], asked["channel"]) if "channel" in asked else np.ones(len(place), dtype=bool)
    factor = np.repeat([made.factor(basis) or 0.0 for basis in bases], people)
    for key, part in _parts(question.by, columns, kept):
        one = lifetime.expected(made.outlook, place[part], factor[part])
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


def _parts(by: tuple[str, ...], columns: dict[str, Column], kept: Column) -> Iterator[tuple[Key, Column]]:
    """Yield the rows that are kept, all of them and by key."""
    if not kept.any():
        return
    yield (), np.flatnonzero(kept)
    for key in product(*(sorted(set(columns[word][kept].tolist())) for word in by)) if by else ():
        part = kept.copy()
        for word, value in zip(by, key, strict=True):
            part &= columns[word] == value
        if part.any():
            yield tuple(value or None for value in key), np.flatnonzero(part)
