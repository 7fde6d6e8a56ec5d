"""The door for providers: a small ASGI application before Django that proves a webhook, stores it and only then says 200.

It parses nothing, asks no broker and dials no network. Requests that arrive while an INSERT is being committed are
stored together by the next one; an answer leaves only after the COMMIT of its body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import psycopg
import structlog
from prometheus_client import Counter

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import Credentials, RawRequest
from hub.ids import new_id
from hub.secrets import SecretUnreadable, unseal

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_SECONDS = 10.0  # a body that drips in slower than this is given up
STORE_SECONDS = 5.0  # longer than this the provider had better try again
ROWS_PER_INSERT = 500
BYTES_PER_INSERT = 8 * 1024 * 1024
QUEUE_ROWS = 5_000  # beyond this the door says 503 before memory grows
CACHE_SECONDS = 5.0
CACHE_ENTRIES = 10_000
REFUSALS_LOGGED_EVERY = 10.0

REFUSED = Counter("novelo_webhook_refused", "Webhooks with a missing or wrong signature")
STORED = Counter("novelo_webhook_stored", "Webhooks stored before their answer")

LOAD = "SELECT workspace_id, provider, sealed_credentials FROM conversations_connection WHERE id = %s"
STORE = """
WITH stored AS (
  INSERT INTO conversations_delivery
    (id, workspace_id, connection_id, method, url, content_type, body, parsed, outcome, reason, attempts)
  SELECT id, workspace_id, connection_id, method, url, content_type, body, false, 'pending', '', 0
  FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::bytea[])
    AS new (id, workspace_id, connection_id, method, url, content_type, body)
  RETURNING 1
)
SELECT count(*), pg_notify('novelo_wake', 'inbound') FROM stored
"""
COUNT_REFUSALS = (
    "UPDATE conversations_connection SET refused_signatures = refused_signatures + %s, refused_at = now() WHERE id = %s"
)


class Known(msgspec.Struct, frozen=True):
    """What the door needs to know of a connection."""

    id: UUID
    workspace_id: UUID
    provider: str
    credentials: Credentials


class Row(msgspec.Struct, frozen=True):
    """A delivery about to be stored, and who waits for it."""

    connection: Known
    method: str
    url: str
    content_type: str
    body: bytes
    done: asyncio.Future[None]


class Unavailable(Exception):
    """The delivery could not be stored; the provider must send it again."""


class Store:
    """One connection to PostgreSQL that writes whatever queued up during the last commit."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.waiting: list[Row] = []
        self.refused: dict[UUID, int] = {}
        self.ready = asyncio.Event()
        self.connection: psycopg.AsyncConnection | None = None
        self.lock = asyncio.Lock()
        self.writer = asyncio.create_task(self._write_for_ever())

    async def _connected(self) -> psycopg.AsyncConnection:
        if self.connection is None or self.connection.closed:
            self.connection = await psycopg.AsyncConnection.connect(
                self.database_url,
                autocommit=True,
                connect_timeout=3,
                options="-c statement_timeout=4000 -c lock_timeout=3000 -c synchronous_commit=on",
            )
        return self.connection

    async def _drop(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()

    async def load(self, connection_id: UUID) -> tuple[UUID, str, bytes] | None:
        """Return workspace, provider and sealed secrets of a connection, ``None`` when there is none."""
        async with self.lock:
            try:
                async with asyncio.timeout(STORE_SECONDS):
                    cursor = await (await self._connected()).execute(LOAD, [connection_id], prepare=True)
                    return await cursor.fetchone()
            except (psycopg.Error, OSError, TimeoutError) as error:
                await self._drop()
                raise Unavailable from error

    def keep(self, row: Row) -> None:
        """Queue a delivery; ``row.done`` is set once it is durable."""
        if len(self.waiting) >= QUEUE_ROWS:
            raise Unavailable
        self.waiting.append(row)
        self.ready.set()

    def count_refusal(self, connection_id: UUID) -> None:
        """Remember one wrong signature; written with the next batch or second."""
        self.refused[connection_id] = self.refused.get(connection_id, 0) + 1
        self.ready.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self.ready.wait()
            self.ready.clear()
            while self.waiting:
                await self._write(self._take())
            await self._write_refusals()

    def _take(self) -> list[Row]:
        size = count = 0
        for row in self.waiting[:ROWS_PER_INSERT]:
            size += len(row.body)
            count += 1
            if size >= BYTES_PER_INSERT:
                break
        batch, self.waiting = self.waiting[:count], self.waiting[count:]
        return batch

    async def _write(self, batch: list[Row]) -> None:
        """Store a batch with one INSERT; a batch that a vanished connection spoils is tried row by row."""
        try:
            await self._insert(batch)
        except psycopg.errors.ForeignKeyViolation:
            if len(batch) == 1:
                self._fail(batch)
                return
            for row in batch:
                await self._write([row])
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("deliveries not stored", rows=len(batch), error=type(error).__name__)
            await self._drop()
            self._fail(batch)
        else:
            STORED.inc(len(batch))
            for row in batch:
                if not row.done.done():
                    row.done.set_result(None)

    async def _insert(self, batch: list[Row]) -> None:
        columns = (
            [new_id() for _ in batch],
            [row.connection.workspace_id for row in batch],
            [row.connection.id for row in batch],
            [row.method for row in batch],
            [row.url for row in batch],
            [row.content_type for row in batch],
            [row.body for row in batch],
        )
        async with self.lock, asyncio.timeout(STORE_SECONDS):
            await (await self._connected()).execute(STORE, columns, prepare=True)

    def _fail(self, batch: list[Row]) -> None:
        for row in batch:
            if not row.done.done():
                row.done.set_exception(Unavailable())

    async def _write_refusals(self) -> None:
        refused, self.refused = self.refused, {}
        for connection_id, count in refused.items():
            try:
                async with self.lock, asyncio.timeout(STORE_SECONDS):
                    await (await self._connected()).execute(COUNT_REFUSALS, [count, connection_id])
            except (psycopg.Error, OSError, TimeoutError):
                await self._drop()

    async def close(self) -> None:
        """Stop writing; whoever still waits is told to try again."""
        self.writer.cancel()
        self._fail(self.waiting)
        await self._drop()


class Intake:
    """The ASGI application of ``/webhooks/<connection>/`` and ``/webhooks/<connection>/status/``."""

    def __init__(self, database_url: str, public_url: str, max_bytes: int) -> None:
        self.database_url = database_url
        self.public_url = public_url
        self.max_bytes = max_bytes
        self.store: Store | None = None
        self.cache: dict[UUID, tuple[float, Known | None]] = {}
        self.logged_refusal = 0.0

    async def open(self) -> None:
        """Start the writer in the running loop."""
        self.store = Store(self.database_url)

    async def close(self) -> None:
        """Stop the writer."""
        if self.store is not None:
            await self.store.close()
            self.store = None

    def forget(self, connection_id: UUID | None = None) -> None:
        """Drop what is cached of a connection whose secrets changed; of all, without one."""
        if connection_id is None:
            self.cache.clear()
        else:
            self.cache.pop(connection_id, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 200 stored, 401 not signed, 403 no handshake, 404 no such connection, 413 too large."""
        if self.store is None:
            await self.open()
        try:
            connection = await self._connection(scope["path"])
            if connection is None:
                await _answer(send, 404, b"There is no such connection.")
            elif scope["method"] == "GET":
                await self._handshake(scope, connection, send)
            elif scope["method"] == "POST":
                await self._deliver(scope, receive, send, connection)
            else:
                await _answer(send, 405, b"Only GET and POST are understood here.", allow=b"GET, POST")
        except Unavailable:
            await _answer(send, 503, b"The delivery could not be stored. Send it again.", retry_after=b"5")

    async def _connection(self, path: str) -> Known | None:
        parts = path.split("/")  # "", "webhooks", id, ("status",) ""
        if len(parts) not in {3, 4, 5} or (len(parts) > 3 and parts[3] not in {"", "status"}):
            return None
        try:
            connection_id = UUID(parts[2])
        except ValueError:
            return None
        cached = self.cache.get(connection_id)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        assert self.store is not None
        found = await self.store.load(connection_id)
        known = None
        if found is not None:
            known = Known(connection_id, found[0], found[1], _open(connection_id, found[2]))
        if len(self.cache) >= CACHE_ENTRIES:
            self.cache.clear()
        self.cache[connection_id] = (time.monotonic() + CACHE_SECONDS, known)
        return known

    def _request(self, scope: Scope, body: bytes) -> RawRequest:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        return RawRequest(
            method=scope["method"],
            url=f"{self.public_url}{scope['path']}{'?' + query if query else ''}",
            query=parse_qs(query, keep_blank_values=True),
            headers=headers,
            body=body,
            content_type=headers.get("content-type", ""),
        )

    async def _handshake(self, scope: Scope, connection: Known, send: Send) -> None:
        provider = PROVIDERS.get(connection.provider)
        text = provider.challenge(self._request(scope, b""), connection.credentials) if provider else None
        if text is None:
            await _answer(send, 403, b"The verify token does not match.")
        else:
            await _answer(send, 200, text.encode())

    async def _deliver(self, scope: Scope, receive: Receive, send: Send, connection: Known) -> None:
        assert self.store is not None
        body = await self._body(scope, receive)
        if body is None:
            await _answer(send, 413, b"A webhook may hold 4 MB.")
            return
        request = self._request(scope, body)
        provider = PROVIDERS.get(connection.provider)
        if provider is None or not provider.verify(request, connection.credentials):
            self._count_refusal(connection)
            await _answer(send, 401, b"The signature is missing or wrong.")
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.store.keep(Row(connection, request.method, request.url, request.content_type[:120], body, done))
        await done
        await _answer(send, 200, b"")

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body whole; ``None`` when it is too large. A sender that drips or hangs up raises ``Unavailable``."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self.max_bytes:
                return None
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Unavailable
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size > self.max_bytes:
                        return None
                    chunks.append(chunk)
                    if not message.get("more_body"):
                        return b"".join(chunks)
        except TimeoutError as error:
            raise Unavailable from error

    def _count_refusal(self, connection: Known) -> None:
        assert self.store is not None
        REFUSED.inc()
        self.store.count_refusal(connection.id)
        now = time.monotonic()
        if now - self.logged_refusal > REFUSALS_LOGGED_EVERY:
            self.logged_refusal = now
            log.warning("webhook refused: missing or wrong signature", connection=str(connection.id))


def _open(connection_id: UUID, sealed: bytes) -> Credentials:
    """Open a connection's secrets; what no key opens verifies nothing."""
    try:
        return msgspec.convert(
            unseal(bytes(sealed), f"conversations.connection|{connection_id}|sealed_credentials"), Credentials
        )
    except SecretUnreadable:
        log.error("the secrets of a connection do not open", connection=str(connection_id))  # noqa: TRY400  the trace says no more
        return Credentials()


async def _answer(send: Send, status: int, text: bytes, *, allow: bytes = b"", retry_after: bytes = b"") -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    if allow:
        headers.append((b"allow", allow))
    if retry_after:
        headers.append((b"retry-after", retry_after))
    headers.append((b"content-length", str(len(text)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
