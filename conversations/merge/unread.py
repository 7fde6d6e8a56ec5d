"""Which messages of a joint conversation nobody has read: found by telling its story, as counts alone do not say whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from conversations.merge.memory import Memory
from conversations.merge.state import PEOPLE
from conversations.merge.story import story_of
from conversations.models import Conversation, Message
from hub.models import Workspace


def unread_of(
    workspace: Workspace, row: Conversation, group: Sequence[Conversation], folds: Mapping[UUID, Memory]
) -> list[Message]:
    """Return the unread messages of a conversation, those of what was folded into it too, oldest first.

    ``folds`` is by folded conversation what its merge remembers. An answer makes everything read that was there; where
    somebody has looked without answering, the newest are left.
    """
    parts = [one for one in group if one.pk in folds and folds[one.pk].into == row.pk]
    came: list[tuple[int, list[Message]]] = [
        (folds[one.pk].order, unread_of(workspace, one, group, folds)) for one in parts
    ]
    waiting: list[Message] = []
    for moment in story_of(workspace, [row.pk]):
        message = moment.message
        if message is None or message.imported:
            continue
        for part in [one for one in came if one[0] < moment.order]:
            waiting += part[1]
            came.remove(part)
        if message.direction == "inbound":
            waiting.append(message)
        elif message.author_kind in PEOPLE and message.status != "failed":
            waiting = []
    for _, messages in came:
        waiting += messages
    return waiting[-row.unread :] if row.unread else []
