"""Writing many rows with one statement: columns travel as arrays or by COPY, so the cost is per batch and not per row.

The text of rows and arrays is made here: drivers ask each value how it wants to be written, which costs more than the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from conversations import prepared

COPY_FROM = 24  # rows: below this the second round trip of COPY costs more than it spares

_encode = msgspec.json.Encoder(enc_hook=str).encode


class _Column(msgspec.Struct, frozen=True):
    """A column as statements know it: the array type it travels as, and how its elements become the column's type."""

    name: str
    kind: str
    cast: str
    is_json: bool
    is_array: bool

    @property
    def is_text(self) -> bool:
        """Whether its values may hold any character."""
        return self.kind == "text"


@cache
def _columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[_Column, ...]:
    """Return columns by the names of their fields: asked once, since Django works a type out anew each time."""
    return tuple(_column_of(model._meta.get_field(name)) for name in names)  # type: ignore[arg-type]


def _column_of(field: models.Field[Any, Any]) -> _Column:
    is_json, is_array = isinstance(field, models.JSONField), isinstance(field, ArrayField)
    if is_json:
        kind, cast = "text", "::jsonb"
    elif is_array:
        kind, cast = "text", f"::{field.db_type(connection)}"  # arrays of arrays would be flattened by unnest
    elif isinstance(field, models.CharField | models.TextField):
        kind, cast = "text", ""  # a cast to varchar(n) would cut silently; the column itself refuses
    else:
        kind, cast = str(field.db_type(connection)), ""
    return _Column(f'"{field.column}"', kind, cast, is_json, is_array)


@cache
def _insertion(model: type[models.Model], columns: tuple[_Column, ...], suffix: str) -> str:
    names = ", ".join(column.name for column in columns)
    values = ", ".join(f"new.{column.name}{column.cast}" for column in columns)
    arrays = ", ".join(f"%s::{column.kind}[]" for column in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {values} FROM unnest({arrays}) AS new ({names}) {suffix}'  # noqa: S608  names come from the model


@cache
def _change(model: type[models.Model], columns: tuple[_Column, ...]) -> str:
    names = ", ".join(column.name for column in columns)
    sets = ", ".join(f"{column.name} = new.{column.name}{column.cast}" for column in columns[1:])
    arrays = ", ".join(f"%s::{column.kind}[]" for column in columns)
    key = columns[0].name
    return (
        f'UPDATE "{model._meta.db_table}" AS row SET {sets} FROM unnest({arrays}) AS new ({names}) '  # noqa: S608
        f"WHERE row.{key} = new.{key}"
    )


def _written(value: Any) -> str:
    """Return a value that is not free text as PostgreSQL reads it."""
    return f"{value.int:032x}" if type(value) is UUID else str(value)


def _values(column: _Column, values: Sequence[Any]) -> list[str | None]:
    """Return a column as PostgreSQL reads its values; what is encoded already (``msgspec.Raw``) stays as it is."""
    first = values[0]
    if len(values) > 1 and all(value is first for value in values):  # the workspace, the channel, a constant
        return _values(column, [first]) * len(values)
    if column.is_json:
        return [None if value is None else _encode(value).decode() for value in values]
    if column.is_array:
        return ["{" + ",".join(map(_written, value)) + "}" for value in values]
    return [value if value is None or isinstance(value, str) else _written(value) for value in values]


def array(values: Iterable[UUID | int | bool | datetime | None]) -> str:
    """Return values without free text as the literal of an array: pass it as ``%s::uuid[]``."""
    return "{" + ",".join(["NULL" if value is None else _written(value) for value in values]) + "}"


def words(values: Iterable[str | None]) -> str:
    """Return texts as the literal of an array: pass it as ``%s::text[]``."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if '"' in text:
        text = text.replace('"', '\\"')
    return f'"{text}"'


def _arrays(columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Turn rows into columns, each the literal of an array."""
    arrays = []
    for column, given in zip(columns, zip(*rows, strict=True), strict=True):
        values = _values(column, given)
        if column.is_text:
            arrays.append(words(values))
        else:
            arrays.append("{" + ",".join(["NULL" if value is None else value for value in values]) + "}")
    return arrays


def insert(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]], suffix: str = ""
) -> list[Any]:
    """Insert ``rows`` (values in the order of ``columns``, which are field names) and return what ``suffix`` returns.

    ``suffix`` is what follows the SELECT: ``ON CONFLICT …`` or ``RETURNING …``. Raises ``IntegrityError`` as any insert does.
    """
    if not rows:
        return []
    known = _columns(model, columns)
    if not suffix and len(rows) >= COPY_FROM and not prepared.travelling():
        names = ", ".join(column.name for column in known)
        _copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', known, rows)
        return []
    with prepared.cursor() as cursor:
        cursor.execute(_insertion(model, known, suffix), _arrays(known, rows))
        return cursor.fetchall() if "RETURNING" in suffix else []


def _copy(statement: str, columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> None:
    """Append rows by COPY, which spares the server a plan, an expression a value and a lock a row."""
    written = []
    for column, given in zip(columns, zip(*rows, strict=True), strict=True):
        escape = _escaped if column.is_text else str
        written.append(["\\N" if value is None else escape(value) for value in _values(column, given)])
    lines = "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as stream:
        stream.write(lines)


def _escaped(text: str) -> str:
    """Return free text as COPY reads it."""
    if text.isalnum():
        return text
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if not text.isprintable():
        text = text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def update(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """Update rows by primary key: the first of ``columns`` is the key, the others get the row's values."""
    if not rows:
        return
    known = _columns(model, columns)
    with prepared.cursor() as cursor:
        cursor.execute(_change(model, known), _arrays(known, rows))


def numbers(model: type[models.Model], count: int) -> list[int]:
    """Take ids for new rows, ascending: rows that are copied in do not say theirs."""
    if not count:
        return []
    table = model._meta.db_table
    with prepared.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]
