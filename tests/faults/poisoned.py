"""Worker and relay whose pipeline meets poison: some texts end, crash or hang the process that works them.

`celery -A tests.faults.poisoned worker` and `python -m tests.faults.poisoned` (the relay) run the product's own code with
one function wrapped; the product knows nothing of it.
"""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any
from uuid import UUID

from hub.celery import app

EXIT, CRASH, HANG = "poison: exit", "poison: crash", "poison: hang"
HANG_SECONDS = 600.0

app.loader.import_default_modules()

from conversations import record  # noqa: E402  its models need the applications that were just loaded

say = record.say


def say_or_die(work: Any, item: Any, *rest: Any) -> UUID:
    """Add a message as ever, unless its text is poison."""
    if item.text == EXIT:
        os._exit(3)
    if item.text == CRASH:
        ctypes.string_at(0)
    if item.text == HANG:
        time.sleep(HANG_SECONDS)
    return say(work, item, *rest)


record.say = say_or_die

if __name__ == "__main__":
    from conversations import relay

    relay.main()
