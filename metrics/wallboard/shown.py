"""What the board shows of it all: six tiles with targets, the queues, the people and what is late; on a wall nobody's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from conversations.api import reading
from conversations.api.represent import Shown, moment
from conversations.models import Incident
from hub.models import Workspace
from metrics.wallboard import now, past
from metrics.wallboard.now import Agent, Floor, Line
from metrics.wallboard.past import Past
from metrics.wallboard.targets import Targets, Tile, targets

BREACHES, ROWS = 20, 100
NEAR = 0.8  # of a limit: near it
BETTER: dict[Tile, int] = {"queue": -1, "longest": -1, "serving": 0, "agents": 1, "sla": 1, "abandonment": -1}


def board(workspace: Workspace, *, names: bool = True) -> Shown:
    """Return the whole board as of now. Without ``names`` it names no customer and nobody of the house."""
    at = timezone.now()
    floor = now.floor(workspace, at)
    return {
        "as_of": moment(at),
        "tiles": tiles(floor, past.past(workspace, at), targets(workspace)),
        "lines": [line(one, floor) for one in floor.lines],
        "agents": [agent(one) for one in floor.agents] if names else [],
        "presence": _counted(floor.agents),
        "breaches": _conversations(workspace, [one.id for one in floor.threatened[:BREACHES]]) if names else [],
        "late": sum(1 for one in floor.threatened if one.due_at and one.due_at <= at),
        "risk": sum(1 for one in floor.threatened if one.due_at and one.due_at > at),
        "incidents": [
            incident(row, names=names)
            for row in Incident.objects.of(workspace).filter(closed_at=None).select_related("rule__team", "taken_by").order_by("opened_at")
        ],
    }  # fmt: skip


def tiles(floor: Floor, hours: Past, wanted: Targets) -> list[Shown]:
    """Return the six tiles; ``state`` is good, near or bad, empty without a target."""
    queue = floor.queue
    longest = queue[0].since if queue else None
    there = [one for one in floor.agents if one.there]
    free = sum(1 for one in there if one.available)
    room = sum(one.capacity for one in there)
    last, before = hours.last, hours.before
    waited = (floor.as_of - longest).total_seconds() if longest else 0.0
    return [
        _tile("queue", len(queue), wanted.queue, last.queue, (past.mean(last.queue), past.mean(before.queue))),
        _tile("longest", waited, wanted.longest, last.longest, (past.mean(last.longest), past.mean(before.longest)))
        | {"since": moment(longest)},
        _tile("serving", len(floor.served), wanted.serving or room or None, last.serving, (past.mean(last.serving), past.mean(before.serving)))
        | {"room": wanted.serving is None},
        _tile("agents", free, wanted.agents or (1 if there else None), last.available, (past.mean(last.available), past.mean(before.available))) | {"of": len(there)},
        _tile("sla", last.kept.value, wanted.sla, last.sla, (last.kept.value, before.kept.value))
        | {"part": last.kept.part, "of": last.kept.whole},
        _tile("abandonment", last.left.value, wanted.abandonment, last.abandonment, (last.left.value, before.left.value))
        | {"part": last.left.part, "of": last.left.whole},
    ]  # fmt: skip


def _tile(
    key: Tile, value: float | None, target: float | None, spark: Sequence[float | None], hours: tuple[float | None, float | None]
) -> Shown:  # fmt: skip
    here, there = hours
    delta = here - there if here is not None and there is not None else None
    return {
        "key": key,
        "value": value,
        "target": target,
        "state": _state(key, value, target),
        "spark": [None if one is None else round(one, 3) for one in spark],
        "delta": delta,
        "better": None if not delta or not BETTER[key] else (delta > 0) == (BETTER[key] > 0),
    }


def _state(key: Tile, value: float | None, target: float | None) -> str:
    """Return how a value stands to its target."""
    if value is None or target is None:
        return ""
    if key in {"agents", "sla"}:
        return "good" if value >= target else "near" if key == "sla" and value >= target * NEAR else "bad"
    return "bad" if value > target else "near" if target and value > target * NEAR else "good"


def line(one: Line, floor: Floor) -> Shown:
    """Return a row of the queue table."""
    return {
        "what": one.what,
        "key": one.key,
        "name": one.name,
        "waiting": one.waiting,
        "longest": moment(one.longest),
        "risk": one.risk,
        "late": one.late,
        "load": one.load,
        "capacity": one.capacity,
    }


def agent(one: Agent) -> Shown:
    """Return a card of the people's grid."""
    return {
        "id": str(one.id),
        "name": one.name,
        "initials": one.initials,
        "presence": one.presence,
        "reason": one.reason,
        "since": moment(one.since),
        "open": one.open,
        "weight": one.weight,
        "capacity": one.capacity,
        "unanswered": moment(one.unanswered),
    }


def incident(row: Incident, *, names: bool) -> Shown:
    """Return an alert that holds: the rule, its numbers, the team or kind of channel it watches, and who sees to it, if ``names``."""
    return {
        "id": str(row.pk),
        "kind": row.rule.kind,
        "threshold": row.rule.threshold,
        "team": row.rule.team.name if row.rule.team else "",
        "channel_kind": row.rule.channel_kind,
        "value": row.cause.get("value"),
        "opened_at": moment(row.opened_at),
        "taken": row.taken_by_id is not None,
        "taken_by": None
        if row.taken_by is None or not names
        else {"id": str(row.taken_by_id), "name": str(row.taken_by)},
    }


def drawer(workspace: Workspace, tile: str) -> Shown:
    """Return what is behind a tile's number: ``conversations``, or ``agents`` for the tile of people. Raises ``KeyError``."""
    at = timezone.now()
    floor = now.floor(workspace, at)
    if tile == "agents":
        return {"agents": [agent(one) for one in floor.agents if one.there], "conversations": [], "more": 0}
    ids: dict[str, Any] = {
        "queue": lambda: [one.id for one in floor.queue],
        "longest": lambda: [one.id for one in floor.queue],
        "serving": lambda: [one.id for one in floor.served],
        "sla": lambda: past.decided(workspace, at),
        "abandonment": lambda: past.abandoned(workspace, at),
    }
    found = ids[tile]()
    return {"agents": [], "conversations": _conversations(workspace, found[:ROWS]), "more": max(len(found) - ROWS, 0)}


def _conversations(workspace: Workspace, ids: Sequence[UUID]) -> list[Shown]:
    """Return conversations in this order, without what was said in them."""
    rows = reading.conversations(workspace, ids)
    kept = ("id", "customer_name", "channel_kinds", "team", "assignee", "waiting_since", "due", "status", "priority")
    return [{key: rows[one][key] for key in kept} for one in ids if one in rows]


def _counted(agents: Iterable[Agent]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in agents:
        found[one.presence] = found.get(one.presence, 0) + 1
    return found
