"""Taking joint conversations apart: who comes back, what goes along, and what each carries afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from conversations import bulk, history
from conversations.history import Actor
from conversations.merge.state import advance, carried, ended_before, give_back, read_again
from conversations.models import Conversation, HistoryEvent, Merge, Message, OutboxEntry
from conversations.work import Episode
from hub.models import Workspace

RESOLVED = Conversation.Status.RESOLVED
LIVE = ("status", "snoozed_until", "assignee", "team")  # what no message tells
MOVE = """
UPDATE conversations_message m SET conversation_id = %(to)s, seq = new.seq,
  client_id = CASE WHEN EXISTS (SELECT 1 FROM conversations_message o WHERE o.conversation_id = %(to)s
    AND o.client_id = m.client_id) THEN NULL ELSE m.client_id END
FROM unnest(%(ids)s::uuid[], %(seqs)s::int[]) AS new (id, seq) WHERE m.id = new.id
"""


# The rule by which a message finds its conversation (``thread.place``), asked with episodes, time and window: the episode.
type Place = Callable[[Sequence[Episode], datetime, timedelta, bool], Episode | None]
type Fold = dict[str, Any]  # what the merge remembers of a conversation it folded


class Splitting:
    """The conversations of people who part: by id, by side, and which ones were touched."""

    def __init__(self, workspace: Workspace, sides: Mapping[UUID, UUID], actor: Actor, place: Place) -> None:
        rows = Conversation.objects.of(workspace).filter(customer__in=sides).order_by("pk")
        self.workspace, self.sides, self.actor, self.place = workspace, sides, actor, place
        self.rows = {row.pk: row for row in rows.select_for_update(no_key=True)}
        self.touched: dict[UUID, None] = {}
        self.events: list[HistoryEvent] = []

    def side(self, row: Conversation) -> UUID:
        """Return who stands for the customer of a conversation."""
        return self.sides[row.customer_id]

    def group(self, head: Conversation) -> list[UUID]:
        """Return a conversation and what is folded into it."""
        return [head.pk, *(row.pk for row in self.rows.values() if row.folded_into_id == head.pk)]

    def save(self, row: Conversation) -> None:
        """Write a row and remember it for the feed."""
        row.save()
        self.touched[row.pk] = None


def split(workspace: Workspace, sides: Mapping[UUID, UUID], merge: Merge, actor: Actor, place: Place) -> list[UUID]:
    """Part the conversations of people who are ``sides`` (customer → who stands for them) from now on.

    The customers are locked. Returns the conversations that changed.
    """
    parting = Splitting(workspace, sides, actor, place)
    heads = [row for row in parting.rows.values() if row.folded_into_id is None]
    # What is over first: the unresolved one decides where its side stands in the end.
    for head in sorted(heads, key=lambda row: (row.status != RESOLVED, row.opened_at)):
        back = _come_back(parting, head)
        _part(parting, head, back, merge.evidence.get("conversation"))
    history.record(parting.events)
    return list(parting.touched)


def _come_back(parting: Splitting, head: Conversation) -> Conversation | None:
    """Unfold what does not belong to the head's person any more: the oldest of them takes in the others."""
    leaving = [
        row
        for row in parting.rows.values()
        if row.folded_into_id == head.pk and parting.side(row) != parting.side(head)
    ]
    if not leaving:
        return None
    back, *others = sorted(leaving, key=lambda row: (row.opened_at, row.pk))
    back.folded_into = None
    for row in others:
        row.folded_into = back
        parting.save(row)
    if head.status == RESOLVED:
        _end(parting, back, head)
    parting.save(back)
    return back


def _end(parting: Splitting, row: Conversation, joint: Conversation) -> None:
    """Let a conversation be as resolved as the joint one is; history says so once more, of it."""
    row.status, row.resolved_at = RESOLVED, max(joint.resolved_at or row.opened_at, row.opened_at)
    row.waiting_since = row.snoozed_until = None
    told = HistoryEvent.objects.of(parting.workspace).filter(conversation=joint, type="conversation.resolved")
    end = told.order_by("-pk").first()
    if end is not None:
        parting.events.append(_inherited(end, row))


