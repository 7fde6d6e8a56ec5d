"""The bare limit of the live feed: an ASGI application that hands what Valkey says to every open stream."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import redis.asyncio

HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
streams: set[asyncio.Queue[bytes]] = set()
hearing: list[asyncio.Task[None]] = []


async def hear() -> None:
    """Give every stream what is published."""
    client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
    async with client.pubsub() as channel:
        await channel.subscribe("bench:events")
        async for message in channel.listen():
            if message["type"] == "message":
                for stream in streams:
                    stream.put_nowait(message["data"])


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Stream until the client goes."""
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                hearing.append(asyncio.create_task(hear()))
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    stream: asyncio.Queue[bytes] = asyncio.Queue()
    streams.add(stream)
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        while True:
            await send({"type": "http.response.body", "body": await stream.get(), "more_body": True})
    except OSError:
        pass
    finally:
        streams.discard(stream)
