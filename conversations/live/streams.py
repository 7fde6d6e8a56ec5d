"""All open streams of one sort in this process: hints are heard once, a workspace is read once, each client is caught up and told.

The sequence number is the event id, so a client that comes back says where it was and misses nothing. Valkey only hints that
there is something to read; without a hint readers look by themselves. A slow client is cut and comes back by its cursor.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from math import inf
from typing import Any
from uuid import UUID

import psycopg
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError
from prometheus_client import Gauge

from conversations import feed
from conversations.live.reader import POLL_SECONDS, Reader, position
from conversations.live.stream import Shown, Stream
from hub.models import Workspace

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Hint = Callable[[str], None]  # may raise ``ValueError`` for what is none


class Streams[S: Stream](ABC):
    """Every open stream of one sort. How a workspace is read for them, and what one of them missed, says a subclass."""

    greeting = b": here\n\n"
    most_missed: float = inf  # who missed more events reads everything anew

    def __init__(self, opened: Gauge, hints: Mapping[str, Hint]) -> None:
        self.readers: dict[UUID, Reader[S]] = {}
        self.opened = opened
        self.hints: dict[str, Hint] = {feed.HINTS: self._look, **hints}
        self.hearing: asyncio.Task[None] | None = None

    @abstractmethod
    def reader(self, workspace: Workspace, head: int) -> Reader[S]:
        """Return a reader that follows a workspace's feed from ``head`` on."""

    @abstractmethod
    async def missed(self, stream: S, workspace: Workspace, after: int, until: int) -> tuple[Sequence[Shown], int]:
        """Return the next that a stream may hear of what it missed from ``after`` to ``until``, and how far that goes."""

    async def open(self) -> None:
        """Begin to listen for hints."""
        if self.hearing is None or self.hearing.done():
            self.hearing = asyncio.create_task(self._hear())

    async def close(self) -> None:
        """End every stream."""
        for reader in self.readers.values():
            for stream in reader.streams:
                stream.cut()
            if reader.task:
                reader.task.cancel()
        self.readers.clear()
        if self.hearing:
            self.hearing.cancel()
            self.hearing = None

    async def run(self, stream: S, workspace: Workspace, after: int | None, receive: Receive) -> None:
        """Tell a client what it missed since ``after`` and what comes, until it goes; without ``after``, what comes from now on.

        Raises ``DatabaseError`` before anything is said.
        """
        await self.open()
        head, oldest = await sync_to_async(position, thread_sensitive=False)(workspace.pk)
        reader = self._joined(workspace, head)
        reader.streams.add(stream)
        joined_at = reader.head  # from here on the reader hands it everything
        self.opened.inc()
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: stream.cut())
        try:
            await stream.start(self.greeting)
            cursor = head if after is None else after
            if cursor > head or cursor < oldest - 1 or joined_at - cursor > self.most_missed:
                cursor = max(head, joined_at)
                await stream.say(f'id: {cursor}\nevent: resync\ndata: {{"head": {cursor}}}\n\n'.encode())
            while cursor < joined_at and not stream.over:
                shown, cursor = await self.missed(stream, workspace, cursor, joined_at)
                await stream.say(b"".join([event.text for event in shown]))
            stream.begin(cursor)
            await stream.ended.wait()
            if not gone.done():
                await stream.finish()
        except (TimeoutError, OSError, psycopg.Error, DatabaseError):
            pass  # the client reads too slowly or went away, or the database did: it comes back by its cursor
        finally:
            gone.cancel()
            reader.streams.discard(stream)
            self.opened.dec()

    def _joined(self, workspace: Workspace, head: int) -> Reader[S]:
        """Return the reader of a workspace, which has read as far as ``head`` at least if nobody listened to it so far."""
        reader = self.readers.get(workspace.pk)
        if reader is None or reader.task is None or reader.task.done():
            reader = self.reader(workspace, head)
            reader.task = asyncio.create_task(reader.follow())
            self.readers[workspace.pk] = reader
        elif not reader.streams:
            reader.head = max(reader.head, head)
        return reader

    async def _hear(self) -> None:
        """Follow Valkey's hints; while it is away the readers look by themselves."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=None)
            try:
                async with client.pubsub() as channel:
                    await channel.subscribe(*self.hints)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            with contextlib.suppress(ValueError):
                                self.hints[message["channel"].decode()](message["data"].decode())
            except (redis.RedisError, OSError):
                await asyncio.sleep(POLL_SECONDS)
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await client.aclose()

    def _look(self, workspace: str) -> None:
        """Let the reader of a workspace read on."""
        if reader := self.readers.get(UUID(workspace)):
            reader.hinted.set()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
