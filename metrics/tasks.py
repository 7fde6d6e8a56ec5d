"""The wake-up of the figures: it carries nothing and says "look at the history"."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from metrics import statistics
from metrics.aggregate import derive_pending, forget_gone_workspaces
from metrics.digest.sending import send_due

MANY_LOOKED_AT = (
    1_000  # conversations and people of one wake-up, after which PostgreSQL may know too little of what there is
)
SECONDS_A_WAKE = 10.0  # then the worker hears other wake-ups; the next one goes on


@shared_task(name="metrics.tasks.derive")
def derive() -> int:
    """Derive new history until there is none, or the time of a wake-up is over; return how many conversations were looked at."""
    end = time.monotonic() + SECONDS_A_WAKE
    looked_at = 0
    while time.monotonic() < end and (some := derive_pending()):
        looked_at += some
    forget_gone_workspaces()
    if looked_at >= MANY_LOOKED_AT:
        statistics.refresh()
    return looked_at


@shared_task(name="metrics.tasks.send_digests")
def send_digests() -> int:
    """Send the letters that are due, each once; return how many left."""
    return send_due(timezone.now())
