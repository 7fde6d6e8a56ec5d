"""The clock of promises: what is at risk with three quarters of its time used, and what is broken; each said once, set-based."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from conversations import history
from conversations.feed import Change
from conversations.models import Conversation, Follower, HistoryEvent, SlaPolicy
from conversations.promise import reading
from conversations.promise.figure import Kind, Verdict
from conversations.promise.following import GROUND, Kept, event_of
from conversations.promise.reading import Ground
from hub.hours import after
from hub.models import Workspace

USED = 0.75  # of its time used a promise is at risk
MOST = 500
KINDS: tuple[Kind, ...] = ("first_response", "next_response", "resolution")


def watched_workspaces() -> list[Workspace]:
    """Return the workspaces that promise anything, or did when their conversations were figured last."""
    promising = SlaPolicy.objects.filter(active=True).values("workspace")
    promised = Follower.objects.filter(name=GROUND).exclude(transaction=0).values("workspace")
    return list(Workspace.objects.filter(Q(pk__in=promising) | Q(pk__in=promised)))


def look(workspace: Workspace) -> Kept:
    """Tell what came to be at risk or was broken by now, at most some hundred; who is held just now waits for the next look."""
    now, ground = timezone.now(), reading.ground(workspace)
    rows = Conversation.objects.of(workspace).standing().unresolved().filter(due_at__isnull=False)
    late = Q(due_at__lte=now) & ~Q(due_told="breached")
    found = rows.filter(late | (Q(due_told="") & _at_risk(ground, now))) if ground.policies else rows.none()
    held = list(found.order_by("pk").select_for_update(no_key=True, skip_locked=True)[:MOST])
    events = [_told(ground, row, now) for row in held]
    Conversation.objects.bulk_update(held, ["due_told"])
    if events:
        history.record(events)
    changes = tuple(Change("conversation.updated", row.pk, row.pk) for row in held)
    return Kept(len(held), changes, ("metrics",) if events else ())


def _told(ground: Ground, row: Conversation, now: datetime) -> HistoryEvent:
    """Let a row say what was told of it, in memory; return the event."""
    assert row.due_at is not None
    policy = next((one.name for one in ground.policies if one.pk == row.sla_policy_id), "")
    kind: Kind = row.due_kind  # type: ignore[assignment]  # a constraint of the table
    if row.due_at <= now:
        row.due_told = "breached"
        return event_of(row, Verdict(kind, row.due_at, kept=False, at=row.due_at), policy)
    row.due_told = "risk"
    return event_of(row, Verdict(kind, row.due_at, kept=False, at=now), policy, "sla.risk")


def _at_risk(ground: Ground, now: datetime) -> Q:
    """Return what is at risk: due before the instant at which a quarter of its time will have passed from now on."""
    found = Q(pk__in=[])
    teams: set[UUID | None] = {None, *ground.hours}
    for policy in ground.policies:
        for team in teams if policy.clock == "business" else {None}:
            own = Q(team=team) if team else ~Q(team__in=[one for one in teams if one]) | Q(team=None)
            mine = Q(sla_policy=policy) & (own if policy.clock == "business" else Q())
            for kind in KINDS:
                seconds = getattr(policy, kind)
                until = after(ground.versions(policy, team), now, seconds * (1 - USED)) if seconds else None
                if until is not None:
                    found |= mine & Q(due_kind=kind, due_at__lte=until)
    return found
