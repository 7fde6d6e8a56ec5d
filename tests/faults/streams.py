"""Readers of the live feed as browsers are: they follow over HTTP, come back by the last id they heard, and keep a log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading

import httpx2

from tests.faults.oracle import Line

RETRY_SECONDS = 0.3
SILENCE_SECONDS = 30.0  # the feed says something every 20 s
SLOW_AFTER, SLOW_SECONDS = 100, 2.0  # the slow one stops reading for so long each time it heard so many


class Stream:
    """One reader. ``log`` is every event it was told, in the order in which it was told; ``connections`` how often it came."""

    def __init__(self, name: str, *, slow: bool = False) -> None:
        self.name = name
        self.slow = slow
        self.log: list[Line] = []
        self.connections = 0

    async def follow(self, url: str, token: str) -> None:
        """Read for ever; an event that was cut off in the middle was not heard."""
        narrow = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)] if self.slow else []
        transport = httpx2.AsyncHTTPTransport(socket_options=narrow, verify=False)
        async with httpx2.AsyncClient(transport=transport, timeout=SILENCE_SECONDS, trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    await self._listen(client, url, token)
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, client: httpx2.AsyncClient, url: str, token: str) -> None:
        headers = {"Authorization": f"Token {token}"}
        if self.log:
            headers["Last-Event-ID"] = str(self.log[-1].seq)
        async with client.stream("GET", f"{url}/api/v1/feed?after=0", headers=headers) as answer:
            if answer.status_code != 200:
                return
            self.connections += 1
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, content = line.partition(": ")
                    fields[name] = content
                    continue
                if fields.get("event", "heartbeat") != "heartbeat":
                    subject = json.loads(fields["data"]).get("id", "")
                    self.log.append(Line(int(fields["id"]), fields["event"], subject))
                    if self.slow and len(self.log) % SLOW_AFTER == 0:
                        await asyncio.sleep(SLOW_SECONDS)
                fields = {}


class Audience:
    """Some readers of one workspace's feed, the first of them slow, in a thread and loop of their own."""

    def __init__(self, url: str, token: str, size: int) -> None:
        self.streams = [Stream(f"reader {number}", slow=number == 1) for number in range(1, size + 1)]
        self._url, self._token = url, token
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="audience", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._tasks = [self._loop.create_task(stream.follow(self._url, self._token)) for stream in self.streams]
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.gather(*self._tasks))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._tasks])
        self._thread.join(10)

    def heard(self, head: int) -> bool:
        """Whether everybody has heard the event ``head``."""
        return all(bool(stream.log) and stream.log[-1].seq >= head for stream in self.streams)
