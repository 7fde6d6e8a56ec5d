"""Taking joint conversations apart: who comes back, what goes along, and what each carries afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from conversations import bulk, history
from conversations.history import Actor
from conversations.merge.state import carried, forget, give_back, say, tell, turn
from conversations.merge.story import Moment, order_of, shared, story_of
from conversations.merge.unread import Fold, unread_of
from conversations.models import Conversation, HistoryEvent, Merge, Message
from conversations.work import Episode
from hub.models import Workspace

RESOLVED = Conversation.Status.RESOLVED
MOVE = """
WITH new AS (SELECT * FROM unnest(%(ids)s::uuid[], %(tos)s::uuid[], %(seqs)s::int[]) AS new (id, target, seq)),
events AS (
  UPDATE conversations_historyevent e SET conversation_id = new.target FROM new
  WHERE e.conversation_id = ANY(%(group)s::uuid[]) AND e.message_id = new.id
), outbox AS (
  UPDATE conversations_outboxentry o SET conversation_id = new.target,
    position = CASE WHEN o.position = 2147483647 THEN o.position ELSE new.seq END
  FROM new WHERE o.message_id = new.id
)
UPDATE conversations_message m SET conversation_id = new.target, seq = new.seq,
  client_id = CASE WHEN EXISTS (SELECT 1 FROM conversations_message o
    WHERE o.conversation_id = new.target AND o.client_id = m.client_id) THEN NULL ELSE m.client_id END
