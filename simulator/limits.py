"""How much Graph takes: so many messages a second from a number, so many to one person."""

from __future__ import annotations

import time
from collections import deque

from simulator.refusals import Refusal

PAIR_EVERY, PAIR_BURST = 6.0, 45


class RateLimits:
    """Counts sends and refuses the one too many."""

    def __init__(self) -> None:
        self._numbers: dict[str, deque[float]] = {}
        self._pairs: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, phone_number_id: str, user_id: str, *, per_second: int, pair: bool) -> None:
        """Count a send. Raises ``Refusal`` 130429 above ``per_second`` (0: no limit), 131056 above the pair's rate."""
        now = time.monotonic()
        recent = self._numbers.setdefault(phone_number_id, deque())
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if per_second and len(recent) >= per_second:
            raise Refusal(
                130429, "Message failed to send because there were too many messages sent from this phone number."
            )
        if pair:
            self._take_pair((phone_number_id, user_id), now)
        recent.append(now)

    def clear(self) -> None:
        """Forget every send."""
        self._numbers.clear()
        self._pairs.clear()

    def _take_pair(self, pair: tuple[str, str], now: float) -> None:
        left, since = self._pairs.get(pair, (float(PAIR_BURST), now))
        left = min(PAIR_BURST, left + (now - since) / PAIR_EVERY)
        if left < 1:
            raise Refusal(
                131056, "Too many messages were sent from this phone number to the same recipient in a short time."
            )
        self._pairs[pair] = (left - 1, now)
