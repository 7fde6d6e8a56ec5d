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


def _array(field: models.Field[Any, Any]) -> tuple[str, str]:
    """Return the array type a column travels as, and how its elements become the column's type."""
    if isinstance(field, models.JSONField):
        return "text", "::jsonb"
    if isinstance(field, ArrayField):
        return "text", f"::{field.db_type(connection)}"  # arrays of arrays would be flattened by unnest
    if isinstance(field, models.CharField | models.TextField):
        return "text", ""  # a cast to varchar(n) would cut silently; the column itself refuses
    return str(field.db_type(connection)), ""


@cache
def _fields(model: type[models.Model], columns: tuple[str, ...]) -> list[models.Field[Any, Any]]:
    return [model._meta.get_field(name) for name in columns]  # type: ignore[misc]


def _written(value: Any) -> str:
    """Return a value that is not free text as PostgreSQL reads it."""
    return f"{value.int:032x}" if type(value) is UUID else str(value)


def _column(field: models.Field[Any, Any], values: Sequence[Any]) -> list[str | None]:
    """Return a column as PostgreSQL reads its values; what is encoded already (``msgspec.Raw``) stays as it is."""
    first = values[0]
    if len(values) > 1 and all(value is first for value in values):  # the workspace, the channel, a constant
        return _column(field, [first]) * len(values)
    if isinstance(field, models.JSONField):
        return [None if value is None else _encode(value).decode() for value in values]
    if isinstance(field, ArrayField):
        return ["{" + ",".join(map(_written, value)) + "}" for value in values]
    return [value if value is None or isinstance(value, str) else _written(value) for value in values]


def _is_text(field: models.Field[Any, Any]) -> bool:
    """Whether a column's values may hold any character."""
    return _array(field)[0] == "text"


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


def _arrays(fields: Sequence[models.Field[Any, Any]], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Turn rows into columns, each the literal of an array."""
    arrays = []
    for field, values in zip(fields, zip(*rows, strict=True), strict=True):
        column = _column(field, values)
        if _is_text(field):
            arrays.append(words(column))
        else:
            arrays.append("{" + ",".join(["NULL" if value is None else value for value in column]) + "}")
    return arrays


def insert(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]], suffix: str = ""
) -> list[Any]:
    """Insert ``rows`` (values in the order of ``columns``, which are field names) and return what ``suffix`` returns.

    ``suffix`` is what follows the SELECT: ``ON CONFLICT …`` or ``RETURNING …``. Raises ``IntegrityError`` as any insert does.
    """
    if not rows:
        return []
    fields = _fields(model, columns)
    names = ", ".join(f'"{field.column}"' for field in fields)
    if not suffix and len(rows) >= COPY_FROM and not prepared.travelling():
        _copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', fields, rows)
        return []
    kinds = [_array(field) for field in fields]
    values = ", ".join(f'new."{field.column}"{cast}' for field, (_, cast) in zip(fields, kinds, strict=True))
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in kinds)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {values} FROM unnest({arrays}) AS new ({names}) {suffix}',  # noqa: S608  names come from the model
            _arrays(fields, rows),
        )
        return cursor.fetchall() if "RETURNING" in suffix else []


def _copy(statement: str, fields: Sequence[models.Field[Any, Any]], rows: Sequence[Sequence[Any]]) -> None:
    """Append rows by COPY, which spares the server a plan, an expression a value and a lock a row."""
    written = []
    for field, values in zip(fields, zip(*rows, strict=True), strict=True):
        column = _column(field, values)
        escape = _escaped if _is_text(field) else str
        written.append(["\\N" if value is None else escape(value) for value in column])
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
    fields = _fields(model, columns)
    kinds = [_array(field) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    sets = ", ".join(
        f'"{field.column}" = new."{field.column}"{cast}' for field, (_, cast) in zip(fields[1:], kinds[1:], strict=True)
    )
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in kinds)
    key = fields[0].column
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS row SET {sets} FROM unnest({arrays}) AS new ({names}) '  # noqa: S608
            f'WHERE row."{key}" = new."{key}"',
            _arrays(fields, rows),
        )


def numbers(model: type[models.Model], count: int) -> list[int]:
    """Take ids for new rows, ascending: rows that are copied in do not say theirs."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]
