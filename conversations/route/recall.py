"""Taking back what somebody let lie or left behind, and passing on what a team does not get to: by the clock, by each team's rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from conversations import history
from conversations.feed import Change
from conversations.holding import released
from conversations.models import Conversation, HistoryEvent
from conversations.route import reading
from conversations.route.decide import Rules
from conversations.route.give import RULE, Given, store
from hub.models import Membership, Presence, Team, Workspace
from hub.routing import Way

GONE = (Presence.AWAY, Presence.OFFLINE)
AT_ONCE = 500  # what one transaction takes back; the rest is due the next time


def watched_workspaces() -> list[Workspace]:
    """Return the workspaces whose rules take anything back or pass it on."""
    return list(Workspace.objects.filter(pk__in=reading.routing_workspaces()))


def take_back(workspace: Workspace) -> Given:
    """Return to the queue what waits for an assignee who is silent or gone for longer than the rule allows. Needs a transaction."""
    now = timezone.now()
    rules = reading.rules_in(workspace, now)
    patience = [minutes for way in rules.ways.values() for minutes in (way.silent_minutes, way.gone_after) if minutes]
    if not patience:
        return Given()
    lying = (
        Conversation.objects.of(workspace)
        .standing()
        .unresolved()
        .filter(status__in=reading.CARRIED, assignee__isnull=False, waiting_since__isnull=False)
    )
    found = list(lying.order_by("waiting_since", "id")[: reading.QUEUE_READ])
    members = {row.user_id: row for row in Membership.objects.of(workspace).filter(user__is_active=True)}
    due = [row.pk for row in found if _reason(row, rules.way(row.team_id), members, now)]
    rows = list(lying.of_ids(due[:AT_ONCE]).order_by("id").select_for_update(no_key=True, skip_locked=True))
    teams = Team.objects.of(workspace).in_bulk()
    events: list[HistoryEvent] = []
    back: list[Conversation] = []
    for row in rows:
        reason = _reason(row, rules.way(row.team_id), members, now)
        if not reason:
            continue  # answered, or given to somebody else, meanwhile
        who = row.assignee
        row.team = teams.get(row.team_id) if row.team_id else None
        released(row, now, reason=reason, by=str(row.assignee_id))
        events.append(history.queued(row, now, RULE, reason=reason, agent=who))
        back.append(row)
    store(back)
    history.record(events)
    return _given(back)


def _reason(row: Conversation, way: Way, members: Mapping[UUID, Membership], now: datetime) -> str:
    """Return why a conversation goes back, "" when it stays. The clock of silence starts when both were there."""
    if row.waiting_since is None or row.assignee_id is None:
        return ""
    since = max(row.waiting_since, row.assigned_at or row.waiting_since)
    member = members.get(row.assignee_id)
    if way.gone_after:
        if member is None:
            return "gone"
        patience = timedelta(minutes=way.gone_after)
        absent = member.presence in GONE and member.presence_since is not None
        if absent and now - max(member.presence_since or now, since) >= patience:
            return "gone"
    return "silent" if way.silent_minutes and now - since >= timedelta(minutes=way.silent_minutes) else ""


def overflow(workspace: Workspace) -> Given:
    """Pass on to the next team what nobody of a team took for longer than its rule allows. Needs a transaction."""
    now = timezone.now()
    rules = reading.rules_in(workspace, now)
    full = {team: way for team, way in rules.ways.items() if team and way.overflow_minutes and way.overflow_team}
    if not full:
        return Given()
    queue = reading.in_queue(workspace).filter(team__in=full)
    early = now - timedelta(minutes=min(way.overflow_minutes for way in full.values()))
    waits = queue.filter(Q(queued_at__lte=early)).order_by("queued_at", "id")
    due = [row.pk for row in waits[: reading.QUEUE_READ] if _overdue(row, rules, now)]
    rows = list(queue.of_ids(due[:AT_ONCE]).order_by("id").select_for_update(no_key=True, skip_locked=True))
    teams = Team.objects.of(workspace).in_bulk()
    rows = [row for row in rows if _overdue(row, rules, now) and rules.way(row.team_id).overflow_team in teams]
    events: list[HistoryEvent] = []
    for row in rows:
        before, row.team = teams[row.team_id], teams[rules.way(row.team_id).overflow_team]
        kept = row.route_reason or {}
        row.route_reason = {**kept, "rule": "overflow", "at": now.isoformat(), "before": before.name, "sorted": True}
        events.append(history.queued(row, now, RULE, reason="overflow", before=before))
    store(rows)
    history.record(events)
    return _given(rows)


def _overdue(row: Conversation, rules: Rules, now: datetime) -> bool:
    """Whether a conversation waits in its team's queue for longer than the team's rule allows."""
    entered = (row.route_reason or {}).get("at")
    since = max(datetime.fromisoformat(entered), row.queued_at or now) if entered else row.queued_at or now
    return now - since >= timedelta(minutes=rules.way(row.team_id).overflow_minutes)


def _given(rows: list[Conversation]) -> Given:
    changes = tuple(Change("conversation.updated", row.pk, row.pk) for row in rows)
    return Given(len(rows), changes, ("metrics", "route") if rows else ())
