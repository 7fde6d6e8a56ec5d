"""What is done upon what happened: rules, surveys and bots hear history, each behind a mark of its own. Composes them."""

from __future__ import annotations

import time

from conversations import automation, follow

FOLLOWERS = (automation.FOLLOW,)


def heed(seconds: float) -> tuple[int, bool]:
    """Hand over what happened until all was heard or time is up; return how many events passed, and whether more may wait."""
    until, passed = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        heard = sum(follow.follow(who) for who in FOLLOWERS)
        if not heard:
            return passed, False
        passed += heard
    return passed, True
