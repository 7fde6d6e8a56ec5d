"""Who asked to be left alone: kept with the address they asked from, by their own words or by what their provider says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from conversations import bulk
from conversations.channels.types import MessageReceived
from conversations.work import Work

# The newest wish counts, in whichever order the messages came. What a provider refused later than that still stands.
FOLLOW = """
WITH wish AS (
  SELECT DISTINCT ON (m.identity_id) m.identity_id, m.payload->>'consent' AS said, m.sent_at
  FROM conversations_message m
  WHERE m.identity_id = ANY(%s::uuid[]) AND m.direction = 'inbound' AND m.payload->>'consent' IN ('stop', 'start')
  ORDER BY m.identity_id, m.sent_at DESC, m.id DESC
)
UPDATE conversations_identity i SET opted_out_at = CASE
  WHEN wish.said = 'stop' THEN wish.sent_at
  WHEN wish.sent_at >= i.opted_out_at THEN NULL
  ELSE i.opted_out_at END
FROM wish WHERE i.id = wish.identity_id
"""
# A refusal of the provider's: the customer told it, and nobody told us. A wish to be written to that came later stands.
REFUSED = """
UPDATE conversations_identity i SET opted_out_at = new.at
FROM unnest(%s::uuid[], %s::timestamptz[]) AS new (message_id, at)
JOIN conversations_message m ON m.id = new.message_id
WHERE i.id = m.identity_id AND i.opted_out_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM conversations_message s WHERE s.identity_id = i.id AND s.direction = 'inbound'
    AND s.payload->>'consent' = 'start' AND s.sent_at > new.at)
"""


def follow(works: Sequence[Work]) -> None:
    """Do what these messages ask for, once they are written. Needs their transaction."""
    asking = {
        work.identity_id
        for work in works
        if isinstance(work.item, MessageReceived) and work.item.consent and work.identity_id
    }
    if asking:
        with connection.cursor() as cursor:
            cursor.execute(FOLLOW, [bulk.array(sorted(asking))])


def refused(messages: Iterable[tuple[UUID, datetime]]) -> None:
    """Keep that a provider would not send these messages because their recipients asked it to stop: (message, when)."""
    known = dict(messages)
    if known:
        with connection.cursor() as cursor:
            cursor.execute(REFUSED, [list(known), list(known.values())])
