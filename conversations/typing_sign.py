"""Tells a customer that somebody types an answer: tried once, kept nowhere, missed by nobody. Never inside a transaction."""

from __future__ import annotations

from uuid import UUID

import structlog

from conversations import channel_log
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Address, Credentials, SendRefused, SendUnknown
from conversations.models import Conversation
from conversations.ways import last_heard, people, ways_of
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)


def show(conversation_id: UUID) -> bool:
    """Show it where the person wrote last; return whether the provider took it. Dials."""
    row = Conversation.objects.select_related("workspace").filter(pk=conversation_id).first()
    if row is None:
        return False
    way = next((way for way in ways_of(row.workspace, row) if way.default and way.open), None)
    heard = last_heard(row.workspace, people(row.workspace, row.customer_id)).get(way.channel.pk) if way else None
    if way is None or way.identity is None or heard is None or not heard.provider_id:
        return False
    channel, to = way.channel, (Address(way.identity.kind, way.identity.value),)
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
        with channel_log.keeping(channel):
            CHANNELS[channel.kind].show_typing(channel.address, to, heard.provider_id, credentials)
    except (SendRefused, SendUnknown, SecretUnreadable) as error:
        log.info("nobody saw that somebody typed", channel=str(channel.pk), error=type(error).__name__)
        return False
    return True
