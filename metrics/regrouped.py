"""Regrouped: who was one person and what was one conversation as of a mark, for whom that may not be so any more.

People are joined and parted, and what comes late from outside is cut into conversations anew together with what was there: both
leave history as it is and change whose and which conversation's it counts as. So a proof needs more than the history before
its mark: which merges were in force then, and the cut that this history alone gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q

from conversations.merge.memory import Memory, recall
from conversations.models import Conversation, HistoryEvent, Merge
from conversations.outside.cut import LIVE, RANK, Moment, cut
from hub.models import Workspace
from metrics import facts
from metrics.labels import LABELING
from metrics.persons.sessions import Talk
from metrics.records import Happening

MERGES = ("customer.merged", "customer.unmerged")
# Whose person or conversations may be others now: who was joined or parted since, and of whom something was told from outside.
SINCE = """
SELECT customer_id FROM conversations_historyevent WHERE workspace_id = %s AND transaction >= %s AND customer_id IS NOT NULL
AND (type = ANY(%s) OR source <> %s AND type = ANY(%s))
"""
MOMENTS = """
SELECT e.customer_id, e.occurred_at, e.source, coalesce(e.external_id, lpad(e.id::text, 20, '0')), e.type, e.id, e.message_id,
    e.conversation_id
FROM conversations_historyevent e JOIN conversations_conversation c ON c.id = e.conversation_id
WHERE e.workspace_id = %s AND c.customer_id = ANY(%s::uuid[]) AND c.outside AND e.type = ANY(%s) AND e.transaction < %s
"""

type Told = tuple[
    list[tuple[bytes, bytes]], dict[bytes, list[Happening]]
]  # conversations with owners, what happened by them


class Regrouped(NamedTuple):
    """By customer who stood for them as of the mark, of all whose person or conversations may be others now.

    ``heads`` has the conversations that counted as part of another one then, and of which.
    """

    roots: dict[UUID, UUID]
    heads: dict[UUID, UUID]


def regrouped(workspace: Workspace, mark: int) -> Regrouped:
    """Return who may have been somebody else, or have had other conversations, as of the mark."""
    with connection.cursor() as cursor:
        cursor.execute(SINCE, [workspace.pk, mark, list(MERGES), LIVE, list(RANK)])
        concerned = _connected(workspace, {row[0] for row in cursor.fetchall()})
    roots = {one: one for one in concerned}
    heads: dict[UUID, UUID] = {}
    for row, memory in _in_force(workspace, concerned, mark):
        first, second = memory.asked(row)
        stays, goes = roots.get(first), roots.get(second)
        if stays and goes:
            roots = {one: stays if root == goes else root for one, root in roots.items()}
        if memory.folded and memory.into:
            heads = {part: memory.into if head == memory.folded else head for part, head in heads.items()}
            heads[memory.folded] = memory.into
    return Regrouped(roots, heads)


def _connected(workspace: Workspace, some: set[UUID]) -> set[UUID]:
    """Return these customers and everybody whom a merge has ever joined with them."""
    found, fresh = set(some), set(some)
    while fresh:
        rows = Merge.objects.of(workspace).filter(Q(survivor__in=fresh) | Q(absorbed__in=fresh))
        fresh = {one for row in rows for one in (row.survivor_id, row.absorbed_id, *recall(row).asked(row))} - found
        found |= fresh
    return found


def _in_force(workspace: Workspace, people: Iterable[UUID], mark: int) -> list[tuple[Merge, Memory]]:
    """Return the merges of these people that were made, and not undone, before the mark, in their order."""
    told = HistoryEvent.objects.of(workspace).filter(customer__in=people, type__in=MERGES, transaction__lt=mark)
    stood: dict[str, None] = {}
    for kind, data in told.order_by("pk").values_list("type", "data"):
        if kind == MERGES[0]:
            stood[data["merge"]] = None
        else:
            stood.pop(data["merge"], None)
    rows = {str(row.pk): row for row in Merge.objects.of(workspace).filter(pk__in=stood)}
    return [(rows[key], recall(rows[key])) for key in stood if key in rows]


def derived(workspace: Workspace, then: Regrouped, mark: int) -> Iterable[facts.Rows]:
    """Derive the conversations of the regrouped as of the mark."""
    for owners, stories in _told(workspace, then, mark):
        yield facts.told(workspace.pk, owners, stories)


def talks(workspace: Workspace, then: Regrouped, mark: int) -> Iterator[Talk]:
    """Yield the same conversations with what happened in them."""
    for owners, stories in _told(workspace, then, mark):
        for key, root in owners:
            yield key, root, stories.get(key, ())


def _told(workspace: Workspace, then: Regrouped, mark: int) -> Iterator[Told]:
    """Yield first the conversations that were lived through here, then those of outside as they were cut."""
    rows = Conversation.objects.of(workspace).filter(customer__in=then.roots)
    ours: dict[UUID, UUID] = {}
    outside: list[bytes] = []
    for key, customer, is_outside in rows.values_list("pk", "customer", "outside"):
        if is_outside:
            outside.append(key.bytes)
        else:
            ours[key] = then.roots[customer]
    owners = [(key.bytes, root.bytes) for key, root in ours.items() if key not in then.heads]
    heads = {part.bytes: head.bytes for part, head in then.heads.items()}
    yield owners, facts.histories(workspace.pk, facts.Family([key.bytes for key in ours], owners, heads), mark)
    happened = facts.histories(workspace.pk, facts.Family(outside, [], {}), mark)
    yield _cut(workspace, then, mark, happened)


def _cut(workspace: Workspace, then: Regrouped, mark: int, happened: Mapping[bytes, Sequence[Happening]]) -> Told:
    """Return the conversations that history from outside gave as of the mark, with their owners, and what happened in each.

    Cuts leave labels where they were put.
    """
    by_event = {one.id: one for story in happened.values() for one in story}
    moments: dict[UUID, list[Moment]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, [workspace.pk, facts.array(then.roots), list(RANK), mark])
        for customer, at, source, key, kind, event, message, talk in cursor.fetchall():
            moment = Moment(
                at, RANK[kind], source, key, kind, customer, event=event, message=message, conversation=talk
            )
            moments[then.roots[customer]].append(moment)
    owners: list[tuple[bytes, bytes]] = []
    stories: dict[bytes, list[Happening]] = {}
    for root, some in moments.items():
        for episode in cut(some, (), workspace.reopen_window).episodes:
            first = episode.moments[0]
            # The row is another's now where conversations have become one; its id followed from what began it.
            began = f"{first.source}\n{first.key}"
            names = (first.conversation, uuid5(workspace.pk, began), uuid5(workspace.pk, f"{began}\n{root}"))
            key = next(name.bytes for name in names if name is not None and name.bytes not in stories)
            owners.append((key, root.bytes))
            stories[key] = [
                *(by_event[one.event] for one in episode.moments if one.event is not None and one.event in by_event),
                *(one for one in happened.get(key, ()) if one.type in LABELING),
            ]
    return owners, stories
