"""Looking into the feed for the readers of a process, on one connection in the loop: no thread is woken for what happens most."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from conversations import feed
from conversations.api.represent import Shown as Row
from conversations.live import rows
from conversations.models import FeedEvent

READ_SECONDS = 5.0
GONE_MILLISECONDS = 10_000  # a network that swallows everything would hold even the farewell
LIMITS = "-c statement_timeout=4000 -c lock_timeout=3000 -c timezone=UTC"


class Source:
    """One connection to PostgreSQL, opened when somebody reads. Raises ``psycopg.Error``, ``OSError`` or ``TimeoutError``."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.connection: psycopg.AsyncConnection[Any] | None = None
        self.lock = asyncio.Lock()

    async def news(
        self, workspace_id: UUID, seq: int, limit: int
    ) -> tuple[Sequence[FeedEvent], dict[UUID, Row], dict[UUID, Row]]:
        """Return the next events after ``seq``, in order, at most ``limit``, and their messages and conversations as the API shows them.

        All is asked for at once: rows may be newer than the event that tells of them.
        """
        events, said, talks = await self._ask(
            (feed.AFTER, [workspace_id, seq, limit]),
            (rows.MESSAGES_SINCE, [workspace_id, workspace_id, seq, limit, "message.%"]),
            (rows.CONVERSATIONS_SINCE, [workspace_id, workspace_id, seq, limit, "conversation.%"]),
        )
        return (
            [feed.event_of(workspace_id, row) for row in events],
            {row.pk: rows.message(row) for row in said},
            {row.pk: rows.conversation(row) for row in talks},
        )

    async def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()

    async def _ask(self, *questions: tuple[str, list[Any]]) -> list[list[Any]]:
        """Send questions together and return the rows of each; whatever goes wrong, the next try begins anew."""
        async with self.lock:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    held = await self._connected()
                    async with held.pipeline():
                        cursors = [
                            await held.execute(text.encode(), values, prepare=True) for text, values in questions
                        ]
                        return [await cursor.fetchall() for cursor in cursors]
            except BaseException:
                await self.close()
                raise

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self.connection is None or self.connection.closed:
            self.connection = await psycopg.AsyncConnection.connect(
                self.database_url,
                autocommit=True,
                connect_timeout=3,
                tcp_user_timeout=GONE_MILLISECONDS,
                options=LIMITS,
                row_factory=namedtuple_row,
            )
        return self.connection
