"""B10: a campaign through a slow provider while people write, and the worker is killed in the middle.

People must hardly notice the campaign; nothing is lost, doubled or out of order; what hung at the kill is told apart later.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from conversations.models import Conversation, Customer, Identity, Message, OutboxEntry
from conversations.wake import wake
from simulator import RunningSimulator, Switches, running
from tests.faults import kills, oracle
from tests.faults.drill import Result, died_by_itself, settle
from tests.faults.house import House
from tests.faults.load import Shop, new_shop
from tests.faults.replies import Reply, compare, number

CAMPAIGN = 2_000
TALKS, TURNS = 100, 3  # people's messages: so many to each of so many customers
PER_SECOND = 200  # what the number may send
SLOW_SECONDS = 0.15  # until the provider answers
HARDLY = 0.2  # of what half the campaign waits, nineteen of twenty people's messages may wait

SETTLE_SECONDS = 180.0
SHOWN = 5  # of what is wrong

_phones = itertools.count(5_511_900_000_000)


def run(house: House) -> Result:
    """Queue the campaign, let people write while it leaves, kill the worker once, and compare both sides."""
    result = Result(drill="B10", says="people's messages beside a campaign, a slow provider, and a killed worker")
    shop = new_shop("B10")
    shop.channel.settings = {"per_second": PER_SECOND}
    shop.channel.save()
    deaths = house.deaths()
    # Few and large webhooks, so that the machine has time for what is drilled.
    switches = Switches(pace=0.3, per_second=PER_SECOND, read_share=0.0, duplicates=0.0, batches=1.0, batch_size=50)
    with running([number(house, shop)], switches=switches, seed=7, port=house.graph_port) as provider:
        provider.switch(faults=({"kind": "delay", "seconds": SLOW_SECONDS},))
        asked = [*_queue(shop, _talks(shop, CAMPAIGN), 0, bulk=True)]
        talks = _talks(shop, TALKS)
        for turn in range(TURNS):
            for some in itertools.batched(talks, 10, strict=False):
                asked += _queue(shop, some, turn, bulk=False)
                house.sleep(0.4)
        house.wait(lambda: not _people_wait(shop), SETTLE_SECONDS)
        kills.worker(house)
        house.wait_until_ready()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE conversations_outboxentry SET not_before = clock_timestamp() WHERE state = 'sending'"
            )
        settle(house, result, SETTLE_SECONDS)
        provider.drain(SETTLE_SECONDS)
        house.sleep(1.0)
        settle(house, result, SETTLE_SECONDS)
        _judge(shop, asked, provider, result)
    result.failures += died_by_itself(house, deaths)
    return result


def _people_wait(shop: Shop) -> bool:
    return OutboxEntry.objects.of(shop.workspace).filter(bulk=False).exclude(state="done").exists()


def _talks(shop: Shop, count: int) -> list[Conversation]:
    """Make customers with a conversation each."""
    place, now = shop.workspace, timezone.now()
    customers = Customer.objects.bulk_create(Customer(workspace=place, name="Cliente") for _ in range(count))
    Identity.objects.bulk_create(
        Identity(workspace=place, customer=one, kind="wa_id", value=str(next(_phones)), channel_kind="whatsapp")
        for one in customers
    )
    return Conversation.objects.bulk_create(
        Conversation(workspace=place, customer=one, opened_at=now, status="open", last_seq=TURNS) for one in customers
    )


def _queue(shop: Shop, talks: Any, turn: int, *, bulk: bool) -> Iterator[Reply]:
    """Queue one message to each of these talks, as they stand after being written."""
    author = "campaign" if bulk else "agent"
    with transaction.atomic():
        rows = Message.objects.bulk_create(
            Message(
                workspace=shop.workspace, conversation=talk, customer_id=talk.customer_id, channel=shop.channel,
                direction="outbound", author_kind=author, kind="text", text=f"{author} {turn} a {talk.pk}",
                sent_at=timezone.now(), seq=turn + 1, status="queued",
            )
            for talk in talks
        )  # fmt: skip
        OutboxEntry.objects.bulk_create(
            OutboxEntry(
                message=row, workspace=shop.workspace, channel=shop.channel, conversation_id=row.conversation_id,
                position=row.seq, bulk=bulk,
            )
            for row in rows
        )  # fmt: skip
        wake("outbound")
    return (Reply(str(row.conversation_id), turn, row.text) for row in rows)


def _judge(shop: Shop, asked: list[Reply], provider: RunningSimulator, result: Result) -> None:
    sent = provider.sent
    found = compare(asked, oracle.look(shop.workspace, count_figures=False).stored, sent)
    result.failures += found[:SHOWN] + ([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])
    queued: dict[str, tuple[datetime, bool]] = {
        str(key): (at, bulk)
        for key, at, bulk in OutboxEntry.objects.of(shop.workspace).values_list("message_id", "queued_at", "bulk")
    }
    waits: dict[bool, list[float]] = {True: [], False: []}
    for one in sent:
        at, bulk = queued[str(one.body["biz_opaque_callback_data"])]
        waits[bulk].append(one.at - at.timestamp())
    p95 = statistics.quantiles(waits[False], n=20)[-1]
    half = statistics.median(waits[True])
    if p95 > HARDLY * half:
        result.failures.append(f"people waited {p95:.1f} s beside a campaign that waited {half:.1f} s")
    unknown = Message.objects.of(shop.workspace).filter(status="unknown").count()
    result.figures |= {
        "accepted": len(sent),
        "unknown": unknown,
        "people_p95_ms": round(p95 * 1000),
        "people_median_ms": round(statistics.median(waits[False]) * 1000),
        "campaign_median_s": round(half, 1),
    }
