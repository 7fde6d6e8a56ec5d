"""Takes a request's body in before a thread is given to it: who sends slowly holds a connection, and nobody's thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any

from hub.problems import CONTENT_TYPE, problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

IN_MEMORY = 1024 * 1024  # what is larger waits in a file
PIECE = 256 * 1024
SLOWEST = 16 * 1024  # bytes a second; the worst line people still work on
PATIENCE = 10.0  # seconds beside that


class _Refused(Exception):
    """The body is not taken: an HTTP status and why, in words."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Whole:
    """An ASGI application that calls ``inner`` once the whole body is here, with the body from memory or from a file.

    408 for who sends more slowly than ``SLOWEST``, 413 for more than ``most`` bytes, or than ``most_of_forms`` where files
    come in a form. Of who hangs up in the middle ``inner`` hears nothing. What has no body goes through untouched.
    """

    def __init__(self, inner: Application, most: int, most_of_forms: int, patience: float = PATIENCE) -> None:
        self.inner, self.patience = inner, patience
        self.most, self.most_of_forms = most, most_of_forms

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope.get("headers", ()))
        if b"transfer-encoding" not in headers and headers.get(b"content-length", b"0") == b"0":
            await self.inner(scope, receive, send)
            return
        form = headers.get(b"content-type", b"").startswith(b"multipart/")
        most = self.most_of_forms if form else self.most
        with SpooledTemporaryFile(IN_MEMORY) as kept:
            try:
                size = await self._take(headers.get(b"content-length", b""), most, receive, kept)
            except _Refused as refused:
                await _refuse(send, refused.status, refused.why)
                return
            if size is not None:
                await self.inner(scope, _again(kept, size, receive), send)

    async def _take(self, said: bytes, most: int, receive: Receive, kept: Any) -> int | None:
        """Keep the body and return its size, ``None`` when its sender hung up. Raises ``_Refused``."""
        if said.isdigit() and len(said) < 20 and int(said) > most:
            raise _Refused(413, "The request is too large.")
        began, size = asyncio.get_running_loop().time(), 0
        while True:
            try:
                async with asyncio.timeout_at(began + self.patience + size / SLOWEST):
                    message = await receive()
            except TimeoutError as error:
                raise _Refused(408, "The request came too slowly.") from error
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size > most:
                raise _Refused(413, "The request is too large.")
            kept.write(piece)
            if not message.get("more_body"):
                return size


def _again(kept: Any, size: int, receive: Receive) -> Receive:
    """Return what tells the kept body piece by piece, and then whatever comes."""
    kept.seek(0)
    told = False

    async def tell() -> Message:
        nonlocal told
        if told:
            return await receive()
        piece = kept.read(PIECE)
        told = kept.tell() >= size
        return {"type": "http.request", "body": piece, "more_body": not told}

    return tell


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps(problem(status, why)).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))  # the rest of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
