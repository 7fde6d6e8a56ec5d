"""A TCP proxy that can misbehave as networks do: it cuts every connection with a reset, or swallows every byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, no time to linger: closing sends RST


class Proxy:
    """Forwards 127.0.0.1:``port`` to 127.0.0.1:``target`` in a thread and loop of its own, which no other work can stall."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._resetting = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{port}", daemon=True)

    def start(self) -> None:
        """Listen, and forward from now on."""
        self._thread.start()
        self._do(asyncio.start_server(self._accept, "127.0.0.1", self.port))

    def stop(self) -> None:
        """Reset every connection and end the thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection, and each new one at once, until ``heal``."""
        self._do(self._cut())

    def swallow(self) -> None:
        """Accept connections and forward nothing, until ``heal``: what is sent is neither answered nor refused."""
        self._do(self._swallow())

    def heal(self) -> None:
        """Forward again; what was swallowed arrives late, as after lost packets."""
        self._do(self._heal())

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _end(self) -> None:
        """Leave no task behind."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cut()

    async def _cut(self) -> None:
        self._resetting = True
        for writer in list(self._writers):
            _reset(writer)

    async def _swallow(self) -> None:
        self._flowing.clear()

    async def _heal(self) -> None:
        self._resetting = False
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._resetting:
            _reset(writer)
            return
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._writers.discard(writer)
            _reset(writer)
            return
        self._writers.add(there_writer)
        try:
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        finally:
            self._writers -= {writer, there_writer}
            writer.transport.abort()
            there_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way until an end; the other side then sees the same end."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
