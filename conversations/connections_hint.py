"""Telling the doors for providers that a connection changed: a hint over Valkey, lost without harm."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

CHANNEL = "novelo:connections"  # carries "<connection>" and nothing else
AT_ONCE = Retry(NoBackoff(), 0)  # a lost hint is no harm: nobody waits for it


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=AT_ONCE)


def tell(connection_id: UUID) -> None:
    """Say after the commit that what is known of a connection is old. Without the hint a door notices within seconds."""
    transaction.on_commit(lambda: _publish(connection_id), robust=True)


def _publish(connection_id: UUID) -> None:
    with suppress(redis.RedisError):
        _valkey().publish(CHANNEL, str(connection_id))