def _inherited(event: HistoryEvent, row: Conversation) -> HistoryEvent:
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        conversation_id=row.pk,
        type=event.type,
        occurred_at=max(event.occurred_at, row.opened_at),
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_email=event.actor_email,
        data={**event.data, "inherited": True},
    )


def _part(parting: Splitting, head: Conversation, back: Conversation | None, fold: Fold | None) -> None:
    """Give the other side its messages in this conversation, and set both right."""
    group = parting.group(head)
    _forget(parting, head, fold)
    mine = fold if fold and back and str(head.pk) == fold["into"] and str(back.pk) == fold["folded"] else None
    block = _foreign(parting, head, group)
    if not block and back is None:
        return
    unread = _unread(head, {message.pk for message in block}, mine)
    if back is not None and mine and head.status == "snoozed" and mine["after"]["status"] != "snoozed":
        back.status, back.snoozed_until = "snoozed", head.snoozed_until
    target = (back or _target(parting, head, block)) if block else back
    assert target is not None
    target.save()
    again = _move(head, target, group, block) if block else False
    _set_target(target, block, unread[1] if block or mine else None)
    parting.save(target)
    _set_head(parting, head, group, mine, again=again)
    if block or mine:
        head.unread = unread[0] if head.status != RESOLVED else head.unread
    parting.save(head)


def _forget(parting: Splitting, head: Conversation, fold: Fold | None) -> None:
    """Give back what the merge changed of a conversation that is itself folded by now: it must not come back with it."""
    into = parting.rows.get(UUID(fold["into"])) if fold else None
    if fold and into is not None and into.folded_into_id == head.pk and into.pk != head.pk:
        give_back(into, fold["before"], fold["after"])
        parting.save(into)


def _foreign(parting: Splitting, head: Conversation, group: Sequence[UUID]) -> list[Message]:
    """Return the messages of this conversation that belong to the other side, in the order they came."""
    others = [key for key, side in parting.sides.items() if side != parting.side(head)]
    rows = Message.objects.of(parting.workspace).filter(conversation__in=group, customer__in=others)
    return list(rows.order_by("conversation_id", "seq"))


def _unread(head: Conversation, foreign: set[UUID], fold: Fold | None) -> tuple[int, int]:
    """Return how many unread messages stay and how many go."""
    came = Message.objects.filter(
        workspace=head.workspace_id, conversation=head, direction="inbound", imported=False,
        seq__gt=fold["seq"] if fold else 0,
    )  # fmt: skip
    keys = list(came.order_by("seq").values_list("pk", flat=True))
    going = len(foreign.intersection(keys))
    if fold and head.unread == sum(fold["unread"]) + len(keys):  # nobody has looked since
        return fold["unread"][0] + len(keys) - going, fold["unread"][1] + going
    newest = keys[-head.unread :] if head.unread else []
    going = len(foreign.intersection(newest))
    return head.unread - going, going


def _target(parting: Splitting, head: Conversation, block: Sequence[Message]) -> Conversation:
    """Return where messages go that have no conversation to come back to: as thread would have said, or a new one."""
    first = block[0]
    side = parting.sides[first.customer_id]
    own = [
        row
        for row in parting.rows.values()
        if row.folded_into_id is None and parting.side(row) == side and row.opened_at <= first.sent_at
    ]
    episodes = [
        Episode(
            id=row.pk, workspace_id=row.workspace_id, customer_id=row.customer_id, status=row.status,
            opened_at=row.opened_at, resolved_at=row.resolved_at,
        )
        for row in own
    ]  # fmt: skip
    heard = any(message.direction == "inbound" and not message.imported for message in block)
    chosen = parting.place(episodes, first.sent_at, parting.workspace.reopen_window, heard)
    if chosen is None:
        return _new(parting, head, first)
    target = parting.rows[chosen.id]
    if target.status == RESOLVED and heard:
        target.reopened_count += 1
        if head.status == RESOLVED:
            _end(parting, target, head)
        else:
            target.status, target.resolved_at, target.snoozed_until = head.status, None, head.snoozed_until
    return target


