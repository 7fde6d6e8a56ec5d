"""A bounded, seeded load of customers' messages for drills and benchmarks: what was acknowledged, in which order."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator import bodies
from simulator.bodies import Change
from simulator.chance import seeded
from simulator.parties import BusinessNumber, Person, user_id_of, wamid
from simulator.switches import Switches
from simulator.webhooks import Notice, Patience, WebhookQueue


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message of the load: who said it, the how-manieth of that customer (from 0), its id and its text."""

    wa_id: str
    index: int
    message_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a run went. Latencies in seconds over all answered requests; ``answers`` counts HTTP statuses, 0 is none."""

    offered: int
    acked: int
    requests: int
    retries: int
    duplicates: int
    batches: int
    answers: dict[int, int]
    p50: float
    p99: float
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether everything that was said was acknowledged."""
        return self.acked == self.offered


@dataclass(kw_only=True)
class Sender:
    """Customers who write to one number at ``rate`` messages a second for ``seconds``, or ``messages`` in all.

    Behaves like the provider: a customer's next message waits for the ack of the one before, everything is sent again
    until a 2xx, ``duplicates`` of the bodies come twice (at once or up to ``late_seconds`` later), ``batches`` of them
    hold 2 to 5 items. ``shuffle`` sends each customer's messages out of order within windows of that many. After the
    offering it settles for at most ``settle`` seconds and stops, whatever came. ``acked`` and ``offered`` map each
    customer to what was said, in order. Only to 127.0.0.1: raises ``NotLoopbackError``.
    """

    webhook_url: str
    app_secret: str = field(repr=False)
    phone_number_id: str
    customers: int = 30
    rate: float = 100.0
    seconds: float = 8.0
    messages: int | None = None
    duplicates: float = 0.15
    batches: float = 0.20
    late_seconds: float = 2.0
    shuffle: int = 0
    seed: int = 1
    label: str = "load"
    timeout: float = 10.0
    settle: float = 30.0
    connections: int = 64
    offered: dict[str, list[Said]] = field(default_factory=dict, init=False)
    acked: dict[str, list[Said]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Make the queue and the people; nothing is sent yet."""
        self._number = BusinessNumber(
            phone_number_id=self.phone_number_id,
            access_token="",
            app_secret=self.app_secret,
            webhook_url=self.webhook_url,
        )
        switches = Switches(
            duplicates=self.duplicates, batches=self.batches, late_seconds=self.late_seconds, batch_hold=0.1
        )
        self.queue = WebhookQueue(
            self.webhook_url, self.app_secret, switches=lambda: switches, seed=self.seed, patience=Patience(answer=self.timeout, first_retry=0.05, longest_retry=1.0),
            connections=self.connections, on_acked=self._note_acked,
        )  # fmt: skip
        self._said: dict[str, Said] = {}
        self._stopped = False

    def people(self) -> list[Person]:
        """Return the customers of this load; seed and label tell them from those of another."""
        start = seeded(self.seed, self.label).randrange(1000) * 1000
        numbers = [f"55119{70_000_000 + start + index}" for index in range(self.customers)]
        return [
            Person(wa_id=number, name=f"Cliente {index + 1}", user_id=user_id_of(number))
            for index, number in enumerate(numbers)
        ]

    def stop(self) -> None:
        """Offer nothing more; ``run`` then settles and returns."""
        self._stopped = True

    async def run(self) -> Report:
        """Offer the load, wait until it is taken, and return how it went."""
        begun = time.monotonic()
        total = self.messages if self.messages is not None else int(self.rate * self.seconds)
        for index, (said, notice) in enumerate(self._stream(total)):
            wait = begun + index / self.rate - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            if self._stopped:
                break
            self.offered.setdefault(said.wa_id, []).append(said)
            self._said[said.message_id] = said
            self.queue.put(notice)
        await self.queue.drain(self.settle)
        await self.queue.close()
        return self._report(time.monotonic() - begun)

    def _stream(self, total: int) -> Iterator[tuple[Said, Notice]]:
        """Yield what is said, by customers in a seeded order; each time is the moment of yielding."""
        rng = seeded("sender", self.seed, self.label)
        people = self.people()
        counters = dict.fromkeys((person.wa_id for person in people), 0)
        orders = {person.wa_id: self._order(rng, total) for person in people}
        for _ in range(total):
            person = rng.choice(people)
            index = orders[person.wa_id][counters[person.wa_id]]
            counters[person.wa_id] += 1
            yield self._say(person, index)

    def _order(self, rng: random.Random, total: int) -> list[int]:
        order = list(range(total))
        if self.shuffle > 1:
            for start in range(0, total, self.shuffle):
                window = order[start : start + self.shuffle]
                rng.shuffle(window)
                order[start : start + self.shuffle] = window
        return order

    def _say(self, person: Person, index: int) -> tuple[Said, Notice]:
        message_id = wamid(person.wa_id, f"{self.label}:{self.seed}:{person.wa_id}:{index}")
        said = Said(
            wa_id=person.wa_id, index=index, message_id=message_id, text=f"{self.label} mensagem n\u00ba {index}"
        )
        item = bodies.message(bodies.text(said.text), message_id=message_id, sender=person, at=time.time())
        change = Change(number=self._number, holds="messages", item=item, contact=person.contact())
        return said, Notice(change=change, lane=person.lane)

    def _note_acked(self, notice: Notice) -> None:
        said = self._said[str(notice.change.item["id"])]
        self.acked.setdefault(said.wa_id, []).append(said)

    def _report(self, seconds: float) -> Report:
        counts = self.queue.counts
        cuts: list[Any] = list(counts.latencies)
        cuts = statistics.quantiles(cuts, n=100) if len(cuts) > 1 else [0.0] * 99
        return Report(
            offered=sum(map(len, self.offered.values())), acked=sum(map(len, self.acked.values())),
            requests=counts.requests, retries=counts.retries, duplicates=counts.duplicates, batches=counts.batches,
            answers=dict(counts.answers), p50=cuts[49], p99=cuts[98], seconds=seconds,
        )  # fmt: skip
