"""Asking afterwards what came in while nobody heard: for providers that try a webhook once or twice and then give up.

What is missing is stored as the webhook it should have been, and goes the same way as all others: what came after all is
known by its id and done once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import batched

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from conversations import channel_log
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Credentials, ReceivedLater, SendRefused, SendUnknown
from conversations.models import Channel, Connection, Delivery, Message
from conversations.models.message import STATUS_RANK
from conversations.wake import wake
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

MARK = "heard_until"  # in a channel's settings: what came before was asked for
UNDER_WAY = timedelta(minutes=1)  # what is younger may still be on its way by itself
OVERLAP = timedelta(minutes=5)  # a provider's log may be a little behind
LONGEST = timedelta(days=7)
AT_ONCE = 100  # messages whose ids are looked up together
FOUND_BY = "?found=reconciliation"  # in the address of a delivery that nobody delivered

# The mark alone is changed: an administrator may be changing the other settings.
REMEMBER = (
    "UPDATE conversations_channel SET settings = settings || jsonb_build_object(%s::text, %s::text) WHERE id = %s"
)


class Reconciled(msgspec.Struct, frozen=True):
    """How many channels were asked about, and how many messages and statuses had been missed."""

    channels: int = 0
    found: int = 0


def reconcile(seconds: float, *, at: datetime | None = None) -> Reconciled:
    """Ask about every channel that can be asked about, the one unheard for longest first, until time is up.

    Needs no transaction and holds none while a provider is asked. A channel whose provider refuses is asked again the next time.
    """
    until, now = time.monotonic() + seconds, at or timezone.now()
    kinds = [kind for kind, adapter in CHANNELS.items() if adapter.can_list]
    rows = Channel.objects.filter(kind__in=kinds, deleted_at=None).exclude(connection=None).select_related("connection")
    done = Reconciled()
    for channel in sorted(rows, key=lambda row: _since(row, now)):
        if time.monotonic() >= until:
            break
        try:
            found = _ask(channel, now, lambda: time.monotonic() >= until)
        except (SendRefused, SendUnknown, SecretUnreadable) as refusal:
            log.warning("a channel cannot be asked what came in", channel=str(channel.pk), error=type(refusal).__name__)
            continue
        done = Reconciled(done.channels + 1, done.found + found)
    return done


def _since(channel: Channel, now: datetime) -> datetime:
    """Return since when nobody asked: the mark, else the channel's beginning; a week at most."""
    kept = channel.settings.get(MARK)
    try:
        mark = datetime.fromisoformat(kept) if isinstance(kept, str) else channel.created_at
    except ValueError:
        mark = channel.created_at
    return max(mark, now - LONGEST)


def _ask(channel: Channel, now: datetime, late: Callable[[], bool]) -> int:
    """Store what a channel missed and move its mark; the mark stays where it was when there was no time for everything."""
    ended, found = now - UNDER_WAY, 0
    assert channel.connection is not None
    with channel_log.keeping(channel):
        missed, whole = _missed(channel, channel.connection.credentials(), now, late)
        for some in batched(missed, AT_ONCE):
            found += _store(channel, channel.connection, [(one.content_type, one.body()) for one in some])
            if late():
                break
    if whole and found == len(missed):
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [MARK, ended.isoformat(), channel.pk])
    return found


def _missed(
    channel: Channel, credentials: Credentials, now: datetime, late: Callable[[], bool]
) -> tuple[list[ReceivedLater], bool]:
    """Return what is no message here, oldest first, and whether there was time to look at everything."""
    listed = CHANNELS[channel.kind].received(
        channel.address, _since(channel, now) - OVERLAP, credentials, channel.settings
    )
    settled = (one for one in listed if one.at is None or one.at <= now - UNDER_WAY)
    missed: list[ReceivedLater] = []
    for some in batched(settled, AT_ONCE):
        missed += _unknown(channel, some)
        if late():
            return missed[::-1], False
    return missed[::-1], True


def _unknown(channel: Channel, some: tuple[ReceivedLater, ...]) -> list[ReceivedLater]:
    """Return those that are no message yet, and those of ours that got further than we know."""
    ids = [one.provider_id for one in some]
    messages = Message.objects.of(channel.workspace).filter(channel=channel, provider_id__in=ids)
    known = dict(messages.values_list("provider_id", "status"))

    def is_news(one: ReceivedLater) -> bool:
        if one.status is None:
            return one.provider_id not in known
        return one.provider_id in known and STATUS_RANK[one.status] > STATUS_RANK[known[one.provider_id]]

    return [one for one in some if is_news(one)]


def _store(channel: Channel, source: Connection, bodies: list[tuple[str, bytes]]) -> int:
    """Store these (type, body) as deliveries, in their order, and return how many they are."""
    address = f"{settings.PUBLIC_URL}/webhooks/{source.pk}/{FOUND_BY}"
    with transaction.atomic():
        for content_type, body in bodies:
            Delivery.objects.create(
                workspace_id=channel.workspace_id, connection=source, url=address, content_type=content_type, body=body
            )
        wake("inbound")
    log.info("webhooks had been missed", channel=str(channel.pk), count=len(bodies))
    return len(bodies)
