"""Who looks at a conversation or writes in it right now: shown to the others, and history of where attention went.

Somebody attends to one conversation at a time: a window that has the focus, moved or typed in within a minute. Beginning is
``focus.gained``, ending ``focus.lost``; a screen that vanished without a word ended when it last gave a sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Attention, Conversation, HistoryEvent
from conversations.wake import Work
from hub.models import Membership, User, Workspace

RENEWED = timedelta(seconds=10)  # how often a screen says that somebody is still there
FORGOTTEN = timedelta(seconds=25)  # who was not heard of for so long is gone


class Attended(msgspec.Struct, frozen=True):
    """What the feed tells of; no changes when only a sign of life was noted."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def here(workspace: Workspace, conversations: Iterable[UUID] | None = None) -> list[Attention]:
    """Return who attends now, to all conversations or to these, since longest first."""
    found = Attention.objects.of(workspace).filter(at__gt=timezone.now() - FORGOTTEN)
    if conversations is not None:
        found = found.filter(conversation__in=list(conversations))
    return list(found.select_related("user").order_by("since", "id"))


def attend(workspace: Workspace, conversation_id: UUID, user: User, doing: str) -> Attended:
    """Note that a member views the conversation or writes in it. Needs a transaction. Raises ``Conversation.DoesNotExist``.

    Whatever else the same member attended to has lost it from now on.
    """
    now = timezone.now()
    fresh = Attention.objects.of(workspace).filter(user=user, conversation=conversation_id, at__gt=now - FORGOTTEN)
    if fresh.filter(doing=doing).update(at=now):
        return Attended()
    talk = Conversation.objects.of(workspace).that_stands(conversation_id)
    # One at a time: two windows of one person would else both begin.
    Membership.objects.of(workspace).select_for_update(no_key=True).filter(user=user).first()
    mine = list(Attention.objects.of(workspace).filter(user=user).select_related("conversation"))
    same = next((row for row in mine if row.conversation_id == talk.pk and row.at > now - FORGOTTEN), None)
    others = [row for row in mine if row is not same]
    events = _ended(others, now)
    if same is not None:
        Attention.objects.filter(pk=same.pk).update(at=now, doing=doing)
    else:
        Attention.objects.create(workspace=workspace, conversation=talk, user=user, doing=doing, since=now, at=now)
        events.append(history.happened(talk, "focus.gained", now, Actor(user=user)))
    history.record(events)
    touched = [talk.pk, *(row.conversation_id for row in others)]
    return Attended(_changes(touched), ("metrics",) if events else ())


def leave(workspace: Workspace, conversation_id: UUID, user: User, idle: timedelta = timedelta()) -> Attended:
    """Note that a member no longer attends, since ``idle`` ago. Needs a transaction; nothing happens when they did not."""
    rows = (
        Attention.objects.of(workspace).filter(user=user, conversation=conversation_id).select_related("conversation")
    )
    return _gone(list(rows.select_for_update(of=("self",))), timezone.now() - idle)


def forget(workspace: Workspace) -> Attended:
    """End what was not renewed: it ended when it was last heard of. Needs a transaction."""
    old = Attention.objects.of(workspace).filter(at__lte=timezone.now() - FORGOTTEN).select_related("conversation")
    return _gone(list(old.select_for_update(of=("self",), skip_locked=True)), timezone.now())


def let_go(workspace: Workspace, conversation_ids: Iterable[UUID]) -> Attended:
    """End the attention these conversations have: nobody can attend to them any more. Needs a transaction."""
    rows = Attention.objects.of(workspace).filter(conversation__in=list(conversation_ids))
    return _gone(list(rows.select_related("conversation").select_for_update(of=("self",))), timezone.now())


def forgotten() -> list[Workspace]:
    """Return the workspaces where somebody was not heard of for too long."""
    stale = Attention.objects.filter(at__lte=timezone.now() - FORGOTTEN)
    return list(Workspace.objects.filter(pk__in=stale.values("workspace")))


def _gone(rows: list[Attention], at: datetime) -> Attended:
    events = _ended(rows, at)
    history.record(events)
    return Attended(_changes(row.conversation_id for row in rows), ("metrics",) if events else ())


def _ended(rows: list[Attention], at: datetime) -> list[HistoryEvent]:
    """Delete these and return that their focus was lost: at ``at``, or at their last sign when that is long ago."""
    Attention.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [
        history.happened(
            row.conversation,
            "focus.lost",
            max(row.since, row.at if row.at <= at - RENEWED - timedelta(seconds=3) else at),
            Actor(user=row.user),
        )
        for row in rows
    ]


def _changes(conversations: Iterable[UUID]) -> tuple[Change, ...]:
    return tuple(Change("attention.updated", one, one) for one in dict.fromkeys(conversations))
