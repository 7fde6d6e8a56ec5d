"""`latency`: from the 200 of a webhook to its event at a listener, through web, relay, Celery and Valkey, workers idle."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from django.db import connection

from tests.bench import load
from tests.bench.ground import Ground
from tests.bench.house import House
from tests.bench.report import Goal, Result, percentile, ratio_of_pairs

ROUNDS = 3
COUNT = 60
RATE = 20
BEGUN = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - received_at) * 1000)
FROM conversations_delivery WHERE outcome = 'processed'
"""


def latency(ground: Ground) -> Iterator[Result]:
    """Measure the way and its limit in turns."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        house = House(ground, url)
        caller = ground.child("caller", DATABASE_URL=url)
        caller.hear()
        told = {"do": "pace", "port": house.port, "path": shop.path, "secret": shop.secret, "token": shop.token}
        bare = {"do": "bare", "count": COUNT, "rate": RATE}
        bare |= {"workspace": str(shop.workspace.pk), "connection": str(shop.connection.pk)}
        caller.ask({**told, "first": 0, "count": 20, "rate": RATE})
        values, limits, missing = [], [], 0
        for turn in range(1, ROUNDS + 1):
            limits.append(caller.ask(bare)["latencies"])
            run = caller.ask({**told, "first": turn * 1_000, "count": COUNT, "rate": RATE})
            missing += run["missing"]
            values.append(run["latencies"])
        caller.end()
        with connection.cursor() as cursor:
            cursor.execute(BEGUN)
            begun = float(cursor.fetchone()[0])
        ground.end_programs()
    every = [one * 1000 for run in values for one in run]
    yield Result(
        bench="latency",
        value=median(every),
        unit="ms",
        limit=median(one * 1000 for run in limits for one in run),
        ratio=ratio_of_pairs([median(run) for run in values], [median(run) for run in limits]),
        goal=Goal("<=", 6),
        n=len(every),
        holds={"all_arrived": missing == 0},
        extra={"until_work_begins_ms": begun, "p90_ms": percentile(every, 0.9), "p99_ms": percentile(every, 0.99)},
    )
