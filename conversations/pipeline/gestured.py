"""Reactions of ours between their table and their providers: packed for deliver, settled without a word when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from conversations import deliver, gestures, reach
from conversations.channels.types import Credentials, SendRefused
from conversations.deliver import Nod
from conversations.models import Message


def pack(claimed: Sequence[gestures.Claimed]) -> list[Nod]:
    """Read what claimed reactions need; those that can never leave are settled here."""
    if not claimed:
        return []
    rows = Message.objects.select_related("channel__connection", "identity", "customer").in_bulk(
        [one.message_id for one in claimed]
    )
    people = reach.people(row.customer for row in rows.values())
    opened: dict[UUID, Credentials | None] = {}
    ready = []
    for one in claimed:
        row = rows.get(one.message_id)
        if row is None:
            continue  # its person was erased, and the reaction with them
        credentials = deliver.credentials_of(row.channel, opened)
        to, left_alone = people.addresses(row)
        if credentials is None or left_alone or row.provider_id is None or row.channel.deleted_at is not None:
            gestures.settle(one.gesture_id, one.lease, again=False)
            continue
        ready.append(Nod(one.gesture_id, row, row.channel, credentials, to, one.emoji, one.attempts, one.lease))
    return ready


def settle(nod: Nod, result: deliver.Result) -> None:
    """Write down that a reaction is out. One that failed is tried a few times more and then let be: it is not worth a word."""
    passing = result is not None and not (isinstance(result, SendRefused) and not result.error.retryable)
    gestures.settle(nod.gesture_id, nod.lease, again=passing and nod.attempts < gestures.TRIES)
