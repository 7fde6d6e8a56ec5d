"""What a merge remembers so that it can be undone: kept in its evidence, shown to nobody outside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from conversations.models import Merge

OURS = "conversation"  # its name among the evidence


class Memory(msgspec.Struct, frozen=True, omit_defaults=True, rename={"order": "event"}):
    """``order`` is the last number of history before it; ``first`` and ``second`` are whom somebody asked to join.

    Where both had an unresolved conversation, ``folded`` counts as part of ``into`` since, which was ``before`` that (the
    fields that a merge changes, by name).
    """

    order: int = 0
    first: UUID | None = None
    second: UUID | None = None
    folded: UUID | None = None
    into: UUID | None = None
    before: dict[str, Any] = {}

    def asked(self, row: Merge) -> tuple[UUID, UUID]:
        """Return the two customers whom somebody asked to join; ``row`` is the merge."""
        return self.first or row.survivor_id, self.second or row.absorbed_id


def recall(row: Merge) -> Memory:
    """Return what a merge remembers."""
    return msgspec.convert(row.evidence.get(OURS, {}), Memory)


def remember(row: Merge, memory: Memory) -> None:
    """Let a merge remember this; nothing is saved."""
    row.evidence = {**row.evidence, OURS: msgspec.to_builtins(memory)}
