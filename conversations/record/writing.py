"""Writing a batch: everything the ledger holds, one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk, prepared
from conversations.channels.types import AnyItem
from conversations.models import Attachment, HistoryEvent, Message, MessageStatus, ParkedItem, Reaction
from conversations.prepared import Answer
from conversations.record.ledger import Ledger, Target
from conversations.wake import wake

ITEM = msgspec.json.Decoder(AnyItem)  # made once: making one costs more than reading an item
MESSAGE_COLUMNS = (
    "id", "workspace", "conversation", "customer", "channel", "identity", "direction", "author_kind", "author_name", "kind",
    "text", "payload", "provider_id", "reply_to_provider_id", "reply_to", "referral", "sent_at", "received_at", "seq",
    "status", "earlier_texts", "imported",
)  # fmt: skip
EVENT_COLUMNS = (
    "workspace", "customer", "conversation", "message_id", "type", "occurred_at", "received_at", "source", "channel_kind",
    "channel_id", "actor_kind", "actor_email", "skewed", "data",
)  # fmt: skip
ATTACHMENT_COLUMNS = (
    "id", "workspace", "message", "kind", "provider_ref", "source_url", "mime_type", "filename", "size", "sha256", "voice",
    "state", "reason", "stored_as", "thumbnail", "width", "height",
)  # fmt: skip
PARKED = """
SELECT p.id, p.channel_id, p.body::text, p.parked_at, p.target FROM conversations_parkeditem p
JOIN unnest(%s::uuid[], %s::text[]) AS new (channel_id, target) ON p.channel_id = new.channel_id AND p.target = new.target
ORDER BY p.id FOR UPDATE OF p
"""


def ask_parked(pairs: Iterable[tuple[UUID, str]]) -> Answer[list[tuple[Any, ...]]]:
    """Ask what waits for messages by (channel, provider id); what it returns waits for the rows that ``take_parked`` takes."""
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return list
    return prepared.send(
        PARKED, [bulk.array(channel for channel, _ in wanted), bulk.words(provider_id for _, provider_id in wanted)]
    )


def take_parked(rows: Sequence[tuple[Any, ...]], ledger: Ledger) -> list[tuple[UUID, AnyItem, datetime]]:
    """Take what waits for the messages of the ledger: (channel, item, when it was parked), oldest first."""
    meant = [row for row in rows if (row[1], row[4]) in ledger.by_provider_id]
    ledger.applied = [row[0] for row in meant]
    return [(row[1], ITEM.decode(row[2]), row[3]) for row in meant]


def write(ledger: Ledger, targets: Iterable[Target]) -> None:
    """Write everything the batch accumulated. The episodes of the messages must be stored already."""
    bulk.insert(Message, MESSAGE_COLUMNS, ledger.messages)
    bulk.insert(Attachment, ATTACHMENT_COLUMNS, ledger.attachments)
    if ledger.attachments:
        wake("media")
    bulk.update(
        Message,
        ("id", "provider_id", "status", "error", "kind", "text", "payload", "edited_at", "deleted_at", "earlier_texts"),
        [
            (
                t.id,
                t.provider_id,
                t.status,
                t.error,
                t.kind,
                t.text,
                t.payload,
                t.edited_at,
                t.deleted_at,
                t.earlier_texts,
            )
            for t in targets
            if t.touched
        ],
    )
    bulk.insert(
        MessageStatus,
        ("workspace", "message", "status", "at", "error", "pricing"),
        list(ledger.statuses.values()),
        "ON CONFLICT (message_id, status) DO NOTHING",
    )
    bulk.insert(
        Reaction,
        ("id", "workspace", "message", "by", "emoji", "at"),
        list(ledger.reactions.values()),
        "ON CONFLICT (message_id, by) DO UPDATE SET emoji = excluded.emoji, at = excluded.at "
        "WHERE conversations_reaction.at <= excluded.at",
    )
    bulk.insert(ParkedItem, ("workspace", "channel", "delivery", "lane_key", "target", "body"), ledger.parked)
    if ledger.applied:
        ParkedItem.objects.filter(id__in=ledger.applied).delete()
    bulk.insert(HistoryEvent, EVENT_COLUMNS, ledger.events)


def recount_waits(conversation_ids: Iterable[UUID]) -> None:
    """Set anew since when a customer waits, where a reply failed or came through after all: rare, so by query."""
    ids = list(conversation_ids)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE conversations_conversation c SET waiting_since = (
              SELECT min(m.sent_at) FROM conversations_message m
              WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND NOT m.imported AND m.seq > coalesce((
                SELECT max(r.seq) FROM conversations_message r
                WHERE r.conversation_id = c.id AND r.direction = 'outbound' AND r.author_kind IN ('agent', 'device')
                  AND r.kind <> 'note' AND r.status <> 'failed'), 0)
            ) WHERE c.id = ANY(%s) AND c.status <> 'resolved'
            """,
            [ids],
        )
