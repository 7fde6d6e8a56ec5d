"""Reads the entries of an Instagram or Messenger webhook: every entry, every event, every change, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conversations.channels.messaging.changes import read_change
from conversations.channels.messaging.entry import Entry
from conversations.channels.messaging.events import read_event
from conversations.channels.reading import listed, objects, text_of
from conversations.channels.types import AnyItem


def read_entries(entries: Sequence[Any], channel_kind: str, address_kind: str) -> Iterator[AnyItem]:
    """Yield the items of an ``entry`` list; people in it are addresses of ``address_kind``. Never raises because of content."""
    for raw in objects(entries):
        entry = Entry(channel_kind, address_kind, raw)
        for event in listed(raw.get("messaging")):
            yield from read_event(entry, event)
        for event in listed(raw.get("standby")):
            yield from read_event(entry, event, standby=True)
        changes = [raw] if "field" in raw and "changes" not in raw else listed(raw.get("changes"))
        for change in objects(changes):
            if change.get("value") is not None:
                yield from read_change(entry, text_of(change.get("field"))[:100], change["value"])
