"""The database between two tests that commit: emptied by one question on a connection for that alone; the test's stays open.

Django's own way reads the tables' names, empties each, and has the next test connect anew.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from django.test import TransactionTestCase

# Most tests write in ten of a hundred tables, and asking all of them costs less than deleting nothing from ninety.
# Deleting a few rows is far faster than TRUNCATE. Where a server still writes what a page asked for last, the two may
# lock each other out, or rows may come behind the deletion: it begins again until nothing is there.
EMPTYING = """
CREATE OR REPLACE FUNCTION empty_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE written text[]; one text; BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            written := array_remove(ARRAY[{written}], NULL);
            IF written = '{{}}' THEN RETURN; END IF;
            FOREACH one IN ARRAY written LOOP
                EXECUTE 'DELETE FROM ' || one;
            END LOOP;
        EXCEPTION WHEN deadlock_detected THEN
            NULL;
        END;
    END LOOP;
    RAISE 'These tables are written in without end: %', written;
END $$
"""


def use() -> None:
    """Let every test that commits end so."""
    usual: Any = TransactionTestCase
    usual._fixture_teardown = lambda _: empty()
    # What the house sets on a connection it sets for one transaction: the next test may have the same one.
    usual._should_reload_connections = lambda _: False


def empty() -> None:
    """Delete every row of every table, and let go of what the test's connection may still hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    emptying().execute("SELECT empty_tables()")


@cache
def emptying() -> psycopg.Connection:
    """Return the connection that empties. It heeds no foreign key; to change that each time would make it forget its plans."""
    made: psycopg.Connection = connection.get_new_connection(connection.get_connection_params())
    atexit.register(made.close)
    made.autocommit = True
    made.execute("SET session_replication_role = replica")
    names = map(connection.ops.quote_name, connection.introspection.django_table_names(only_existing=True))
    written = ", ".join(f"CASE WHEN EXISTS (SELECT FROM {name}) THEN '{name}' END" for name in names)
    made.execute(EMPTYING.format(written=written))
    return made
