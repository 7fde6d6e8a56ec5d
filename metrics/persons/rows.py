"""Rows: reads the histories of many people at once, and what was derived from them before, set-based."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from hub.models import Workspace
from metrics import binary
from metrics.binary import AMONG_IDS, AMONG_NUMBERS, Row
from metrics.facts import Rows, Table, array, family, histories, read
from metrics.models import ExchangeRate
from metrics.persons.answers import SERVICE, names_no_conversation
from metrics.persons.derive import derive
from metrics.persons.money import Purse
from metrics.persons.records import (
    TYPES,
    Benefit,
    Cart,
    Cost,
    Event,
    Link,
    Movement,
    Opportunity,
    Order,
    Stage,
    Survey,
    Touch,
)
from metrics.persons.sessions import Session, Talk, sessions
from metrics.records import Happening

PEOPLE_A_READ = 500
OWNER = ("customer_id",)
# In the order of the fields of ``Facts``.
TABLES = (
    Table("metrics_orderfact", Order, OWNER),
    Table("metrics_movementfact", Movement, OWNER),
    Table("metrics_cartfact", Cart, OWNER),
    Table("metrics_linkfact", Link, OWNER),
    Table("metrics_opportunityfact", Opportunity, OWNER),
    Table("metrics_stagefact", Stage, OWNER),
    Table("metrics_benefitfact", Benefit, OWNER),
    Table("metrics_surveyfact", Survey, OWNER),
    Table("metrics_touchfact", Touch, OWNER),
    Table("metrics_costfact", Cost, OWNER),
)
NONE: Rows = {table: {} for table in TABLES}
COSTS = TABLES[-1]
SURVEYS = next(table for table in TABLES if table.fact is Survey)


class Circle(NamedTuple):
    """People with all who count as them while they are joined; ids are their bytes.

    ``ids`` names them all, ``roots`` by everybody who is still there the one who stands for the person. ``has_costs`` says
    that the workspace itself was asked for: what belongs to nobody.
    """

    ids: list[bytes]
    roots: dict[bytes, bytes]
    has_costs: bool


CIRCLE = f"""
WITH asked AS (
  SELECT DISTINCT coalesce(merged_into_id, id) AS id FROM conversations_customer
  WHERE workspace_id = %s AND id = {AMONG_IDS}
)
SELECT id, id FROM asked
UNION ALL
SELECT c.id, asked.id FROM asked JOIN conversations_customer c ON c.merged_into_id = asked.id
"""  # noqa: S608  words of our own
HISTORY = """
SELECT {owner}, id, type, occurred_at, source, channel_kind,
       coalesce(nullif(data->>'agent', ''), nullif(actor_email, ''), ''), conversation_id, data::text
FROM conversations_historyevent
WHERE workspace_id = %s AND {condition} AND (%s::bigint IS NULL OR transaction < %s)
"""
OF_PEOPLE = HISTORY.format(owner="customer_id", condition=f"customer_id = {AMONG_IDS} AND type = ANY(%s)")
OF_NOBODY = HISTORY.format(owner="NULL::uuid", condition="customer_id IS NULL AND type = 'cost.recorded'")
TALKS = f"SELECT id FROM conversations_conversation WHERE workspace_id = %s AND customer_id = {AMONG_IDS}"  # noqa: S608
ASKED_ABOUT = f"""
SELECT DISTINCT survey.customer_id
FROM conversations_conversation talk JOIN conversations_customer known ON known.id = talk.customer_id
JOIN metrics_surveyfact survey
  ON survey.workspace_id = talk.workspace_id AND survey.customer_id = coalesce(known.merged_into_id, known.id)
JOIN conversations_historyevent told ON told.id = survey.id AND told.conversation_id IS NULL
WHERE talk.workspace_id = %s AND talk.id = {AMONG_IDS} AND survey.touchpoint = %s
AND EXISTS (SELECT 1 FROM metrics_surveyfact WHERE workspace_id = %s)  -- in most houses nobody is asked: then no talk is looked up
"""  # noqa: S608  words of our own


def circle(workspace_id: UUID, ids: Iterable[UUID]) -> Circle:
    """Return these people with those who are derived together with them; who is gone is in ``ids`` alone."""
    asked = [one.bytes for one in ids]
    roots: dict[bytes, bytes] = dict(binary.read(CIRCLE, [workspace_id, array(one.hex() for one in asked)]))
    people = [one for one in asked if one != workspace_id.bytes]
    return Circle(list(dict.fromkeys([*people, *roots])), roots, has_costs=len(people) < len(asked))


def purse(workspace: Workspace) -> Purse:
    """Return what converts money into the workspace's currency: one query."""
    rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = ExchangeRate.objects.of(workspace).order_by("day")
    for currency, day, rate in rows.values_list("currency", "day", "rate"):
        rates[currency].append((day, rate))
    return Purse(workspace.currency, ZoneInfo(workspace.timezone), rates)


