"""Delivers webhooks to a hub the way Meta does: signed raw bytes, again until a 2xx, now and then twice or in batches."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from simulator import bodies
from simulator.bodies import Change
from simulator.chance import seeded
from simulator.loopback import loopback_url
from simulator.switches import Switches


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a provider waits, in seconds: for an answer, before the second try, at most between two, in all."""

    answer: float = 10.0
    first_retry: float = 0.5
    longest_retry: float = 60.0
    give_up: float = 7 * 24 * 3600.0


def encode(document: object) -> bytes:
    r"""Return JSON as Meta puts it on the wire: ASCII only, everything else as ``\u`` escapes, slashes as ``\/``."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(body: bytes, app_secret: str) -> str:
    """Return the value of ``X-Hub-Signature-256`` for these raw bytes: ``sha256=`` and 64 hex digits."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def signed_headers(body: bytes, app_secret: str) -> dict[str, str]:
    """Return the headers of a webhook with this body."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": sign(body, app_secret),
    }


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A change on its way, on the lane of its sender: the next of a lane waits until this one was taken.

    ``lane`` ``None`` promises no order, as for statuses.
    """

    change: Any  # a ``Change``, or what else the queue's ``compose`` makes a body of
    lane: str | None = None


@dataclass
class DeliveryCounts:
    """What was tried and what came of it. Latencies in seconds, of answered requests, the latest 10,000."""

    requests: int = 0
    acked_bodies: int = 0
    acked_items: int = 0
    batches: int = 0
    duplicates: int = 0
    retries: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))


