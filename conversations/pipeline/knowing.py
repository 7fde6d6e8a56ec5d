"""What a batch has to know: sent for together, so that nobody waits for one answer before the next question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

import msgspec

from conversations import bulk, erased, identify, prepared, record
from conversations.channels.types import IdentityChanged, MessageEchoed, MessageImported, MessageReceived
from conversations.identify.register import Register
from conversations.prepared import Answer
from conversations.work import Episode, Work

SAID = (MessageReceived, MessageEchoed, MessageImported)
EPISODE_FIELDS = tuple(name for name in Episode.__struct_fields__ if name not in {"fresh", "touched"})
LOCK = """
SELECT id, merged_into_id, name = '', erased_at IS NOT NULL FROM conversations_customer
WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
# Everybody who counts as one of these people now, read behind the lock of who stands for them.
MEMBERS = """
SELECT id, coalesce(merged_into_id, id) AS person_id FROM conversations_customer
WHERE id = ANY(%s::uuid[]) OR merged_into_id = ANY(%s::uuid[])
"""
HOLD = f"""
SELECT 1 FROM conversations_conversation WHERE customer_id IN (SELECT id FROM ({MEMBERS}) m)
ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608  our own text
EPISODES = f"""
SELECT who.person_id, {", ".join("e." + name if name != "route_reason" else "e.route_reason::text" for name in EPISODE_FIELDS)}
FROM ({MEMBERS}) who
CROSS JOIN LATERAL (
  SELECT * FROM conversations_conversation WHERE customer_id = who.id AND folded_into_id IS NULL
  ORDER BY opened_at DESC LIMIT 20
) e
"""  # noqa: S608  names of our own columns


class Regrouped(Exception):
    """Somebody joined, parted or erased these people between looking them up and locking them: work the batch again."""


class Asked(msgspec.Struct, frozen=True):
    """What a batch has to know first, while it is on its way: which messages are stored, who people are, when one was erased."""

    messages: Answer[dict[tuple[UUID, str], UUID]]
    people: Answer[Register]
    erased: Answer[dict[UUID, datetime]]


def ask_first(works: Sequence[Work]) -> Asked:
    """Ask what ``apply`` has to know first. Needs its transaction, with the lanes of these items held."""
    said = [work for work in works if isinstance(work.item, SAID)]
    people = [work for work in works if isinstance(work.item, IdentityChanged)]
    named = ((work.channel.id, key) for work in said for key in (work.item.provider_id, work.item.reply_to))  # type: ignore[union-attr]
    return Asked(
        record.ask_known((channel_id, key) for channel_id, key in named if key),
        identify.ask_people([*said, *people]),
        erased.ask_latest(work.channel.workspace_id for work in works),
    )


def lock(works: Sequence[Work]) -> Answer[set[UUID]]:
    """Lock the customers of these items and who stands for them, so that two workers open no two conversations.

    Returns what waits for the locks and says who has no name. That raises ``Regrouped`` when one counts as somebody else, or as
    nobody, by now.
    """
    keys = {key for work in works for key in (work.customer_id, work.person_id)}
    asked = prepared.send(LOCK, [bulk.array(keys)])

    @cache
    def locked() -> set[UUID]:
        rows = {row[0]: row for row in asked()}
        for work in works:
            row = rows.get(work.customer_id)
            if row is None or (row[1] or row[0]) != work.person_id or row[3]:
                raise Regrouped
        return {customer_id for customer_id, _, nameless, _ in rows.values() if nameless}

    return locked


def ask_episodes(person_ids: Iterable[UUID]) -> Answer[dict[UUID, list[Episode]]]:
    """Lock the conversations of these people, whom the transaction holds: agents change them at the same time.

    Returns what waits for that and reads them.
    """
    ids = sorted(person_ids)
    if not ids:
        return dict
    keys = bulk.array(ids)
    prepared.send(HOLD, [keys, keys])
    asked = prepared.send(EPISODES, [keys, keys])

    def episodes() -> dict[UUID, list[Episode]]:
        found: dict[UUID, list[Episode]] = {person_id: [] for person_id in ids}
        for person_id, *row in asked():
            fields = dict(zip(EPISODE_FIELDS, row, strict=True))
            if fields["route_reason"] is not None:
                fields["route_reason"] = msgspec.json.decode(fields["route_reason"])
            found[person_id].append(Episode(**fields))
        return found

    return episodes
