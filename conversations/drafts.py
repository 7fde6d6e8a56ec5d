"""What members have begun to write: kept on the server, private to each, a newer one never overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from conversations.feed import Change
from conversations.models import Conversation, Draft
from conversations.wake import Work
from hub.models import User, Workspace


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An answer or a note as a screen holds it; ``version`` is the one it goes on from, 0 when it knows of none."""

    text: str
    private: bool = False
    reply_to: UUID | None = None
    version: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing worth keeping."""
        return not self.text.strip() and self.reply_to is None


class Kept(msgspec.Struct, frozen=True):
    """The draft as it is kept now, None when there is none any more, and what the feed tells of it."""

    draft: Draft | None
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Newer(Exception):
    """Another screen of the same person has written on: nothing was overwritten. ``draft`` is what it wrote."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("A newer draft is kept.")
        self.draft = draft


def of(workspace: Workspace, user: User, conversations: Iterable[UUID] | None = None) -> list[Draft]:
    """Return the drafts of a member, of all conversations or of these, the newest first."""
    found = Draft.objects.of(workspace).filter(user=user)
    if conversations is not None:
        found = found.filter(conversation__in=list(conversations))
    return list(found.order_by("-updated_at", "private"))


def save(workspace: Workspace, conversation_id: UUID, user: User, begun: Begun) -> Kept:
    """Keep what a member has begun; an empty one is forgotten. Needs a transaction.

    Raises ``Newer`` when another screen wrote on meanwhile, ``Conversation.DoesNotExist``.
    """
    talk = Conversation.objects.of(workspace).that_stands(conversation_id)
    row = _locked(workspace, talk.pk, user, private=begun.private)
    if row is None:
        return _first(workspace, talk, user, begun)
    if row.version != begun.version:
        if (row.text, row.reply_to) == (begun.text, begun.reply_to):
            return Kept(row)
        raise Newer(row)
    if begun.empty:
        row.delete()
        return Kept(None, _told(talk.pk, user))
    if (row.text, row.reply_to) == (begun.text, begun.reply_to):
        return Kept(row)
    row.text, row.reply_to, row.version = begun.text, begun.reply_to, row.version + 1
    row.save(update_fields=["text", "reply_to", "version", "updated_at"])
    return Kept(row, _told(talk.pk, user))


def sent(workspace: Workspace, conversation_id: UUID, user: User, text: str, *, private: bool) -> Kept:
    """Forget the draft that has just become a message; one that says something else stays. Needs a transaction."""
    row = _locked(workspace, conversation_id, user, private=private)
    if row is None or row.text.strip() != text.strip():
        return Kept(row)
    row.delete()
    return Kept(None, _told(conversation_id, user))


def _locked(workspace: Workspace, conversation_id: UUID, user: User, *, private: bool) -> Draft | None:
    rows = Draft.objects.of(workspace).filter(conversation=conversation_id, user=user, private=private)
    return rows.select_for_update().first()


def _first(workspace: Workspace, talk: Conversation, user: User, begun: Begun) -> Kept:
    """Begin a draft; its versions go on from what the screen knew, so that a screen left behind is noticed."""
    if begun.empty:
        return Kept(None)
    row = Draft(
        workspace=workspace,
        conversation=talk,
        user=user,
        private=begun.private,
        text=begun.text,
        reply_to=begun.reply_to,
        version=begun.version + 1,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # two screens began at once
        rows = Draft.objects.of(workspace).filter(conversation=talk, user=user, private=begun.private)
        raise Newer(rows.get()) from None
    return Kept(row, _told(talk.pk, user))


def _told(conversation_id: UUID, user: User) -> tuple[Change, ...]:
    """Tell of it under the member's own id: the feed hands it to nobody else."""
    return (Change("draft.updated", user.pk, conversation_id),)
