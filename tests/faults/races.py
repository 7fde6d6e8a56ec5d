"""R2: fifty first messages of one new customer at once, and one message fifty times at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tests.conversations.bodies import text
from tests.faults.drill import Result, look_and_judge, settle
from tests.faults.house import House
from tests.faults.load import new_shop, post
from tests.faults.oracle import Expected, Promise

AT_ONCE = 50
NEWCOMER, ECHO = "5511987654001", "5511987654002"


def run(house: House) -> Result:
    """Send all of it in parallel: two customers, two conversations, fifty and one messages."""
    result = Result(drill="R2", says=f"{AT_ONCE} first messages of one customer at once, one message {AT_ONCE} times")
    shop, now = new_shop("R2"), int(time.time())
    said = [Promise(NEWCOMER, f"wamid.R2.{index}", f"{index}") for index in range(AT_ONCE)]
    same = Promise(ECHO, "wamid.R2.same", "the same")
    bodies = [text(one.message_id, one.wa_id, one.text, now) for one in [*said, *[same] * AT_ONCE]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda body: post(house.url, shop.path, body, shop.secret), bodies))
    if set(answers) != {200}:
        result.failures.append(f"answered with {sorted(set(answers))}")
    settle(house, result)
    offered = [*said, same]
    expected = Expected(offered=offered, acked={one.message_id for one in offered}, ordered=False)
    result.failures += look_and_judge(shop, expected)
    return result
