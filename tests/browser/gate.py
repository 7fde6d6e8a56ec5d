"""A gate before the hub that can be shut: who comes meanwhile is cut off, as by a server that starts anew."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


class Gate(ThreadingTCPServer):
    """Hands every connection on to the hub while it is open; ``tries`` are the times at which the feed was asked for in vain."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hub: str) -> None:
        """Stand open before the hub at the address ``hub``."""
        super().__init__(("127.0.0.1", 0), _Passing)
        there = urlsplit(hub)
        self.hub = (str(there.hostname), int(there.port or 80))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.is_open = True
        self.passing: set[socket.socket] = set()
        self.tries: list[float] = []

    def shut(self) -> None:
        """Cut off everybody, and whoever comes until it is opened again."""
        self.is_open = False
        for one in tuple(self.passing):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Let everybody pass again."""
        self.is_open = True


class _Passing(BaseRequestHandler):
    server: Gate
    request: socket.socket

    def handle(self) -> None:
        """Carry what both sides say until one of them ends."""
        said = self.request.recv(65_536)
        if not self.server.is_open:
            if said.startswith(b"GET /api/v1/feed"):
                self.server.tries.append(time.monotonic())
            return
        with contextlib.suppress(OSError), socket.create_connection(self.server.hub) as hub:
            both = {self.request, hub}
            self.server.passing |= both
            hub.sendall(said)
            back = threading.Thread(target=_carry, args=(hub, self.request), daemon=True)
            back.start()
            _carry(self.request, hub)
            back.join()
            self.server.passing -= both


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes until the one side ends, then end the other."""
    with contextlib.suppress(OSError):
        while some := one.recv(65_536):
            other.sendall(some)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(hub: str) -> Iterator[Gate]:
    """Give a gate before a hub while the block runs."""
    with Gate(hub) as here:
        thread = threading.Thread(target=here.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield here
        finally:
            here.shut()
            here.shutdown()
            thread.join(5)
