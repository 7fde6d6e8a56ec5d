"""Writing what was told again: joint conversations are cut once, by who is one person with whom in the end."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk, history
from conversations.merge.memory import Memory, recall
from conversations.merge.story import story_of
from conversations.merge.telling import Place, Telling, inherited
from conversations.merge.unread import unread_of
from conversations.models import Conversation, HistoryEvent, Merge, Message
from hub.models import Workspace

Status = Conversation.Status
# What telling a conversation again may change of it; who has it, its places and what is unread are settled here.
TOLD = (
    "status", "resolved_at", "snoozed_until", "reopened_count", "waiting_since", "first_response_at", "last_inbound_at",
    "last_message_at", "last_message_id", "last_channel_id", "channel_ids", "folded_into_id", "unread",
)  # fmt: skip
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


class Parted(msgspec.Struct, frozen=True):
    """Who stands for each customer from now on, and the conversations that changed."""

    people: dict[UUID, UUID]
    touched: list[UUID]


def split(workspace: Workspace, people: Mapping[UUID, UUID], undone: Merge, place: Place) -> Parted:
    """Let ``people``, whom ``undone`` and the merges in force have joined, be who they are without it. They are locked."""
    rows = Conversation.objects.of(workspace).filter(customer__in=people).order_by("pk")
    stored = {row.pk: row for row in rows.select_for_update(no_key=True)}
    merges = Merge.objects.of(workspace).in_force().filter(absorbed__in=people).order_by("pk")
    merges_then = sorted([*merges.select_for_update(no_key=True), undone], key=lambda row: row.pk)
    telling = Telling(workspace, people, stored, undone, place)
    folds = {memory.folded: memory for memory in map(recall, merges_then) if memory.folded}
    ours = [key for key, row in stored.items() if not row.outside]
    for moment in story_of(workspace, ours, merges_then):
        telling.tell(moment)
    telling.settle()
    unread, spare = _unread(telling, folds)
    rows_now = _rows(telling)
    for row in rows_now.values():
        if row.folded_into_id is None:
            row.unread = spare.get(row.pk, 0)
    for message in unread:
        talk = telling.talks[telling.moved.get(message.pk, message.conversation_id)]
        rows_now[talk.folded_into_id or talk.pk].unread += 1
    _write(telling, rows_now)
    return Parted(telling.person.root, list(rows_now))


def _unread(telling: Telling, folds: Mapping[UUID, Memory]) -> tuple[list[Message], dict[UUID, int]]:
    """Return the unread messages of the conversations that change, and by conversation how many more it has: those stay."""
    changing = [row for row in telling.stored.values() if row.pk in telling.others]
    heads = {row.folded_into_id or row.pk for row in changing}
    messages: list[Message] = []
    spare: dict[UUID, int] = {}
    for head in heads:
        group = [row for row in telling.stored.values() if head in {row.pk, row.folded_into_id}]
        found = unread_of(telling.workspace, telling.stored[head], group, folds)
        messages += found
        spare[head] = max(telling.stored[head].unread - len(found), 0)  # more than the story tells of
    return messages, spare


def _rows(telling: Telling) -> dict[UUID, Conversation]:
    """Return the rows to be written, in memory: what changes, and what it counted as part of."""
    keys = telling.others | {
        telling.stored[key].folded_into_id or key for key in telling.others & telling.stored.keys()
    }
    rows = {}
    for key in sorted(keys):
        talk = telling.talks[key]
        row = rows[key] = telling.stored.get(key, talk)
        held = row is talk or (row.folded_into_id is None and key not in telling.holding)
        for name in TOLD:
            setattr(row, name, getattr(talk, name))
        if not held:
            row.assignee_id, row.team_id = talk.assignee_id, talk.team_id
    for key, origin in telling.fresh.items():
        _give_to_the_same(telling, rows[key], telling.stored[origin])
    _show_notes(telling, rows)
    for row in rows.values():
        if row.status == Status.RESOLVED or row.assignee_id:
            row.queued_at = None
        elif row.status == Status.WAITING:
            row.queued_at = row.queued_at or row.waiting_since
    return rows


def _show_notes(telling: Telling, rows: Mapping[UUID, Conversation]) -> None:
    """Let a note be the last that was written where nothing came after it: notes are no part of a story and stay."""
    heads = ((key, talk.folded_into_id or key) for key, talk in telling.talks.items())
    parts = {key: head for key, head in heads if head in rows}
    notes = Message.objects.of(telling.workspace).filter(kind="note", conversation__in=parts)
    for key, talk, at in notes.order_by("shown_at", "seq").values_list("pk", "conversation_id", "shown_at"):
        for row in {rows[parts[talk]], rows.get(talk, rows[parts[talk]])}:
            if row.last_message_at is None or at >= row.last_message_at:
                row.last_message_at, row.last_message_id = at, key


def _give_to_the_same(telling: Telling, row: Conversation, origin: Conversation) -> None:
    """Let who has the conversation that messages leave have the new one they come to."""
    if row.status == Status.RESOLVED or not (origin.assignee_id or origin.team_id):
        return
    row.assignee_id, row.team_id = origin.assignee_id, origin.team_id
    told = HistoryEvent.objects.of(telling.workspace).filter(conversation=origin, type="conversation.assigned")
    if (given := told.order_by("pk").last()) is not None:
        telling.events.append(inherited(given, row))


def _write(telling: Telling, rows: Mapping[UUID, Conversation]) -> None:
    """Write rows, what moves between them, what history has to tell in addition, and what later merges remember now."""
    for key in telling.fresh:  # there, but in nobody's way yet
        row = rows[key]
        Conversation(
            pk=key, workspace=row.workspace, customer_id=row.customer_id, opened_at=row.opened_at,
            status=Status.RESOLVED, resolved_at=row.opened_at,
        ).save(force_insert=True)  # fmt: skip
        row._state.adding = False
    _move(telling, rows)
    # Who ends or is folded lets go before somebody comes back.
    for row in sorted(rows.values(), key=lambda row: row.status != Status.RESOLVED and row.folded_into_id is None):
        row.save()
    for event, talk in telling.turned.items():
        HistoryEvent.objects.of(telling.workspace).filter(pk=event).update(conversation=talk)
    history.record(telling.events)
    _remember(telling)


def _move(telling: Telling, rows: Mapping[UUID, Conversation]) -> None:
    """Move messages, with their events and what of them waits to be sent, behind what is there."""
    if not telling.moved:
        return
    seqs = []
    for target in telling.moved.values():
        rows[target].last_seq += 1
        seqs.append(rows[target].last_seq)
    arrays = {
        "ids": bulk.array(telling.moved),
        "tos": bulk.array(telling.moved.values()),
        "seqs": bulk.array(seqs),
        "group": bulk.array(telling.stored),
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, arrays)


def _remember(telling: Telling) -> None:
    """Let later merges be of whom they join now: each lets go first, as a customer is absorbed by one other."""
    merges = Merge.objects.of(telling.workspace)
    merges.filter(pk__in=[row.pk for row in telling.merges]).update(undone_at=telling.undone.undone_at)
    for row in telling.merges:
        row.save(update_fields=["survivor", "absorbed", "evidence", "undone_at"])
