"""Rows: reads the histories of many people at once, and what was derived from them before, set-based."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
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
from metrics.derive import volumes
from metrics.facts import Rows, Table, array, read
from metrics.models import ExchangeRate
from metrics.persons import talks
from metrics.persons.derive import derive
from metrics.persons.money import Purse
from metrics.persons.records import (
    TYPES,
    Benefit,
    Cart,
    Cost,
    Event,
    Journey,
    Link,
    Movement,
    Opportunity,
    Order,
    Stage,
    Survey,
    Touch,
)
from metrics.persons.sessions import Talk, sessions

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
    Table("metrics_journeyfact", Journey, OWNER, arrays=3),
    Table("metrics_costfact", Cost, OWNER),
)
NONE: Rows = {table: {} for table in TABLES}
COSTS = TABLES[-1]
SURVEYS, JOURNEYS = (next(table for table in TABLES if table.fact is fact) for fact in (Survey, Journey))


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


def derived(
    workspace: Workspace,
    of: Circle,
    before: int | None = None,
    talked: Iterable[Talk] | None = None,
    *,
    with_journeys: bool = True,
) -> Rows:
    """Derive the facts of these people from their history; who is gone, or counts as another, has none.

    ``talked`` are their conversations where others count than those they have now; read only where facts are made of them.
    ``with_journeys`` False leaves out what led to sales, and with it what buyers said.
    """
    stories: dict[bytes | None, list[Event]] = defaultdict(list)
    for owner, *rest in _history(workspace.pk, of, before):
        stories[of.roots[owner] if owner else None].append(
            Event._make([*rest[:-1], json.loads(rest[-1], parse_float=Decimal)])
        )
    rows: dict[Table, dict[int, Row]] = {table: {} for table in TABLES}
    money = purse(workspace) if stories else Purse()
    asked = {owner for owner, story in stories.items() if owner and talks.asks(story)}
    led = {owner for owner, story in stories.items() if owner and with_journeys and talks.buys(story)}
    if asked or led:
        talked = talks.of_people(workspace.pk, of.roots, asked | led, before) if talked is None else talked
    heard = talks.by_person(talked or (), asked | led)
    for owner, story in stories.items():
        said = [one for _key, happened in heard.get(owner, ()) for one in volumes(happened)] if owner in led else ()
        spoken_of = sessions(heard.get(owner, ())) if owner in asked else ()
        found: tuple[tuple[Any, ...], ...] = derive(story, money, spoken_of, said)
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
