"""Joining two people: the pointers, the fold of the younger conversation, and the record of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.merge.memory import OURS, Memory, recall, remember
from conversations.merge.state import carried, take_over
from conversations.models import Conversation, Customer, HistoryEvent, Merge, Suggestion
from conversations.outside.write import cut_again
from conversations.wake import Work
from hub.models import Workspace

SHOWN = 20  # conversations told of in the feed beside the open ones


class Joined(msgspec.Struct, frozen=True):
    """The merge, ``None`` when nothing was to be done, and what the feed tells of it. ``root`` stands for the person."""

    merge: Merge | None
    root: UUID
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Ask(NamedTuple):
    """Whom to join and why: ``older_first`` lets the older customer stand for the person, else ``first`` does."""

    first: UUID
    second: UUID
    reason: str
    evidence: Mapping[str, Any] = {}
    older_first: bool = False
    at: datetime | None = None


def join(workspace: Workspace, ask: Ask, actor: Actor) -> Joined:
    """Let two customers count as one person. Needs a transaction.

    Two who are one already are left as they are; for a machine (any reason but ``agent``) also two whom people took apart.
    Raises ``Customer.DoesNotExist``.
    """
    people = Customer.objects.of(workspace).locked_people([ask.first, ask.second])
    if not {ask.first, ask.second} <= people.keys():
        raise Customer.DoesNotExist
    survivor, absorbed = people[ask.first], people[ask.second]
    if ask.older_first:
        survivor, absorbed = sorted((survivor, absorbed))
    if survivor == absorbed or (ask.reason != "agent" and _taken_apart(workspace, people, survivor, absorbed)):
        return Joined(None, people[ask.first])
    joining = [key for key, root in people.items() if root == absorbed]
    Customer.objects.of(workspace).filter(pk__in=joining).update(merged_into=survivor)
    cut = cut_again(workspace, dict.fromkeys(people, survivor), timezone.now())
    live = _live(workspace, people)
    memory = _fold(workspace, live, Memory(_last_told(workspace), ask.first, ask.second))
    row = Merge(
        workspace=workspace,
        survivor_id=survivor,
        absorbed_id=absorbed,
        reason=ask.reason,
        evidence=dict(ask.evidence),
        by=actor.user,
    )
    remember(row, memory)
    row.save()
    _decide(workspace, people, actor)
    history.record([_told(row, actor, ask.at or timezone.now())])
    changes = [Change("customer.updated", survivor), Change("customer.updated", absorbed)]
    changes += [*cut, *(Change("conversation.updated", key, key) for key in _shown(workspace, people, live))]
    return Joined(row, survivor, tuple(changes), ("metrics",))


def roots(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return by customer who stands for them now."""
    rows = Customer.objects.of(workspace).filter(pk__in=set(ids)).values_list("pk", "merged_into")
    return {key: root or key for key, root in rows}


def _taken_apart(workspace: Workspace, people: Mapping[UUID, UUID], survivor: UUID, absorbed: UUID) -> bool:
    """Whether people have said before that these two are not one: of those whom a merge named, one is on each side."""
    known = [str(key) for key in people]
    asked = Q(**{f"evidence__{OURS}__first__in": known, f"evidence__{OURS}__second__in": known})
    stood = Q(survivor__in=people, absorbed__in=people)
    undone = Merge.objects.of(workspace).filter(asked | stood).exclude(undone_at=None)
    return any({people.get(one) for one in recall(row).asked(row)} == {survivor, absorbed} for row in undone)


def _live(workspace: Workspace, people: Iterable[UUID]) -> list[Conversation]:
    """Lock the conversations of both and return the unresolved ones, the oldest first: two at most."""
    rows = (
        Conversation.objects.of(workspace)
        .filter(customer__in=list(people))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    live = [row for row in rows if row.status != Conversation.Status.RESOLVED and row.folded_into_id is None]
    live = [row for row in live if not row.outside]  # those are cut anew and never folded
    return sorted(live, key=lambda row: (row.opened_at, row.pk))


def _fold(workspace: Workspace, live: Sequence[Conversation], asked: Memory) -> Memory:
    """Let the younger of two conversations count as part of the older; return what undoing must know."""
    if len(live) < 2:
        return asked
    into, folded = live
    before = carried(into)
    take_over(into, folded)
    Conversation.objects.of(workspace).filter(folded_into=folded).update(folded_into=into)
    folded.save(update_fields=["folded_into"])
    into.save()
    return msgspec.structs.replace(asked, folded=folded.pk, into=into.pk, before=before)


def _last_told(workspace: Workspace) -> int:
    """Return history's last number: what comes behind the locks of these people has a higher one."""
    return HistoryEvent.objects.of(workspace).order_by("-pk").values_list("pk", flat=True).first() or 0


def _decide(workspace: Workspace, people: Mapping[UUID, UUID], actor: Actor) -> None:
    """Settle the suggestions between customers who are one now."""
    Suggestion.objects.of(workspace).filter(customer__in=people, other__in=people, state="open").update(
        state="accepted", decided_by=actor.user, decided_at=timezone.now()
    )


def _shown(workspace: Workspace, people: Mapping[UUID, UUID], live: Sequence[Conversation]) -> list[UUID]:
    """Return the conversations that a list may be showing: their person is another now."""
    rows = Conversation.objects.of(workspace).filter(customer__in=people).order_by("-last_message_at", "-pk")
    return list(dict.fromkeys([*(row.pk for row in live), *rows.values_list("pk", flat=True)[:SHOWN]]))


def _told(row: Merge, actor: Actor, at: datetime) -> HistoryEvent:
    name = Customer.objects.filter(workspace=row.workspace_id, pk=row.absorbed_id).values_list("name", flat=True).get()
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=row.survivor_id,
        type="customer.merged",
        occurred_at=at,
        actor_kind=actor.kind,
        actor=actor.user,
        actor_email=actor.user.email if actor.user else "",
        data={
            "merge": str(row.pk),
            "other": str(row.absorbed_id),
            "name": name,
            "reason": row.reason,
            "by": actor.kind,
        },
    )
