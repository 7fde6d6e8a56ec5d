"""Asked: the answers a report stands on, each asked once from one instant and proved by its receipt."""

from __future__ import annotations

from uuid import UUID

from hub.models import Workspace
from metrics import receipts
from metrics.period import Period
from metrics.query import Answer, Freshness, answer, fresh
from metrics.question import Question
from metrics.registry import METRICS


class Asked:
    """The answers of one report."""

    def __init__(self, workspace: Workspace, period: Period) -> None:
        self.workspace, self.period = workspace, period
        self.freshness: Freshness = fresh(workspace)
        self._known: dict[tuple[str, ...], Answer] = {}
        self._proofs: dict[tuple[str, ...], UUID] = {}

    def question(self, name: str, *by: str) -> Question:
        """Return the question about a figure of the report's period."""
        return Question(self.workspace, METRICS[name], self.period.start, self.period.end, self.period.zone, by=by)

    def __call__(self, name: str, *by: str) -> tuple[Answer, UUID]:
        """Return the answer and its receipt."""
        key = (name, *by)
        if key not in self._known:
            self._known[key] = answer(self.question(name, *by), self.freshness)
            self._proofs[key] = receipts.write(self._known[key]).pk
        return self._known[key], self._proofs[key]
