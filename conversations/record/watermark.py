"""Marks up to which everything sent to a person was delivered or read: all of it moves up at once, set-based."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import StatusUpTo
from conversations.models import Message, MessageStatus
from conversations.models.message import STATUS_RANK
from conversations.work import Work

WHO = """
SELECT mark.n, i.id, i.customer_id, coalesce(c.merged_into_id, c.id)
FROM unnest(%s::int[], %s::uuid[], %s::text[], %s::text[], %s::text[]) AS mark (n, workspace_id, kind, value, account)
JOIN conversations_identity i ON i.workspace_id = mark.workspace_id AND i.kind = mark.kind AND i.value = mark.value
  AND i.scope IN ('', mark.account)
JOIN conversations_customer c ON c.id = i.customer_id
"""
# Only what has surely left: what still waits here cannot be meant, however long ago it was written.
REACHED = """
SELECT mark.n, m.id, m.workspace_id, m.conversation_id
FROM unnest(%s::int[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[])
  AS mark (n, channel_id, identity_id, customer_id, person_id, until, status)
JOIN conversations_message m ON m.customer_id IN (mark.customer_id, mark.person_id) AND m.channel_id = mark.channel_id
  AND (m.identity_id = mark.identity_id OR m.identity_id IS NULL)
WHERE m.direction = 'outbound' AND m.kind <> 'note' AND m.shown_at <= mark.until AND m.sent_at <= mark.until
  AND (m.status = 'sent' OR (m.status = 'delivered' AND mark.status = 'read'))
ORDER BY m.id FOR NO KEY UPDATE OF m
"""


class Moved(msgspec.Struct, frozen=True):
    """A message whose status moved up."""

    workspace_id: UUID
    message_id: UUID
    conversation_id: UUID


class _Reached(msgspec.Struct, frozen=True):
    moved: Moved
    work: Work
    item: StatusUpTo


def move_up(works: Sequence[Work]) -> list[Moved]:
    """Apply the watermarks among ``works`` and return what they moved. Needs a transaction; what is said must be stored.

    Everything sent to the person on that channel until the mark moves up, never down, and is logged. A mark of somebody
    who is not known here is ignored: nothing can have been sent to them.
    """
    marks = [(work, work.item) for work in works if isinstance(work.item, StatusUpTo)]
    if not marks:
        return []
    people = _people(marks)
    for number, (work, _) in enumerate(marks):
        if number not in people:
            work.end("ignored", "Nobody with this address is known here.")
    reached = _reached(marks, people)
    for work, _ in marks:
        if work.outcome == "processed" and not any(one.work is work for one in reached):
            work.end("duplicate")
    return _write(reached)


def _people(marks: Sequence[tuple[Work, StatusUpTo]]) -> dict[int, tuple[UUID, UUID, UUID]]:
    """Return (identity, customer, whom the customer counts as) by the number of the mark."""
    asked = [
        (number, work.channel.workspace_id, one.kind, one.value, work.channel.address)
        for number, (work, item) in enumerate(marks)
        for one in item.person.addresses
    ]
    numbers, workspaces, kinds, values, accounts = zip(*asked, strict=True) if asked else ((), (), (), (), ())
    with connection.cursor() as cursor:
        cursor.execute(
            WHO, [list(numbers), bulk.array(workspaces), bulk.words(kinds), bulk.words(values), bulk.words(accounts)]
        )
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def _reached(marks: Sequence[tuple[Work, StatusUpTo]], people: dict[int, tuple[UUID, UUID, UUID]]) -> list[_Reached]:
    rows = [(number, marks[number], people[number]) for number in sorted(people)]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            REACHED,
            [
                [number for number, _, _ in rows],
                bulk.array(work.channel.id for _, (work, _), _ in rows),
                bulk.array(identity for _, _, (identity, _, _) in rows),
                bulk.array(customer for _, _, (_, customer, _) in rows),
                bulk.array(person for _, _, (_, _, person) in rows),
                [item.until for _, (_, item), _ in rows],
                bulk.words(item.status for _, (_, item), _ in rows),
            ],
        )
        return [_Reached(Moved(row[2], row[1], row[3]), *marks[row[0]]) for row in cursor.fetchall()]


def _write(reached: Sequence[_Reached]) -> list[Moved]:
    """Write the highest status that each message reached, and a line of its log for every status."""
    highest: dict[UUID, str] = {}
    for one in reached:
        before = highest.get(one.moved.message_id)
        if before is None or STATUS_RANK[one.item.status] > STATUS_RANK[before]:
            highest[one.moved.message_id] = one.item.status
    bulk.update(Message, ("id", "status"), list(highest.items()))
    logged = {(one.moved.message_id, one.item.status): one for one in reached}
    bulk.insert(
        MessageStatus,
        ("workspace", "message", "status", "at", "error", "pricing"),
        [(one.moved.workspace_id, *key, one.work.at, None, None) for key, one in logged.items()],
        "ON CONFLICT (message_id, status) DO NOTHING",
    )
    return list({one.moved.message_id: one.moved for one in reached}.values())
