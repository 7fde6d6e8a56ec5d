"""Asking the providers of stopped channels whether they work again, each more and more seldom."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import transaction

from conversations import channel_log, deliver, feed, stopping
from conversations.channels.registry import adapter_of
from conversations.channels.types import Checked, Credentials, SendRefused, SendUnknown
from conversations.models import Channel
from conversations.wake import wake

log = structlog.get_logger(__name__)


def probe_stopped() -> int:
    """Ask for every stopped channel whose turn it is; let those go on that work again and return how many.

    A kind that cannot be asked is let go to try the first message that waits: should it be refused again, all stay queued.
    """
    resumed = 0
    opened: dict[UUID, Credentials | None] = {}
    for channel in stopping.to_ask():
        credentials = deliver.credentials_of(channel, opened)
        if credentials is None or not _works(channel, credentials):
            continue
        with transaction.atomic():
            changes = stopping.resume(channel.workspace, [channel.pk], mended=False)
            if changes:
                wake("outbound")
            feed.publish(channel.workspace_id, changes)
        resumed += bool(changes)
    return resumed


def _works(channel: Channel, credentials: Credentials) -> bool:
    with channel_log.keeping(channel):
        try:
            found: Checked | None = adapter_of(channel.kind).check(channel.address, credentials, channel.settings)
        except (SendRefused, SendUnknown):
            found = None
        except Exception as error:
            log.error("a stopped channel could not be asked", channel=str(channel.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
            found = None
    return found is not None
