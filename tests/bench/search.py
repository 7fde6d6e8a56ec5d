"""`search`: what 50 searches take in a long history and in one of a tenth: rare and common words, errors; people apart."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

from conversations import search
from conversations.search import Asked
from hub.models import Workspace
from tests.bench import search_rows
from tests.bench.ground import Ground, use
from tests.bench.report import Goal, Result, percentile

LARGE = int(os.environ.get("SEARCH_MESSAGES", "500000"))  # 5,000,000 shows the same, in some minutes more
SMALL = LARGE // 10
SEARCHES, ROUNDS = 50, 3


def bench(ground: Ground) -> Iterator[Result]:
    """Search in turns in a large and a small history; what was indexed on the way says the cost of writing."""
    dice = random.Random(7)  # the same words in every run
    words = search_rows.vocabulary(dice)
    with ground.database() as large, ground.database() as small:
        shops: dict[str, Workspace] = {}
        written: dict[str, float] = {}
        for url, count in ((large, LARGE), (small, SMALL)):
            use(url)
            shops[url], written[url] = search_rows.fill(url, words, count)
        asked = [question(dice, words, number) for number in range(SEARCHES)]
        times: dict[str, list[float]] = {large: [], small: []}
        people: dict[str, list[float]] = {large: [], small: []}
        found = 0
        for turn in range(ROUNDS + 1):
            for url, some in times.items():
                use(url)
                for text in asked:
                    began = time.perf_counter()
                    page = search.messages(shops[url], Asked(text=text))
                    seconds = time.perf_counter() - began
                    search.people(shops[url], text)
                    if turn:
                        some.append(seconds * 1000)
                        people[url].append((time.perf_counter() - began - seconds) * 1000)
                        found += bool(page.hits)
    value, limit = percentile(times[large], 0.95), percentile(times[small], 0.95)
    yield Result(
        bench="search", value=value, unit="ms", limit=limit, goal=Goal("<=", 2.0), n=SEARCHES * ROUNDS,
        holds={"under_300_ms": value < 300, "found": found > SEARCHES * ROUNDS / 2},
        extra={
            "messages": LARGE, "p50_large_ms": percentile(times[large], 0.5), "p50_small_ms": percentile(times[small], 0.5),
            "people_p95_large_ms": percentile(people[large], 0.95), "people_p95_small_ms": percentile(people[small], 0.95),
            "written_us_a_message": written[large],
        },
    )  # fmt: skip


def question(dice: random.Random, words: list[str], number: int) -> str:
    """Return what somebody types: one to three words, common or rare, every third time with an error, every fifth unfinished."""
    typed = [words[int(len(words) * dice.random() ** (1 + number % 4))] for _ in range(1 + number % 3)]
    if number % 3 == 0 and len(typed[0]) > 5:
        place = dice.randrange(1, len(typed[0]) - 2)
        typed[0] = typed[0][:place] + typed[0][place + 1] + typed[0][place] + typed[0][place + 2 :]
    text = " ".join(typed)
    return text[:-2] if number % 5 == 0 and len(typed[-1]) > 5 else text + " "
