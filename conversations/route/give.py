"""Giving out what waits: people held, the queue read, decided, written set-based; whoever comes twice finds it done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations import bulk, history
from conversations.feed import Change
from conversations.history import Actor
from conversations.holding import ADDED
from conversations.models import Conversation, HistoryEvent
from conversations.route import reading
from conversations.route.decide import Candidate, Decision, Rules, View, give_out, in_order
from conversations.wake import Work
from hub.models import Membership, Team, Workspace

RULE = Actor(kind="rule")
COLUMNS = (
    "id", "status", "assignee", "team", "priority", "language", "assigned_at", "queued_at", "route_reason",
)  # fmt: skip


class Given(msgspec.Struct, frozen=True):
    """What became of the queue: how many conversations were given out or taken back; ``again``: one was held by somebody."""

    count: int = 0
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()
    again: bool = False


def waiting_workspaces() -> list[Workspace]:
    """Return the workspaces that give out anything and have something in their queue."""
    waiting = Conversation.objects.filter(queued_at__isnull=False).exclude(status="resolved").values("workspace")
    return list(Workspace.objects.filter(pk__in=reading.routing_workspaces()).filter(pk__in=waiting))


def give(workspace: Workspace) -> Given:
    """Give out what waits in a workspace, as far as people have room. Needs a transaction.

    Members are locked first, then conversations, each by id: two workers give nobody more than fits, and who just left gets
    nothing. A conversation that somebody holds is left for the next time.
    """
    now = timezone.now()
    rules = reading.rules_in(workspace, now)
    if not rules.rules and not any(way.gives for way in rules.ways.values()):
        return Given()
    members = reading.people(workspace)
    views = reading.views(workspace, rules)
    if not views:
        return Given()
    people = reading.candidates(workspace, members)
    if all(view.sorted and not view.added for view in views) and not any(one.room > 0 for one in people):
        return Given()
    decisions = give_out(_remembering(workspace, views, people, rules), people, rules, now)
    fresh = {view.id for view in views if not view.sorted or view.added}
    done = [one for one in decisions if one.assignee is not None or one.view.id in fresh]
    return _write(workspace, done, members, now) if done else Given()


def _remembering(
    workspace: Workspace, views: Sequence[View], people: Sequence[Candidate], rules: Rules
) -> Sequence[View]:
    """Look up who last answered these customers, where that decides anything."""
    if not any(way.sticky and way.gives for way in rules.ways.values()) or not any(one.room > 0 for one in people):
        return views
    near = in_order(views)[: 4 * sum(max(one.room, 0) for one in people) + 50]  # the others are not given out now
    last = reading.last_agents(workspace, [view.id for view in near])
    return [msgspec.structs.replace(view, last_agent=last.get(view.id)) for view in views]


def _write(
    workspace: Workspace, decisions: Sequence[Decision], members: Mapping[UUID, Membership], now: datetime
) -> Given:
    """Write decisions down, for those conversations that still wait and that nobody holds."""
    ids = [one.view.id for one in decisions]
    held = reading.in_queue(workspace).of_ids(ids).order_by("id")
    rows = {row.pk: row for row in held.select_for_update(no_key=True, skip_locked=True, of=("self",))}
    teams = Team.objects.of(workspace).in_bulk()
    events: list[HistoryEvent] = []
    for one in decisions:
        if (row := rows.get(one.view.id)) is not None:
            events += _apply(row, one, members, teams, now)
    bulk.update(Conversation, COLUMNS, [_values(row) for row in rows.values()])
    history.record(events)
    busy = [members[row.assignee_id] for row in rows.values() if row.assignee_id]
    for member in busy:
        member.assigned_at = now
    Membership.objects.bulk_update(set(busy), ["assigned_at"])
    return Given(
        len(busy),
        tuple(Change("conversation.updated", key, key) for key in rows),
        ("metrics",) if rows else (),
        again=0 < len(rows) < len(decisions),
    )


def _apply(
    row: Conversation, one: Decision, members: Mapping[UUID, Membership], teams: Mapping[UUID, Team], now: datetime
) -> list[HistoryEvent]:
    """Change a conversation as decided; return what history tells of it."""
    view, events = one.view, []
    waits_since = str((row.route_reason or {}).get("at") or one.reason["at"])
    row.language = row.language or view.language[:8]
    if view.priority != row.priority:
        data: dict[str, Any] = {"priority": view.priority, "before": row.priority}
        events.append(history.happened(row, "conversation.prioritized", now, RULE, data=data))
        row.priority = view.priority
    moved, row.team = view.team != row.team_id, teams.get(view.team) if view.team else None
    if one.assignee is None:
        row.route_reason = _why_it_waits(row, one, one.reason["at"] if moved else waits_since, moved=moved)
        if moved:
            events.append(history.queued(row, now, RULE, reason="rule", matched=view.rule))
        return events
    row.assignee, row.assigned_at, row.queued_at = members[one.assignee].user, now, None
    row.route_reason = one.reason
    return [*events, history.assigned(row, now, RULE, reason=one.reason)]


def _why_it_waits(row: Conversation, one: Decision, since: str, *, moved: bool) -> dict[str, Any]:
    """Return the reason of a conversation that stays in a queue.

    Sorted as before it keeps the one it has; who let it lie stays known, and a label that was put on while this was decided.
    """
    kept = dict(row.route_reason or {})
    late = [label for label in kept.pop(ADDED, ()) if UUID(label) not in one.view.added]
    if "sorted" not in kept or moved or one.view.rule != kept.get("matched", ""):
        kept = {**one.reason, "at": since, **{key: kept[key] for key in ("from", "name") if key in kept}}
    return {**kept, ADDED: late} if late else kept


def _values(row: Conversation) -> tuple[Any, ...]:
    """Return a row's values in the order of ``COLUMNS``."""
    return (
        row.pk, row.status, row.assignee_id, row.team_id, row.priority, row.language, row.assigned_at, row.queued_at,
        row.route_reason,
    )  # fmt: skip


def store(rows: Sequence[Conversation]) -> None:
    """Write what routing may change of conversations that are locked."""
    bulk.update(Conversation, COLUMNS, [_values(row) for row in rows])
