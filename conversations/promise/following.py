"""Keeping what is due current: behind history, a slice at once, and all of a workspace when its policies or hours change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations import history
from conversations.act import act
from conversations.feed import Change
from conversations.follow import Follow
from conversations.history import Actor
from conversations.models import Conversation, Follower, HistoryEvent, SlaPolicy
from conversations.promise import figure, reading
from conversations.promise.figure import Due, Step, Verdict
from conversations.promise.reading import Ground
from conversations.wake import Work
from hub.models import Workspace

NAME = "sla"
GROUND = "sla ground"  # the follower that remembers what the last figures stood on
ROWS_AT_ONCE = 500
TYPES = frozenset({
    *figure.STORY, "conversation.assigned", "conversation.queued", "conversation.prioritized", "conversation.snoozed",
    "conversation.unsnoozed", "conversation.pending", "message.recovered", "customer.merged", "customer.unmerged",
})  # fmt: skip
RULE = Actor(kind="rule")
FIELDS = ("sla_policy", "due_at", "due_kind", "due_told")


class Kept(msgspec.Struct, frozen=True):
    """How many conversations have another due time now, and what the feed tells."""

    count: int = 0
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Figured(msgspec.Struct, frozen=True):
    """What is due of a conversation by which policy."""

    policy: UUID | None
    due: Due | None


def places() -> list[Workspace]:
    """Return the workspaces that promise anything."""
    return list(Workspace.objects.filter(pk__in=SlaPolicy.objects.filter(active=True).values("workspace")))


def take(workspace: Workspace, events: list[HistoryEvent]) -> None:
    """Bring what is due of the conversations these events are about up to date; tell what the events decided."""
    ids = sorted({event.conversation_id for event in events if event.conversation_id})
    heard = frozenset(event.pk for event in events)
    for start in range(0, len(ids), ROWS_AT_ONCE):
        act(workspace.pk, partial(renew, workspace, ids[start : start + ROWS_AT_ONCE], heard))


FOLLOW = Follow(name=NAME, types=TYPES, places=places, take=take)


def renew(workspace: Workspace, ids: Sequence[UUID], heard: frozenset[int] = frozenset()) -> Kept:
    """Figure anew what is due of these conversations: five queries, and what changed is written at once."""
    ground = reading.ground(workspace)
    told = reading.stories(workspace, ids) if ground.policies else {}
    locked = Conversation.objects.of(workspace).filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))  # held in order before they are read whole
    rows = reading.rows_of(workspace, ids)
    changed, events = [], []
    for row in rows:
        figured, verdicts = _figured(ground, row, told.get(row.pk, ()), heard)
        events += [event_of(row, one, _policy_name(ground, figured.policy)) for one in verdicts]
        if _turn(row, figured):
            changed.append(row)
    Conversation.objects.bulk_update(changed, FIELDS)
    if events:
        history.record(events)
    changes = tuple(Change("conversation.updated", row.pk, row.pk) for row in changed)
    return Kept(len(changed), changes, ("metrics",) if events else ())


def _figured(
    ground: Ground, row: Conversation, story: Sequence[Step], heard: frozenset[int]
) -> tuple[Figured, list[Verdict]]:
    """Return what is due of a conversation, and what ``heard`` decided."""
    kind = row.last_channel.kind if row.last_channel else ""
    policy = ground.policy(row.team_id, kind, row.priority) if row.folded_into_id is None else None
    if policy is None:
        return Figured(None, None), []
    terms = ground.terms(policy, row.team_id)
    begun = next((step.at for step in reversed(story) if step.type in figure.BEGINS), row.opened_at)
    answered = row.first_response_at is not None and row.first_response_at < begun
    walked = figure.walk(story, answered=answered)
    verdicts = figure.verdicts(terms, walked, heard)
    if row.status == Conversation.Status.RESOLVED:
        return Figured(policy.pk, None), verdicts
    waiting = row.waiting_since if row.bot_id is None else None
    return Figured(policy.pk, figure.due(terms, walked, waiting=waiting, first=row.first_response_at is None)), verdicts


def _turn(row: Conversation, figured: Figured) -> bool:
    """Let a row say what is due, in memory; return whether that is news."""
    due = figured.due
    before = (row.sla_policy_id, row.due_at, row.due_kind)
    now = (figured.policy, due.at if due else None, due.kind if due else "")
    if before == now:
        return False
    row.sla_policy_id, row.due_at, row.due_kind = now
    if before[1:] != now[1:]:
        row.due_told = ""
    return True


def event_of(row: Conversation, one: Verdict, policy: str, word: str = "") -> HistoryEvent:
    """Return the event that a promise was kept, broken or, as ``word``, at risk; the same promise is told of once."""
    type_ = word or ("sla.met" if one.kept else "sla.breached")
    data = {"promise": one.kind, "policy": policy, "due_at": one.due_at.isoformat()}
    event = history.happened(row, type_, one.at, RULE, data=data)
    event.external_id = f"{type_}:{row.pk}:{one.kind}:{one.due_at.isoformat()}"
    return event


def _policy_name(ground: Ground, key: UUID | None) -> str:
    return next((one.name for one in ground.policies if one.pk == key), "")


def refresh_where_stale(workspace: Workspace) -> int:
    """Figure everything anew when policies or hours are others than at the last time; return how many changed."""
    ground = reading.ground(workspace)
    mark, _new = Follower.objects.get_or_create(workspace=workspace, name=GROUND)
    if mark.transaction == ground.print:
        return 0
    rows = Conversation.objects.of(workspace).filter(Q(due_at__isnull=False) | Q(sla_policy__isnull=False))
    if ground.policies:
        rows = rows | Conversation.objects.of(workspace).unresolved()
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    count = 0
    for start in range(0, len(ids), ROWS_AT_ONCE):
        count += act(workspace.pk, partial(renew, workspace, ids[start : start + ROWS_AT_ONCE])).count
    Follower.objects.of(workspace).filter(pk=mark.pk).update(transaction=ground.print)
    return count
