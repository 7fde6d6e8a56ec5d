"""Talks: what people's facts need of their conversations, and whose facts are others once something was said; set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from metrics import binary
from metrics.binary import AMONG_IDS, Row
from metrics.facts import VOLUMES, Pair, array, family, histories
from metrics.persons.answers import SERVICE, names_no_conversation
from metrics.persons.records import Event
from metrics.persons.sessions import Talk
from metrics.records import Happening, Volume

type Talked = Mapping[
    bytes | None, Sequence[tuple[bytes, Sequence[Happening]]]
]  # by person: conversations, and what happened in each

OF_PEOPLE = f"SELECT id FROM conversations_conversation WHERE workspace_id = %s AND customer_id = {AMONG_IDS}"  # noqa: S608
ASKED_ABOUT = f"""
SELECT DISTINCT survey.customer_id
FROM conversations_conversation talk JOIN conversations_customer known ON known.id = talk.customer_id
JOIN metrics_surveyfact survey
  ON survey.workspace_id = talk.workspace_id AND survey.customer_id = coalesce(known.merged_into_id, known.id)
JOIN conversations_historyevent told ON told.id = survey.id AND told.conversation_id IS NULL
WHERE talk.workspace_id = %s AND talk.id = {AMONG_IDS} AND survey.touchpoint = %s
AND EXISTS (SELECT 1 FROM metrics_surveyfact WHERE workspace_id = %s)  -- in most houses nobody is asked: then no talk is looked up
"""  # noqa: S608  words of our own
BOUGHT = f"""
SELECT customer_id, max(paid_at) FROM metrics_orderfact
WHERE workspace_id = %s AND position IS NOT NULL AND customer_id = {AMONG_IDS}
AND EXISTS (SELECT 1 FROM metrics_orderfact WHERE workspace_id = %s)  -- most houses sell nothing here: then nobody is looked up
GROUP BY customer_id
"""  # noqa: S608  words of our own


def asks(story: Iterable[Event]) -> bool:
    """Whether something in a person's history speaks of their conversations."""
    return any(map(names_no_conversation, story))


def buys(story: Iterable[Event]) -> bool:
    """Whether something in a person's history may be a sale that what they said led to."""
    return any(event.type == "order.paid" for event in story)


def of_people(
    workspace_id: UUID, roots: Mapping[bytes, bytes], people: Collection[bytes], before: int | None
) -> Iterator[Talk]:
    """Yield the conversations of these people, as they are now, with what happened in them; ``roots`` as in a circle."""
    customers = array(one.hex() for one, root in roots.items() if root in people)
    rows = binary.read(OF_PEOPLE, [workspace_id, customers])
    whole = family(workspace_id, [row[0] for row in rows])
    happened = histories(workspace_id, whole, before)
    for key, owner in whole.owners:
        yield key, owner, happened.get(key, ())


def by_person(talks: Iterable[Talk], people: Collection[bytes]) -> Talked:
    """Return of conversations those of these people."""
    theirs: dict[bytes | None, list[tuple[bytes, Sequence[Happening]]]] = defaultdict(list)
    for key, owner, story in talks:
        if owner in people:
            theirs[owner].append((key, story))
    return theirs


def asked_about(workspace_id: UUID, conversation_ids: Iterable[bytes]) -> list[UUID]:
    """Return the people with a survey that names no conversation, and may speak of one of these: one query."""
    with connection.cursor() as cursor:
        ids = array(one.hex() for one in conversation_ids)
        cursor.execute(ASKED_ABOUT, [workspace_id, ids, SERVICE, workspace_id])
        return [row[0] for row in cursor.fetchall()]


def led_otherwise(workspace_id: UUID, pairs: Sequence[Pair]) -> list[UUID]:
    """Return the people who said something else than was known before a sale of theirs, by changes of volumes: one query."""
    people = {row[1] for pair in pairs for row in pair if row}
    if not people:
        return []
    bought = binary.read(BOUGHT, [workspace_id, array(one.hex() for one in people), workspace_id])
    if not bought:
        return []
    last: dict[bytes, datetime] = dict(bought)
    found = {
        person
        for old, new in pairs
        for person, at, *_ in _said(old) ^ _said(new)
        if person in last and at <= last[person]
    }
    return [UUID(bytes=person) for person in found]


def _said(row: Row | None) -> set[tuple[bytes, datetime, int, str]]:
    """Return what a row of volumes says of somebody's touches."""
    if row is None:
        return set()
    volume = Volume._make(row[len(VOLUMES.owner) :])
    return {(row[1], at, volume.id, volume.channel_kind) for at in volume.inbound}
