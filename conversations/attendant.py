"""The relay's own pair of hands: a child that works what comes the moment it comes, so that little need not pass the broker.

Handlers run in the child and never in the relay: a message that kills whoever works it kills the child, and workers go on.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess

import structlog
from django.db import connections

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 10.0  # at work, then it is taken to hang
REST_SECONDS = 1.0  # after it died: workers have the word meanwhile
MOST_ROUNDS = 20_000  # then another takes its place, as with workers
LOOK, DONE, FAILED = b"l", b"d", b"f"


class Attendant:
    """One child at most, begun when first needed; ``look`` is what it does, in the child."""

    def __init__(self, look: Callable[[], object]) -> None:
        self.look = look
        self.busy_since: float | None = None
        self._child: ForkProcess | None = None
        self._line: socket.socket | None = None  # to and from the child
        self._rests_until = 0.0

    @property
    def lines(self) -> list[socket.socket]:
        """What to wait for beside other things: readable when the child has something to say, or is gone."""
        return [self._line] if self._line is not None else []

    def begin(self) -> bool:
        """Let the child look now; False when it is still at work, or rests: then somebody else must."""
        if self.busy_since is not None or time.monotonic() < self._rests_until:
            return False
        line = self._line or self._fork()
        try:
            line.send(LOOK)
        except OSError:
            self._part()
            return False
        self.busy_since = time.monotonic()
        return True

    def hear(self) -> bool:
        """Take what the child says; whether all went well. One that is gone rests before another takes its place."""
        assert self._line is not None
        said = b""
        with contextlib.suppress(OSError):
            said = self._line.recv(1)
        if not said:
            self._part()
        self.busy_since = None
        return said == DONE

    def look_after(self) -> None:
        """End a child that hangs."""
        if self.busy_since is not None and time.monotonic() - self.busy_since > LONGEST_SECONDS:
            log.warning("the relay's own hands hang and are replaced")
            self._part()

    def end(self) -> None:
        """End the child, whatever it does: nothing is lost with it."""
        if self._line is not None:
            self._part()

    def _fork(self) -> socket.socket:
        gc.collect()
        gc.freeze()  # the child shares these pages, and is not held up by looking through them
        ours, theirs = socket.socketpair()
        child = multiprocessing.get_context("fork").Process(target=_attend, args=(theirs, ours, self.look), daemon=True)
        child.start()
        theirs.close()
        self._child, self._line = child, ours
        return ours

    def _part(self) -> None:
        assert self._child is not None
        assert self._line is not None
        self._child.kill()
        self._child.join()
        self._line.close()
        self._child = self._line = self.busy_since = None
        self._rests_until = time.monotonic() + REST_SECONDS


def leave_the_parent() -> None:
    """Let a forked child stand alone: what belongs to the parent stays untouched, and signals end the child at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for one in connections.all(initialized_only=True):
        one.connection = None


def _attend(line: socket.socket, parents: socket.socket, look: Callable[[], object]) -> None:
    """Look whenever told to, and say when that is done, until the parent is gone."""
    leave_the_parent()
    parents.close()
    for _ in range(MOST_ROUNDS):
        if not line.recv(1):
            break
        try:
            look()
        except Exception as error:
            log.warning("the relay's own hands broke off", error=type(error).__name__)
            connections.close_all()
            line.send(FAILED)
        else:
            line.send(DONE)
    os._exit(0)  # no finalizers: they would close what belongs to the parent
