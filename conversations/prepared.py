"""Questions asked for every event that happens: bound at the server, planned once a connection."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import namedtuple_row

AT_ONCE = 0


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
