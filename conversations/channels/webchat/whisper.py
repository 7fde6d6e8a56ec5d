"""What is said in passing and kept nowhere: who is typing. A hint over Valkey, lost without harm."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TO_VISITORS = "novelo:visits"  # carries "<visitor>"
TO_AGENTS = "novelo:typing"  # carries "<workspace> <conversation>"
AT_ONCE = Retry(NoBackoff(), 0)  # what is lost is lost: nobody waits for it


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=AT_ONCE)


def typing_to(visitor: str) -> None:
    """Tell a visitor's open windows that somebody of the house is typing."""
    with suppress(redis.RedisError):
        _valkey().publish(TO_VISITORS, visitor)


def typing_in(workspace_id: str, conversation_id: str) -> None:
    """Tell the agents of a workspace that the customer of a conversation is typing."""
    with suppress(redis.RedisError):
        _valkey().publish(TO_AGENTS, f"{workspace_id} {conversation_id}")
