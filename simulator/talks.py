"""Talks in course: by who has them, each a task until its last word; crowds that begin them, errands that wait and lose patience."""

from __future__ import annotations

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from simulator.sentences import NUDGES, TOPICS, Topic


class Errand(Protocol):
    """What somebody wants of a shop."""

    async def run(self) -> None:
        """Talk from the first word to the last."""


class Talks[T: Errand]:
    """Holds what runs, so that nobody has two talks at once and all end together."""

    def __init__(self) -> None:
        self.begun = 0
        self._open: dict[str, T] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def __contains__(self, person: str) -> bool:
        """Whether this person is in one."""
        return person in self._open

    def of(self, person: str) -> T | None:
        """Return what this person is talking about."""
        return self._open.get(person)

    def values(self) -> list[T]:
        """Return those that are open."""
        return list(self._open.values())

    def begin(self, person: str, talk: T) -> None:
        """Let it run; it is forgotten once it ended."""
        self.begun += 1
        self._open[person] = talk
        task = asyncio.create_task(talk.run())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(person, done))

    def _ended(self, person: str, task: asyncio.Task[None]) -> None:
        self._open.pop(person, None)
        self._tasks.discard(task)

    async def end(self) -> None:
        """Break off all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Crowd[T: Errand, S](ABC):
    """People who keep talks going: ``rate`` new ones a minute after those at the start, at most ``open_limit`` at once.

    ``pace`` stretches every wait (0.01 for tests). What is said and by whom depends on the chance ``rng`` alone, when it is
    said also on the agents.
    """

    def __init__(
        self,
        listeners: list[Callable[[S], None]],
        rng: random.Random,
        *,
        seed: int,
        rate: float,
        open_limit: int,
        pace: float,
    ) -> None:
        """``listeners`` are told what the shop says; nobody listens before and after the talks."""
        self._listeners = listeners
        self._rng = rng
        self._seed = seed
        self._rate = rate
        self._open_limit = open_limit
        self._pace = pace
        self._talks: Talks[T] = Talks()

    @property
    def talks_begun(self) -> int:
        """How many talks there were."""
        return self._talks.begun

    @property
    def open_talks(self) -> int:
        """How many people are in a talk now."""
        return len(self._talks)

    async def run(self) -> None:
        """Begin talks until cancelled, first those at the start, then one after the other."""
        self._listeners.append(self._heard)
        try:
            await self._start()
            while True:
                await asyncio.sleep(self._rng.uniform(40, 80) / self._rate * self._pace)
                self._begin()
        finally:
            self._listeners.remove(self._heard)
            await self._talks.end()

    async def _begin_some(self, number: int, within: float) -> None:
        """Begin so many, one after the other, within so many seconds."""
        for _ in range(number):
            await asyncio.sleep(self._rng.uniform(0.2, within / number) * self._pace)
            self._begin()

    @abstractmethod
    async def _start(self) -> None:
        """Begin the talks at the start."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin one, where somebody is free to."""

    @abstractmethod
    def _heard(self, sent: S) -> None:
        """Give what the shop says to whoever it is said to."""


class Waiting[S]:
    """Somebody with an errand, who hears what the shop says (``heard``) and has patience."""

    def __init__(self, rng: random.Random, pace: float) -> None:
        self.heard: asyncio.Queue[S] = asyncio.Queue()
        self.topic: Topic = rng.choice(TOPICS)
        self._rng = rng
        self._pace = pace

    async def _next(self, patience: float) -> S | None:
        """Return what the shop says within so many seconds."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.heard.get(), patience * self._pace)
        return None

    async def _wait(self, shortest: float, longest: float) -> None:
        await asyncio.sleep(self._rng.uniform(shortest, longest) * self._pace)


class Readable(Protocol):
    """What a shop said; its reader may be told when they have read it."""

    @property
    def read_after(self) -> float | None:
        """In how many seconds it is read; None leaves that to the reader."""


class Chatting[S: Readable](Waiting[S], ABC):
    """Somebody who reads what the shop says before they answer, and says goodbye."""

    async def run(self) -> None:
        """Open, answer each time the shop has written, thank and stop; give up when nobody answers for long."""
        await self._open()
        for variants in self.topic.answers:
            sent = await self._reply()
            if sent is None:
                return
            await self._answer(sent, variants)
        last = await self._reply()
        if last is not None:
            self._part(last)

    async def _reply(self) -> S | None:
        """Wait for the shop, remind it once, and return its last message once it is read; ``None`` after losing patience."""
        sent = await self._next(self._rng.uniform(240, 480))
        if sent is None:
            self._remind(self._rng.choice(NUDGES))
            sent = await self._next(self._rng.uniform(1200, 2400))
        if sent is None:
            return None
        # The reading time runs on the switches' own pace, so that the answer never comes before the read status.
        await asyncio.sleep(sent.read_after if sent.read_after is not None else self._rng.uniform(2, 8) * self._pace)
        await self._wait(4, 20)
        while not self.heard.empty():
            sent = self.heard.get_nowait()
        return sent

    @abstractmethod
    async def _open(self) -> None:
        """Say what it is about."""

    @abstractmethod
    async def _answer(self, sent: S, variants: tuple[str, ...]) -> None:
        """Answer what the shop said, in one of these ways."""

    @abstractmethod
    def _part(self, last: S) -> None:
        """Say goodbye, by a word or a sign or not at all."""

    @abstractmethod
    def _remind(self, words: str) -> None:
        """Ask the shop whether it is still there."""
