"""B2: messages that end, crash or hang whoever works them; each is set aside, and what stands behind it goes on."""

from __future__ import annotations

import sys
import time

from tests.conversations.bodies import text
from tests.faults.drill import Result, died_by_itself, finish, look_and_judge, settle
from tests.faults.house import House, worker_command
from tests.faults.load import Load, Shop, new_shop, post
from tests.faults.oracle import Promise
from tests.faults.poisoned import CRASH, EXIT, HANG

BEHIND = 3  # ordinary messages behind each poison, on the same lane
LIMITS = {"TASK_SOFT_TIME_LIMIT": "4", "TASK_TIME_LIMIT": "6"}
SETTLE_SECONDS = 90.0


def run(house: House) -> Result:
    """Plant three poisons among other people's messages and see that exactly they are set aside."""
    result = Result(drill="B2", says="messages that end, crash or hang the worker")
    house.add("worker", worker_command("tests.faults.poisoned"), **LIMITS)
    house.add("relay", [sys.executable, "-m", "tests.faults.poisoned"], **LIMITS)
    house.wait_until_ready()
    deaths, alive = house.deaths(), (house.worker.pid, house.relay.pid)
    shop = new_shop("B2")
    load = Load(house.url, shop, "B2", rate=10.0)
    load.start()
    planted = plant(house, shop, result)
    expected = finish(house, load, result, {200})
    expected.offered += planted
    expected.acked |= {promise.message_id for promise in planted}
    expected.poison = {promise.message_id for promise in planted if promise.text in {EXIT, CRASH, HANG}}
    settle(house, result, SETTLE_SECONDS)
    # What was set aside has no place in its conversation: the order is that of the messages which do.
    expected.offered = [promise for promise in expected.offered if promise.message_id not in expected.poison]
    expected.acked -= expected.poison
    result.failures += look_and_judge(shop, expected)
    result.failures += died_by_itself(house, deaths)
    if alive != (house.worker.pid, house.relay.pid):
        result.failures.append("worker or relay is not the process it was")
    result.figures |= {"set_aside": len(expected.poison), "behind": len(planted) - len(expected.poison)}
    house.add("worker", worker_command("hub"))
    house.add("relay", [sys.executable, "-m", "conversations.relay"])
    house.wait_until_ready()
    return result


def plant(house: House, shop: Shop, result: Result) -> list[Promise]:
    """Let three customers send one poison and then ordinary messages, each after the ack of the one before."""
    planted = []
    for number, poison in enumerate((EXIT, CRASH, HANG), start=1):
        wa_id = f"551198765000{number}"
        for index, words in enumerate([poison, *(f"behind {poison[8:]} {turn}" for turn in range(BEHIND))]):
            promise = Promise(wa_id, f"wamid.B2.{number}.{index}", words)
            status = post(house.url, shop.path, text(promise.message_id, wa_id, words, int(time.time())), shop.secret)
            if status != 200:
                result.failures.append(f"{promise.message_id} was answered with {status}")
            planted.append(promise)
    return planted
