"""Reading rows whole for the outside: set-based, by workspace, a fixed number of queries however many rows."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from conversations.api import represent
from conversations.api.represent import Shown
from conversations.models import Channel, Conversation, Customer, Message
from hub.models import Workspace


def channels_touched(workspace: Workspace, rows: Iterable[Conversation]) -> dict[UUID, Channel]:
    """Return the channels these conversations touched, removed ones too: one query."""
    wanted = {key for row in rows for key in row.channel_ids}
    return Channel.objects.of(workspace).in_bulk(wanted) if wanted else {}


def messages(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return messages as the API shows them, by id: three queries."""
    rows = Message.objects.of(workspace).for_reading().filter(pk__in=ids)
    return {row.pk: represent.message(row) for row in rows}


def conversations(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return conversations as the API shows them, by id: two queries."""
    rows = list(Conversation.objects.of(workspace).for_reading().filter(pk__in=ids))
    channels = channels_touched(workspace, rows)
    return {row.pk: represent.conversation(row, channels) for row in rows}


def customers(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return people as the API shows them, by id: two queries."""
    rows = Customer.objects.of(workspace).prefetch_related("identities").filter(pk__in=ids)
    return {row.pk: represent.customer(row) for row in rows}


def channels(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return channels as the API shows them, by id; removed ones are left out: one query."""
    rows = Channel.objects.of(workspace).in_use().for_reading().filter(pk__in=ids)
    return {row.pk: represent.channel(row) for row in rows}
