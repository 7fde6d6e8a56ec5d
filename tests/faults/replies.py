"""B7: replies through a provider that throttles, fails, dawdles and loses its answers, while the worker is killed.

No customer may get a reply twice or out of order; what became of each is known in the end, or said to be unknown.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import NamedTuple

from django.db import connection

from simulator import BusinessNumber, RunningSimulator, Switches, running
from simulator.whatsapp import SentMessage
from tests.faults import kills, oracle
from tests.faults.drill import Result, died_by_itself, finish, settle
from tests.faults.house import House
from tests.faults.load import ACCOUNT, Load, Shop, new_shop, send
from tests.faults.oracle import Stored

REPLIES = 4  # to each customer
MOODS = (
    {"kind": "throttle", "probability": 0.15, "seconds": 1.0},
    {"kind": "server_error", "probability": 0.1},
    {"kind": "server_error", "probability": 0.1, "body": False, "status": 502},
    {"kind": "lost_reply", "probability": 0.15},
    {"kind": "delay", "probability": 0.2, "seconds": 1.5},
)
BAD_SECONDS = 4.0
SETTLE_SECONDS = 60.0
ENDS = {"sent", "delivered", "read", "failed", "unknown"}


class Reply(NamedTuple):
    """What an agent wants to say: in which conversation, the how-manieth, its words."""

    conversation: str
    turn: int
    text: str


def run(house: House) -> Result:
    """Let customers write, answer each of them several times through the moody provider, and compare both sides."""
    result = Result(drill="B7", says="replies through a provider that fails in every way, and a killed worker")
    shop = new_shop("B7")
    deaths = house.deaths()
    load = Load(house.url, shop, "B7", rate=40.0, seconds=1.0)
    load.start()
    expected = finish(house, load, result, {200})
    settle(house, result)
    with running([number(house, shop)], switches=Switches(pace=0.3), seed=7, port=house.graph_port) as provider:
        provider.switch(faults=MOODS)
        asked = [*answer_all(house, shop, result)]
        kills.worker(house)
        house.sleep(BAD_SECONDS)
        provider.switch(faults=())
        house.wait_until_ready()
        settle_sends(house, provider, result)
        sent = provider.sent
    world = oracle.look(shop.workspace)
    result.failures += oracle.judge(expected, world)
    ours = [one for one in world.stored if not one.inbound]
    result.failures += compare(asked, ours, sent)
    if not any("was sent 2 times" in found for found in compare(asked, ours, [*sent, sent[0]])):
        result.failures.append("a second copy would not have been seen")
    result.failures += died_by_itself(house, deaths)
    result.figures |= {
        "replies": len(asked),
        "accepted": len(sent),
        "ended": dict(Counter(one.status for one in ours)),
    }
    return result


def number(house: House, shop: Shop) -> BusinessNumber:
    """Return the shop's number as the provider knows it."""
    return BusinessNumber(
        phone_number_id=ACCOUNT, access_token="access", app_secret=shop.secret, webhook_url=house.url + shop.path
    )


def answer_all(house: House, shop: Shop, result: Result) -> list[Reply]:
    """Queue replies to every conversation through the API, each request twice: the same ``client_id`` is one message."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM conversations_conversation WHERE workspace_id = %s", [shop.workspace.pk])
        conversations = [row[0] for row in cursor.fetchall()]
    headers = {"Authorization": f"Token {shop.token}", "Content-Type": "application/json"}
    asked = []
    for turn in range(REPLIES):
        for conversation in conversations:
            reply = Reply(conversation, turn, f"resposta {turn} a {conversation}")
            body = json.dumps({"text": reply.text, "client_id": f"turn-{turn}"}).encode()
            for _ in range(2):
                status, _ = send(house.url, "POST", f"/api/v1/conversations/{conversation}/messages", body, headers)
                if status not in {200, 201}:
                    result.failures.append(f"a reply was answered with {status}")
            asked.append(reply)
    return asked


def settle_sends(house: House, provider: RunningSimulator, result: Result) -> None:
    """Wait until all is sent and every status came back; leases of the killed worker end as if their time had passed."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_outboxentry SET not_before = clock_timestamp() WHERE state = 'sending'")
    settle(house, result, SETTLE_SECONDS)
    if not provider.drain(SETTLE_SECONDS):
        result.failures.append("the provider still held webhooks")
    house.sleep(1.0)
    settle(house, result)


def compare(asked: list[Reply], stored: list[Stored], sent: list[SentMessage]) -> list[str]:
    """Compare what agents asked for, what the hub says of it, and what the provider took."""
    copies = Counter(str(one.body.get("biz_opaque_callback_data")) for one in sent)
    by_id = {one.message_id: one for one in stored}
    found = [f"{one} was sent {times} times" for one, times in copies.items() if times > 1]
    found += [f"the provider took {one}, which nobody asked for" for one in copies if one not in by_id]
    found += [f"{one.message_id} ended as {one.status}" for one in stored if one.status not in ENDS]
    known = {"sent", "delivered", "read"}
    for one in stored:
        if (one.status in known) != (one.message_id in copies):
            found.append(f"{one.message_id} is {one.status}, and the provider took it {copies[one.message_id]} times")
    if sorted(one.text for one in stored) != sorted(reply.text for reply in asked):
        found.append(f"{len(asked)} replies were asked for and {len(stored)} are stored")
    turns: dict[str, list[int]] = defaultdict(list)
    for taken in sent:
        if one := by_id.get(str(taken.body.get("biz_opaque_callback_data"))):
            turns[str(one.conversation)].append(one.seq)
    found += [f"{talk} was answered in the order {seqs}" for talk, seqs in turns.items() if seqs != sorted(seqs)]
    return found
