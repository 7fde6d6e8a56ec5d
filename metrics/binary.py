"""Binary: reads and appends rows as PostgreSQL keeps them, which text would double, spell out and have read again.

Ids are their sixteen bytes: figures only compare and copy them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from struct import pack
from typing import Any

import psycopg
from django.db import connection
from psycopg import postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.string import ByteaBinaryLoader, BytesBinaryDumper

from conversations.prepared import AT_ONCE

CENTURY, MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
# Ids or numbers that come as one array: hidden from the planner, which would look each of them up in its statistics.
AMONG_IDS, AMONG_NUMBERS = "ANY(ARRAY(SELECT unnest(%s::uuid[])))", "ANY(ARRAY(SELECT unnest(%s::bigint[])))"
type Row = tuple[Any, ...]
type Statement = tuple[str, Sequence[Any]]  # with its values


def read(sql: str, values: Sequence[Any] | Mapping[str, Any], *, again: bool = False) -> list[Row]:
    """Return the rows of a statement that names its values by ``%s``, on Django's connection and inside its transaction.

    ``again``: the same text is asked again and again, so it is planned once a connection, whatever its values.
    """
    with _cursor() as cursor:
        if again:
            connection.connection.prepare_threshold = AT_ONCE
        return cursor.execute(sql.encode(), values, binary=True, prepare=again or None).fetchall()


@contextmanager
def sent(statements: Iterable[Statement]) -> Iterator[Callable[[], list[list[Row]]]]:
    """Send statements together, as ``read`` takes them, and let PostgreSQL work at them while something else is done inside.

    The function it gives waits for the rows of each. Inside, nothing else may be asked on the connection; a failure comes with
    the rows, or in the end.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline(), ExitStack() as stack:
        cursors = [
            stack.enter_context(_cursor()).execute(sql.encode(), values, binary=True) for sql, values in statements
        ]
        yield lambda: [cursor.fetchall() for cursor in cursors]


def append(table: str, columns: Iterable[str], rows: Sequence[Row]) -> None:
    """Append rows to a table by COPY: the cheapest way for a handful and for a million."""
    if not rows:
        return
    names = ", ".join(columns)
    types = _types(table, names)
    with _cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)".encode()) as stream:
        stream.set_types(types)
        for row in rows:
            stream.write_row(row)


class _Id(BytesBinaryDumper):
    """Writes what already is the form that PostgreSQL keeps an id in."""

    oid = postgres.types["uuid"].oid


class _Numbers(Dumper):
    """Writes a column of numbers of eight bytes as an array."""

    format = Format.BINARY
    element = postgres.types["int8"].oid
    oid = postgres.types["int8"].array_oid

    def dump(self, obj: Sequence[Any]) -> bytes:
        """Return dimensions, kind and length, then every number after its size."""
        if not obj:
            return pack(">3i", 0, 0, self.element)
        said = chain.from_iterable((8, one) for one in self.numbers(obj))
        return pack(f">5i{'iq' * len(obj)}", 1, 0, self.element, len(obj), 1, *said)

    def numbers(self, values: Sequence[Any]) -> Iterable[int]:
        """Return what stands for the values."""
        return values


class _Instants(_Numbers):
    """Writes a column of instants as an array: microseconds of this century."""

    element = postgres.types["timestamptz"].oid
    oid = postgres.types["timestamptz"].array_oid

    def numbers(self, values: Sequence[Any]) -> Iterable[int]:
        """Return what stands for the instants."""
        return [(at - CENTURY) // MICROSECOND for at in values]


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor[Row]]:
    """Give a cursor that is not Django's, which would have every instant looked at in Python."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.adapters.register_loader("uuid", ByteaBinaryLoader)
        for dumper in (_Id, _Numbers, _Instants):
            cursor.adapters.register_dumper(None, dumper)
        yield cursor


@cache
def _types(table: str, columns: str) -> list[int]:
    """Return what PostgreSQL calls the types of these columns: asked once, they do not change while a process lives."""
    with _cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} LIMIT 0".encode())  # noqa: S608  names of our own
        return [column.type_code for column in cursor.description or ()]
