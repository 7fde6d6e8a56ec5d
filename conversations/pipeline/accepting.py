"""Sends that providers simply took, written down many at a time with a few statements; what is not simple is left over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from conversations import bulk, feed, identify, record
from conversations.channels.types import Sent
from conversations.deliver import Outcome, Parcel
from conversations.models.message import STATUS_RANK

LOCK = """
SELECT id, status, provider_id, error::text FROM conversations_message WHERE id = ANY(%s::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""
ACCEPT = """
UPDATE conversations_message m SET provider_id = new.provider_id, status = new.status,
  error = CASE WHEN m.status = new.status THEN m.error END
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, provider_id, status) WHERE m.id = new.id
"""
DONE = "UPDATE conversations_outboxentry SET state = 'done' WHERE message_id = ANY(%s::uuid[])"
LAST = "UPDATE conversations_channel SET last_outbound_at = clock_timestamp() WHERE id = ANY(%s::uuid[])"


def accept(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Record those of these outcomes that are plain acceptances, in one transaction a workspace; return the others."""
    taken: dict[UUID, list[Outcome]] = defaultdict(list)
    rest: list[Outcome] = []
    for outcome in outcomes:
        plain = isinstance(outcome.parcel, Parcel) and isinstance(outcome.result, Sent)
        (taken[outcome.parcel.message.workspace_id] if plain else rest).append(outcome)
    for workspace_id in sorted(taken):
        with transaction.atomic():
            rest += _accept(workspace_id, taken[workspace_id])
    return rest


def _accept(workspace_id: UUID, outcomes: Sequence[Outcome]) -> list[Outcome]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [bulk.array(one.parcel.message.pk for one in outcomes)])
        stored = {row[0]: row[1:] for row in cursor.fetchall()}
    copied = record.known_messages((one.parcel.channel.pk, _id(one)) for one in outcomes)
    plain: list[Outcome] = []
    rest: list[Outcome] = []
    for one in outcomes:
        key = one.parcel.message.pk
        other = copied.get((one.parcel.channel.pk, _id(one)), key)
        (plain if other == key and _is_first(stored.get(key), _id(one)) else rest).append(one)
    if plain:
        _write(plain, stored)
        for one in plain:
            message, result = one.parcel.message, one.result
            assert isinstance(result, Sent)
            if result.learned:
                identify.learn(workspace_id, message.customer_id, one.parcel.channel.kind, result.learned)
        feed.publish(
            workspace_id,
            [
                feed.Change("message.updated", one.parcel.message.pk, one.parcel.message.conversation_id)
                for one in plain
            ],
        )
    return rest


def _is_first(row: tuple[Any, ...] | None, provider_id: str) -> bool:
    """Whether nothing stands between a message and its acceptance: no earlier try, no other id."""
    if row is None:
        return False
    status, known, error = row
    return status != "failed" and known in {None, provider_id} and '"failed"' not in (error or "")


def _write(plain: Sequence[Outcome], stored: dict[UUID, tuple[Any, ...]]) -> None:
    keys = [one.parcel.message.pk for one in plain]
    statuses = [_higher(stored[key][0]) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(ACCEPT, [bulk.array(keys), bulk.words(map(_id, plain)), bulk.words(statuses)])
        cursor.execute(DONE, [bulk.array(keys)])
        cursor.execute(LAST, [bulk.array(sorted({one.parcel.channel.pk for one in plain}))])


def _higher(status: str) -> str:
    """A webhook that was faster wins."""
    return "sent" if STATUS_RANK[status] < STATUS_RANK["sent"] else status


def _id(outcome: Outcome) -> str:
    assert isinstance(outcome.result, Sent)
    return outcome.result.provider_id
