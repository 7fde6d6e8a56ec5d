"""The stream a visitor's window listens to: the workspace's feed by its cursor, only what is theirs, and who is typing."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from prometheus_client import Gauge

from conversations import feed
from conversations.channels.webchat.whisper import TO_VISITORS
from conversations.live.reader import POLL_SECONDS, position
from conversations.live.stream import SEND_SECONDS, Shown, Told
from conversations.visit.place import Place
from conversations.visit.reader import MOST_MISSED, Visit, VisitReader, missed
from conversations.visit.session import Session
from conversations.visit.wire import Receive, Send
from hub.models import Workspace

WINDOWS = Gauge("novelo_visitor_streams", "Open streams of visitors")
TYPING = Told.of([Shown(0, b"event: typing\ndata: {}\n\n")])  # no number: it is not part of what happened


class Streams:
    """Every open window of visitors in this process, one reader a workspace."""

    def __init__(self) -> None:
        self.readers: dict[UUID, VisitReader] = {}
        self.hearing: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End every stream."""
        for reader in self.readers.values():
            for stream in reader.streams:
                stream.cut()
            if reader.task:
                reader.task.cancel()
        if self.hearing:
            self.hearing.cancel()
            self.hearing = None
        self.readers.clear()

    async def run(self, place: Place, session: Session, after: int | None, receive: Receive, send: Send) -> None:
        """Stream what is new for a visitor since ``after``, from now on without it, until they go."""
        if self.hearing is None or self.hearing.done():
            self.hearing = asyncio.create_task(self._hear())
        head, oldest = await sync_to_async(position, thread_sensitive=False)(place.workspace_id)
        reader = self._reader(place.workspace_id, head)
        visit = Visit(send, session)
        reader.streams.add(visit)
        joined_at = reader.head
        WINDOWS.inc()
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: visit.cut())
        try:
            await _start(send)
            cursor = head if after is None else after
            if cursor > head or cursor < oldest - 1 or joined_at - cursor > MOST_MISSED:
                cursor = max(head, joined_at)
                await _send(send, f"id: {cursor}\nevent: resync\ndata: {{}}\n\n".encode())
            elif cursor < joined_at:
                shown = await sync_to_async(missed, thread_sensitive=False)(
                    reader.workspace, session, cursor, joined_at
                )
                for event in shown:
                    await _send(send, event.text)
                    cursor = event.seq
            visit.begin(cursor)
            await visit.ended.wait()
            if not gone.done():
                await visit.finish()
        except (TimeoutError, OSError):
            pass  # the window reads too slowly or went away: it comes back by its cursor
        finally:
            gone.cancel()
            reader.streams.discard(visit)
            WINDOWS.dec()

    def _reader(self, workspace_id: UUID, head: int) -> VisitReader:
        reader = self.readers.get(workspace_id)
        if reader is None or reader.task is None or reader.task.done():
            reader = VisitReader(Workspace(pk=workspace_id), head)
            reader.task = asyncio.create_task(reader.follow())
            self.readers[workspace_id] = reader
        elif not reader.streams:
            reader.head = max(reader.head, head)
        return reader

    async def _hear(self) -> None:
        """Follow Valkey's hints; while it is away the readers look by themselves and nobody is seen typing."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=None)
            try:
                async with client.pubsub() as channel:
                    await channel.subscribe(feed.HINTS, TO_VISITORS)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._hint(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError):
                await asyncio.sleep(POLL_SECONDS)
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await client.aclose()

    def _hint(self, channel: str, data: str) -> None:
        if channel == TO_VISITORS:
            for reader in self.readers.values():
                for stream in reader.streams:
                    if isinstance(stream, Visit) and stream.visitor == data:
                        stream.hand(TYPING)
            return
        with contextlib.suppress(ValueError):
            if (follower := self.readers.get(UUID(data))) is not None:
                follower.hinted.set()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _send(send, b": here\n\n")


async def _send(send: Send, text: bytes) -> None:
    await asyncio.wait_for(send({"type": "http.response.body", "body": text, "more_body": True}), SEND_SECONDS)
