"""The bare project's programs: ``application`` for a server, ``app`` for Celery, and a relay that only listens."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.bare.settings"

import psycopg
from celery import Celery
from django.core.asgi import get_asgi_application

application = get_asgi_application()
app = Celery("bare")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def nothing() -> None:
    """Do nothing."""


def listen() -> None:
    """Listen for ever."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("LISTEN bare")
        for _ in connection.notifies():
            nothing.delay()


if __name__ == "__main__":
    listen()