FROM new WHERE m.id = new.id
"""

# The rule by which a message finds its conversation: asked with episodes, time, window and whether it was heard.
type Place = Callable[[Sequence[Episode], datetime, timedelta, bool], Episode | None]


def _folds(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Fold]:
    """Return by folded conversation what was remembered when it was folded the last time."""
    wanted = [str(key) for key in ids]
    rows = Merge.objects.of(workspace).filter(evidence__conversation__folded__in=wanted).order_by("pk")
    return {UUID(row.evidence["conversation"]["folded"]): row.evidence["conversation"] for row in rows}


class Splitting:
    """The conversations of people who part: by id, by side, and what changed."""

    def __init__(self, workspace: Workspace, sides: Mapping[UUID, UUID], actor: Actor, place: Place) -> None:
        rows = Conversation.objects.of(workspace).filter(customer__in=sides).order_by("pk")
        self.workspace, self.sides, self.actor, self.place = workspace, sides, actor, place
        self.rows = {row.pk: row for row in rows.select_for_update(no_key=True)}
        self.folds = _folds(workspace, [row.pk for row in self.rows.values() if row.folded_into_id])
        self.touched: dict[UUID, None] = {}
        self.events: list[HistoryEvent] = []

    def side(self, row: Conversation | Message) -> UUID:
        """Return who stands for the customer of a conversation or message."""
        return self.sides[row.customer_id]

    def group(self, head: Conversation) -> list[UUID]:
        """Return a conversation and what is folded into it."""
        return [head.pk, *(row.pk for row in self.rows.values() if row.folded_into_id == head.pk)]

    def save(self, row: Conversation) -> None:
        """Write a row and remember it for the feed."""
        row.save()
        self.touched[row.pk] = None


def split(workspace: Workspace, sides: Mapping[UUID, UUID], actor: Actor, place: Place) -> list[UUID]:
    """Part the conversations of people who are ``sides`` (customer → who stands for them) from now on.

    The customers are locked, and nothing was merged or undone between them since they were joined. Returns the conversations
    that changed.
    """
    parting = Splitting(workspace, sides, actor, place)
    heads = [row for row in parting.rows.values() if row.folded_into_id is None]
    # What is over first: the unresolved one decides where its side stands in the end.
    for head in sorted(heads, key=lambda row: (row.status != RESOLVED, row.opened_at)):
        _part(parting, head)
    history.record(parting.events)
    return list(parting.touched)


def _part(parting: Splitting, head: Conversation) -> None:
    """Give the other side what is theirs of this conversation, and set both right."""
    together = parting.group(head)
    leaving = [row for row in map(parting.rows.__getitem__, together) if parting.side(row) != parting.side(head)]
    leaving.sort(key=lambda row: (row.opened_at, row.pk))
    staying = [key for key in together if key not in {row.pk for row in leaving}]
    story = story_of(parting.workspace, staying)
    block = [one for one in story if one.message and parting.side(one.message) != parting.side(head)]
    if not block and not leaving:
        return
    back = leaving[0] if leaving else None
    fold = parting.folds.get(back.pk) if back else None
    after = fold["event"] if fold else block[0].order - 1 if block else 0
    unread = unread_of(parting.workspace, head, [parting.rows[key] for key in together], parting.folds)
    spare = max(head.unread - len(unread), 0)  # more than the story tells of: stays
    for row in leaving:
        row.folded_into = None if row is back else back
    if back:
        back.unread = 0  # what nobody has read of it is among the joint ones
    targets = _retell(parting, head, back, [*block, *shared(story, after)])
    for row in targets:
        _give_to_the_same(parting, head, row, story)
    for row in [*leaving[::-1], *targets]:  # who is folded lets go before somebody comes back
        parting.save(row)
    _move(parting, staying, targets, block)
    _set_head(parting, head, staying, fold)
    head.unread = spare
    went = {message.pk: row for row, messages in targets.items() for message in messages}
    gone = {row.pk for row in leaving}
    for message in unread:
        row = went.get(message.pk) or (back if back and message.conversation_id in gone else head)
        row.unread += 1
    for row in {*targets, *([back] if back else []), head}:
        parting.save(row)


def _retell(
    parting: Splitting, head: Conversation, back: Conversation | None, moments: Sequence[Moment]
) -> dict[Conversation, list[Message]]:
    """Tell the other side's part of the story as if they had been alone; return where each of their messages goes.

    What happened to everybody in the joint conversation happened to the one of theirs that was live at that moment.
    """
    targets: dict[Conversation, list[Message]] = {}
    current = back
    for moment in sorted(moments, key=lambda one: one.order):
        if moment.message is not None:
            current = _target(parting, head, back, moment.message)
            targets.setdefault(current, []).append(moment.message)
            unread = current.unread
            say(current, moment.message)
            current.unread = unread  # said by `_part`: some of it was read
        elif current is not None and moment.event is not None and current.status != RESOLVED:
            turn(current, moment.event)
            parting.events.append(_inherited(moment.event, current))
    if current is not None and current not in targets and current is not back:
        targets[current] = []
    return targets


def _target(parting: Splitting, head: Conversation, back: Conversation | None, message: Message) -> Conversation:
    """Return the conversation a message would have come to without the others; a new one where there is none."""
    side = parting.side(message)
    own = [
        row
        for row in parting.rows.values()
        if row.folded_into_id is None
        and parting.side(row) == side
        and (row is back or row.opened_at <= message.sent_at)
    ]
    episodes = [
        Episode(
            id=row.pk, workspace_id=row.workspace_id, customer_id=row.customer_id, status=row.status,
            opened_at=row.opened_at, resolved_at=row.resolved_at,
        )
        for row in own
    ]  # fmt: skip
    heard = message.direction == "inbound" and not message.imported
    chosen = parting.place(episodes, message.sent_at, parting.workspace.reopen_window, heard)
    return parting.rows[chosen.id] if chosen is not None else _new(parting, head, message)


def _new(parting: Splitting, head: Conversation, message: Message) -> Conversation:
    """Open a conversation for them."""
    row = Conversation(
        workspace=parting.workspace,
        customer_id=message.customer_id,
        opened_at=message.sent_at,
        status=RESOLVED if message.imported else "pending",
        resolved_at=message.sent_at if message.imported else None,
        route_reason=head.route_reason,
    )
    parting.rows[row.pk] = row
    parting.events.append(
        HistoryEvent(
            workspace=parting.workspace,
            customer_id=message.customer_id,
            conversation=row,
            type="conversation.opened",
            occurred_at=message.sent_at,
            channel_id=message.channel_id,
            actor_kind=message.author_kind,
            data={"inherited": True},
        )
    )
    return row


def _give_to_the_same(parting: Splitting, head: Conversation, row: Conversation, story: Sequence[Moment]) -> None:
    """Let who has the conversation that messages leave have the new one they come to."""
    if row._state.adding and row.status != RESOLVED and (head.assignee_id or head.team_id):
        row.assignee_id, row.team_id = head.assignee_id, head.team_id
        given = [one.event for one in story if one.event and one.event.type == "conversation.assigned"]
        if given:
            parting.events.append(_inherited(given[-1], row))


def _inherited(event: HistoryEvent, row: Conversation) -> HistoryEvent:
    """Return an event of the joint conversation as told of this one too."""
    return HistoryEvent(
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        conversation=row,
        type=event.type,
        occurred_at=event.occurred_at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_email=event.actor_email,
        data={**event.data, "inherited": True, "of": order_of(event)},
    )


def _move(
    parting: Splitting,
    group: Sequence[UUID],
    targets: dict[Conversation, list[Message]],
    block: Sequence[Moment],
) -> None:
    """Move messages with their events and what of them waits to be sent, and the events their customers alone caused."""
    ids, tos, seqs = [], [], []
    for row, messages in targets.items():
        for message in messages:
            row.last_seq += 1
            ids.append(message.pk)
            tos.append(row.pk)
            seqs.append(row.last_seq)
        parting.save(row)
    if not ids:
        return
    arrays = {"ids": bulk.array(ids), "tos": bulk.array(tos), "seqs": bulk.array(seqs), "group": bulk.array(group)}
    with connection.cursor() as cursor:
        cursor.execute(MOVE, arrays)
    customers = {one.message.customer_id for one in block if one.message}
    caused = HistoryEvent.objects.of(parting.workspace).filter(
        Q(type="conversation.reopened"), conversation__in=group, message_id=None, customer__in=customers
    )
    caused.update(conversation=next(reversed(targets)))


def _set_head(parting: Splitting, head: Conversation, group: Sequence[UUID], fold: Fold | None) -> None:
    """Give back what the merge changed where nothing changed since, else tell the story of what is left."""
    if fold and carried(head) == fold["after"] and head.last_seq == fold["seq"]:
        give_back(head, fold["before"], fold["after"])
        return
    if fold:
        give_back(head, fold["before"], fold["after"], ("assignee", "team"))
    assignee, opened_at = head.assignee_id, head.opened_at
    forget(head)
    tell(head, story_of(parting.workspace, group))
    head.assignee_id, head.opened_at = assignee, opened_at
