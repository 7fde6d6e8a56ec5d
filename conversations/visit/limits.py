"""How often strangers may ask: buckets of tokens in Valkey, shared by every web process; in memory while Valkey is away."""

from __future__ import annotations

import threading
import time
from functools import cache

import msgspec
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

AT_ONCE = Retry(NoBackoff(), 0)  # a visitor does not wait for Valkey to come back
AWAY_SECONDS = 5.0  # Valkey is not asked again for so long after it did not answer
REMEMBERED = 20_000  # buckets in memory
# A bucket is the time at which it would be full again: one number a key, which goes away by itself.
TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = full - now - tonumber(ARGV[2])
if wait > 0 then return tostring(wait) end
full = full + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil((full - now) * 1000) + 1)
return '0'
"""


class Limit(msgspec.Struct, frozen=True):
    """So many at once, and one more each ``seconds``."""

    burst: int
    seconds: float

    @property
    def slack(self) -> float:
        """How many seconds ahead a bucket may be filled."""
        return (self.burst - 1) * self.seconds


# What one visitor may do, and what everybody behind one address may do together: a whole school may share one.
MESSAGES, MESSAGES_OF_ADDRESS = Limit(20, 1.0), Limit(120, 0.2)
ACKNOWLEDGED = Limit(30, 0.5)
TYPING = Limit(3, 1.5)
FILES, FILES_OF_ADDRESS = Limit(10, 6.0), Limit(40, 1.5)
SESSIONS_OF_ADDRESS = Limit(60, 2.0)
PROOFS_OF_ADDRESS = Limit(30, 4.0)
READING = Limit(60, 0.5)
INVITATIONS = Limit(5, 20.0)

_memory: dict[str, float] = {}
_lock = threading.Lock()
_away_until = 0.0


@cache
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, retry=AT_ONCE)


def take(*wanted: tuple[str, str, Limit]) -> float:
    """Take a token of each (what, whose, limit); return 0.0, or after how many seconds to come back when one is empty."""
    return max((_take(f"novelo:limit:{what}:{whose}", limit) for what, whose, limit in wanted), default=0.0)


def _take(key: str, limit: Limit) -> float:
    global _away_until  # noqa: PLW0603  one Valkey a process
    if time.monotonic() >= _away_until:
        try:
            return float(_valkey().eval(TAKE, 1, key, str(limit.seconds), str(limit.slack)))
        except (redis.RedisError, OSError):
            _away_until = time.monotonic() + AWAY_SECONDS
    return _take_here(key, limit)


def _take_here(key: str, limit: Limit) -> float:
    """Count in this process alone: each of several then lets as much through, which is better than all or nothing."""
    now = time.monotonic()
    with _lock:
        if len(_memory) >= REMEMBERED:
            for old in [name for name, full in _memory.items() if full <= now] or list(_memory):
                del _memory[old]
        full = max(_memory.get(key, 0.0), now)
        wait = full - now - limit.slack
        if wait > 0:
            return wait
        _memory[key] = full + limit.seconds
        return 0.0
