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
from conversations.models import Channel, Delivery, Message
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
    """How many channels were asked about, and how many messages had been missed."""

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
    adapter, ended = CHANNELS[channel.kind], now - UNDER_WAY
    assert channel.connection is not None
    credentials: Credentials = channel.connection.credentials()
    since, missed, whole = _since(channel, now) - OVERLAP, list[ReceivedLater](), True
    with channel_log.keeping(channel):
        listed = adapter.received(channel.address, since, credentials, channel.settings)
        settled = (one for one in listed if one.at is None or one.at <= ended)
        for some in batched(settled, AT_ONCE, strict=False):
            missed += _unknown(channel, some)
            if late():
                whole = False
                break
        missed.reverse()  # listed newest first, worked oldest first
        bodies = [(one.content_type, one.body()) for one in missed]
    _store(channel, bodies)
    if whole:
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [MARK, ended.isoformat(), channel.pk])
    return len(bodies)


def _unknown(channel: Channel, some: tuple[ReceivedLater, ...]) -> list[ReceivedLater]:
    """Return those that are no message yet."""
    ids = [one.provider_id for one in some]
    messages = Message.objects.of(channel.workspace).filter(channel=channel, provider_id__in=ids)
    known = set(messages.values_list("provider_id", flat=True))
    return [one for one in some if one.provider_id not in known]


def _store(channel: Channel, bodies: list[tuple[str, bytes]]) -> None:
    """Store these (type, body) as deliveries, in their order."""
    if not bodies:
        return
    address = f"{settings.PUBLIC_URL}/webhooks/{channel.connection_id}/{FOUND_BY}"
    with transaction.atomic():
        for content_type, body in bodies:
            Delivery.objects.create(
                workspace=channel.workspace,
                connection=channel.connection,
                url=address,
                content_type=content_type,
                body=body,
            )
        wake("inbound")
    log.info("messages had been missed", channel=str(channel.pk), count=len(bodies))
