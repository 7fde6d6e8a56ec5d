"""The live feed of a workspace for its members and programs: who may listen is asked at the start and again and again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from prometheus_client import Gauge

from conversations import connections_hint
from conversations.channels.webchat.whisper import TO_AGENTS
from conversations.live.reader import FeedReader, read
from conversations.live.rights import Right, caller_of, ear_of, lost, same_site
from conversations.live.source import Source
from conversations.live.stream import Send, Shown, Stream, Told
from conversations.live.streams import Receive, Streams
from hub.models import Workspace
from hub.problems import CONTENT_TYPE, problem

Scope = MutableMapping[str, Any]

RIGHTS_SECONDS = 4.0  # who lost a right stops hearing within this
AWAY = "The database is away for a moment."

STREAMS = Gauge("novelo_live_streams", "Open streams of the live feed")


class Listening(Stream):
    """A stream of the feed, and by which right its client listens."""

    def __init__(self, send: Send, right: Right) -> None:
        super().__init__(send, ear_of(right))
        self.right = right


class Live(Streams[Listening]):
    """The ASGI application of ``GET /api/v1/feed``."""

    greeting = b"retry: 1000\n\n"

    def __init__(self, database_url: str) -> None:
        super().__init__(STREAMS, {TO_AGENTS: self._pass_on, connections_hint.CHANNEL: self._connection_changed})
        self.source = Source(database_url)
        self.watching: asyncio.Task[None] | None = None
        self.on_connection_changed: Callable[[UUID | None], None] = lambda _: None

    async def open(self) -> None:
        """Start listening for hints and watching rights."""
        await super().open()
        if self.watching is None or self.watching.done():
            self.watching = asyncio.create_task(self._watch_rights())

    async def close(self) -> None:
        """End every stream."""
        await super().close()
        if self.watching:
            self.watching.cancel()
            self.watching = None
        await self.source.close()

    def reader(self, workspace: Workspace, head: int) -> FeedReader:
        """Return a reader for whoever listens to a workspace."""
        return FeedReader(workspace, head, self.source)

    async def missed(
        self, stream: Listening, workspace: Workspace, after: int, until: int
    ) -> tuple[Sequence[Shown], int]:
        """Return the next events after ``after`` that a stream may hear."""
        shown = await read(self.source, workspace, after)
        return [event for event in shown if event.reaches(stream.ear)], shown[-1].seq if shown else until

    def _connection_changed(self, connection_id: str) -> None:
        self.on_connection_changed(UUID(connection_id))

    def _pass_on(self, hint: str) -> None:
        """Tell whoever listens that a customer is typing: no part of what happened, so it has no number and is never told again."""
        workspace, conversation = hint.split(" ", 1)
        if reader := self.readers.get(UUID(workspace)):
            body = json.dumps({"conversation": str(UUID(conversation))})
            told = Told.of([Shown(0, f"event: customer.typing\ndata: {body}\n\n".encode())])
            for stream in tuple(reader.streams):
                stream.hand(told)

    async def _watch_rights(self) -> None:
        """Cut the streams of whoever lost the right to listen: a revoked token, an ended session, a removed member."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            streams = [stream for reader in self.readers.values() for stream in reader.streams]
            if not streams:
                continue
            with contextlib.suppress(DatabaseError):
                gone = await sync_to_async(lost, thread_sensitive=False)({stream.right for stream in streams})
                for stream in streams:
                    if stream.right in gone:
                        stream.cut()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream the caller's workspace from ``after`` or ``Last-Event-ID`` on; without either, from now."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "GET":
            await _refuse(send, 405, "The feed is read with GET.")
            return
        try:
            found = await sync_to_async(caller_of, thread_sensitive=False)(headers)
        except DatabaseError:
            await _refuse(send, 503, AWAY)
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
        try:
            await self.run(Listening(send, right), caller.workspace, int(after) if after else None, receive)
        except DatabaseError:
            await _refuse(send, 503, AWAY)


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps(problem(status, detail)).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Token"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
