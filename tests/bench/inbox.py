"""`inbox`: the first page of the inbox's views, with a long history behind it and with a short one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from django.db import connection
from django.test import Client

from hub.models import Membership, User
from tests.bench import load
from tests.bench.ground import Ground, use
from tests.bench.report import Goal, Result

LARGE, SMALL = 200_000, 10_000
OPEN = 2_000  # history grows, the queue does not
REQUESTS = 15
VIEWS = ("unassigned", "resolved")
FILL = """
WITH people AS (
  INSERT INTO conversations_customer (id, workspace_id, name, attributes)
  SELECT gen_random_uuid(), %(workspace)s, 'Cliente ' || n, '{}' FROM generate_series(1, %(count)s) AS n
  RETURNING id, substr(name, 9)::int AS n
), talks AS (
  INSERT INTO conversations_conversation (id, workspace_id, customer_id, status, opened_at, channel_ids, last_channel_id,
    waiting_since, resolved_at, reopened_count, last_inbound_at, last_message_at, last_message_id, last_seq, unread)
  SELECT gen_random_uuid(), %(workspace)s, id, CASE WHEN n <= %(open)s THEN 'waiting' ELSE 'resolved' END, at,
    ARRAY[%(channel)s::uuid], %(channel)s, CASE WHEN n <= %(open)s THEN at END, CASE WHEN n > %(open)s THEN at END, 0, at, at,
    gen_random_uuid(), 1, 1
  FROM people, LATERAL (SELECT now() - n * interval '3 minutes' AS at) AS there RETURNING id, customer_id, last_message_id, last_message_at
)
INSERT INTO conversations_message (id, workspace_id, conversation_id, customer_id, channel_id, direction, author_kind,
  author_name, kind, text, payload, provider_id, reply_to_provider_id, sent_at, received_at, seq, status, earlier_texts, imported)
SELECT last_message_id, %(workspace)s, id, customer_id, %(channel)s, 'inbound', 'customer', '', 'text',
  'Quero saber do meu pedido', '{}', 'wamid.' || id, '', last_message_at, last_message_at, 1, 'delivered', '[]', false
FROM talks
"""


def inbox(ground: Ground) -> Iterator[Result]:
    """Ask for first pages in turns from a large and a small history."""
    with ground.database() as large, ground.database() as small:
        clients = {}
        for url, count in ((large, LARGE), (small, SMALL)):
            use(url)
            clients[url] = (url, fill(count))
        times: dict[tuple[str, str], list[float]] = {(url, view): [] for url in clients for view in VIEWS}
        for turn in range(REQUESTS + 2):
            for url, (_, client) in clients.items():
                use(url)
                client.get("/inbox/rows/?view=mine")
                for view in VIEWS:
                    began = time.perf_counter()
                    answer = client.get(f"/inbox/rows/?view={view}")
                    seconds = time.perf_counter() - began
                    assert len(answer.json()["results"]) == 50, answer.content[:200]
                    if turn >= 2:
                        times[url, view].append(seconds * 1000)
    found = {key: median(some) for key, some in times.items()}
    yield Result(
        bench="inbox",
        value=sum(found[large, view] for view in VIEWS),
        unit="ms",
        limit=sum(found[small, view] for view in VIEWS),
        goal=Goal("<=", 1.3),
        n=REQUESTS * len(VIEWS),
        extra={
            f"{view}_{count}_ms": found[url, view] for view in VIEWS for url, count in ((large, LARGE), (small, SMALL))
        },
    )


def fill(count: int) -> Client:
    """Make a company with so many conversations; return a client of its admin."""
    shop = load.new_shop("bench")
    user = User.objects.create_user("ana@bench.example", "a-long-bench-password", name="Ana")
    Membership.objects.create(workspace=shop.workspace, user=user, role="admin")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET session_replication_role = replica")  # rows that fit: no need to look every key up
        cursor.execute(FILL, {"workspace": shop.workspace.pk, "channel": shop.channel.pk, "count": count, "open": OPEN})
        cursor.execute("VACUUM ANALYZE")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
