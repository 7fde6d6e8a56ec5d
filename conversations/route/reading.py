"""What routing looks at: the workspace's rules, the queue, the people who are there and what they carry. A fixed number of queries."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q

from conversations import bulk
from conversations.holding import ADDED
from conversations.models import Conversation
from conversations.querysets.conversation import Conversations
from conversations.route.decide import Candidate, Rules, View
from hub.hours import segments
from hub.models import Membership, Presence, Team, WorkingHours, Workspace
from hub.routing import everybodys_way, rules_of, way_of, weights

QUEUE_READ = 5_000  # of a queue so long the rest waits for the next look
KNOWN_SECONDS = 5.0  # for so long a worker remembers which workspaces give out anything
CARRIED = (Conversation.Status.WAITING, Conversation.Status.OPEN)
A_MOMENT = timedelta(seconds=1)
LAST_AGENTS = """
SELECT c.id, last.actor_id FROM conversations_conversation c
JOIN conversations_customer p ON p.id = c.customer_id
CROSS JOIN LATERAL (
  SELECT e.actor_id, e.occurred_at FROM conversations_customer whole
  JOIN conversations_historyevent e ON e.customer_id = whole.id
  WHERE (whole.id = coalesce(p.merged_into_id, p.id) OR whole.merged_into_id = coalesce(p.merged_into_id, p.id))
    AND e.type = 'message.sent' AND e.actor_kind = 'agent' AND e.actor_id IS NOT NULL
  ORDER BY e.occurred_at DESC, e.id DESC LIMIT 1
) last
WHERE c.workspace_id = %s AND c.id = ANY(%s::uuid[])
"""
_known: tuple[float, frozenset[UUID]] = (float("-inf"), frozenset())


def routing_workspaces() -> frozenset[UUID]:
    """Return the workspaces that give out anything, or sort their queue by rules: one query."""
    active = Q(settings__has_key="routing") | Q(settings__has_key="everybody")
    teams = Team.objects.exclude(routing={}).exclude(routing__method="manual", routing__silent_minutes=0)
    return frozenset(
        Workspace.objects.filter(active | Q(pk__in=teams.values("workspace"))).values_list("pk", flat=True)
    )


def routes(workspace_id: UUID) -> bool:
    """Whether a workspace gives out anything, as of the last seconds: asked for every batch, so it is remembered."""
    global _known  # noqa: PLW0603  a memory of this process
    now = time.monotonic()
    if now - _known[0] > KNOWN_SECONDS:
        _known = (now, routing_workspaces())
    return workspace_id in _known[1]


def forget() -> None:
    """Let the next batch ask anew which workspaces give out anything."""
    global _known  # noqa: PLW0603  a memory of this process
    _known = (float("-inf"), frozenset())


def rules_in(workspace: Workspace, now: datetime) -> Rules:
    """Return what the workspace wants now: at most two queries."""
    rules = rules_of(workspace)
    ways = {None: everybodys_way(workspace)} | {
        team.pk: way_of(team.routing) for team in Team.objects.of(workspace).only("id", "routing")
    }
    by_hours = any(rule.when.hours for rule in rules)
    return Rules(rules=rules, ways=ways, open=is_open(workspace, now) if by_hours else True)


def is_open(workspace: Workspace, now: datetime) -> bool:
    """Whether the workspace works now; one without hours always does."""
    rows = WorkingHours.objects.of(workspace).filter(team=None).order_by(F("since").asc(nulls_first=True))
    return any(part.why == "open" for part in segments([row.schedule for row in rows], now, now + A_MOMENT))


def in_queue(workspace: Workspace) -> Conversations:
    """Return the conversations that wait for somebody, the longest waiting first."""
    rows = Conversation.objects.of(workspace).standing().unresolved()
    return rows.filter(queued_at__isnull=False, assignee=None, bot=None, status__in=CARRIED)


def views(workspace: Workspace, rules: Rules) -> list[View]:
    """Return what of the queue routing has something to decide about: one query."""
    giving = [team for team, way in rules.ways.items() if team is not None and way.gives]
    wanted = Q(team__in=giving)
    if rules.way(None).gives:
        wanted |= Q(team=None)
    if rules.rules:
        again = Q(route_reason__has_key="prefers") | Q(route_reason__has_key=ADDED)
        wanted |= ~Q(route_reason__has_key="sorted") | again
    found = in_queue(workspace).filter(wanted).order_by("queued_at", "id")
    heavy = weights(workspace)
    return [
        _view(row, heavy)
        for row in found.values_list(
            "id", "queued_at", "team_id", "last_channel_id", "last_channel__kind", "label_ids", "language", "priority",
            "route_reason", "customer__attributes", "customer__merged_into__attributes",
        )[:QUEUE_READ]
    ]  # fmt: skip


def _view(row: tuple[Any, ...], heavy: Mapping[str, int]) -> View:
    key, queued_at, team, channel, kind, labels, language, priority, reason, own, whole = row
    attributes = {**(own or {}), **(whole or {})}
    said = attributes.get("language")
    kept = reason or {}
    return View(
        id=key,
        queued_at=queued_at,
        team=team,
        channel=channel,
        channel_kind=kind or "",
        weight=heavy.get(kind or "", 1),
        labels=frozenset(labels),
        language=language or (said if isinstance(said, str) else ""),
        attributes=attributes,
        priority=priority,
        avoid=UUID(kept["from"]) if "from" in kept else None,
        sorted="sorted" in kept,
        rule=kept.get("matched", ""),
        skills=tuple(kept.get("skills", ())),
        speaks=kept.get("language", ""),
        prefers=UUID(kept["prefers"]) if "prefers" in kept else None,
        added=frozenset(UUID(one) for one in kept.get(ADDED, ())),
    )


def last_agents(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return who last answered the customer of each conversation, on whatever channel and in whatever episode."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_AGENTS, [workspace.pk, bulk.array(ids)])
        return dict(cursor.fetchall())


def people(workspace: Workspace) -> dict[UUID, Membership]:
    """Lock and return who takes work now, by the id of the person. They neither leave nor are given anything meanwhile."""
    rows = Membership.objects.of(workspace).filter(presence=Presence.ONLINE, user__is_active=True).order_by("id")
    found = list(rows.select_for_update(no_key=True, of=("self",)).select_related("user"))
    return {row.user_id: row for row in found}


def candidates(workspace: Workspace, members: Mapping[UUID, Membership]) -> list[Candidate]:
    """Return those people as routing sees them: two queries."""
    carried = loads(workspace, members)
    teams: dict[UUID, set[UUID]] = defaultdict(set)
    for member, team in Team.members.through.objects.filter(
        membership__in=[row.pk for row in members.values()]
    ).values_list("membership_id", "team_id"):
        teams[member].add(team)
    return [
        Candidate(
            id=key,
            name=str(row.user),
            teams=frozenset(teams[row.pk]),
            skills=frozenset(row.skills),
            languages=frozenset(row.languages),
            capacity=row.capacity,
            load=carried.get(key, 0),
            assigned_at=row.assigned_at,
            since=row.presence_since,
        )
        for key, row in members.items()
    ]


def loads(workspace: Workspace, people: Iterable[UUID]) -> dict[UUID, int]:
    """Return what these people carry: the weights of their conversations that are open; one query."""
    heavy = weights(workspace)
    rows = (
        Conversation.objects.of(workspace)
        .standing()
        .unresolved()
        .filter(assignee__in=list(people), status__in=CARRIED)
        .values_list("assignee", "last_channel__kind")
        .annotate(Count("id"))
        .order_by()
    )
    found: dict[UUID, int] = defaultdict(int)
    for person, kind, count in rows:
        found[person] += heavy.get(kind or "", 1) * count
    return dict(found)
