"""A worker's database connection: kept between tasks, and let go once it is broken."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection

from hub.celery import app

NAME = "tests.hub.backend"


@app.task(name=NAME)
def backend() -> int:
    """Ask outside a transaction which server process serves us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_connection_between_tasks() -> None:
    assert backend.apply().get() == backend.apply().get()


@pytest.mark.django_db(transaction=True)
def test_it_connects_anew_after_the_server_went_away() -> None:
    """Django alone would answer "the connection is closed" for ever: a worker of one queue would never work again."""
    first = backend.apply().get()
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with pytest.raises(OperationalError):
        backend.apply(throw=True)
    assert backend.apply().get() != first
