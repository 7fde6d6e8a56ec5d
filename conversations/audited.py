"""Doing what a member asked and noting it in the audit log, in one transaction: for what changes the house's channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from conversations.act import Done, act
from conversations.models import Channel
from hub import audit
from hub.access import Caller


def on_channel[D: Done](
    caller: Caller,
    action: str,
    room: Callable[[], D],
    channel_id: UUID | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> D:
    """Let ``room`` change a channel and note it as ``channel.<action>``; without ``channel_id`` the channel is what it opened."""

    def noted() -> D:
        done = room()
        key = channel_id or getattr(done, "channel").pk  # noqa: B009  what opens a channel returns it
        audit.note(caller, f"channel.{action}", _subject(caller, key), changes)
        return done

    return act(caller.workspace.pk, noted)


def _subject(caller: Caller, channel_id: UUID) -> audit.Subject:
    name = Channel.objects.of(caller.workspace).filter(pk=channel_id).values_list("name", flat=True).first()
    return audit.Subject("channel", str(channel_id), name or "")
