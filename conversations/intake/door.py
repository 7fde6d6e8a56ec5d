"""The door for providers: a small ASGI application before Django that proves a webhook, stores it and only then says 200.

It parses nothing, asks no broker and dials no network. Requests that arrive while an INSERT is being committed are
stored together by the next one; an answer leaves only after the COMMIT of its body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import Credentials, RawRequest
from conversations.intake.store import NO_HEADERS, Known, Row, Store, Unavailable
from hub.secrets import SecretUnreadable, unseal

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PLAIN = b"text/plain; charset=utf-8"
BODY_SECONDS = 10.0  # a body that drips in slower than this is given up
HEADER_LENGTH = 400
CACHE_SECONDS = 5.0
CACHE_ENTRIES = 10_000
PATH_LENGTH = 100  # no path of ours is longer, and what strangers ask for is not kept
REFUSALS_LOGGED_EVERY = 10.0

REFUSED = Counter("novelo_webhook_refused", "Webhooks with a missing or wrong signature")


class Intake:
    """The ASGI application of ``/webhooks/<connection>/`` and ``/webhooks/<connection>/status/``."""

    def __init__(self, database_url: str, public_url: str, max_bytes: int) -> None:
        self.database_url = database_url
        self.public_url = public_url
        self.max_bytes = max_bytes
        self.store: Store | None = None
        self.cache: dict[UUID, tuple[float, Known | None]] = {}
        self.logged_refusal = 0.0

    async def open(self) -> None:
        """Start the writer in the running loop."""
        self.store = Store(self.database_url)

    async def writer(self) -> Store:
        """Return the writer, started if it was not: visitors' messages are stored by the same one."""
        if self.store is None:
            await self.open()
        assert self.store is not None
        return self.store

    async def close(self) -> None:
        """Stop the writer."""
        if self.store is not None:
            await self.store.close()
            self.store = None

    def forget(self, connection_id: UUID | None = None) -> None:
        """Drop what is cached of a connection whose secrets changed; of all, without one."""
        if connection_id is None:
            self.cache.clear()
        else:
            self.cache.pop(connection_id, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 200 stored, 401 not signed, 403 no handshake, 404 no such connection, 413 too large."""
        if self.store is None:
            await self.open()
        try:
            connection = await self._connection(scope["path"])
            if connection is None:
                await _answer(send, 404, b"There is no such connection.")
            elif scope["method"] == "GET" and not _delivers_by_get(connection):
                await self._handshake(scope, connection, send)
            elif scope["method"] in {"GET", "POST"}:
                await self._deliver(scope, receive, send, connection)
            else:
                await _answer(send, 405, b"Only GET and POST are understood here.", allow=b"GET, POST")
        except Unavailable:
            await _answer(send, 503, b"The delivery could not be stored. Send it again.", retry_after=b"5")

    async def _connection(self, path: str) -> Known | None:
        connection_id = _named(path) if len(path) <= PATH_LENGTH else None
        if connection_id is None:
            return None
        cached = self.cache.get(connection_id)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        assert self.store is not None
        found = await self.store.load(connection_id)
        known = None
        if found is not None:
            known = Known(connection_id, found[0], found[1], _open(connection_id, found[2]))
        if len(self.cache) >= CACHE_ENTRIES:
            self.cache.clear()
        self.cache[connection_id] = (time.monotonic() + CACHE_SECONDS, known)
        return known

    def _request(self, scope: Scope, body: bytes) -> RawRequest:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        return RawRequest(
            method=scope["method"],
            url=f"{self.public_url}{scope['path']}{'?' + query if query else ''}",
            query=parse_qs(query, keep_blank_values=True) if query else {},
            headers=headers,
            body=body,
            content_type=headers.get("content-type", ""),
        )

    async def _handshake(self, scope: Scope, connection: Known, send: Send) -> None:
        provider = PROVIDERS.get(connection.provider)
        text = provider.challenge(self._request(scope, b""), connection.credentials) if provider else None
        if text is None:
            await _answer(send, 403, b"The verify token does not match.")
        else:
            await _answer(send, 200, text.encode())

    async def _deliver(self, scope: Scope, receive: Receive, send: Send, connection: Known) -> None:
        assert self.store is not None
        body = await self._body(scope, receive)
        if body is None:
            await _answer(send, 413, b"A webhook may hold 4 MB.")
            return
        request = self._request(scope, body)
        provider = PROVIDERS.get(connection.provider)
        if provider is None or not provider.verify(request, connection.credentials):
            if provider is not None and provider.pings(request):
                await _answer(send, 200, provider.accepted, kind=provider.accepted_type)
                return
            self._count_refusal(connection)
            await _answer(send, 401, b"The signature is missing or wrong.")
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kept = {
            name: request.headers[name][:HEADER_LENGTH].replace("\0", "")
            for name in provider.keeps
            if name in request.headers
        }
        said = msgspec.json.encode(kept).decode() if kept else NO_HEADERS
        self.store.keep(Row(connection, request.method, request.url, request.content_type[:120], body, done, said))
        await done
        await _answer(send, 200, provider.accepted, kind=provider.accepted_type)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body whole; ``None`` when it is too large. A sender that drips or hangs up raises ``Unavailable``."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self.max_bytes:
                return None
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Unavailable
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size > self.max_bytes:
                        return None
                    chunks.append(chunk)
                    if not message.get("more_body"):
                        return b"".join(chunks)
        except TimeoutError as error:
            raise Unavailable from error

    def _count_refusal(self, connection: Known) -> None:
        assert self.store is not None
        REFUSED.inc()
        self.store.count_refusal(connection.id)
        now = time.monotonic()
        if now - self.logged_refusal > REFUSALS_LOGGED_EVERY:
            self.logged_refusal = now
            log.warning("webhook refused: missing or wrong signature", connection=str(connection.id))


def _delivers_by_get(connection: Known) -> bool:
    provider = PROVIDERS.get(connection.provider)
    return provider is not None and provider.delivers_by_get


@lru_cache(CACHE_ENTRIES)
def _named(path: str) -> UUID | None:
    """Return the connection that a path names, ``None`` where it names none."""
    parts = path.split("/")  # "", "webhooks", id, ("status",) ""
    if len(parts) not in {3, 4, 5} or (len(parts) > 3 and parts[3] not in {"", "status"}):
        return None
    try:
        return UUID(parts[2])
    except ValueError:
        return None


def _open(connection_id: UUID, sealed: bytes) -> Credentials:
    """Open a connection's secrets; what no key opens verifies nothing."""
    try:
        return msgspec.convert(
            unseal(bytes(sealed), f"conversations.connection|{connection_id}|sealed_credentials"), Credentials
        )
    except SecretUnreadable:
        log.error("the secrets of a connection do not open", connection=str(connection_id))  # noqa: TRY400  the trace says no more
        return Credentials()


async def _answer(
    send: Send, status: int, text: bytes, *, kind: bytes = PLAIN, allow: bytes = b"", retry_after: bytes = b""
) -> None:
    headers = [(b"content-type", kind), (b"x-content-type-options", b"nosniff")]
    if allow:
        headers.append((b"allow", allow))
    if retry_after:
        headers.append((b"retry-after", retry_after))
    headers.append((b"content-length", str(len(text)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
