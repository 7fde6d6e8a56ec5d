"""A year of facts for the benchmarks of figures, written set-based: a tenth made up, counted by the house, and multiplied."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from hub.models import Workspace
from metrics import binary, cells, facts
from metrics.observed import MEMBER
from metrics.persons.rows import TABLES as OF_PEOPLE
from tests.bench import load

MESSAGES_EACH = 8  # in a conversation
OPEN = 500  # who waits does not grow with history
APART = 100_000_000  # between the ids of a copy and the next
COPIED = (*facts.TABLES, *OF_PEOPLE)
UUID = "('00000000-0000-7000-8000-' || lpad(to_hex({}), 12, '0'))::uuid"
BASE = """
SELECT setseed(0.5);
CREATE TEMP TABLE base AS
SELECT n, n / 3 AS who, start + make_interval(secs => (random() * 350 * 86400)::int) AS at,
    (ARRAY['whatsapp', 'instagram', 'webchat', 'email'])[1 + floor(4 * power(random(), 1.5))::int] AS channel,
    'agent' || floor(40 * random())::int || '@loja.example' AS agent,
    (1e6 * exp(5 + random_normal()))::bigint AS first, (1e6 * exp(6 + random_normal()))::bigint AS second,
    (1e6 * exp(8 + random_normal()))::bigint AS rest, random() AS luck
FROM generate_series(%(from)s, %(to)s) AS n, (SELECT date_trunc('day', now()) - interval '365 days' AS start) AS began;
CREATE TEMP TABLE told AS
SELECT *, at + first * interval '1 microsecond' AS replied,
    at + (first + 300e6::bigint) * interval '1 microsecond' AS back,
    at + (first + 300e6::bigint + second) * interval '1 microsecond' AS ended,
    at + (first + 300e6::bigint + second + rest) * interval '1 microsecond' AS closed
FROM base;
INSERT INTO metrics_conversationfact (id, workspace_id, conversation_id, customer_id, opened_at, opened_by_customer, channel_kind,
    closing_channel_kind, crossed, team, response, response_from, response_started_at, responded_at, response_elapsed,
    response_business, any_elapsed, from_inbound_elapsed, response_agent, response_team, first_resolved_at, resolved_at,
    resolved_by, resolver, first_resolution_elapsed, resolution_elapsed, resolution_business, active_elapsed, answered,
    reopened_count)
SELECT n * 10, %(workspace)s, {conversation}, {customer}, at, true, channel, channel, false, '', 'answered', 'inbound', at, replied,
    first, first, first, first, agent, '', closed, closed, 'agent', agent, first + 300e6::bigint + second + rest,
    first + 300e6::bigint + second + rest, first + 300e6::bigint + second + rest, first + second, true, 0 FROM told;
INSERT INTO metrics_waitfact (id, workspace_id, conversation_id, customer_id, position, channel_kind, started_at, ended_at, outcome,
    elapsed, business, agent, team)
SELECT n * 10, %(workspace)s, {conversation}, {customer}, 0, channel, at, replied, 'answered', first, first, agent, '' FROM told
UNION ALL
SELECT n * 10 + 1, %(workspace)s, {conversation}, {customer}, 1, channel, back, ended, 'answered', second, second, agent, '' FROM told;
INSERT INTO metrics_volumefact (id, workspace_id, conversation_id, customer_id, channel_kind, day, inbound, outbound)
SELECT n * 10 + row_number() OVER (PARTITION BY n ORDER BY day), %(workspace)s, {conversation}, {customer}, channel, day,
    coalesce(array_agg(said ORDER BY said) FILTER (WHERE inward), '{{}}'),
    coalesce(array_agg(said ORDER BY said) FILTER (WHERE NOT inward), '{{}}')
FROM (
    SELECT n, who, channel, said, inward, (said AT TIME ZONE 'UTC')::date AS day FROM told, LATERAL (VALUES (at, true),
        (at + interval '10 s', true), (replied, false), (replied + interval '3 s', false), (back, true),
        (back + interval '10 s', true), (ended, false), (ended + interval '3 s', false)) AS line(said, inward)
) AS lines GROUP BY n, who, channel, day;
INSERT INTO metrics_stayfact (id, workspace_id, conversation_id, customer_id, kind, channel_kind, agent, team, started_at, ended_at,
    outcome, elapsed, business, off_hours)
SELECT n * 10, %(workspace)s, {conversation}, {customer}, 'queue', channel, agent, '', at, replied, 'taken', first, first, false
FROM told;
INSERT INTO metrics_surveyfact (id, workspace_id, customer_id, conversation_id, survey, touchpoint, channel_kind, agent, sent_at,
    answered_at, score, counts)
