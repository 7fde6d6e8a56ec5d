"""Figures of the matrix: every figure is asked once, split by channel; its cells read their row of that one answer."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from hub.models import Workspace
from metrics import receipts, told
from metrics.matrix.model import Bound, knows_channels
from metrics.period import Period
from metrics.query import Answer, Freshness, answer, fresh, one_instant
from metrics.question import Question
from metrics.registry import METRICS


class Shown(msgspec.Struct, frozen=True):
    """A figure in a cell: its value in words, of how many, and the receipt of the answer it is read from."""

    bound: Bound
    value: str
    n: int
    is_small_sample: bool
    receipt: UUID | None


def figures(workspace: Workspace, period: Period, bound: Iterable[Bound]) -> tuple[list[Shown], Freshness]:
    """Return every cell's figure, all from one instant, and how fresh they are."""
    wanted = list(bound)
    with one_instant():
        freshness = fresh(workspace)
        answers = {
            name: _answer(workspace, name, period, freshness) for name in dict.fromkeys(b.metric for b in wanted)
        }
    proofs = {name: receipts.write(given).pk for name, given in answers.items()}
    return [_shown(one, answers[one.metric], proofs[one.metric]) for one in wanted], freshness


def _answer(workspace: Workspace, name: str, period: Period, freshness: Freshness) -> Answer:
    by = ("channel",) if knows_channels(name) else ()
    asked = Question(workspace, METRICS[name], period.start, period.end, period.zone, by=by)
    return answer(asked, freshness, people=False)


def _shown(bound: Bound, given: Answer, receipt: UUID) -> Shown:
    metric, currency = given.question.metric, given.question.workspace.currency
    row = next((one for one in given.rows if one.key == (bound.channel,)), None) if bound.channel else given.total
    if row is None:
        return Shown(bound, told.NONE, 0, is_small_sample=False, receipt=receipt)
    value = told.value(metric, given.value(row), currency)
    return Shown(bound, value, row.n, is_small_sample=row.is_small_sample, receipt=receipt)
