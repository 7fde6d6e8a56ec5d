"""Statistics: has PostgreSQL look at the tables of figures anew once most of their rows are; by itself it waits about a minute."""

from __future__ import annotations

from django.db import connection

MANY = 5_000  # rows; what is smaller is quickly read in any order
CHANGED = """
SELECT relname FROM pg_stat_user_tables WHERE relname LIKE 'metrics\\_%%' AND schemaname = current_schema()
AND n_mod_since_analyze >= %s AND n_mod_since_analyze >= n_live_tup / 2 ORDER BY relname
"""


def refresh() -> list[str]:
    """Analyze the tables half of which, and many rows, are new since the last time; return their names.

    After an import the first questions would else be planned as for an empty house. Expects no transaction, so that each
    table is locked no longer than it takes.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, [MANY])
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"ANALYZE {table}")
    return tables
