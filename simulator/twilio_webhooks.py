"""Brings forms to a hub the way Twilio does: signed over address and fields, tried once more at most, then given up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2

from simulator.loopback import loopback_url

ANSWER_SECONDS = 15.0
PAUSE = 0.3


def sign(url: str, fields: Mapping[str, str], auth_token: str) -> str:
    """Return the value of ``X-Twilio-Signature`` for a form sent to ``url``."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Callbacks:
    """What Twilio sends to hubs. Lives in one event loop."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._client: httpx2.AsyncClient | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way or planned."""
        return not (self._tasks or self._timers)

    def post(self, url: str, fields: Mapping[str, str], auth_token: str, tries: int = 2) -> None:
        """Send a form now. Raises ``NotLoopbackError`` for an address that is not on this machine."""
        loopback_url(url)
        self._start(self._deliver(url, dict(fields), auth_token, tries))

    def later(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        """Call something after a while."""

        def fire() -> None:
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)

    async def drain(self, seconds: float) -> bool:
        """Wait until nothing is under way, at most so many seconds; return whether that is so."""
        until = time.monotonic() + seconds
        while not self.idle and time.monotonic() < until:  # noqa: ASYNC110 - idle is two collections, not one event
            await asyncio.sleep(0.02)
        return self.idle

    async def clear(self) -> None:
        """Forget everything that waits or is under way."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop for good."""
        await self.clear()
        if self._client is not None:
            await self._client.aclose()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, fields: dict[str, str], auth_token: str, tries: int) -> None:
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(PAUSE)
            if 200 <= await self._post(url, fields, auth_token) < 500:
                return

    async def _post(self, url: str, fields: dict[str, str], auth_token: str) -> int:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=ANSWER_SECONDS, trust_env=False
            )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign(url, fields, auth_token),
        }
        try:
            answer = await self._client.post(loopback_url(url), content=urlencode(fields).encode(), headers=headers)
        except httpx2.TransportError:
            self.answers[0] += 1
            return 0
        self.answers[answer.status_code] += 1
        return answer.status_code
