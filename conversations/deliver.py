"""Messages leave the building: claimed in a transaction, sent outside of any. What came of it is recorded by the pipeline.

Within a conversation the oldest goes first; what waits for a retry holds back only its own conversation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import cast
from uuid import UUID

import msgspec
import structlog
from django.db import connection, transaction

from conversations.channels.registry import CHANNELS
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    MessageKind,
    Outbound,
    SendRefused,
    SendUnknown,
    Sent,
)
from conversations.models import Channel, Connection, Identity, Message, OutboxEntry
from hub.models import Workspace
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

AT_ONCE = 16  # sends in flight per worker: providers answer in tenths of a second
LEASE = "90 seconds"  # longer than any send may take
READ_RECEIPT_POSITION = 2_147_483_647  # a read receipt holds nothing back
CLAIM = f"""
WITH picked AS (
  SELECT o.message_id FROM conversations_outboxentry o
  WHERE o.state = 'queued' AND o.not_before <= clock_timestamp() AND NOT EXISTS (
    SELECT 1 FROM conversations_outboxentry e
    WHERE e.conversation_id = o.conversation_id AND e.state <> 'done' AND e.position < o.position)
  ORDER BY o.not_before LIMIT {AT_ONCE} FOR UPDATE OF o SKIP LOCKED
)
UPDATE conversations_outboxentry o
SET state = 'sending', attempts = attempts + 1, not_before = clock_timestamp() + interval '{LEASE}'
FROM picked WHERE o.message_id = picked.message_id RETURNING o.message_id, o.attempts
"""  # noqa: S608  constants of this module
Result = Sent | SendRefused | SendUnknown | None


class Parcel(msgspec.Struct, frozen=True):
    """A message ready to go: what to send, how to prove who sends, and how often it was tried."""

    message: Message
    channel: Channel
    credentials: Credentials
    outbound: Outbound
    attempts: int


def claim() -> dict[UUID, int]:
    """Claim what may go now, at most one message of a conversation, in a transaction of its own: {message: attempts}."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM)
        return dict(cursor.fetchall())


def deliver(claimed: dict[UUID, int]) -> Iterator[tuple[Parcel, Result]]:
    """Send claimed messages, some at a time, and yield each with what came of it as soon as it is known."""
    ready, stuck = _pack(claimed)
    yield from stuck
    if not ready:
        return
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(ready))) as pool:
        sends = {pool.submit(_send, parcel): parcel for parcel in ready}
        for done in as_completed(sends):
            yield sends[done], done.result()


def _pack(claimed: dict[UUID, int]) -> tuple[list[Parcel], list[tuple[Parcel, Result]]]:
    """Read what claimed messages need: those ready to go, and those whose connection is gone, with the reason."""
    rows = Message.objects.filter(id__in=claimed).select_related(
        "channel", "channel__connection", "identity", "reply_to"
    )
    rows = rows.order_by("sent_at", "seq")
    identities: dict[UUID, list[Identity]] = defaultdict(list)
    for identity in Identity.objects.filter(customer__in={row.customer_id for row in rows}, replaced_at=None).order_by(
        "id"
    ):
        identities[identity.customer_id].append(identity)
    opened: dict[UUID, Credentials | None] = {}
    ready: list[Parcel] = []
    stuck: list[tuple[Parcel, Result]] = []
    for row in rows:
        source = row.channel.connection
        if source is not None and source.pk not in opened:
            opened[source.pk] = _open(source)
        credentials = opened.get(source.pk) if source else None
        outbound = Outbound(
            account=row.channel.address,
            to=_addresses(row, identities[row.customer_id]),
            our_id=str(row.pk),
            kind=cast("MessageKind", row.kind),
            text=row.text,
            payload=row.payload,
            reply_to=row.reply_to_provider_id or None,
        )
        parcel = Parcel(row, row.channel, credentials or Credentials(), outbound, claimed[row.pk])
        if credentials is None or row.channel.deleted_at is not None:
            error = Error(code="channel", title="The channel is not connected any more.", error_class="channel")
            stuck.append((parcel, SendRefused(error)))
        else:
            ready.append(parcel)
    return ready, stuck


def _open(source: Connection) -> Credentials | None:
    try:
        return source.credentials()
    except SecretUnreadable:
        log.error("the secrets of a connection do not open", connection=str(source.pk))  # noqa: TRY400
        return None


def _addresses(row: Message, identities: Sequence[Identity]) -> tuple[Address, ...]:
    """Return the person's addresses on this channel: the one the message is meant for first."""
    fitting = [
        one
        for one in identities
        if one.channel_kind in {row.channel.kind, ""} and one.scope in {"", row.channel.address}
    ]
    chosen = [row.identity] if row.identity else []
    ordered = [*chosen, *(one for one in fitting if one.pk != row.identity_id)]
    return tuple(Address(one.kind, one.value) for one in ordered)


def _send(parcel: Parcel) -> Result:
    """Call the provider; the only place where a message leaves. Touches no database: it runs in a thread."""
    adapter = CHANNELS.get(parcel.channel.kind)
    if adapter is None:
        return SendRefused(Error(code="kind", title="Messages cannot be sent on this kind of channel yet."))
    try:
        if parcel.message.direction == "inbound":
            told = parcel.message.provider_id or ""
            adapter.mark_read(parcel.channel.address, told, parcel.credentials, parcel.outbound.to)
            return None
        return adapter.send(parcel.outbound, parcel.credentials)
    except (SendRefused, SendUnknown) as result:
        return result
    except Exception as error:
        log.error("a send broke off", message=str(parcel.message.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return SendUnknown(type(error).__name__)


def queue_receipt(workspace: Workspace, conversation_id: UUID) -> bool:
    """Queue a read receipt for the newest message of a conversation that came in: once, and behind nothing."""
    heard = (
        Message.objects.of(workspace)
        .filter(conversation=conversation_id, direction="inbound")
        .exclude(provider_id=None)
    )
    newest = heard.order_by("-seq").first()
    if newest is None or newest.channel.kind not in CHANNELS:
        return False
    _, new = OutboxEntry.objects.get_or_create(
        message=newest,
        defaults={
            "workspace_id": newest.workspace_id,
            "channel_id": newest.channel_id,
            "conversation_id": newest.conversation_id,
            "position": READ_RECEIPT_POSITION,
        },
    )
    return new
