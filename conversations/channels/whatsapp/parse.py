"""Reads the entries of a WhatsApp webhook: every entry, every change, every item, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from conversations.channels.reading import listed, objects
from conversations.channels.types import AnyItem
from conversations.channels.whatsapp import notices
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.history import history
from conversations.channels.whatsapp.identity import user_id_updates
from conversations.channels.whatsapp.messages import echoed, received
from conversations.channels.whatsapp.statuses import statuses


def read_entries(entries: Sequence[Any]) -> Iterator[AnyItem]:
    """Yield the items of the ``entry`` list of a ``whatsapp_business_account`` body. Never raises because of content."""
    for entry in objects(entries):
        changes = [entry] if "field" in entry and "changes" not in entry else listed(entry.get("changes"))
        for raw in objects(changes):
            change = Change(entry, raw)
            if change.raw is not None:
                yield from reader_of(change)(change)


def reader_of(change: Change) -> Callable[[Change], Iterator[AnyItem]]:
    """Return who reads this field; a change without a name is known by what it holds."""
    if not change.field and {"messages", "statuses"} & change.value.keys():
        return messages
    if change.field in notices.PLAIN:
        return notices.plain
    return FIELDS.get(change.field, notices.unknown)


def messages(change: Change) -> Iterator[AnyItem]:
    """Read the field ``messages``: messages, statuses and errors of the channel may share one value."""
    return chain(received(change), statuses(change), notices.channel_errors(change))


FIELDS: Mapping[str, Callable[[Change], Iterator[AnyItem]]] = {
    "messages": messages,
    "smb_message_echoes": echoed,
    "message_echoes": echoed,
    "history": history,
    "smb_app_state_sync": notices.contacts_synced,
    "user_id_update": user_id_updates,
    "user_preferences": notices.preferences,
    "calls": notices.calls,
    "group_lifecycle_update": notices.groups,
    "group_participants_update": notices.groups,
    "group_settings_update": notices.groups,
    "group_status_update": notices.groups,
}
