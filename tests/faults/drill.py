"""One drill: load comes in, a fault strikes, everything settles, the oracle judges; with the figures that explain a red one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.db import Error, connection

from simulator.sender import Report
from tests.faults import oracle
from tests.faults.house import House
from tests.faults.load import JOIN_SECONDS, Load, Shop, new_shop
from tests.faults.oracle import Expected, Promise

FAULT_SECONDS = 1.5  # after the start of the load
SETTLE_SECONDS = 30.0


class Result(msgspec.Struct, kw_only=True):
    """How a drill ended: ``failures`` are sentences, ``figures`` go into its line."""

    drill: str
    says: str
    failures: list[str] = []
    figures: dict[str, Any] = {}
    seconds: float = 0.0

    def line(self) -> bytes:
        """Return the drill as one line of JSON."""
        head = {"drill": self.drill, "says": self.says, "passed": not self.failures, "seconds": round(self.seconds, 1)}
        tail = {"failures": self.failures} if self.failures else {}
        return msgspec.json.encode({**head, **self.figures, **tail})


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A fault under load. ``answers`` are the only HTTP statuses senders may see (0: none); times are limits in seconds.

    A fault may return what it found wrong by itself.
    """

    name: str
    says: str
    fault: Callable[[House], list[str] | None]
    answers: frozenset[int] = frozenset({200})
    settle: float = SETTLE_SECONDS
    p99: float | None = None
    rate: float = 100.0

    def run(self, house: House) -> Result:
        """Run it once on a shop of its own."""
        result = Result(drill=self.name, says=self.says)
        shop = new_shop(self.name)
        deaths = house.deaths()
        load = Load(house.url, shop, self.name, rate=self.rate)
        load.start()
        house.sleep(FAULT_SECONDS)
        result.failures += self.fault(house) or []
        expected = finish(house, load, result, self.answers)
        house.wait_until_ready()
        settle(house, result, self.settle)
        if self.p99 is not None and result.figures["p99_ms"] > self.p99 * 1000:
            result.failures.append(f"p99 was {result.figures['p99_ms']} ms")
        result.failures += look_and_judge(shop, expected)
        result.failures += died_by_itself(house, deaths)
        return result


def finish(house: House, load: Load, result: Result, answers: Iterable[int]) -> Expected:
    """Wait until the load is over, report how it went, and return what was promised to it."""
    if not house.wait(lambda: load.over, JOIN_SECONDS) or load.report is None:
        result.failures.append(f"the load was not over after {JOIN_SECONDS:.0f} s")
        load.sender.stop()
        return Expected()
    report = load.report
    result.figures |= _figures(report)
    if not report.complete:
        result.failures.append(f"{report.offered - report.acked} messages were never acknowledged")
    if wrong := set(report.answers) - set(answers):
        result.failures.append(f"answered with {sorted(wrong)} (0: no answer)")
    sender = load.sender
    return Expected(
        offered=[Promise(one.wa_id, one.message_id, one.text) for them in sender.offered.values() for one in them],
        acked={one.message_id for them in sender.acked.values() for one in them},
    )


def settle(house: House, result: Result, seconds: float = SETTLE_SECONDS) -> None:
    """Wait until nothing waits anywhere; what still does after so many seconds is for the oracle to say."""
    began = time.monotonic()
    connection.close()  # its server may have died since
    last: dict[str, float] = {}

    def settled() -> bool:
        try:
            waiting = oracle.waiting()
            last.update(dict.fromkeys(waiting, round(time.monotonic() - began, 1)))
            return not waiting
        except Error:
            connection.close()
            return False

    house.wait(settled, seconds)
    result.figures["settle_s"] = round(time.monotonic() - began, 1)
    result.figures["waited_for"] = last


def look_and_judge(shop: Shop, expected: Expected) -> list[str]:
    """Let the oracle look at the shop's workspace and judge."""
    return oracle.judge(expected, oracle.look(shop.workspace))


def died_by_itself(house: House, before: dict[str, int]) -> list[str]:
    """Return the parts that ended though nobody killed them: each must live through the faults of the others."""
    return [
        f"{name} died by itself {count - before.get(name, 0)} times"
        for name, count in house.deaths().items()
        if count > before.get(name, 0)
    ]


def _figures(report: Report) -> dict[str, Any]:
    return {
        "offered": report.offered,
        "acked": report.acked,
        "requests": report.requests,
        "answers": {str(status): count for status, count in sorted(report.answers.items())},
        "late_duplicates": report.duplicates,
        "batches": report.batches,
        "p50_ms": round(report.p50 * 1000),
        "p99_ms": round(report.p99 * 1000),
        "load_s": round(report.seconds, 1),
    }
