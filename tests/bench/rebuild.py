"""`rebuild`: events a second derived once more from nothing by two processes, against reading them sorted from PostgreSQL."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from statistics import median

from django.db import connection

from hub.models import Workspace
from tests.bench.ground import Child, Ground
from tests.bench.report import Goal, Result, ratio_of_pairs

EVENTS = int(os.environ.get("REBUILD_EVENTS", "100000"))  # of each company
EACH = 10  # of a conversation
COMPANIES = 4  # a process rebuilds a company at a time
ROUNDS = 2
FILL = """
WITH people AS (
  INSERT INTO conversations_customer (id, workspace_id, name, attributes)
  SELECT uuidv7(), %(workspace)s, 'Cliente ' || n, '{}' FROM generate_series(1, %(count)s) AS n RETURNING id, substr(name, 9)::int AS n
), talks AS (
  INSERT INTO conversations_conversation (id, workspace_id, customer_id, status, opened_at, channel_ids, resolved_at,
    reopened_count, last_message_at, last_seq, unread)
  SELECT uuidv7(), %(workspace)s, id, 'resolved', at, '{}', at, 0, at, 1, 0
  FROM people, LATERAL (SELECT now() - n * interval '3 minutes' AS at) AS there RETURNING id, customer_id, opened_at
)
INSERT INTO conversations_historyevent (workspace_id, customer_id, conversation_id, message_id, type, occurred_at, source,
  channel_kind, actor_kind, actor_email, skewed, data)
SELECT %(workspace)s, customer_id, id, CASE WHEN type LIKE 'message%%' THEN uuidv7() END, type,
  opened_at + minutes * interval '1 minute', 'novelo', channel, actor, CASE actor WHEN 'agent' THEN 'ana@loja.example' ELSE '' END,
  false, CASE WHEN type LIKE 'message%%' THEN '{"kind": "text"}'::jsonb ELSE '{}' END
FROM talks CROSS JOIN (VALUES
  ('conversation.opened', 0, '', 'customer'), ('message.received', 0, 'whatsapp', 'customer'), ('message.received', 1, 'whatsapp', 'customer'),
  ('conversation.assigned', 3, '', 'agent'), ('message.sent', 5, 'whatsapp', 'agent'), ('message.received', 9, 'whatsapp', 'customer'),
  ('message.sent', 12, 'whatsapp', 'agent'), ('message.received', 20, 'instagram', 'customer'), ('message.sent', 31, 'instagram', 'agent'),
  ('conversation.resolved', 40, '', 'agent')
) AS said(type, minutes, channel, actor)
ORDER BY opened_at + minutes * interval '1 minute'
"""
SORTED = """
SELECT id, customer_id, conversation_id, message_id, type, occurred_at, source, channel_kind, actor_kind, actor_email, data::text
FROM conversations_historyevent WHERE workspace_id = %s ORDER BY conversation_id, occurred_at, id
"""


def rebuild(ground: Ground) -> Iterator[Result]:
    """Let one process and two rebuild the same companies, and read their events sorted, in turns."""
    with ground.database() as url:
        companies = [fill(place) for place in range(COMPANIES)]
        children = [ground.child("rebuilder", DATABASE_URL=url) for _ in range(2)]
        for child in children:
            child.hear()
        ones, twos, reads = [], [], []
        for turn in range(ROUNDS + 1):
            read = sum(read_sorted(workspace) for workspace in companies)
            one = rebuilt(children[:1], companies[:2])
            two = rebuilt(children, companies)
            if turn:
                reads.append(EVENTS * COMPANIES / read)
                ones.append(EVENTS * 2 / one)
                twos.append(EVENTS * COMPANIES / two)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), sum(resolution_elapsed) / 60000000 FROM metrics_conversationfact")
            facts = cursor.fetchone()
    count = EVENTS // EACH * COMPANIES
    yield Result(
        bench="rebuild",
        value=median(twos),
        unit="events/s",
        limit=median(reads),
        ratio=ratio_of_pairs(twos, reads),
        goal=Goal(">=", 0.2),
        n=EVENTS * COMPANIES * ROUNDS,
        holds={"all_facts": facts == (count, count * 40)},
        extra={"one_process": median(ones), "two_over_one": ratio_of_pairs(twos, ones)},
    )


def fill(place: int) -> Workspace:
    """Make a company with history and no facts."""
    workspace = Workspace.objects.create(slug=f"company-{place}", name="Loja")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET session_replication_role = replica")  # rows that fit: no need to look every key up
        cursor.execute(FILL, {"workspace": workspace.pk, "count": EVENTS // EACH})
        cursor.execute("VACUUM ANALYZE")
    return workspace


def read_sorted(workspace: Workspace) -> float:
    """Read a company's events in the order of their conversations; return seconds."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(SORTED, [workspace.pk])
        assert len(cursor.fetchall()) == EVENTS, "not all events were read"
    return time.perf_counter() - began


def rebuilt(children: list[Child], companies: list[Workspace]) -> float:
    """Throw the facts of these companies away and let the children rebuild them from history; return seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE metrics_waitfact, metrics_conversationfact, metrics_volumefact, metrics_stayfact, metrics_labelfact, metrics_cell"
        )
    shares = [companies[place :: len(children)] for place in range(len(children))]
    began = time.perf_counter()
    for child, share in zip(children, shares, strict=True):
        child.say([str(workspace.pk) for workspace in share])
    for child in children:
        child.hear(600)
    return time.perf_counter() - began
