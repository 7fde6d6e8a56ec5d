"""Talks in course: by who has them, each a task until its last word."""

from __future__ import annotations

import asyncio
from typing import Protocol


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