def derived(workspace: Workspace, of: Circle, before: int | None = None, talks: Iterable[Talk] | None = None) -> Rows:
    """Derive the facts of these people from their history; who is gone, or counts as another, has none.

    ``talks`` are their conversations where others count than those they have now; read only when surveys speak of them.
    """
    stories: dict[bytes | None, list[Event]] = defaultdict(list)
    for owner, *rest in _history(workspace.pk, of, before):
        stories[of.roots[owner] if owner else None].append(
            Event._make([*rest[:-1], json.loads(rest[-1], parse_float=Decimal)])
        )
    rows: dict[Table, dict[int, Row]] = {table: {} for table in TABLES}
    money = purse(workspace) if stories else Purse()
    spoken_of = _sessions(workspace.pk, of, stories, before, talks)
    for owner, story in stories.items():
        found: tuple[tuple[Any, ...], ...] = derive(story, money, spoken_of.get(owner, ()))
        for table, some in zip(TABLES, found, strict=True):
            if (table is COSTS) == (owner is None):
                rows[table].update((fact[0], (owner, *fact)) for fact in some)
    return rows


def _history(workspace_id: UUID, of: Circle, before: int | None) -> Iterator[Row]:
    if of.roots:
        people = array(one.hex() for one in of.roots)
        yield from binary.read(OF_PEOPLE, [workspace_id, people, list(TYPES), before, before])
    if of.has_costs:
        yield from binary.read(OF_NOBODY, [workspace_id, before, before])


def _sessions(
    workspace_id: UUID,
    of: Circle,
    stories: Mapping[bytes | None, Iterable[Event]],
    before: int | None,
    talks: Iterable[Talk] | None,
) -> dict[bytes | None, list[Session]]:
    """Return the conversations of those people who have a survey that names none."""
    asked = {owner for owner, story in stories.items() if owner and any(map(names_no_conversation, story))}
    if not asked:
        return {}
    theirs: dict[bytes | None, list[tuple[bytes, Sequence[Happening]]]] = defaultdict(list)
    if talks is None:
        talks = _talks(workspace_id, [one for one, root in of.roots.items() if root in asked], before)
    for key, owner, story in talks:
        if owner in asked:
            theirs[owner].append((key, story))
    return {owner: sessions(some) for owner, some in theirs.items()}


def _talks(workspace_id: UUID, people: Iterable[bytes], before: int | None) -> Iterator[Talk]:
    rows = binary.read(TALKS, [workspace_id, array(one.hex() for one in people)])
    whole = family(workspace_id, [row[0] for row in rows])
    happened = histories(workspace_id, whole, before)
    for key, owner in whole.owners:
        yield key, owner, happened.get(key, ())


def asked_about(workspace_id: UUID, conversation_ids: Iterable[bytes]) -> list[UUID]:
    """Return the people with a survey that names no conversation, and may speak of one of these: one query."""
    with connection.cursor() as cursor:
        ids = array(one.hex() for one in conversation_ids)
        cursor.execute(ASKED_ABOUT, [workspace_id, ids, SERVICE, workspace_id])
        return [row[0] for row in cursor.fetchall()]


def kept(workspace_id: UUID, of: Circle, but_for: Rows = NONE) -> Rows:
    """Return the facts these people have now.

    ``but_for`` are facts about to be written: also returned are those that stand in their places under somebody else, as
    after people were taken apart.
    """
    ids = array(one.hex() for one in of.ids)
    rows: dict[Table, dict[int, Row]] = {}
    for table in TABLES:
        if table is COSTS:
            rows[table] = read(table, workspace_id, "customer_id IS NULL") if of.has_costs else {}
            continue
        rows[table] = read(table, workspace_id, f"customer_id = {AMONG_IDS}", ids) if of.ids else {}
        if strays := but_for[table].keys() - rows[table].keys():
            rows[table] |= read(table, workspace_id, f"id = {AMONG_NUMBERS}", array(strays))
    return rows


EVERYBODY = f"""
SELECT DISTINCT coalesce(known.merged_into_id, known.id, seen.customer_id) FROM (
  SELECT DISTINCT customer_id FROM conversations_historyevent WHERE workspace_id = %(workspace)s AND type = ANY(%(types)s)
  {" ".join(f"UNION SELECT customer_id FROM {table.name} WHERE workspace_id = %(workspace)s" for table in TABLES)}
) AS seen LEFT JOIN conversations_customer known ON known.id = seen.customer_id
WHERE seen.customer_id IS NOT NULL ORDER BY 1
"""  # noqa: S608  names of our own


def everybody(workspace_id: UUID) -> Iterator[list[UUID]]:
    """Yield everybody who has history beside messages, or facts of it, some hundreds at a time; last the workspace itself.

    Who counts as another is not named: the other is.
    """
    with connection.cursor() as cursor:
        cursor.execute(EVERYBODY, {"workspace": workspace_id, "types": list(TYPES)})
        ids = [row[0] for row in cursor.fetchall()]
    for some in batched([*ids, workspace_id], PEOPLE_A_READ):
        yield list(some)
