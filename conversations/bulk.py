"""Writing many rows with one statement: columns travel as arrays, so the cost is per batch and not per row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

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


def _arrays(fields: Sequence[models.Field[Any, Any]], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Turn rows into columns; JSON and arrays (of ids) are encoded here."""
    arrays: list[list[Any]] = []
    for field, values in zip(fields, zip(*rows, strict=True), strict=True):
        if isinstance(field, models.JSONField):
            arrays.append([None if value is None else _encode(value).decode() for value in values])
        elif isinstance(field, ArrayField):
            arrays.append(["{" + ",".join(map(str, value)) + "}" for value in values])
        else:
            arrays.append(list(values))
    return arrays


def insert(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]], suffix: str = "") -> list[Any]:
    """Insert ``rows`` (values in the order of ``columns``, which are field names) and return what ``suffix`` returns.

    ``suffix`` is what follows the SELECT: ``ON CONFLICT …`` or ``RETURNING …``. Raises ``IntegrityError`` as any insert does.
    """
    if not rows:
        return []
    fields = _fields(model, columns)
    kinds = [_array(field) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(f'new."{field.column}"{cast}' for field, (_, cast) in zip(fields, kinds, strict=True))
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in kinds)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {values} FROM unnest({arrays}) AS new ({names}) {suffix}',  # noqa: S608  names come from the model
            _arrays(fields, rows),
        )
        return cursor.fetchall() if cursor.description else []


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
