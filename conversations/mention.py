"""Members named in a note: who they are, that they were, and that they have seen it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.feed import Change
from conversations.models import Conversation, Mention, Message
from conversations.refusal import Refused
from conversations.wake import Work
from hub.models import User, Workspace

MOST = 20


class Noticed(msgspec.Struct, frozen=True):
    """How many mentions were seen, and what the feed tells of it."""

    count: int = 0
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def named(workspace: Workspace, ids: Sequence[UUID]) -> list[User]:
    """Return the members with these ids, in their order. Raises ``Refused`` for somebody who is not here, or too many."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise Refused("mentions", _("A note names at most %(limit)d people.") % {"limit": MOST})
    found = User.objects.filter(memberships__workspace=workspace, is_active=True).in_bulk(wanted)
    if len(found) < len(wanted):
        raise Refused("mentions", _("There is no such member here."))
    return [found[one] for one in wanted]


def payload(people: Sequence[User]) -> dict[str, Any]:
    """Return what a note keeps of whom it names: id and name as it was then; nothing for nobody."""
    if not people:
        return {}
    return {"mentions": [{"id": str(user.pk), "name": user.name or user.email} for user in people]}


def keep(message: Message, people: Sequence[User]) -> None:
    """Store that the note names these people; who wrote it has seen it."""
    now = timezone.now()
    Mention.objects.bulk_create(
        Mention(
            workspace_id=message.workspace_id,
            conversation_id=message.conversation_id,
            message=message,
            user=user,
            seen_at=now if user.pk == message.author_id else None,
        )
        for user in people
    )


def unseen(workspace: Workspace, conversation_id: UUID, user: User) -> bool:
    """Whether a note of the conversation names the member who has not opened it since."""
    group = Conversation.objects.of(workspace).group(conversation_id)
    return Mention.objects.of(workspace).filter(conversation__in=group, user=user, seen_at=None).exists()


def seen(workspace: Workspace, conversation_id: UUID, user: User) -> Noticed:
    """Note that the member has opened the conversation: every mention in it is seen. Needs a transaction."""
    talk = Conversation.objects.of(workspace).that_stands(conversation_id)
    group = Conversation.objects.of(workspace).group(talk.pk)
    count = (
        Mention.objects.of(workspace)
        .filter(conversation__in=group, user=user, seen_at=None)
        .update(seen_at=timezone.now())
    )
    return Noticed(count, (Change("conversation.updated", talk.pk, talk.pk),) if count else ())
