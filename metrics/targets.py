"""Targets: what the figures of a workspace aim at; whoever keeps goals says so here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from hub.models import Workspace

type Finder = Callable[[Workspace, datetime], Mapping[str, float]]  # targets by metric, in the metric's unit
FINDERS: list[Finder] = []


def of(workspace: Workspace, now: datetime) -> dict[str, float]:
    """Return the target of every metric that has one for the whole workspace at ``now``."""
    found: dict[str, float] = {}
    for finder in FINDERS:
        found |= finder(workspace, now)
    return found