class WebhookQueue:
    """What a provider holds for one hub: items in lanes, in flight, acknowledged.

    Lives in one event loop. ``on_acked`` is called with each item after the 2xx that took it, in the order of its lane.
    ``compose`` makes a body of changes. At most ``connections`` deliveries are under way at once. Raises ``NotLoopbackError`` for a hub elsewhere.
    """

    def __init__(  # noqa: PLR0913  what may differ between providers
        self,
        webhook_url: str,
        app_secret: str,
        *,
        switches: Callable[[], Switches],
        seed: int = 1,
        connections: int = 64,
        patience: Patience | None = None,
        on_acked: Callable[[Notice], None] | None = None,
        compose: Callable[[Sequence[Any]], object] | None = None,
    ) -> None:
        self.webhook_url = loopback_url(webhook_url)
        self.counts = DeliveryCounts()
        self._secret = app_secret
        self._switches = switches
        self._rng = seeded("webhooks", seed)
        self._connections = connections
        self._patience = patience or Patience()
        self._on_acked = on_acked
        self._compose = compose or (lambda changes: bodies.envelope(self._arrange(changes)))
        self._lanes: dict[object, deque[Notice]] = {}
        self._ready: deque[object] = deque()
        self._in_flight = 0
        self._wanted = 0
        self._held_until = 0.0
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx2.AsyncClient | None = None
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits, is under way or is planned, late duplicates included."""
        return not (self._lanes or self._tasks or self._timers)

    def put(self, notice: Notice, after: float = 0.0) -> None:
        """Queue an item, ``after`` seconds from now. Items of one lane leave in the order in which they got there."""
        if after > 0:
            self._later(after, self._enqueue, notice)
        else:
            self._enqueue(notice)

    async def drain(self, seconds: float) -> bool:
        """Wait until the queue is idle, at most so many seconds; return whether it is."""
        until = time.monotonic() + seconds
        while not self.idle and time.monotonic() < until:  # noqa: ASYNC110 - idle is three collections, not one event
            await asyncio.sleep(0.02)
        return self.idle

    async def clear(self) -> None:
        """Forget everything that waits, is under way or is planned."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._lanes.clear()
        self._ready.clear()
        self._wanted = 0
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop for good."""
        self._closed = True
        await self.clear()
        if self._client is not None:
            await self._client.aclose()

    def _later(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)

    def _enqueue(self, notice: Notice) -> None:
        if self._closed:
            return
        lane: object = notice.lane if notice.lane is not None else object()
        waiting = self._lanes.get(lane)
        if waiting is None:
            self._lanes[lane] = deque([notice])
            self._ready.append(lane)
        else:
            waiting.append(notice)
        self._pump()

    def _pump(self) -> None:
        """Start as many deliveries as may run now; a batch that is still too small is held for a moment."""
        while self._ready and self._in_flight < self._connections and not self._closed:
            if self._wanted == 0:
                self._wanted = self._draw_size()
                self._held_until = time.monotonic() + self._switches().batch_hold
                if self._wanted > 1:
                    self._later(self._switches().batch_hold + 0.001, self._pump)
            if self._ready_items() < self._wanted and time.monotonic() < self._held_until:
                return
            batch = self._take(self._wanted)
            self._wanted = 0
            self._in_flight += 1
            self._start(self._deliver(batch))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _draw_size(self) -> int:
        switches = self._switches()
        return self._rng.randint(2, switches.batch_size) if self._rng.random() < switches.batches else 1

    def _ready_items(self) -> int:
        return sum(len(self._lanes[lane]) for lane in self._ready)

    def _take(self, size: int) -> dict[object, list[Notice]]:
        """Take up to ``size`` items from ready lanes, whole runs of a lane first; their lanes are closed until the ack."""
        batch: dict[object, list[Notice]] = {}
        while self._ready and size > 0:
            lane = self._ready.popleft()
            waiting = self._lanes[lane]
            batch[lane] = [waiting.popleft() for _ in range(min(size, len(waiting)))]
            size -= len(batch[lane])
        return batch

    async def _deliver(self, batch: dict[object, list[Notice]]) -> None:
        notices = [notice for run in batch.values() for notice in run]
        body = encode(self._compose([notice.change for notice in notices]))
        try:
            acked = await self._until_acked(body)
        finally:
            self._in_flight -= 1
        if acked:
            self._count_acked(notices)
            self._maybe_again(body)
        for lane in batch:
            if self._lanes.get(lane):
                self._ready.append(lane)
            else:
                self._lanes.pop(lane, None)
        self._pump()

    def _count_acked(self, notices: Sequence[Notice]) -> None:
        self.counts.acked_bodies += 1
        self.counts.acked_items += len(notices)
        self.counts.batches += len(notices) > 1
        if self._on_acked is not None:
            for notice in notices:
                self._on_acked(notice)

    def _arrange(self, changes: Sequence[Change]) -> list[list[list[Change]]]:
        """Spread changes over entries and values the way they may come: in one value, in several, in several entries."""
        entries = [[[changes[0]]]]
        for change in changes[1:]:
            beside = entries[-1][-1][-1]
            last = beside.number
            where = self._rng.choice(["value", "change", "entry"])
            if where == "value" and last == change.number and {beside.field, change.field} == {"messages"}:
                entries[-1][-1].append(change)
            elif where != "entry" and last.business_account_id == change.number.business_account_id:
                entries[-1].append([change])
            else:
                entries.append([[change]])
        return entries

    async def _until_acked(self, body: bytes) -> bool:
        pause = self._patience.first_retry
        give_up = time.monotonic() + self._patience.give_up
        while time.monotonic() < give_up:
            if 200 <= await self._post(body) < 300:
                return True
            self.counts.retries += 1
            await asyncio.sleep(pause * self._rng.uniform(0.8, 1.2))
            pause = min(pause * 2, self._patience.longest_retry)
        return False

    def _maybe_again(self, body: bytes) -> None:
        switches = self._switches()
        if self._rng.random() >= switches.duplicates:
            return
        late = self._rng.random() < 0.5
        wait = self._rng.uniform(0.05, 1.0) * switches.late_seconds if late else 0.0
        self._later(wait, lambda: self._start(self._again(body)))

    async def _again(self, body: bytes) -> None:
        self.counts.duplicates += 1
        await self._post(body)

    async def _post(self, body: bytes) -> int:
        """Send once; return the status of the answer, 0 when none came in time."""
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=ssl.SSLContext(
                    ssl.PROTOCOL_TLS_CLIENT
                ),  # plain HTTP only; reading the system's roots takes long
                timeout=self._patience.answer,
                trust_env=False,
                follow_redirects=False,
                limits=httpx2.Limits(max_connections=self._connections + 16),
            )
        self.counts.requests += 1
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._patience.answer):
                answer = await self._client.post(
                    self.webhook_url, content=body, headers=signed_headers(body, self._secret)
                )
        except (httpx2.TransportError, TimeoutError):
            self.counts.answers[0] += 1
            return 0
        self.counts.answers[answer.status_code] += 1
        self.counts.latencies.append(time.monotonic() - begun)
        return answer.status_code
