"""`pipeline`, `derive`, `scale`: how fast what is stored becomes conversation, feed and figure."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from statistics import median

import msgspec
from django.db import connection

from tests.bench import load
from tests.bench.ground import Child, Ground
from tests.bench.report import Goal, Result, ratio_of_pairs

WARM = 400  # messages before the clock starts: imports, plans, first pages
MESSAGES = 4_000
PEOPLE = 1_200
ROUNDS = 3
A_TURN = 800  # messages: what a second brings, after which figures follow; a number, so that a busy machine has no more turns
PROFILE = os.environ.get("BENCH_PROFILE")  # a file for cProfile, when looking for what costs
WRITTEN = """
SELECT
  (SELECT count(*) FROM conversations_delivery WHERE parsed AND outcome = 'processed'),
  (SELECT count(*) FROM conversations_item WHERE state = 'done' AND outcome = 'processed'),
  (SELECT count(*) FROM conversations_lane WHERE NOT has_work),
  (SELECT count(*) FROM conversations_customer WHERE name <> ''),
  (SELECT count(*) FROM conversations_identity WHERE match_key <> ''),
  (SELECT count(*) FROM conversations_message WHERE identity_id IS NOT NULL),
  (SELECT string_agg(concat(last_seq, ' ', unread, ' ', status, ' ', route_reason->>'rule', ' ', cardinality(channel_ids)), ',' ORDER BY last_seq, unread)
   FROM conversations_conversation),
  (SELECT string_agg(kind, ',' ORDER BY kind) FROM (SELECT concat(type, ' ', count(*)) AS kind
   FROM conversations_historyevent GROUP BY type) AS kinds),
  (SELECT count(*) FROM conversations_feedevent WHERE kind IN ('message.created', 'conversation.created')),
  (SELECT count(*) FROM metrics_waitfact WHERE outcome = 'open'),
  (SELECT count(*) FROM metrics_conversationfact WHERE response = 'open'),
  (SELECT count(*) FROM metrics_stayfact WHERE kind = 'queue' AND outcome = 'open'),
  (SELECT sum(cardinality(inbound)) FROM metrics_volumefact),
  (SELECT string_agg(concat(measure, ' ', dimension, ' ', value, ' ', span, ' ', n, ' ', (SELECT sum(h) FROM unnest(hours) AS h)), ','
   ORDER BY measure, span, day) FROM metrics_cell)
