"""What happened in conversations, in the order it came: read from messages and history, for telling it once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from conversations.merge.memory import recall
from conversations.models import HistoryEvent, Merge, Message
from hub.models import Workspace

SAID = {"message.received", "message.sent"}
TURNS = {
    "conversation.resolved", "conversation.reopened", "conversation.snoozed", "conversation.unsnoozed",
    "conversation.assigned", "conversation.queued", "conversation.handoff",
}  # fmt: skip
SHARED = {"conversation.resolved", "conversation.snoozed", "conversation.unsnoozed"}  # what happens to everybody in it
LONG = ("text", "payload", "earlier_texts", "referral", "error")  # what of a message no telling needs


class Moment(NamedTuple):
    """One moment of a story: something said, a turn a conversation took, or two people joined."""

    order: int  # history's number; of an inherited event that of the one it repeats
    message: Message | None = None
    event: HistoryEvent | None = None
    merge: Merge | None = None


def story_of(workspace: Workspace, ids: Sequence[UUID], merges: Iterable[Merge] = ()) -> list[Moment]:
    """Return the story of these conversations together, notes left out, with ``merges`` in their places: two queries."""
    told = HistoryEvent.objects.of(workspace).filter(conversation__in=ids, type__in=SAID | TURNS)
    orders: dict[UUID, int] = {}
    moments = []
    for event in told.order_by("pk"):
        if event.type in TURNS:
            moments.append(Moment(order_of(event), event=event))
        elif event.message_id is not None:
            orders.setdefault(event.message_id, event.pk)
    said = Message.objects.of(workspace).filter(conversation__in=ids).exclude(kind="note").defer(*LONG)
    latest: dict[UUID, int] = {}  # what history does not tell of came right after what was said before it
    for message in said.order_by("seq", "pk"):
        order = orders.get(message.pk, latest.get(message.conversation_id, 0))
        latest[message.conversation_id] = order
        moments.append(Moment(order, message=message))
    moments += [Moment(recall(row).order, merge=row) for row in merges]
    # A turn and what was said in the same breath: the reopening is told before the message that made it.
    return sorted(moments, key=lambda moment: (moment.order, moment.merge is not None))


def order_of(event: HistoryEvent) -> int:
    """Return where an event stands in the order things came."""
    return int(event.data.get("of", event.pk))
