"""Having a conversation: what changes of its row when somebody gets it, and when it goes back into the queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from conversations.models import Conversation
from hub.models import User

Reason = dict[str, Any]
# What the rules wanted of its agent stays while a conversation waits or changes hands.
STAYS = ("matched", "skills", "language", "prefers")
ADDED = "added"  # labels that a rule names, put on since the rules were asked: routing asks them again
HELD = ("status", "assignee", "team", "assigned_at", "queued_at", "route_reason")  # what these functions change


def taken(row: Conversation, user: User, now: datetime, reason: Reason) -> None:
    """Let ``user`` have the conversation, in memory; ``reason`` is kept and shown."""
    row.assignee, row.assigned_at, row.queued_at = user, now, None
    row.route_reason = {**_stays(row), **reason, "at": now.isoformat(), "sorted": True}


def taken_by_hand(row: Conversation, user: User, now: datetime, by: User | None, name: str = "") -> None:
    """Let ``user`` have it because a person said so, or a program called ``name``."""
    giver = {} if by is None or by.pk == user.pk else {"by": str(by)}
    taken(
        row,
        user,
        now,
        {"rule": "hand", "agent": str(user.pk), "name": str(user), **giver, **({"by": name} if name else {})},
    )


def released(row: Conversation, now: datetime, *, reason: str, by: str | None = None) -> None:
    """Put the conversation back into its queue, in memory: its place there is how long its customer waits.

    ``by`` is who had it and is passed over while somebody else can take it.
    """
    row.route_reason = {
        **_stays(row), "rule": reason, "at": now.isoformat(), "sorted": True, **({"from": by, "name": str(row.assignee)} if by else {}),
    }  # fmt: skip
    row.assignee = row.assigned_at = None
    row.queued_at = row.waiting_since or now
    if row.first_response_at is None and row.status == Conversation.Status.OPEN:
        row.status = Conversation.Status.WAITING


def _stays(row: Conversation) -> Reason:
    return {key: value for key, value in (row.route_reason or {}).items() if key in STAYS}


def asks_again(row: Conversation, labels: Iterable[UUID]) -> bool:
    """Let routing ask the rules again because of labels, in memory, if the conversation waits for anybody. True: it shall look."""
    kept = row.route_reason or {}
    if row.queued_at is None or row.assignee_id is not None or not (fresh := [str(one) for one in labels]):
        return False
    if "sorted" in kept:
        row.route_reason = {**kept, ADDED: list(dict.fromkeys([*kept.get(ADDED, ()), *fresh]))}
    return True
