"""From the outbox to the providers: deliver sends, and what came of each send is written down with its line in the feed.

An unknown result is a state of its own and is never sent again blindly.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from conversations import deliver, feed, identify, record
from conversations.channels.types import Error, SendRefused, Sent
from conversations.deliver import Parcel, Result
from conversations.models import Channel, HistoryEvent, Message, OutboxEntry
from conversations.models.message import STATUS_RANK
from conversations.wake import wake

FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3600.0
RECEIPT_ATTEMPTS = 2
STALE = """
UPDATE conversations_outboxentry SET state = 'done'
WHERE message_id IN (
  SELECT message_id FROM conversations_outboxentry WHERE state = 'sending' AND not_before <= clock_timestamp()
  LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING message_id
"""


def send_pending() -> int:
    """Send one batch of what waits; return how many results were recorded, 0 when nothing may go now."""
    done = _give_up_stale()
    for parcel, result in deliver.deliver(deliver.claim()):
        _record(parcel, result)
        done += 1
    return done


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
    wake("metrics")
    Channel.objects.filter(pk=parcel.channel.pk).update(
        last_error_at=now, last_error={"code": error.code, "title": error.title}
    )


def _record_receipt(parcel: Parcel, result: Result) -> None:
    """A read receipt that fails is no harm: it is tried once more at most."""
    again = isinstance(result, SendRefused) and result.error.retryable and parcel.attempts < RECEIPT_ATTEMPTS
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
        for row in (
            Message.objects.filter(id__in=ids, direction="outbound").select_for_update(no_key=True).order_by("id")
        ):
            if _advance(row, "unknown"):
                changes[row.workspace_id].append(feed.Change("message.updated", row.pk, row.conversation_id))
        for workspace_id in sorted(changes):
            feed.publish(workspace_id, changes[workspace_id])
    return len(ids)
