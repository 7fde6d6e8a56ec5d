"""Reading what a cut needs of the people it is about: their conversations, and what was told of them from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.outside.cut import LIVE, RANK, Moment, Span

type Sides = Mapping[UUID, UUID]  # customer → who stands for them

EVER = datetime(1, 1, 2, tzinfo=UTC)
FIELDS = (
    "id", "customer_id", "status", "opened_at", "assignee_id", "team_id", "channel_ids", "last_channel_id", "first_response_at",
    "waiting_since", "resolved_at", "snoozed_until", "reopened_count", "last_inbound_at", "last_message_at", "last_message_id",
    "last_seq", "unread",
)  # fmt: skip
WHO = "unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS who (id, person, since)"
HOLD = "SELECT 1 FROM conversations_conversation WHERE customer_id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
# Where a cut may begin: what began a conversation is not changed by anything that happened after.
SINCE = f"""
SELECT who.person, max(c.opened_at) FROM {WHO}
JOIN conversations_conversation c ON c.customer_id = who.id AND c.opened_at <= who.since GROUP BY 1
"""  # noqa: S608  our own text
ROWS = f"""
SELECT who.person, c.folded_into_id, c.outside, live.at, live.type, {", ".join("c." + name for name in FIELDS)}
FROM {WHO} JOIN conversations_conversation c ON c.customer_id = who.id
LEFT JOIN LATERAL (
  SELECT e.occurred_at AS at, e.type FROM conversations_historyevent e
  WHERE e.conversation_id = c.id AND e.source = 'novelo'
    AND e.type IN ('message.received', 'message.sent', 'conversation.opened')
  ORDER BY e.occurred_at, e.id LIMIT 1
) live ON true
WHERE c.opened_at >= who.since OR c.resolved_at >= who.since OR c.status <> 'resolved'
"""  # noqa: S608  names of our own columns
MOMENTS = f"""
SELECT who.person, e.occurred_at, e.source, coalesce(e.external_id, lpad(e.id::text, 20, '0')), e.type, e.customer_id,
  e.actor_kind, e.data::text, e.id, e.message_id, e.conversation_id, e.channel_id
FROM {WHO} JOIN conversations_historyevent e ON e.customer_id = who.id AND e.occurred_at >= who.since
WHERE e.type = ANY(%s::text[]) AND (e.source <> 'novelo' OR e.conversation_id = ANY(%s::uuid[]))
"""  # noqa: S608  our own text


class Row(msgspec.Struct, kw_only=True):
    """A conversation as it is stored; ``live_at`` is when the first message came here by itself, if any did."""

    id: UUID
    customer_id: UUID
    status: str
    opened_at: datetime
    assignee_id: UUID | None
    team_id: UUID | None
    channel_ids: list[UUID]
    last_channel_id: UUID | None
    first_response_at: datetime | None
    waiting_since: datetime | None
    resolved_at: datetime | None
    snoozed_until: datetime | None
    reopened_count: int
    last_inbound_at: datetime | None
    last_message_at: datetime | None
    last_message_id: UUID | None
    last_seq: int
    unread: int
    folded_into: UUID | None = None
    live_at: datetime | None = None
    by_hand: bool = False


class Person(msgspec.Struct):
    """One person's part of a cut: what may be cut anew, what is fixed, and what was told since it begins."""

    rows: dict[UUID, Row] = {}
    ours: dict[UUID, Row] = {}
    moments: list[Moment] = []
    since: datetime = EVER

    def spans(self) -> list[Span]:
        """Return the conversations of ours as intervals; what counts as part of another one widens it."""
        found: dict[UUID, Span] = {}
        for row in self.ours.values():
            head = self.ours.get(row.folded_into or row.id, row)
            start = row.live_at or row.opened_at
            span = found.get(head.id)
            end = head.resolved_at if head.status == "resolved" else None
            if span is None or start < span.start:
                found[head.id] = Span(head.id, head.customer_id, start, end, row.by_hand)
        return list(found.values())


def people(sides: Sides, since: Mapping[UUID, datetime] | None = None) -> dict[UUID, Person]:
    """Lock and read the conversations of these customers, whom the transaction holds, and what was told of them.

    ``since`` is by person from when on anything is new: what lies before the conversation of that time is left out.
    """
    whole: dict[UUID, Person] = defaultdict(Person)
    asked = list(sides.items())
    if not asked:
        return whole
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [bulk.array(sides)])
        if since is not None:
            cursor.execute(SINCE, _who(asked, since))
            for person, at in cursor.fetchall():
                whole[person].since = at
        starts = {person: one.since for person, one in whole.items()}
        cursor.execute(ROWS, _who(asked, starts))
        for person, folded_into, outside, live_at, live_type, *fields in cursor.fetchall():
            row = Row(**dict(zip(FIELDS, fields, strict=True)), folded_into=folded_into, live_at=live_at)
            row.by_hand = live_type == "message.sent"
            if not outside or live_at is not None:
                whole[person].ours[row.id] = row
            elif row.opened_at >= starts.get(person, EVER):
                whole[person].rows[row.id] = row
        cuttable = [key for one in whole.values() for key in one.rows]
        cursor.execute(MOMENTS, [*_who(asked, starts), bulk.words(RANK), bulk.array(cuttable)])
        _moments(cursor.fetchall(), whole)
    return whole


def _moments(found: Iterable[Sequence[Any]], whole: dict[UUID, Person]) -> None:
    for person, at, source, key, kind, customer, author, data, event, message, talk, channel in found:
        one = whole[person]
        known = talk is None or talk in one.rows or talk in one.ours
        if source != LIVE and not known and one.since != EVER:
            continue  # of a conversation that ended before
        moment = Moment(
            at,
            RANK[kind],
            source,
            key,
            kind,
            customer,
            author,
            msgspec.json.decode(data),
            event,
            message,
            talk,
            channel,
        )
        one.moments.append(moment)


def _who(asked: Sequence[tuple[UUID, UUID]], since: Mapping[UUID, datetime]) -> list[str]:
    ids, persons = zip(*asked, strict=True)
    return [bulk.array(ids), bulk.array(persons), bulk.words(since.get(one, EVER).isoformat() for one in persons)]
