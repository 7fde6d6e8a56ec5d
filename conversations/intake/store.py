"""Storing webhooks durably, those that arrive together in one INSERT: what queued up during the last COMMIT goes next."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec
import psycopg
import structlog
from prometheus_client import Counter

from conversations.channels.types import Credentials
from hub.ids import new_id

log = structlog.get_logger(__name__)

STORE_SECONDS = 5.0  # longer than this the provider had better try again
ROWS_PER_INSERT = 500
BYTES_PER_INSERT = 8 * 1024 * 1024
NO_HEADERS = "{}"
QUEUE_ROWS = 5_000  # beyond this the door says 503 before memory grows

STORED = Counter("novelo_webhook_stored", "Webhooks stored before their answer")

LOAD = "SELECT workspace_id, provider, sealed_credentials FROM conversations_connection WHERE id = %s"
STORE = """
WITH stored AS (
  INSERT INTO conversations_delivery
    (id, workspace_id, connection_id, method, url, content_type, body, headers, parsed, outcome, reason, attempts)
  SELECT id, workspace_id, connection_id, method, url, content_type, body, headers::jsonb, false, 'pending', '', 0
  FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::bytea[], %b::text[])
    AS new (id, workspace_id, connection_id, method, url, content_type, body, headers)
  RETURNING 1
)
SELECT count(*), pg_notify('novelo_wake', 'inbound') FROM stored
"""
# Whoever parses holds this row; waiting for it here would let wrong signatures hold up every sender with a right one.
COUNT_REFUSALS = """
UPDATE conversations_connection SET refused_signatures = refused_signatures + %s, refused_at = now()
WHERE id = (SELECT id FROM conversations_connection WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
"""


class Known(msgspec.Struct, frozen=True):
    """What the door needs to know of a connection."""

    id: UUID
    workspace_id: UUID
    provider: str
    credentials: Credentials


class Row(msgspec.Struct, frozen=True):
    """A delivery about to be stored, and who waits for it; ``headers`` as JSON."""

    connection: Known
    method: str
    url: str
    content_type: str
    body: bytes
    done: asyncio.Future[None]
    headers: str = NO_HEADERS


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
        """Remember one wrong signature; written as soon as its connection's row is free, with a later batch if need be."""
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
            [row.headers for row in batch],
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
                    counted = await (await self._connected()).execute(COUNT_REFUSALS, [count, connection_id])
                if not counted.rowcount:
                    self.refused[connection_id] = self.refused.get(connection_id, 0) + count
            except (psycopg.Error, OSError, TimeoutError):
                await self._drop()

    async def close(self) -> None:
        """Stop writing; whoever still waits is told to try again."""
        self.writer.cancel()
        self._fail(self.waiting)
        await self._drop()
