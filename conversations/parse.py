"""From bytes to items: a connection's deliveries in order, each item on its sender's lane, what nobody can use set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction

from conversations import bulk, lanes
from conversations.channels.registry import PROVIDERS
from conversations.channels.types import AccountNotice, AnyItem, Invalid, Parsed, RawRequest
from conversations.models import Channel, Delivery, HistoryEvent, Item
from conversations.wake import wake

log = structlog.get_logger(__name__)

LANE_LENGTH = 140
PROVIDER_ID_LENGTH = 255
# When items of one delivery end differently, the delivery shows the first of these that occurred.
PRECEDENCE = ("failed", "processed", "duplicate", "unroutable", "invalid", "ignored")
# The count outlives a worker that is killed; should the server crash as well, it need not: so nobody waits for the disk.
CANDIDATE = """
UPDATE conversations_connection SET parse_attempts = least(parse_attempts + 1, 100) WHERE id = (
  SELECT c.id FROM conversations_connection c
  WHERE EXISTS (SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND NOT d.parsed)
  ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, parse_attempts - 1, set_config('synchronous_commit', 'off', true)
"""
TAKE = """
UPDATE conversations_connection SET parse_attempts = 0 WHERE id = (
  SELECT id FROM conversations_connection WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING provider, workspace_id
"""
BATCH = """
SELECT id, method, url, content_type, body, attempts, received_at FROM conversations_delivery
WHERE connection_id = %s AND NOT parsed ORDER BY id LIMIT %s
"""


class Read(msgspec.Struct, kw_only=True):
    """A delivery and what its bytes came to."""

    id: UUID
    received_at: Any
    parsed: Parsed


def parse_pending() -> int:
    """Parse one batch of one connection that has some; return how many deliveries were parsed, 0 when none waits.

    A batch that killed its worker is tried again one delivery at a time, and a delivery that kills every time is set aside.
    """
    with transaction.atomic():
        found = _candidate()
        if found is None:
            return 0
        connection_id, attempts = found
        if attempts:
            _count_first(connection_id)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [connection_id])
            row = cursor.fetchone()
            if row is None:
                return 0
            provider, workspace_id = row
            cursor.execute(BATCH, [connection_id, 1 if attempts else settings.DELIVERIES_PER_PARSE])
            rows = cursor.fetchall()
        reads = [_read(provider, row) for row in rows]
        _store(connection_id, workspace_id, reads)
    return len(rows)


def somebody_parses() -> bool:
    """Whether deliveries wait to be parsed: asked by who got none, since another holds their connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM conversations_connection c WHERE EXISTS ("
            "SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND NOT d.parsed))"
        )
        return bool(cursor.fetchone()[0])


def _candidate() -> tuple[UUID, int] | None:
    """Count an attempt on a connection that has something to parse: (connection, attempts before)."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATE)
        row = cursor.fetchone()
    return row[:2] if row else None


def _count_first(connection_id: UUID) -> None:
    """Count an attempt on the delivery that comes next, before it is tried."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_delivery SET attempts = attempts + 1 WHERE id = ("
            "SELECT id FROM conversations_delivery WHERE connection_id = %s AND NOT parsed ORDER BY id LIMIT 1)",
            [connection_id],
        )


def _read(provider_name: str, row: Sequence[Any]) -> Read:
    """Understand one delivery; never raises because of content."""
    delivery_id, method, url, content_type, body, attempts, received_at = row
    if attempts > settings.ITEM_MAX_ATTEMPTS:
        parsed = Parsed(outcome="invalid", reason="It stopped the worker each time it was read.")
        return Read(id=delivery_id, received_at=received_at, parsed=parsed)
    request = RawRequest(
        method=method,
        url=url,
        query=parse_qs(urlsplit(url).query, keep_blank_values=True),
        headers={"content-type": content_type},
        body=bytes(body),
        content_type=content_type,
    )
    provider = PROVIDERS.get(provider_name)
    if provider is None:
        parsed = Parsed(outcome="invalid", reason=f"No adapter reads {provider_name}.")
    else:
        try:
            parsed = provider.parse(request)
        except Exception as error:
            log.exception("a body could not be parsed", delivery=str(delivery_id))
            parsed = Parsed(outcome="invalid", reason=f"The reader failed: {type(error).__name__}.")
    return Read(id=delivery_id, received_at=received_at, parsed=parsed)


def _store(connection_id: UUID, workspace_id: UUID, reads: Sequence[Read]) -> None:
    """Write the items of a batch, wake their lanes, and settle the deliveries that hold nothing to work on."""
    accounts = {item.account for read in reads for item in read.parsed.items if item.account is not None}
    channels = dict(
        Channel.objects.filter(connection_id=connection_id, address__in=accounts, deleted_at=None).values_list(
            "address", "id"
        )
    )
    items: list[tuple[Any, ...]] = []
    notices: list[tuple[Any, ...]] = []
    lane_keys: list[tuple[str, UUID]] = []
    settled: list[tuple[UUID, bool, str, str]] = []
    for read in reads:
        ends: list[tuple[str, str]] = []
        waiting = False
        for item in read.parsed.items:
            channel_id = channels.get(item.account or "")
            end = _end(item, channel_id)
            body = msgspec.Raw(msgspec.json.encode(item))
            if end is None:
                key = _lane(channel_id, item)
                lane_keys.append((key, workspace_id))
                items.append((workspace_id, read.id, channel_id, key, body, "pending", "", "", 0))
                waiting = True
                continue
            ends.append(end)
            items.append((workspace_id, read.id, channel_id, None, body, "done", *end, 0))
            if isinstance(item, AccountNotice) and end[0] == "processed":
                notices.append(_notice(workspace_id, channel_id, read, item))
        if waiting:
            settled.append((read.id, True, "pending", ""))
        elif ends:
            settled.append((read.id, True, *min(ends, key=lambda end: PRECEDENCE.index(end[0]))))
        else:
            settled.append((read.id, True, read.parsed.outcome or "ignored", read.parsed.reason))
    lanes.waken(lane_keys)
    bulk.insert(
        Item, ("workspace", "delivery", "channel", "lane", "body", "state", "outcome", "reason", "attempts"), items
    )
    bulk.insert(
        HistoryEvent,
        ("workspace", "type", "occurred_at", "received_at", "source", "channel_id", "actor_kind", "actor_email", "skewed",
         "channel_kind", "data"),
        notices,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_delivery d SET parsed = new.parsed, outcome = new.outcome, reason = new.reason, "
            "finished_at = CASE WHEN new.outcome = 'pending' THEN NULL ELSE now() END "
            "FROM unnest(%s::uuid[], %s::bool[], %s::text[], %s::text[]) AS new (id, parsed, outcome, reason) "
            "WHERE d.id = new.id",
            [
                bulk.array(end[0] for end in settled),
                bulk.array(end[1] for end in settled),
                bulk.words(end[2] for end in settled),
                bulk.words(end[3] for end in settled),
            ],
        )


def _end(item: AnyItem, channel_id: UUID | None) -> tuple[str, str] | None:
    """Return how an item ends that needs no lane, ``None`` for one that must be worked."""
    if isinstance(item, Invalid):
        return "invalid", item.reason
    if isinstance(item, AccountNotice):
        return ("processed", f"Noted: {item.topic}.") if item.known else ("ignored", f"Unknown here: {item.topic}.")
    if channel_id is None:
        return "unroutable", f"No channel of this connection has the address {item.account or '(none)'}."
    for name in ("provider_id", "target"):
        if len(getattr(item, name, "") or "") > PROVIDER_ID_LENGTH:
            return "invalid", "A message id is longer than any provider's."
    return None


def _lane(channel_id: UUID | None, item: AnyItem) -> str:
    lane = item.lane if len(item.lane) <= LANE_LENGTH else hashlib.sha256(item.lane.encode()).hexdigest()
    return f"{channel_id}:{lane}"


def _notice(workspace_id: UUID, channel_id: UUID | None, read: Read, item: AccountNotice) -> tuple[Any, ...]:
    data = {"topic": item.topic, "delivery": str(read.id)}
    at = item.at or read.received_at
    return (workspace_id, "channel.notice", at, read.received_at, "novelo", channel_id, "system", "", False, "", data)


def replay(delivery_ids: Iterable[UUID]) -> int:
    """Send stored deliveries through again, from their bytes; what they already did is not done twice. Returns how many."""
    ids = list(delivery_ids)
    with transaction.atomic():
        Item.objects.filter(delivery_id__in=ids).delete()
        count = Delivery.objects.filter(id__in=ids).update(
            parsed=False, outcome="pending", reason="", attempts=0, finished_at=None
        )
        wake("inbound")
    return count
