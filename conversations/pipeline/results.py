"""What a provider's answer does to a message and its entry in the outbox; each function needs the transaction of its caller."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from conversations import budget, consent, feed, identify, record, stopping
from conversations.channels.registry import adapter_of
from conversations.channels.types import Error, SendRefused, Sent
from conversations.deliver import Parcel
from conversations.models import Channel, HistoryEvent, Message, OutboxEntry
from conversations.models.message import STATUS_RANK
from conversations.wake import wake

log = structlog.get_logger(__name__)

FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 3600.0
PAIR_BASE = 4.0  # what the provider asks for: 4, 16, 64 … seconds
AGAIN = """
UPDATE conversations_outboxentry SET state = 'queued', attempts = %s,
  not_before = clock_timestamp() + make_interval(secs => %s)
WHERE message_id = %s
"""


def lock_conversation(conversation_id: UUID) -> None:
    """Lock a conversation before its message, in the order in which everybody takes them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM conversations_conversation WHERE id = %s FOR NO KEY UPDATE", [conversation_id])


def advance(row: Message, status: str, **fields: Any) -> bool:
    """Move a message's status up; a webhook that was faster wins."""
    if STATUS_RANK[status] <= STATUS_RANK[row.status]:
        return False
    Message.objects.filter(pk=row.pk).update(status=status, **fields)
    return True


def accepted(row: Message, sent: Sent) -> tuple[feed.Change, ...]:
    """The provider has it. Its echo may have been faster: then it has the id already, or is a message of its own so far.

    A provider that gives an id twice has taken the message all the same: it stays without one, for statuses are the first's.
    """
    changes: tuple[feed.Change, ...] = ()
    if row.provider_id != sent.provider_id:
        absorbed = record.take_over(row, sent.provider_id)
        if absorbed is not None:
            changes = (
                feed.Change("message.updated", absorbed.message_id, absorbed.conversation_id),
                feed.Change("conversation.updated", absorbed.conversation_id, absorbed.conversation_id),
            )
        if record.is_of_another(row, sent.provider_id):
            log.warning("a provider named a message like another", message=str(row.pk), channel=str(row.channel_id))
        else:
            Message.objects.filter(pk=row.pk).update(provider_id=sent.provider_id)
        if row.status == "failed":  # so an earlier try ended
            row.status, row.error = "queued", {"failed": True}
    if advance(row, "sent", error=None) and (row.error or {}).get("failed"):
        _happened(row, "message.recovered", timezone.now(), {})
        wake("metrics")
    _done(row)
    identify.learn(row.workspace_id, row.customer_id, row.channel.kind, sent.learned)
    return changes


def unknown(row: Message) -> None:
    """Nobody knows whether it left."""
    advance(row, "unknown")
    _done(row)


def _done(row: Message) -> None:
    OutboxEntry.objects.filter(pk=row.pk).update(state="done")


def stops(row: Message, parcel: Parcel, error: Error) -> bool:
    """Whether the channel itself is refused. Not where others left on it since this message last met the same: then it is at fault."""
    if error.error_class != "channel" or parcel.channel.deleted_at is not None:
        return False
    met = _moment((row.error or {}).get("stopped_at"))
    last = Channel.objects.filter(pk=parcel.channel.pk).values_list("last_outbound_at", flat=True).get()
    return met is None or last is None or last <= met


def stopped(row: Message, parcel: Parcel, error: Error) -> tuple[feed.Change, ...]:
    """Stop the channel and leave the message at the head of its queue: it was not tried in truth."""
    _queue_again(row, parcel.attempts - 1, 0.0)
    _explain(row, error, stopped_at=timezone.now().isoformat())
    return stopping.stop(parcel.channel, error)


def comes_again(parcel: Parcel, error: Error, entry: OutboxEntry) -> bool:
    """Whether the same send may succeed later; a try that was already given up is not taken up again."""
    if entry.state != "sending":
        return False
    return error.error_class == "throttle" or (error.retryable and parcel.attempts < settings.SEND_MAX_ATTEMPTS)


def later(row: Message, parcel: Parcel, refused: SendRefused) -> None:
    """Try again after a pause. A throttle is no failed try: the provider took nothing and said when to come back."""
    if refused.error.error_class == "throttle":
        times = int((row.error or {}).get("throttled", 0)) + 1
        pause = _hold(row, parcel, refused, times)
        _queue_again(row, parcel.attempts - 1, _jittered(pause))
        _explain(row, refused.error, throttled=times)
        return
    pause = refused.retry_after or min(FIRST_RETRY_SECONDS * 2 ** min(parcel.attempts, 12), LONGEST_RETRY_SECONDS)
    _queue_again(row, parcel.attempts, _jittered(pause))
    _explain(row, refused.error)


def _hold(row: Message, parcel: Parcel, refused: SendRefused, times: int) -> float:
    """Empty the bucket that ran over, the person's or the channel's, and return for how long."""
    channel = parcel.channel
    pace = adapter_of(channel.kind).pace
    pair = budget.of_person(channel.pk, row.identity_id or row.customer_id, row.workspace_id, pace)
    limit = budget.of_channel(channel.pk, row.workspace_id, pace, channel.settings.get("per_second"))
    base = FIRST_RETRY_SECONDS * 2 ** min(times, 12)
    if pair is not None and refused.error.code in pace.pair_errors:
        limit, base = pair, PAIR_BASE ** min(times, 6)
    pause = refused.retry_after or min(base, LONGEST_RETRY_SECONDS)
    budget.hold(limit, pause)
    return pause


def _jittered(seconds: float) -> float:
    return seconds * (1 + random.random() / 2)  # noqa: S311  spreads tries, hides nothing


def _queue_again(row: Message, attempts: int, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, [max(attempts, 0), seconds, row.pk])


def _explain(row: Message, error: Error, **counted: object) -> None:
    """Keep with a queued message why it has not left; ``counted`` and that it failed once are for us alone."""
    failed = {"failed": True} if (row.error or {}).get("failed") else {}
    told = {"code": error.code, "title": error.title, "retryable": True, **failed, **counted}
    Message.objects.filter(pk=row.pk, status="queued").update(error=told)


def refused(row: Message, parcel: Parcel, error: Error) -> None:
    """Mark the message as failed: its text stays, with the reason; who waited for it waits again."""
    now = timezone.now()
    _done(row)
    shown = {"code": error.code, "title": error.title, "retryable": error.retryable}
    if not advance(row, "failed", error=shown):
        return
    _happened(row, "message.failed", now, {"code": error.code})
    record.recount_waits([row.conversation_id])
    wake("metrics")
    if error.stop:  # other refusals of this class mean advertising only, or end when the customer writes
        consent.refused([(row.pk, now)])
    Channel.objects.filter(pk=parcel.channel.pk).update(
        last_error_at=now, last_error={"code": error.code, "title": error.title}
    )


def _happened(row: Message, event: str, at: datetime, data: Mapping[str, Any]) -> None:
    HistoryEvent.objects.create(
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        message_id=row.pk,
        type=event,
        occurred_at=at,
        channel_kind=row.channel.kind,
        channel_id=row.channel_id,
        actor_kind="system",
        data=dict(data),
    )


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