def _new(parting: Splitting, head: Conversation, first: Message) -> Conversation:
    """Open a conversation for them that stands as the one they leave."""
    row = Conversation(
        workspace=parting.workspace,
        customer_id=first.customer_id,
        opened_at=first.sent_at,
        status=head.status,
        snoozed_until=head.snoozed_until,
        resolved_at=head.resolved_at,
        assignee_id=head.assignee_id,
        team_id=head.team_id,
        route_reason=head.route_reason,
    )
    parting.rows[row.pk] = row
    opened = HistoryEvent(
        workspace=parting.workspace,
        customer_id=first.customer_id,
        conversation_id=row.pk,
        type="conversation.opened",
        occurred_at=first.sent_at,
        channel_id=first.channel_id,
        actor_kind="customer" if first.direction == "inbound" else first.author_kind,
        data={"inherited": True},
    )
    parting.events.append(opened)
    if head.status == RESOLVED:
        _end(parting, row, head)
    if row.assignee_id or row.team_id:
        assigned = history.assigned(row, first.received_at, parting.actor)
        assigned.data["inherited"] = True
        parting.events.append(assigned)
    return row


def _move(head: Conversation, target: Conversation, group: Sequence[UUID], block: Sequence[Message]) -> bool:
    """Move messages, their events and what of them waits to be sent; whether one of them had reopened the conversation."""
    ids = [message.pk for message in block]
    seqs = range(target.last_seq + 1, target.last_seq + 1 + len(ids))
    with connection.cursor() as cursor:
        cursor.execute(MOVE, {"to": target.pk, "ids": bulk.array(ids), "seqs": bulk.array(seqs)})
    target.last_seq += len(ids)
    workspace = head.workspace_id
    customers = {message.customer_id for message in block}
    events = HistoryEvent.objects.filter(workspace=workspace, conversation__in=group).filter(
        Q(message_id__in=ids) | Q(message_id=None, customer__in=customers)
    )
    again = events.filter(type="conversation.reopened").exists()
    events.update(conversation=target)
    positions: dict[int, list[UUID]] = defaultdict(list)
    for message, seq in zip(block, seqs, strict=True):
        positions[seq - message.seq].append(message.pk)
    for shift, moved in positions.items():
        entries = OutboxEntry.objects.filter(workspace=workspace, message__in=moved)
        entries.filter(position__lt=2**31 - 1).update(position=F("position") + shift)
        entries.update(conversation_id=target.pk)
    return again


def _set_target(target: Conversation, block: Sequence[Message], unread: int | None) -> None:
    advance(target, block)
    if unread is not None and target.status != RESOLVED:
        target.unread = unread


def _set_head(parting: Splitting, head: Conversation, group: Sequence[UUID], fold: Fold | None, *, again: bool) -> None:
    """Give back what the merge changed where nothing changed since, else read it off what is left."""
    if fold and carried(head) == fold["after"] and head.last_seq == fold["seq"]:
        give_back(head, fold["before"], fold["after"])
        return
    if fold and head.status != RESOLVED:
        heard = Message.objects.of(parting.workspace).filter(
            conversation=head, direction="inbound", seq__gt=fold["seq"]
        )
        calm = heard.exists()  # what its own customer said since has woken it anyway
        give_back(head, fold["before"], fold["after"], ("assignee", "team") if calm else LIVE)
    end = ended_before(head) if again and head.status != RESOLVED else None
    if end is not None:
        head.status, head.resolved_at, head.snoozed_until = RESOLVED, end.occurred_at, None
        head.reopened_count = max(head.reopened_count - 1, 0)
    read_again(head, group)
