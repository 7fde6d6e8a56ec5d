"""The bare limit of the door: an ASGI application that stores bodies with the same micro-batch, and proves nothing."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import psycopg

from hub.ids import new_id

STORE = """
INSERT INTO conversations_delivery
  (id, workspace_id, connection_id, method, url, content_type, body, parsed, outcome, reason, attempts)
SELECT id, %s, %s, 'POST', url, 'application/json', body, false, 'pending', '', 0
FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) AS new (id, url, body)
"""
HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"0")]
START = {"type": "http.response.start", "status": 200, "headers": HEADERS}
END = {"type": "http.response.body", "body": b""}
waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []
news = asyncio.Event()
writers: list[asyncio.Task[None]] = []


async def write() -> None:
    """Store what queued up during the last commit, for ever."""
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
    workspace, source = os.environ["BENCH_WORKSPACE"], os.environ["BENCH_CONNECTION"]
    while True:
        await news.wait()
        news.clear()
        while waiting:
            batch = waiting[:500]
            del waiting[:500]
            urls, some = [entry[0] for entry in batch], [entry[1] for entry in batch]
            await connection.execute(STORE, [workspace, source, [new_id() for _ in batch], urls, some], prepare=True)
            for _, _, done in batch:
                if not done.done():
                    done.set_result(None)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Take a body, wait until it is stored, say 200."""
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                writers.append(asyncio.create_task(write()))
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    done = asyncio.get_running_loop().create_future()
    waiting.append((scope["path"], body, done))
    news.set()
    await done
    await send(START)
    await send(END)