"""


class Run(msgspec.Struct, frozen=True):
    """What one measurement came to."""

    messages: float  # seconds
    figures: float  # seconds
    cpu: float  # seconds of the child and of the database server
    child: float  # of those, seconds of the child
    worked: int
    written: tuple[object, ...]

    @property
    def rate(self) -> float:
        """Messages a second, figures included."""
        return self.worked / (self.messages + self.figures)


class Half(msgspec.Struct, frozen=True):
    """What one half of a turn took."""

    seconds: float
    cpu: float  # seconds of the child and of the database server


def pipeline(ground: Ground) -> Iterator[Result]:
    """Messages a second from stored delivery to conversation, feed and fact; the limit is set-based SQL for the same rows."""
    values, limits = [], []
    for _ in range(ROUNDS):
        values.append(measured(ground, "drain"))
        limits.append(measured(ground, "limit_rows"))
    yield Result(
        bench="pipeline",
        value=median(run.rate for run in values),
        unit="messages/s",
        limit=median(run.rate for run in limits),
        ratio=ratio_of_pairs([run.rate for run in values], [run.rate for run in limits]),
        goal=Goal(">=", 0.5),
        n=MESSAGES * ROUNDS,
        holds={"same_rows": all(run.written == limits[0].written for run in (*values, *limits))},
        extra={
            "without_figures": median(run.worked / run.messages for run in values),
            "limit_without_figures": median(run.worked / run.messages for run in limits),
            "cpu_ratio": ratio_of_pairs([run.cpu for run in limits], [run.cpu for run in values]),
            "cpu_ms": median(run.cpu / run.worked * 1000 for run in values),
            "limit_cpu_ms": median(run.cpu / run.worked * 1000 for run in limits),
        },
    )


def derive(ground: Ground) -> Iterator[Result]:
    """The extra time a message for facts and cells over the time without; with answers in the talk."""
    turns = [turn for _ in range(ROUNDS) for turn in taken_turns(ground)]
    figures, messages = ([turn[place] for turn in turns] for place in (0, 1))
    yield Result(
        bench="derive",
        value=median(half.seconds for half in figures) / A_TURN * 1e6,
        unit="us a message",
        limit=median(half.seconds for half in messages) / A_TURN * 1e6,
        ratio=ratio_of_pairs([half.seconds for half in figures], [half.seconds for half in messages]),
        goal=Goal("<=", 0.3),
        n=A_TURN * len(turns),
        extra={
            "all_over_all": sum(half.seconds for half in figures) / sum(half.seconds for half in messages),
            "cpu_ratio": sum(half.cpu for half in figures) / sum(half.cpu for half in messages),
            "cpu_us": sum(half.cpu for half in figures) / (A_TURN * len(turns)) * 1e6,
        },
    )


def scale(ground: Ground) -> Iterator[Result]:
    """Messages a second with two worker processes over one."""
    ones, twos = [], []
    for _ in range(ROUNDS):
        ones.append(together(ground, 1))
        twos.append(together(ground, 2))
    yield Result(
        bench="scale",
        value=median(twos),
        unit="messages/s",
        limit=median(ones),
        ratio=ratio_of_pairs(twos, ones),
        goal=Goal(">=", 1.6),
        n=MESSAGES * 2 * ROUNDS,
    )


def measured(ground: Ground, module: str) -> Run:
    """Let a child work ``MESSAGES`` that wait in a database of its own, warmed by some before."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        child = ground.child(module, DATABASE_URL=url)
        child.hear()
        some = list(load.texts(WARM + MESSAGES, PEOPLE))
        load.store(shop, some[:WARM])
        child.ask({"figures": True})
        load.store(shop, some[WARM:])
        settle()
        server = ground.server_seconds()
        said = child.ask({"figures": True, **({"profile": PROFILE} if PROFILE and module == "drain" else {})})
        server = ground.server_seconds() - server
        child.end()
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN)
            written = cursor.fetchone()
    return Run(said["messages"], said["figures"], said["cpu"] + server, said["cpu"], MESSAGES, written)


def taken_turns(ground: Ground) -> list[tuple[Half, Half]]:
    """Let a child work messages and then their figures, a turn at a time; return figures and messages of each turn."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        child = ground.child("drain", DATABASE_URL=url)
        child.hear()
        some = list(load.texts(WARM + MESSAGES, PEOPLE, answers=True))
        load.store(shop, some[:WARM])
        child.ask({"figures": True})
        settle()
        turns = []
        for start in range(WARM, len(some), A_TURN):
            load.store(shop, some[start : start + A_TURN])
            messages = half(ground, child, "messages")
            turns.append((half(ground, child, "figures"), messages))
        child.end()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM conversations_message), "
                "(SELECT sum(cardinality(inbound) + cardinality(outbound)) FROM metrics_volumefact)"
            )
            assert cursor.fetchone() == (len(some), len(some)), "not everything was worked and counted"
    return turns


def half(ground: Ground, child: Child, name: str) -> Half:
    """Let the child work what waits: messages alone, or the figures of messages that are there already."""
    server = ground.server_seconds()
    profile = {"profile": PROFILE} if PROFILE and name == "figures" else {}
    said = child.ask({"figures": name == "figures", **profile})
    return Half(said[name], said["cpu"] + ground.server_seconds() - server)


def together(ground: Ground, count: int) -> float:
    """Let so many children work the same store of messages; return messages a second."""
    with ground.database() as url:
        shop = load.new_shop("bench")
        children = [ground.child("drain", DATABASE_URL=url) for _ in range(count)]
        for child in children:
            child.hear()
        some = list(load.texts(WARM + MESSAGES, PEOPLE))
        load.store(shop, some[:WARM])
        answers(children)
        load.store(shop, some[WARM:])
        settle()
        began = time.perf_counter()
        answers(children)
        seconds = time.perf_counter() - began
        for child in children:
            child.end()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM conversations_message")
            assert cursor.fetchone() == (WARM + MESSAGES,), "not everything was worked"
    return MESSAGES / seconds


def answers(children: Sequence[Child]) -> list[dict[str, float]]:
    """Set every child to work and wait for all."""
    for child in children:
        child.say({"figures": True})
    return [child.hear() for child in children]


def settle() -> None:
    """Let the server be done with what the preparation left it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")


__all__ = ["derive", "measured", "pipeline", "scale"]
