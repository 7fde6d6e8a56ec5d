"""`realtime`: 500 open streams, 20 events a second: from publishing to hearing, and whether everybody heard everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from uuid import UUID

import msgspec
import redis
from django.db import transaction

from conversations import feed
from conversations.models import Message
from hub.models import Workspace
from tests.bench import load
from tests.bench.ground import Child, Ground
from tests.bench.house import serve
from tests.bench.report import Goal, Result, percentile, ratio_of_pairs

STREAMS = 500
EVENTS = 60
RATE = 20
ROUNDS = 2
SETTLE_SECONDS = 2.0


def realtime(ground: Ground) -> Iterator[Result]:
    """Tell both crowds of the same messages, in turns."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        load.store(shop, list(load.texts(EVENTS * ROUNDS, 40)))
        child = ground.child("drain", DATABASE_URL=url)
        child.hear()
        child.ask({"figures": False})
        child.end()
        messages = list(Message.objects.order_by("id").values_list("pk", "conversation_id"))
        assert len(messages) == EVENTS * ROUNDS
        samples = event_text(shop.workspace.pk, messages[0][0])
        _, port = serve(ground, "hub.asgi:application", "web", DATABASE_URL=url)
        _, bare_port = serve(ground, "tests.bench.stream_limit:application", "stream_limit")
        broker = redis.Redis.from_url(ground.env["REDIS_URL"])

        def ours(message: UUID, talk: UUID) -> None:
            with transaction.atomic():
                feed.publish(shop.workspace.pk, [feed.Change("message.created", message, talk)])

        def bare(message: UUID, talk: UUID) -> None:
            broker.publish("bench:events", samples.replace(str(messages[0][0]), str(message)))

        values, limits, heard = [], [], []
        for turn in range(ROUNDS):
            some = messages[turn * EVENTS : (turn + 1) * EVENTS]
            value, full = told(ground, port, "/api/v1/feed", shop.token, some, ours)
            limit, full_bare = told(ground, bare_port, "/", shop.token, some, bare)
            values.append(value)
            limits.append(limit)
            heard += [full, full_bare]
        broker.close()
    every = [one * 1000 for run in values for one in run]
    yield Result(
        bench="realtime",
        value=median(every),
        unit="ms",
        limit=median(one * 1000 for run in limits for one in run),
        ratio=ratio_of_pairs([median(run) for run in values], [median(run) for run in limits]),
        goal=Goal("<=", 1.5),
        n=len(every),
        holds={"all_delivered": all(heard)},
        extra={
            "p99_ms": percentile(every, 0.99),
            "limit_p99_ms": percentile([x * 1000 for run in limits for x in run], 0.99),
        },
    )


def event_text(workspace_id: UUID, message: UUID) -> str:
    """Return the event of a message as the house writes it."""
    from conversations.api import reading

    body = reading.messages(Workspace.objects.get(pk=workspace_id), [message])[message]
    return f"id: 1\nevent: message.created\ndata: {msgspec.json.encode(body).decode()}\n\n"


def told(
    ground: Ground, port: int, path: str, token: str, messages: list[Any], publish: Callable[[UUID, UUID], None]
) -> tuple[list[float], bool]:
    """Open the crowd, publish at the rate, and return how long each hearing took, and whether none was missed."""
    crowd: Child = ground.child("streams")
    crowd.hear()
    crowd.ask({"port": port, "path": path, "token": token, "streams": STREAMS})
    published = {}
    began = time.perf_counter()
    for place, (message, talk) in enumerate(messages):
        time.sleep(max(0.0, began + place / RATE - time.perf_counter()))
        published[str(message)] = time.perf_counter()
        publish(message, talk)
    time.sleep(SETTLE_SECONDS)
    heard = crowd.ask("over")
    crowd.end()
    times = [at - published[subject] for subject, some in heard.items() if subject in published for at in some]
    return times, len(times) == STREAMS * len(messages)
