"""Messages leave the building: claimed in a transaction, sent outside of any, recorded after. An unknown result is never resent.

Within a conversation the oldest goes first; what waits for a retry holds back only its own conversation.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from conversations import feed, identify, record
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Address, Credentials, Error, Outbound, SendRefused, SendUnknown, Sent
from conversations.models import Channel, Connection, HistoryEvent, Identity, Message, OutboxEntry
from conversations.models.message import STATUS_RANK
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

AT_ONCE = 16  # sends in flight per worker: providers answer in tenths of a second
LEASE = "90 seconds"  # longer than any send may take
READ_RECEIPT_POSITION = 2_147_483_647  # a read receipt holds nothing back
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3600.0
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
STALE = """
UPDATE conversations_outboxentry SET state = 'done'
WHERE message_id IN (
  SELECT message_id FROM conversations_outboxentry WHERE state = 'sending' AND not_before <= clock_timestamp()
  LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING message_id
"""

Result = Sent | SendRefused | SendUnknown | None


class Parcel(msgspec.Struct, frozen=True):
    """A message ready to go: what to send, how to prove who sends, and how often it was tried."""

    message: Message
    channel: Channel
    credentials: Credentials
    outbound: Outbound
    attempts: int


def deliver_pending() -> int:
    """Send one batch of what waits; return how many results were recorded, 0 when nothing may go now."""
    given_up = _give_up_stale()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM)
        claimed: dict[UUID, int] = dict(cursor.fetchall())
    if not claimed:
        return given_up
    parcels = _pack(claimed)
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(parcels) or 1)) as pool:
        sends = {pool.submit(_send, parcel): parcel for parcel in parcels}
        for done in as_completed(sends):
            _record(sends[done], done.result())
    return len(claimed) + given_up


def _pack(claimed: dict[UUID, int]) -> list[Parcel]:
    """Read what claimed messages need. A message whose connection is gone or closed fails here, with the reason."""
    rows = Message.objects.filter(id__in=claimed).select_related("channel", "channel__connection", "identity", "reply_to")
    rows = rows.order_by("sent_at", "seq")
    identities: dict[UUID, list[Identity]] = defaultdict(list)
    for identity in Identity.objects.filter(customer__in={row.customer_id for row in rows}, replaced_at=None).order_by("id"):
        identities[identity.customer_id].append(identity)
    opened: dict[UUID, Credentials | None] = {}
    parcels = []
    for row in rows:
        source = row.channel.connection
        if source is not None and source.pk not in opened:
            opened[source.pk] = _open(source)
        credentials = opened.get(source.pk) if source else None
        outbound = Outbound(
            account=row.channel.address,
            to=_addresses(row, identities[row.customer_id]),
            our_id=str(row.pk),
            kind=row.kind,  # type: ignore[arg-type]  the table's CHECK holds the same words
            text=row.text,
            payload=row.payload,
            reply_to=row.reply_to_provider_id or None,
        )
        parcel = Parcel(row, row.channel, credentials or Credentials(), outbound, claimed[row.pk])
        if credentials is None or row.channel.deleted_at is not None:
            error = Error(code="channel", title="The channel is not connected any more.", error_class="channel")
            _record(parcel, SendRefused(error))
        else:
            parcels.append(parcel)
    return parcels


def _open(source: Connection) -> Credentials | None:
    try:
        return source.credentials()
    except SecretUnreadable:
        log.error("the secrets of a connection do not open", connection=str(source.pk))  # noqa: TRY400
        return None


def _addresses(row: Message, identities: Sequence[Identity]) -> tuple[Address, ...]:
    """Return the person's addresses on this channel: the one the message is meant for first."""
    fitting = [one for one in identities if one.channel_kind in {row.channel.kind, ""} and one.scope in {"", row.channel.address}]
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
            adapter.mark_read(parcel.channel.address, parcel.message.provider_id or "", parcel.credentials)
            return None
        return adapter.send(parcel.outbound, parcel.credentials)
    except (SendRefused, SendUnknown) as result:
        return result
    except Exception as error:  # noqa: BLE001  a process edge: nobody knows whether it left
        log.error("a send broke off", message=str(parcel.message.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return SendUnknown(type(error).__name__)


def _record(parcel: Parcel, result: Result) -> None:
    """Write down what came of one send, together with its line in the feed."""
    if parcel.message.direction == "inbound":
        _record_receipt(parcel, result)
        return
    with transaction.atomic():
        row = Message.objects.select_for_update(no_key=True).get(pk=parcel.message.pk)
        now = timezone.now()
        match result:
            case Sent():
                _accepted(row, result)
                OutboxEntry.objects.filter(pk=row.pk).update(state="done")
                Channel.objects.filter(pk=parcel.channel.pk).update(last_outbound_at=now)
            case SendRefused() if result.error.retryable and parcel.attempts < settings.SEND_MAX_ATTEMPTS:
                _later(row, parcel, result)
            case SendRefused():
                _refused(row, parcel, result.error, now)
                OutboxEntry.objects.filter(pk=row.pk).update(state="done")
            case _:
                _advance(row, "unknown")
                OutboxEntry.objects.filter(pk=row.pk).update(state="done")
        feed.publish(row.workspace_id, [feed.Change("message.updated", row.pk, row.conversation_id)])


def _advance(row: Message, status: str, **fields: Any) -> bool:
    """Move a message's status up; a webhook that was faster wins."""
    if STATUS_RANK[status] <= STATUS_RANK[row.status]:
        return False
    Message.objects.filter(pk=row.pk).update(status=status, **fields)
    return True


def _accepted(row: Message, sent: Sent) -> None:
    _advance(row, "sent", error=None)
    if row.provider_id is None:
        Message.objects.filter(pk=row.pk).update(provider_id=sent.provider_id)
    identify.learn(row.workspace_id, row.customer_id, row.channel.kind, sent.learned)


def _later(row: Message, parcel: Parcel, refused: SendRefused) -> None:
    """Try again after a pause. A throttle is not a failed try: the provider took nothing and said when to come back."""
    throttled = refused.error.error_class == "throttle"
    pause = refused.retry_after or min(FIRST_RETRY_SECONDS * 2 ** min(parcel.attempts, 12), LONGEST_RETRY_SECONDS)
    pause *= 1 + random.random() / 2  # noqa: S311  jitter
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_outboxentry SET state = 'queued', attempts = %s, "
            "not_before = clock_timestamp() + make_interval(secs => %s) WHERE message_id = %s",
            [parcel.attempts - 1 if throttled else parcel.attempts, pause, row.pk],
        )
    error = {"code": refused.error.code, "title": refused.error.title, "retryable": True}
    Message.objects.filter(pk=row.pk, status="queued").update(error=error)


def _refused(row: Message, parcel: Parcel, error: Error, now: datetime) -> None:
    """Mark the message as failed: its text stays, with the reason; who waited for it waits again."""
    shown = {"code": error.code, "title": error.title, "retryable": error.retryable}
    if not _advance(row, "failed", error=shown):
        return
    HistoryEvent.objects.create(
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        message_id=row.pk,
        type="message.failed",
        occurred_at=now,
        channel_kind=parcel.channel.kind,
        channel_id=parcel.channel.pk,
        actor_kind="system",
        data={"code": error.code},
    )
    record.recount_waits([row.conversation_id])
    Channel.objects.filter(pk=parcel.channel.pk).update(last_error_at=now, last_error={"code": error.code, "title": error.title})


def _record_receipt(parcel: Parcel, result: Result) -> None:
    """A read receipt that fails is no harm: it is tried once more at most."""
    again = isinstance(result, SendRefused) and result.error.retryable and parcel.attempts < 2  # noqa: PLR2004
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_outboxentry SET state = %s, not_before = clock_timestamp() + interval '5 seconds' "
            "WHERE message_id = %s",
            ["queued" if again else "done", parcel.message.pk],
        )


def _give_up_stale() -> int:
    """Name the sends whose worker died in the middle: the message may have left, so its state is unknown."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STALE)
        ids = [row[0] for row in cursor.fetchall()]
        changes: dict[UUID, list[feed.Change]] = defaultdict(list)
        for row in Message.objects.filter(id__in=ids, direction="outbound").select_for_update(no_key=True).order_by("id"):
            if _advance(row, "unknown"):
                changes[row.workspace_id].append(feed.Change("message.updated", row.pk, row.conversation_id))
        for workspace_id in sorted(changes):
            feed.publish(workspace_id, changes[workspace_id])
    return len(ids)


def queue_receipt(message: Message) -> None:
    """Queue a read receipt for an inbound message: once, and behind nothing."""
    if message.direction != "inbound" or not message.provider_id:
        return
    OutboxEntry.objects.get_or_create(
        message=message,
        defaults={
            "workspace_id": message.workspace_id,
            "channel_id": message.channel_id,
            "conversation_id": message.conversation_id,
            "position": READ_RECEIPT_POSITION,
        },
    )
