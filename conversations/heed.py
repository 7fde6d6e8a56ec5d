"""What is done upon what happened: rules, surveys and bots hear history, each behind a mark of its own. Composes them."""

from __future__ import annotations

import time

from conversations import automation, follow, promise, surveys
from conversations.bots import telling

FOLLOWERS = (automation.FOLLOW, telling.FOLLOW, surveys.FOLLOW, promise.FOLLOW)


def heed(seconds: float) -> tuple[int, bool]:
    """Hand over what happened and ask what is due until nothing is left or time is up.

    Returns how much was passed or asked, and whether more may wait.
    """
    until, passed = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        heard = sum(follow.follow(who) for who in FOLLOWERS) + surveys.ask_due()
        if not heard:
            return passed, False
        passed += heard
    return passed, True