SELECT n * 10, %(workspace)s, {customer}, {conversation}, kind, 'service', channel, agent, closed, closed + interval '1 hour',
    CASE kind WHEN 'csat' THEN 1 + floor(5 * sqrt(luck)) ELSE floor(11 * sqrt(luck)) END, true
FROM told, LATERAL (SELECT CASE WHEN n %% 2 = 0 THEN 'csat' ELSE 'nps' END AS kind) AS asked WHERE n %% 5 = 0;
INSERT INTO metrics_orderfact (id, workspace_id, customer_id, source, number, channel_kind, store, pickup, coupon, placed_at, paid_at,
    currency, gross, amount, refunded, net, excluded, position)
SELECT n * 10 + place, %(workspace)s, {customer}, 'shop', n::text || '-' || place, channel, '', false, '',
    at + (place * 40 - 38) * interval '1 day', at + (place * 40 - 38) * interval '1 day', 'BRL', 100, 100, 0, 100, '', place
FROM told CROSS JOIN generate_series(1, 2) AS place WHERE n %% 15 = 0 AND (place = 1 OR luck < 0.3);
INSERT INTO metrics_movementfact (id, workspace_id, customer_id, order_id, at, kind, channel_kind, store, coupon, amount, net, excluded,
    position, first_at)
SELECT id, workspace_id, customer_id, id, paid_at, 'paid', channel_kind, '', '', amount, net, '', position, paid_at
FROM metrics_orderfact;
DROP TABLE base, told;
""".format
WAITING = """
INSERT INTO metrics_waitfact (id, workspace_id, conversation_id, customer_id, position, channel_kind, started_at, outcome, agent, team)
SELECT n, %(workspace)s, {conversation}, {customer}, 0, 'whatsapp', now() - n * interval '1 minute', 'open', '', ''
FROM (SELECT n, n AS who FROM generate_series(1, %(open)s) AS n) AS waiting
""".format
OWNERS = {"conversation": UUID.format("n"), "customer": UUID.format("who")}


def fill(messages: int, copies: int = 1) -> Workspace:
    """Make a company whose last year had so many messages, as ``copies`` equal parts; return it."""
    shop = load.new_shop("bench")
    workspace = shop.workspace
    Workspace.objects.filter(pk=workspace.pk).update(timezone="UTC")
    workspace.refresh_from_db()
    first = APART // 100
    with connection.cursor() as cursor:
        cursor.execute(
            "SET statement_timeout = 0; SET synchronous_commit = off; SET session_replication_role = replica"
        )
        count = messages // MESSAGES_EACH // copies
        values: dict[str, Any] = {"workspace": workspace.pk, "from": first, "to": first + count - 1}
        for statement in BASE(**OWNERS).strip().removesuffix(";").split(";\n"):
            cursor.execute(statement, values if "%(" in statement else None)
        cells.recount(workspace.pk, ZoneInfo("UTC"))
        if copies > 1:
            multiply(workspace, copies)
        cursor.execute(WAITING(**OWNERS), {"workspace": workspace.pk, "open": OPEN})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return workspace


def multiply(workspace: Workspace, copies: int) -> None:
    """Let there be every fact so many times, each time of other people, and let the cells hold so much more."""
    with connection.cursor() as cursor:
        for table in COPIED:
            shown = ", ".join(_moved(name) for name in table.columns)
            cursor.execute(
                f"INSERT INTO {table.name} (workspace_id, {', '.join(table.columns)}) "
                f"SELECT workspace_id, {shown} FROM {table.name} CROSS JOIN generate_series(1, %s) AS copy",
                [copies - 1],
            )
        kept = cells.kept(workspace.pk)
        cursor.execute("DELETE FROM metrics_cell WHERE workspace_id = %s", [workspace.pk])
    for cell in kept.values():
        cell.n, cell.total = cell.n * copies, cell.total * copies
        cell.hours = [hour * copies for hour in cell.hours]
        cell.histogram = Counter({place: n * copies for place, n in cell.histogram.items()})
        cell.members = Counter(chain.from_iterable(_others(cell.members, copy) for copy in range(copies)))
    binary.append("metrics_cell", cells.COLUMNS, [(workspace.pk.bytes, *key, *cell.row) for key, cell in kept.items()])


def _others(members: Counter[bytes], copy: int) -> list[bytes]:
    """Return a copy's people, as the copies of the facts have them."""
    moved = np.frombuffer(b"".join(members.elements()), dtype=MEMBER).copy()
    moved["tail"] += copy * APART
    return [one.tobytes() for one in moved]


def _moved(name: str) -> str:
    if name in {"id", "order_id", "opportunity_id"}:
        return f"{name} + copy * {APART * 10}::bigint"
    if name in {"conversation_id", "customer_id"}:
        return UUID.format(f"('x' || right({name}::text, 12))::bit(48)::bigint + copy * {APART}")
    return name
