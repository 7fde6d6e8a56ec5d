"""Celery carries wake-ups without data: a task only says "look in the database"."""

import gc
import os
import sys
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_init, worker_ready
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
# Django's checks ask the database for its version: a worker that starts before PostgreSQL would die of them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

IS_BEAT = (
    "beat" in sys.argv
)  # it sends tasks by name and runs none: it holds half the memory without what they stand on
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "hub.broker:Transport"
app = Celery("novelo", fixups=[] if IS_BEAT else None)  # the fixup for Django loads all its applications
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery's Django fixup closes the database connection around every task unless told to reuse it.
app.conf["CELERY_DB_REUSE_MAX"] = 100_000
if not IS_BEAT:
    app.autodiscover_tasks(["conversations", "metrics"])
else:

    @setup_logging.connect
    def _log_as_the_house_does(**_: object) -> None:
        """Set up what otherwise Django does."""
        from hub import logs

        logs.configure(settings.LOGGING)


@task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """Let a task that follows an error connect anew: outside a transaction Django keeps using a closed connection for ever."""
    for one in connections.all(initialized_only=True):
        if one.errors_occurred and not one.in_atomic_block:
            one.close()


@worker_init.connect
def _keep_what_is_loaded(**_: object) -> None:
    """Spare the collector what is loaded: children share its pages, and no batch waits while it is looked through."""
    gc.collect()
    gc.freeze()


@worker_ready.connect
def ask_what_was_missed(**_: object) -> None:
    """A worker that starts may follow an outage: what providers do not send again is asked for at once."""
    with suppress(OperationalError, OSError):
        app.send_task("conversations.tasks.reconcile", retry=False, ignore_result=True, expires=300)
