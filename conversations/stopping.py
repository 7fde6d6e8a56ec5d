"""Channels whose provider refuses the channel itself: stopped so that no message is burnt, asked now and then, let go again.

What waits stays queued. A stop and its end are history, and every screen hears of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from conversations import budget
from conversations.channels.types import Error
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Channel, HistoryEvent
from conversations.wake import Work
from hub.models import Workspace

FIRST_PROBE_SECONDS = 60.0
LONGEST_PROBE_SECONDS = 3600.0
BY_HAND = "by_hand"  # the code of a stop that only a person ends
STOPPED = gettext_noop("An administrator has stopped this channel.")
# Taking the turn to ask is one statement, so that of several workers one asks. ``tokens`` counts the turns.
TAKE_TURNS = f"""
INSERT INTO conversations_budget AS b (key, workspace_id, tokens, refilled_at)
SELECT c.id || ':probe', c.workspace_id, 1, clock_timestamp() + make_interval(secs => %s)
FROM conversations_channel c
WHERE c.stopped_at IS NOT NULL AND c.deleted_at IS NULL AND c.stop_reason ->> 'code' IS DISTINCT FROM '{BY_HAND}'
ORDER BY c.id
ON CONFLICT (key) DO UPDATE SET tokens = b.tokens + 1,
  refilled_at = clock_timestamp() + make_interval(secs => least(%s * 2 ^ b.tokens, %s))
WHERE b.refilled_at <= clock_timestamp()
RETURNING split_part(b.key, ':', 1)::uuid
"""  # noqa: S608  constants of this module


HOUSE = Actor(kind="system")


class Stopped(msgspec.Struct, frozen=True):
    """What the feed tells of a stop or its end, and whom it wakes."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def stop(channel: Channel, error: Error, actor: Actor = HOUSE) -> tuple[Change, ...]:
    """Stop a channel because its provider said ``error`` of it. Needs a transaction; of a stopped one nothing changes."""
    now = timezone.now()
    reason = {"code": error.code, "title": error.title}
    running = Channel.objects.filter(pk=channel.pk, stopped_at=None, deleted_at=None)
    if not running.update(stopped_at=now, stop_reason=reason):
        return ()
    if error.code != BY_HAND:
        Channel.objects.filter(pk=channel.pk).update(last_error=reason, last_error_at=now)
    _record([channel], "channel.stopped", actor, {"code": error.code})
    return (Change("channel.updated", channel.pk),)


def stop_by_hand(workspace: Workspace, channel_id: UUID, actor: Actor) -> Stopped:
    """Stop a channel until somebody lets it go on. Needs a transaction. Raises ``Channel.DoesNotExist``."""
    channel = Channel.objects.of(workspace).get(pk=channel_id, deleted_at=None)
    return Stopped(stop(channel, Error(code=BY_HAND, title=STOPPED), actor))


def resume_by_hand(workspace: Workspace, channel_id: UUID, actor: Actor) -> Stopped:
    """Let a stopped channel go on, whatever stopped it. Needs a transaction. Raises ``Channel.DoesNotExist``."""
    channel = Channel.objects.of(workspace).get(pk=channel_id, deleted_at=None)
    changes = resume(workspace, [channel.pk], actor, by_hand=True)
    return Stopped(changes, ("outbound",) if changes else ())


def resume(
    workspace: Workspace, channels: Iterable[UUID], actor: Actor = HOUSE, *, mended: bool = True, by_hand: bool = False
) -> tuple[Change, ...]:
    """Let those of these channels that are stopped go on; what waited leaves in order once the workers were woken.

    ``mended`` means that somebody did something about it; else it is only tried, and asked ever more seldom should it
    stop again. What was stopped by hand goes on only so. Needs a transaction.
    """
    stopped = Channel.objects.of(workspace).filter(pk__in=list(channels)).exclude(stopped_at=None)
    if not by_hand:
        stopped = stopped.exclude(stop_reason__code=BY_HAND)
    rows = list(stopped.order_by("pk").select_for_update(no_key=True))
    Channel.objects.filter(pk__in=[row.pk for row in rows]).update(stopped_at=None, stop_reason=None)
    _record(rows, "channel.resumed", actor, {})
    for row in rows if mended else ():
        budget.release(f"{row.pk}:probe")
    return tuple(Change("channel.updated", row.pk) for row in rows)


def to_ask() -> list[Channel]:
    """Return the stopped channels whose provider may be asked again now, each to one asker; with their connections."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, [FIRST_PROBE_SECONDS, FIRST_PROBE_SECONDS, LONGEST_PROBE_SECONDS])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Channel.objects.filter(pk__in=ids, deleted_at=None).select_related("connection", "workspace"))


def _record(channels: Iterable[Channel], event: str, actor: Actor, data: dict[str, str]) -> None:
    now = timezone.now()
    HistoryEvent.objects.bulk_create(
        HistoryEvent(
            workspace_id=channel.workspace_id,
            type=event,
            occurred_at=now,
            channel_id=channel.pk,
            channel_kind=channel.kind,
            actor_kind=actor.kind,
            actor_id=actor.user.pk if actor.user else None,
            actor_email=actor.user.email if actor.user else "",
            data={**data, "by": actor.kind},
        )
        for channel in channels
    )
