"""Who answers: a pure decision with its reason; giving out what waits by it, and taking back what somebody let lie."""

from __future__ import annotations

from datetime import datetime

from conversations.route.decide import Candidate, Decision, Reason, Rules, View, decide, give_out
from conversations.route.give import Given, give, waiting_workspaces
from conversations.route.reading import loads, routes
from conversations.route.recall import overflow, take_back, watched_workspaces

__all__ = [
    "Candidate", "Decision", "Given", "Reason", "Rules", "View", "decide", "give", "give_out", "loads", "overflow",
    "queued", "routes", "take_back", "waiting_workspaces", "watched_workspaces",
]  # fmt: skip


def queued(*, at: datetime) -> Reason:
    """Return the reason of a conversation that opened or came back at ``at``: it waits in everybody's queue."""
    return {"rule": "queue", "at": at.isoformat()}
