"""`intake`: signed webhooks stored a second by one web process, how long each waits, and what a kill loses."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from django.db import connection

from tests.bench import load
from tests.bench.ground import Child, Ground
from tests.bench.house import serve
from tests.bench.report import Goal, Result, percentile, ratio_of_pairs

CONNECTIONS = 64
SECONDS = 2.5
ROUNDS = 4
WARM_SECONDS = 1.0
MOST = 9_000  # requests a second that the caller has ready
KILLED_AFTER = 1.2
NUMBER = re.compile(rb"wamid\.HBgNNTUxMTk4NzY1MDAwMRUCABIYFjNBMDJCNzlF(\d{12})")


def intake(ground: Ground) -> Iterator[Result]:
    """Flood house and bare handler in turns, then kill the house in the middle of a flood."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        names = {"BENCH_WORKSPACE": str(shop.workspace.pk), "BENCH_CONNECTION": str(shop.connection.pk)}
        web, port = serve(ground, "hub.asgi:application", "web", DATABASE_URL=url)
        _, bare_port = serve(ground, "tests.bench.door_limit:application", "door_limit", DATABASE_URL=url, **names)
        caller = ground.child("caller")
        caller.hear()
        told: dict[str, Any] = {"do": "flood", "path": shop.path, "secret": shop.secret, "people": 1_000}
        told |= {"connections": CONNECTIONS, "first": 0}
        runs: dict[int, list[dict[str, Any]]] = {port: [], bare_port: []}
        for seconds in (WARM_SECONDS, *[SECONDS] * ROUNDS):
            for where, done in runs.items():
                done.append(flood(caller, told, where, seconds))
        values, limits = ([rate(run) for run in runs[where][1:]] for where in (port, bare_port))
        p99 = [[percentile(run["latencies"], 0.99) * 1000 for run in runs[where][1:]] for where in (port, bare_port)]
        caller.say({**told, "port": port, "seconds": 4.0, "count": int(4.0 * MOST), "name_them": True})
        caller.hear()
        time.sleep(KILLED_AFTER)
        web.kill()
        killed = caller.hear()
        lost = set(killed["acknowledged"]) - stored(told["first"])
        caller.end()
    slower = ratio_of_pairs(*p99)
    yield Result(
        bench="intake",
        value=median(values),
        unit="webhooks/s",
        limit=median(limits),
        ratio=ratio_of_pairs(values, limits),
        goal=Goal(">=", 0.75),
        n=sum(run["acknowledged"] for run in runs[port][1:]),
        holds={"p99_within_2x": slower <= 2.0, "none_lost": not lost and bool(killed["acknowledged"])},
        extra={
            "p50_ms": median(percentile(run["latencies"], 0.5) * 1000 for run in runs[port][1:]),
            "p99_ms": median(p99[0]),
            "limit_p99_ms": median(p99[1]),
            "p99_ratio": slower,
            "refused": sum(run["refused"] for run in runs[port]),
            "acknowledged_before_kill": len(killed["acknowledged"]),
            "lost_after_kill": len(lost),
        },
    )


def flood(caller: Child, told: dict[str, Any], port: int, seconds: float) -> dict[str, Any]:
    """Let the caller flood a port; numbers of messages go on from run to run."""
    count = int(seconds * MOST)
    caller.say({**told, "port": port, "seconds": seconds, "count": count})
    caller.hear()
    run: dict[str, Any] = caller.hear()
    told["first"] += count
    return run


def rate(run: dict[str, Any]) -> float:
    """Return acknowledged webhooks a second."""
    return float(run["acknowledged"] / run["seconds"])


def stored(first: int) -> set[int]:
    """Return the numbers of the stored messages from ``first`` on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM conversations_delivery")
        found = {int(match[1]) for (body,) in cursor.fetchall() if (match := NUMBER.search(bytes(body)))}
    return {number for number in found if number >= first}
