"""Which talk a message belongs to: the open one, the one just resolved, an earlier one it came late for, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from conversations.work import Episode

NOT_LATE = timedelta()


class Placement(msgspec.Struct, frozen=True):
    """Where a message goes: ``append`` to ``episode``, ``reopen`` it, or open a ``new`` one."""

    act: Literal["append", "reopen", "new"]
    episode: Episode | None = None


def place(
    episodes: Sequence[Episode], at: datetime, window: timedelta, *, inbound: bool, late: timedelta = NOT_LATE
) -> Placement:
    """Decide where a message of time ``at`` goes; ``episodes`` are the customer's, in any order. Pure.

    ``late`` is how long after ``at`` it came. A message of the time before the end belongs to its episode; if it came while
    that was being closed, nobody has seen it, so it reopens it; if it is older than ``window``, it calls nobody. Only what
    a customer says reopens; what the business says within ``window`` after the end is still part of it.
    """
    current = next((entry for entry in episodes if entry.status != "resolved"), None)
    if current is not None:
        return Placement("append", current if at >= current.opened_at else _at(episodes, at) or current)
    if not episodes:
        return Placement("new")
    latest = max(episodes, key=lambda entry: entry.resolved_at or entry.opened_at)
    ended = latest.resolved_at or latest.opened_at
    if at <= ended:
        running = _at(episodes, at) or latest
        return Placement("reopen" if inbound and running is latest and late <= window else "append", running)
    if at - ended > window:
        return Placement("new")
    return Placement("reopen" if inbound else "append", latest)


def episode_for(
    episodes: Sequence[Episode],
    at: datetime,
    window: timedelta,
    inbound: bool,  # noqa: FBT001  a plain rule of four
) -> Episode | None:
    """Return which of ``episodes`` a message of time ``at`` would have gone to had it come in time, ``None`` for a new one."""
    return place(episodes, at, window, inbound=inbound).episode


def _at(episodes: Sequence[Episode], at: datetime) -> Episode | None:
    """Return the episode that was running at ``at``, if any."""
    running = [
        entry for entry in episodes if entry.opened_at <= at and (entry.resolved_at is None or at <= entry.resolved_at)
    ]
    return max(running, key=lambda entry: entry.opened_at, default=None)
