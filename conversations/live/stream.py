"""One open client of a live feed: what it is told goes out in place, encoded once for all who are told the same."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

QUEUED_EVENTS = 1_000  # a client further behind is cut
SEND_SECONDS = 5.0  # a client that takes nothing for so long is cut

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Ear(msgspec.Struct, frozen=True):
    """What a client is told beside what everybody is: as a supervisor, and as which member."""

    supervises: bool = False
    member: str = ""


EVERYBODY = Ear()


class Shown(msgspec.Struct, frozen=True):
    """An event as it goes over the wire; ``only_for`` is the one member it is told to, empty for everybody.

    ``supervisors`` are told alone where it is so. What is no part of what happened has the number 0.
    """

    seq: int
    text: bytes
    only_for: str = ""
    supervisors: bool = False

    def reaches(self, ear: Ear) -> bool:
        """Whether it is told there: what belongs to one member goes to that member's own screens."""
        return (ear.supervises or not self.supervisors) and (not self.only_for or self.only_for == ear.member)


class Told(msgspec.Struct, frozen=True):
    """Events that are told together, and the message of ASGI that tells them: one for all who hear the same."""

    events: tuple[Shown, ...]
    message: dict[str, Any]

    @classmethod
    def of(cls, events: Iterable[Shown]) -> Told:
        """Put events together."""
        several = tuple(events)
        return cls(several, body(b"".join([event.text for event in several])))

    def after(self, cursor: int) -> Told:
        """Return what of it is news to who knows everything up to ``cursor``."""
        if all(event.seq > cursor or not event.seq for event in self.events):
            return self
        return Told.of(event for event in self.events if event.seq > cursor or not event.seq)


class Stream:
    """One open client. Nothing waits in a queue, and nobody is woken, as long as the client takes what it is told."""

    def __init__(self, send: Send, ear: Ear = EVERYBODY) -> None:
        self.ear = ear
        self.over = False  # it is to end; what waits is not told any more
        self.ended = asyncio.Event()
        self.spoke_at = time.monotonic()
        self.sending_since: float | None = None
        self.cursor: int | None = None  # up to where it has caught up by itself, None until it has
        self._send = send
        self._waiting: list[Told] = []
        self._behind = 0
        self._sending: asyncio.Task[None] | None = None

    async def start(self, greeting: bytes) -> None:
        """Begin the answer. Raises ``OSError`` or ``TimeoutError`` when the client does not take it."""
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self.say(greeting)

    async def say(self, text: bytes) -> None:
        """Tell it something before it begins to hear what comes. Raises ``OSError`` or ``TimeoutError``."""
        if text and not self.over:
            await asyncio.wait_for(self._send(body(text)), SEND_SECONDS)

    def hand(self, told: Told) -> None:
        """Tell it. A client that is too far behind is cut and comes back by its cursor."""
        if self.over or not told.events:
            return
        self._waiting.append(told)
        self._behind += len(told.events)
        if self._behind > QUEUED_EVENTS:
            self.cut()
        else:
            self._go_on()

    def begin(self, cursor: int) -> None:
        """It has read everything up to ``cursor`` by itself: what came meanwhile and what comes is told from now on."""
        self.cursor = cursor
        self._go_on()

    def beat(self, text: bytes) -> None:
        """Say that it lives, where nothing else is being said."""
        if self.cursor is not None and self._sending is None and not self.over:
            self._waiting.append(Told((), body(text)))
            self._go_on()

    def cut(self) -> None:
        """Let it end."""
        self.over = True
        self.ended.set()
        if self._sending is not None:
            self._sending.cancel()

    async def finish(self) -> None:
        """End the answer, for a client that is still there and takes what it is sent."""
        if self.sending_since is not None:
            return
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self._send(body(b"", more=False)), SEND_SECONDS)

    def _go_on(self) -> None:
        """Send in place: only a client that does not take it at once costs a task that somebody has to wake."""
        if self.cursor is None or self._sending is not None:
            return
        task = asyncio.Task(self._tell(), loop=asyncio.get_running_loop(), eager_start=True)
        if not task.done():
            self._sending = task

    async def _tell(self) -> None:
        try:
            while self._waiting and not self.over:
                message = self._next()
                if message is None:
                    continue
                # The reader watches how long this takes: a timer for each would cost as much as the sending.
                self.spoke_at = self.sending_since = time.monotonic()
                await self._send(message)
                self.sending_since = None
        except OSError:
            self.over = True
            self.ended.set()  # it went away, and comes back by its cursor
        finally:
            self._sending = None

    def _next(self) -> dict[str, Any] | None:
        """Return everything that waits as one message, None where all of it is known already."""
        assert self.cursor is not None
        waiting, self._waiting, self._behind = self._waiting, [], 0
        fresh = [one.after(self.cursor) for one in waiting]
        if len(fresh) == 1:
            return fresh[0].message if fresh[0].message["body"] else None
        text = b"".join([one.message["body"] for one in fresh])
        return body(text) if text else None


def body(text: bytes, *, more: bool = True) -> dict[str, Any]:
    """Return a piece of the answer as ASGI wants it."""
    return {"type": "http.response.body", "body": text, "more_body": more}
