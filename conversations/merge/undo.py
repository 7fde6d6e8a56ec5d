"""Undoing a merge: the pointers taken back, and what happened between set right by ``split``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.merge.memory import recall
from conversations.merge.split import split
from conversations.merge.telling import Place
from conversations.models import Customer, HistoryEvent, Merge, Suggestion
from conversations.outside.write import cut_again
from conversations.refusal import TooLate
from conversations.wake import Work
from hub.models import Workspace


class Undone(msgspec.Struct, frozen=True):
    """The merge as undone, and what the feed tells of it."""

    merge: Merge
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def undo(workspace: Workspace, merge_id: UUID, actor: Actor, place: Place) -> Undone:
    """Let the two people of a merge be two again, whatever was merged or undone since. Needs a transaction.

    ``place`` is the rule by which a message finds its conversation. Everybody has afterwards what the merges that stay in
    force would have given them. Raises ``Merge.DoesNotExist`` and, when it was undone already, ``TooLate``.
    """
    rows = Merge.objects.of(workspace)
    asked = rows.whose_people_are_there().get(pk=merge_id)
    both = recall(asked).asked(asked)
    people = Customer.objects.of(workspace).locked_people(both)
    if not {*both} <= people.keys():
        raise Merge.DoesNotExist  # somebody was erased while their locks were waited for
    row = rows.select_for_update(no_key=True).get(pk=merge_id)
    if row.undone_at is not None:
        raise TooLate(_("This was undone already."))
    now = timezone.now()
    row.undone_at, row.undone_by = now, actor.user
    row.save(update_fields=["undone_at", "undone_by"])
    # What was told from outside lies with its own customer while the rest is parted, and is cut by person again at the end.
    cut = cut_again(workspace, {key: key for key in people}, now)
    parted = split(workspace, people, row, place)
    _point(workspace, people, parted.people)
    cut += cut_again(workspace, parted.people, now)
    here = {key for key, root in parted.people.items() if root == parted.people[row.absorbed_id]}
    _disagree(workspace, people, here, actor, now)
    history.record([_told(row, actor, now, one, other) for one, other in _both(row)])
    changes = [Change("customer.updated", root) for root in sorted({*parted.people.values(), row.survivor_id})]
    changes += [*cut, *(Change("conversation.updated", key, key) for key in parted.touched)]
    return Undone(row, tuple(changes), ("metrics", "route"))


def _point(workspace: Workspace, people: Mapping[UUID, UUID], sides: Mapping[UUID, UUID]) -> None:
    """Set the pointers that change."""
    for key, root in sides.items():
        if people[key] != root:
            Customer.objects.of(workspace).filter(pk=key).update(merged_into=None if root == key else root)


def _both(row: Merge) -> Iterable[tuple[UUID, UUID]]:
    return (row.survivor_id, row.absorbed_id), (row.absorbed_id, row.survivor_id)


def _disagree(workspace: Workspace, people: Mapping[UUID, UUID], here: set[UUID], actor: Actor, now: datetime) -> None:
    """Take the suggestions between the two sides for answered: they are not one."""
    there = people.keys() - here
    between = Q(customer__in=here, other__in=there) | Q(customer__in=there, other__in=here)
    Suggestion.objects.of(workspace).filter(between).update(state="dismissed", decided_by=actor.user, decided_at=now)


def _told(row: Merge, actor: Actor, at: datetime, customer_id: UUID, other: UUID) -> HistoryEvent:
    name = Customer.objects.filter(workspace=row.workspace_id, pk=other).values_list("name", flat=True).get()
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=customer_id,
        type="customer.unmerged",
        occurred_at=at,
        actor_kind=actor.kind,
        actor=actor.user,
        actor_email=actor.user.email if actor.user else "",
        data={"merge": str(row.pk), "other": str(other), "name": name, "reason": row.reason, "by": actor.kind},
    )
