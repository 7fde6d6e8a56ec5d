"""Which talk a message belongs to: the open one, the one just resolved, an earlier one it came late for, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec


class Episode(msgspec.Struct, kw_only=True):
    """A conversation as the pipeline sees and changes it; ``fresh`` until it is stored."""

    id: UUID
    workspace_id: UUID
    customer_id: UUID
    status: str
    opened_at: datetime
    assignee_id: UUID | None = None
    channel_ids: list[UUID] = msgspec.field(default_factory=list)
    last_channel_id: UUID | None = None
    first_response_at: datetime | None = None
    waiting_since: datetime | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    reopened_count: int = 0
    last_inbound_at: datetime | None = None
    last_message_at: datetime | None = None
    last_message_id: UUID | None = None
    last_seq: int = 0
    unread: int = 0
    route_reason: dict[str, str] | None = None
    fresh: bool = False
    touched: bool = False


class Placement(msgspec.Struct, frozen=True):
    """Where a message goes: ``append`` to ``episode``, ``reopen`` it, or open a ``new`` one."""

    act: Literal["append", "reopen", "new"]
    episode: Episode | None = None


def place(episodes: Sequence[Episode], at: datetime, window: timedelta, *, inbound: bool) -> Placement:
    """Decide where a message of time ``at`` goes; ``episodes`` are the customer's, in any order. Pure.

    A message that comes late is shown in the episode of its time and neither reopens nor opens anything. Only what a
    customer says reopens; what the business says within ``window`` after the end is still part of it.
    """
    current = next((entry for entry in episodes if entry.status != "resolved"), None)
    if current is not None:
        return Placement("append", current if at >= current.opened_at else _at(episodes, at) or current)
    if not episodes:
        return Placement("new")
    latest = max(episodes, key=lambda entry: entry.opened_at)
    ended = latest.resolved_at or latest.opened_at
    if at <= ended:
        return Placement("append", _at(episodes, at) or latest)
    if at - ended > window:
        return Placement("new")
    return Placement("reopen" if inbound else "append", latest)


def _at(episodes: Sequence[Episode], at: datetime) -> Episode | None:
    """Return the episode that was running at ``at``, if any."""
    running = [entry for entry in episodes if entry.opened_at <= at and (entry.resolved_at is None or at <= entry.resolved_at)]
    return max(running, key=lambda entry: entry.opened_at, default=None)
