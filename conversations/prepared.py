"""Questions asked for every event that happens: bound at the server, planned once a connection, sent without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from psycopg.rows import namedtuple_row

type Answer[T] = Callable[[], T]  # what waits for the answer to a question that was sent, and understands it

AT_ONCE = 0
SECOND_TIME = 1  # what is asked once only is not worth keeping


def ask(question: str, values: list[Any]) -> list[Any]:
    """Return the rows of a question as named tuples; ``question`` must be a constant, for each text is kept prepared.

    Failures are Django's, so that whoever waits for the database to come back understands them.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        held = connection.connection
        held.prepare_threshold = AT_ONCE  # Django's own cursors bind at the client and prepare nothing
        with psycopg.Cursor(held, row_factory=namedtuple_row) as cursor:
            return cursor.execute(question.encode(), values, prepare=True).fetchall()


class _Sent(psycopg.Cursor[Any]):
    """What came of a statement is known once it has come back: whoever asks waits for it."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement returned or changed."""
        self._come_back()
        return super().rowcount

    @property
    def description(self) -> list[psycopg.Column] | None:
        """Which columns it returned."""
        self._come_back()
        return super().description

    def _come_back(self) -> None:
        if self.pgresult is None and self.connection.pgconn.pipeline_status:
            with self.connection.pipeline():
                pass  # leaving waits for everything that was sent


def cursor() -> Any:
    """Return a cursor for what happens all the time: psycopg's own where statements travel, since Django's costs more than sending.

    Where queries are being logged it is Django's always.
    """
    django = connections[DEFAULT_DB_ALIAS]  # looked up once: what stands for it looks it up for every attribute
    held = django.connection
    if held is None or not held.pgconn.pipeline_status or django.queries_logged:
        return django.cursor()
    return held.cursor()


def send(question: str, values: Sequence[Any]) -> Answer[list[tuple[Any, ...]]]:
    """Send a question and return what waits for its rows: others may be sent before."""
    asked = cursor()
    asked.execute(question, values)

    def rows() -> list[tuple[Any, ...]]:
        with asked:
            return list(asked.fetchall())

    return rows


def keep() -> None:
    """Commit what ``pipelined`` did so far, and go on in a new transaction: nobody waits for that.

    Inside a transaction of somebody else it stays a part of theirs.
    """
    if len(connection.atomic_blocks) == 1:
        with cursor() as chained:
            chained.execute("COMMIT AND CHAIN")


def travelling() -> bool:
    """Whether statements are sent without waiting just now."""
    return connection.connection is not None and bool(connection.connection.pgconn.pipeline_status)


@contextmanager
def pipelined() -> Iterator[None]:
    """Open a transaction of which every statement is sent at once, bound at the server and prepared; only reading rows waits.

    BEGIN travels with the first statement, COMMIT with the last. A failure comes with the next rows that are read, or at the
    end, and undoes everything. COPY is not possible.
    """
    connection.ensure_connection()
    held = connection.connection
    before = held.cursor_factory, held.prepare_threshold
    held.cursor_factory, held.prepare_threshold = _Sent, SECOND_TIME
    try:
        with connection.wrap_database_errors, held.pipeline() as sent, transaction.atomic():
            try:
                yield
            except BaseException:
                with suppress(psycopg.Error):
                    sent.sync()  # what was sent after a failure failed with it: undoing must not stumble over that
                raise
    finally:
        held.cursor_factory, held.prepare_threshold = before
