"""Who answers: a pure decision with its reason. First version: everybody's queue, longest wait first."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Decision(msgspec.Struct, frozen=True):
    """Who gets the conversation (``None``: the queue) and why, in a word that the interface translates."""

    assignee: None
    reason: dict[str, str]


def route(*, at: datetime) -> Decision:
    """Decide for a conversation that opened or came back at ``at``."""
    return Decision(assignee=None, reason={"rule": "queue", "at": at.isoformat()})
