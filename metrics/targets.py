"""Targets: what the figures of a workspace aim at: the open goals that watch everything."""

from __future__ import annotations

from datetime import date

from hub.models import Workspace
from metrics.models import Goal
from metrics.plots import adds_up
from metrics.registry import METRICS


def of(workspace: Workspace, today: date) -> dict[str, float]:
    """Return the target of every figure that has one: of several goals that of the one that ends first.

    A goal about a count or a sum is about all of its own time, and no target of a period that the page chooses.
    """
    goals = Goal.objects.of(workspace).filter(closed_at=None, filters={}, start__lte=today, deadline__gte=today)
    rows = goals.order_by("-deadline", "-created_at").values_list("metric", "target")
    return {name: target for name, target in rows if name in METRICS and not adds_up(METRICS[name])}
