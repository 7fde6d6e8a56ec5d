"""Listeners of a feed: server-sent events read off raw sockets; as a child, hundreds of them, with the time of each event."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

Hear = Callable[[str, bytes, float], None]


class Listener(asyncio.Protocol):
    """One open stream. ``hear`` gets kind, data and the time (``perf_counter``) of every event."""

    def __init__(self, port: int, token: str, hear: Hear, path: str = "/api/v1/feed") -> None:
        self.port = port
        self.token = token
        self.path = path
        self.hear = hear
        self.rest = b""
        self.ready: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    async def open(self) -> None:
        """Connect and wait until the stream has begun."""
        loop = asyncio.get_running_loop()
        self.ready = loop.create_future()
        await loop.create_connection(lambda: self, "127.0.0.1", self.port)
        await asyncio.wait_for(self.ready, 30)

    def close(self) -> None:
        """Hang up."""
        if self.transport:
            self.transport.close()

    def connection_made(self, transport: Any) -> None:
        """Ask for the stream."""
        self.transport = transport
        head = f"GET {self.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Token {self.token}\r\n\r\n"
        transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        """Take what came: whole events are between empty lines; the lengths of chunks are lines nobody needs."""
        at = time.perf_counter()
        self.rest += data
        while b"\n\n" in self.rest or b"\r\n\r\n" in self.rest:
            ends = [place for mark in (b"\n\n", b"\r\n\r\n") if (place := self.rest.find(mark)) >= 0]
            event, self.rest = self.rest[: min(ends)], self.rest[min(ends) + 2 :].lstrip(b"\r\n")
            if self.ready and not self.ready.done():
                if event.startswith(b"HTTP/1.1 200"):
                    self.ready.set_result(None)
                else:
                    self.ready.set_exception(RuntimeError(event.decode()))
                continue
            kind = data_of = b""
            for line in event.split(b"\n"):
                name, _, content = line.partition(b": ")
                if name == b"event":
                    kind = content
                elif name == b"data":
                    data_of = content
            if kind:
                self.hear(kind.decode(), data_of, at)


async def crowd(told: dict[str, Any]) -> None:
    """Open many streams, say so, and after the parent's next word tell when each event was heard."""
    heard: list[tuple[str, float]] = []

    def hear(kind: str, data: bytes, at: float) -> None:
        if kind != "heartbeat":
            heard.append((json.loads(data)["id"], at))

    listeners = [Listener(told["port"], told["token"], hear, told["path"]) for _ in range(told["streams"])]
    for some in range(0, len(listeners), 25):
        await asyncio.gather(*(listener.open() for listener in listeners[some : some + 25]))
    print(json.dumps("open"), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    answer: dict[str, list[float]] = {}
    for subject, at in heard:
        answer.setdefault(subject, []).append(at)
    for listener in listeners:
        listener.close()
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    print(json.dumps("ready"), flush=True)
    uvloop.run(crowd(json.loads(sys.stdin.readline())))
