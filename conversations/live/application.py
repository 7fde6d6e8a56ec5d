"""The live feed: one reader a workspace and process reads the feed by cursor and fans it out as server-sent events.

The sequence number is the event id, so a browser that comes back says where it was and misses nothing. Valkey only hints
that there is something to read; without a hint the reader looks by itself. A slow client is cut and comes back by cursor.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import psycopg
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError
from prometheus_client import Gauge

from conversations import feed
from conversations.channels.webchat.whisper import TO_AGENTS
from conversations.live.reader import POLL_SECONDS, FeedReader, position, read
from conversations.live.rights import Right, caller_of, ear_of, lost, same_site
from conversations.live.source import Source
from conversations.live.stream import SEND_SECONDS, Send, Shown, Stream, Told
from hub.models import Workspace
from hub.problems import CONTENT_TYPE, problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

RIGHTS_SECONDS = 4.0  # who lost a right stops hearing within this

STREAMS = Gauge("novelo_live_streams", "Open streams of the live feed")


class Listening(Stream):
    """A stream of the feed, and by which right its client listens."""

    def __init__(self, send: Send, right: Right) -> None:
        super().__init__(send, ear_of(right))
        self.right = right


class Live:
    """The ASGI application of ``GET /api/v1/feed``."""

    def __init__(self, database_url: str) -> None:
        self.readers: dict[UUID, FeedReader] = {}
        self.source = Source(database_url)
        self.tasks: list[asyncio.Task[None]] = []
        self.on_connection_changed: Callable[[UUID | None], None] = lambda _: None

    async def open(self) -> None:
        """Start listening for hints and watching rights."""
        self.tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._watch_rights())]

    async def close(self) -> None:
        """End every stream."""
        for reader in self.readers.values():
            for stream in reader.streams:
                stream.cut()
            if reader.task:
                reader.task.cancel()
        for task in self.tasks:
            task.cancel()
        self.readers.clear()
        await self.source.close()

    async def _hear(self) -> None:
        """Follow Valkey's hints; while it is away the readers look by themselves."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=None)
            try:
                async with client.pubsub() as channel:
                    await channel.subscribe(feed.HINTS, TO_AGENTS, "novelo:connections")
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._hint(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError):
                await asyncio.sleep(POLL_SECONDS)
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await client.aclose()

    def _hint(self, channel: str, data: str) -> None:
        with contextlib.suppress(ValueError):
            if channel == TO_AGENTS:
                self._pass_on(*data.split(" ", 1))
                return
            subject = UUID(data)
            if channel == feed.HINTS:
                if reader := self.readers.get(subject):
                    reader.hinted.set()
            else:
                self.on_connection_changed(subject)

    def _pass_on(self, workspace: str, conversation: str) -> None:
        """Tell whoever listens that a customer is typing: no part of what happened, so it has no number and is never told again."""
        if reader := self.readers.get(UUID(workspace)):
            body = json.dumps({"conversation": str(UUID(conversation))})
            told = Told.of([Shown(0, f"event: customer.typing\ndata: {body}\n\n".encode())])
            for stream in tuple(reader.streams):
                stream.hand(told)

    async def _watch_rights(self) -> None:
        """Cut the streams of whoever lost the right to listen: a revoked token, an ended session, a removed member."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            streams = [
                stream for reader in self.readers.values() for stream in reader.streams if isinstance(stream, Listening)
            ]
            if not streams:
                continue
            with contextlib.suppress(DatabaseError):
                gone = await sync_to_async(lost, thread_sensitive=False)({stream.right for stream in streams})
                for stream in streams:
                    if stream.right in gone:
                        stream.cut()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream the caller's workspace from ``after`` or ``Last-Event-ID`` on; without either, from now."""
        if not self.tasks:
            await self.open()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "GET":
            await _refuse(send, 405, "The feed is read with GET.")
            return
        try:
            found = await sync_to_async(caller_of, thread_sensitive=False)(headers)
        except DatabaseError:
            await _refuse(send, 503, "The database is away for a moment.")
            return
        if found is None:
            await _refuse(send, 401, "Sign in, or send a valid token.")
            return
        caller, right = found
        if right[0] == "session" and not same_site(headers):
            await _refuse(send, 403, "The feed is not read from other sites.")
            return
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        after = headers.get("last-event-id") or (query.get("after") or [""])[-1]
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            await _refuse(send, 400, "`after` must be a sequence number of the feed.")
            return
        await self._stream(caller.workspace, right, int(after) if after else None, receive, send)

    async def _stream(
        self, workspace: Workspace, right: Right, after: int | None, receive: Receive, send: Send
    ) -> None:
        head, oldest = await sync_to_async(position, thread_sensitive=False)(workspace.pk)
        reader = self.readers.get(workspace.pk)
        if reader is None or reader.task is None or reader.task.done():
            reader = FeedReader(workspace, head, self.source)
            reader.task = asyncio.create_task(reader.follow())
            self.readers[workspace.pk] = reader
        elif not reader.streams:
            reader.head = max(reader.head, head)
        stream = Listening(send, right)
        reader.streams.add(stream)
        joined_at = reader.head
        STREAMS.inc()
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: stream.cut())
        try:
            await _start(send)
            cursor = head if after is None else after
            if cursor > head or cursor < oldest - 1:
                await _send(send, f'id: {head}\nevent: resync\ndata: {{"head": {head}}}\n\n'.encode())
                cursor = head
            while cursor < joined_at and not stream.over:
                shown = await read(self.source, workspace, cursor)
                if not shown:
                    break
                await _send(send, b"".join(event.text for event in shown if event.reaches(stream.ear)))
                cursor = shown[-1].seq
            stream.begin(cursor)
            await stream.ended.wait()
            if not gone.done():
                await stream.finish()
        except (TimeoutError, OSError, psycopg.Error, DatabaseError):
            pass  # the client reads too slowly or went away, or the database did: it comes back by its cursor
        finally:
            gone.cancel()
            reader.streams.discard(stream)
            STREAMS.dec()


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
    await _send(send, b"retry: 1000\n\n")


async def _send(send: Send, text: bytes) -> None:
    await asyncio.wait_for(send({"type": "http.response.body", "body": text, "more_body": True}), SEND_SECONDS)


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps(problem(status, detail)).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Token"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
