"""Binary: reads rows as PostgreSQL keeps them, for answers made of packed bytes, which text would double and spell out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def read(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that names its values by ``%s``, on Django's connection and inside its transaction."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql.encode(), values, binary=True).fetchall()
