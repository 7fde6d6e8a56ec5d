"""Looking into the feed for the readers of a process, on one connection in the loop: no thread is woken for what happens most."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import psycopg

from conversations.api.represent import Shown as Row
from conversations.feed import Line
from conversations.live import rows

READ_SECONDS = 5.0
GONE_MILLISECONDS = 10_000  # a network that swallows everything would hold even the farewell
# What is read are rows by their keys: a plan for this moment would be the one there is, and making it costs as much as reading.
LIMITS = "-c statement_timeout=4000 -c lock_timeout=3000 -c timezone=UTC -c plan_cache_mode=force_generic_plan"


class Source:
    """One connection to PostgreSQL, opened when somebody reads. Raises ``psycopg.Error``, ``OSError`` or ``TimeoutError``."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.connection: psycopg.AsyncConnection[Any] | None = None
        self.lock = asyncio.Lock()

    async def news(
        self, workspace_id: UUID, seq: int, limit: int
    ) -> tuple[list[Line], dict[UUID, Row], dict[UUID, Row]]:
        """Return the next lines after ``seq``, in order, at most ``limit``, and their messages and conversations as the API shows them."""
        async with self.lock:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    asked = await (await self._connected()).execute(
                        rows.NEWS, [workspace_id, seq, limit, workspace_id, workspace_id], prepare=True
                    )
                    row = await asked.fetchone()
            except BaseException:
                await self.close()  # whatever went wrong, the next try begins anew
                raise
        assert row is not None
        return rows.news(row)

    async def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self.connection is None or self.connection.closed:
            self.connection = await psycopg.AsyncConnection.connect(
                self.database_url,
                autocommit=True,
                connect_timeout=3,
                tcp_user_timeout=GONE_MILLISECONDS,
                options=LIMITS,
            )
        return self.connection
