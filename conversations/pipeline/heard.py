"""How channels fare: when customers last wrote on them."""

from __future__ import annotations

from collections.abc import Sequence

from conversations import bulk, prepared
from conversations.channels.types import MessageReceived
from conversations.work import Work

# How a channel fares is told to a quarter of a minute: workers must not wait for each other at its row.
HEARD = """
UPDATE conversations_channel c SET last_inbound_at = clock_timestamp() WHERE c.id IN (
  SELECT id FROM conversations_channel WHERE id = ANY(%s::uuid[])
    AND (last_inbound_at IS NULL OR last_inbound_at < clock_timestamp() - interval '15 seconds')
  FOR NO KEY UPDATE SKIP LOCKED)
"""


def hear(works: Sequence[Work]) -> None:
    """Note on which channels customers have written just now."""
    channels = {work.channel.id for work in works if isinstance(work.item, MessageReceived)}
    if channels:
        with prepared.cursor() as cursor:
            cursor.execute(HEARD, [bulk.array(channels)])
