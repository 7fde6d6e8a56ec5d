"""What happened in conversations, in the order it came: read from messages and history, for telling it once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from conversations.models import HistoryEvent, Message
from hub.models import Workspace

SAID = {"message.received", "message.sent"}
TURNS = {
    "conversation.resolved", "conversation.reopened", "conversation.snoozed", "conversation.unsnoozed",
    "conversation.assigned",
}  # fmt: skip
SHARED = {"conversation.resolved", "conversation.snoozed", "conversation.unsnoozed"}  # what happens to everybody in it


class Moment(NamedTuple):
    """One moment of a story: something said, or a turn the conversation took."""

    order: int  # history's number; of an inherited event that of the one it repeats
    message: Message | None = None
    event: HistoryEvent | None = None


def story_of(workspace: Workspace, ids: Sequence[UUID]) -> list[Moment]:
    """Return the story of these conversations together, notes left out: three queries."""
    told = HistoryEvent.objects.of(workspace).filter(conversation__in=ids, type__in=SAID | TURNS)
    orders: dict[UUID, int] = {}
    moments = []
    for event in told.order_by("pk"):
        if event.type in TURNS:
            moments.append(Moment(order_of(event), event=event))
        elif event.message_id is not None:
            orders.setdefault(event.message_id, event.pk)
    said = Message.objects.of(workspace).filter(conversation__in=ids).exclude(kind="note").order_by("seq", "pk")
    moments += [Moment(orders.get(message.pk, 0), message=message) for message in said]
    # A turn and what was said in the same breath: the reopening is told before the message that made it.
    return sorted(moments, key=lambda moment: moment.order)


def order_of(event: HistoryEvent) -> int:
    """Return where an event stands in the order things came."""
    return int(event.data.get("of", event.pk))


def shared(moments: Iterable[Moment], after: int) -> list[Moment]:
    """Return what came after this number and happened to everybody in the conversation: its ends and snoozes."""
    return [one for one in moments if one.event is not None and one.event.type in SHARED and one.order > after]
