"""A worker's database connection: kept between tasks, and let go once it is broken."""

from __future__ import annotations

import subprocess
import sys

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


def test_beat_and_relay_hold_no_applications() -> None:
    """Neither runs a handler, and Django's applications are half of what they would hold."""
    begun = "app.loader.init_worker(); app.finalize(); assert app.conf.beat_schedule"
    for words, loaded in ((["celery", "beat"], begun), (["relay"], "import conversations.relay")):
        code = f"import sys; sys.argv = {words}; from hub.celery import app; {loaded}; from django.apps import apps"
        asked = f"{code}; print(apps.ready, 'conversations.models' in sys.modules)"
        said = subprocess.run([sys.executable, "-c", asked], cwd=settings.BASE_DIR, check=True, capture_output=True)
        assert said.stdout.split() == [b"False", b"False"]
