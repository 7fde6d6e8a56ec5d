"""Metrics of the software itself, for operators who come with the token."""

from __future__ import annotations

from hmac import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from hub.problems import refuse

# What waits, asked of the database: a figure no process can hold for the others.
WAITING = Gauge("novelo_waiting", "Rows that wait or were set aside", ["what"])
OLDEST = Gauge("novelo_oldest_pending_seconds", "Age of the oldest webhook that was stored and is not settled")
QUERY = """
SELECT
  (SELECT count(*) FROM conversations_delivery WHERE outcome = 'pending'),
  (SELECT count(*) FROM conversations_item WHERE state = 'quarantined'),
  (SELECT count(*) FROM conversations_outboxentry WHERE state <> 'done'),
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)
   FROM conversations_delivery WHERE outcome = 'pending')
"""


@login_not_required
def exposition(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format to `Bearer` or `Token`; 404 while no PROMETHEUS_TOKEN is set, 401 for another."""
    if not settings.PROMETHEUS_TOKEN:
        return refuse(404, "Set PROMETHEUS_TOKEN to read the metrics of the software.")
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if scheme not in {"Bearer", "Token"} or not compare_digest(given.encode(), settings.PROMETHEUS_TOKEN.encode()):
        return refuse(401, "Send the token as `Authorization: Bearer <token>`.")
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        pending, quarantined, outbox, oldest = cursor.fetchone()
    WAITING.labels("deliveries").set(pending)
    WAITING.labels("quarantined_items").set(quarantined)
    WAITING.labels("outbox").set(outbox)
    OLDEST.set(oldest)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
