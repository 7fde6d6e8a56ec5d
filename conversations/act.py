"""Doing what a member of the house asked: the room's change, the wake-up and the feed in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from django.db import transaction

from conversations import feed
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Bot
from conversations.wake import Work, wake
from hub.access import Caller


class Done(Protocol):
    """What a room returns: the changes to tell of, and the work they make."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the feed tells."""

    @property
    def work(self) -> tuple[Work, ...]:
        """Who must be woken."""


def act[D: Done](workspace_id: UUID, room: Callable[[], D]) -> D:
    """Let ``room`` change its rows and tell of it; whatever it raises leaves everything as it was.

    The feed is published last: its head stays locked until the commit.
    """
    with transaction.atomic():
        done = room()
        for work in done.work:
            wake(work)
        feed.publish(workspace_id, done.changes)
    return done


def actor_of(caller: Caller) -> Actor:
    """Return the caller as history knows them: the person, the bot whose token it is, or the name of the token."""
    if caller.token and Bot.objects.of(caller.workspace).filter(pk=caller.token.pk).exists():
        return Actor(kind="bot", name=caller.token.name, bot_id=caller.token.pk)
    return Actor(user=caller.user, name=caller.token.name if caller.token else "")
