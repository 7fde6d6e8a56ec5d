"""Reading what a visitor's browser sends and answering it: small bodies, our own origin, sentences in the reader's language."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.utils import translation

from conversations.live.rights import same_site
from conversations.visit.place import own_origin
from hub.problems import CONTENT_TYPE, problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_BYTES = 64 * 1024
BODY_SECONDS = 10.0
LANGUAGES = [code for code, _ in settings.LANGUAGES]


class Refusal(Exception):
    """The request is not done: ``status`` and a sentence for the visitor; ``retry_after`` in seconds where waiting helps."""

    def __init__(self, status: int, sentence: str, retry_after: float = 0.0) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers with lower-case names."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def address_of(scope: Scope) -> str:
    """Return the address the request comes from; a proxy in front is believed as far as the server was told to."""
    return str((scope.get("client") or ("",))[0])


def language_of(headers: dict[str, str]) -> str:
    """Return the first of our languages that the browser names, else the house's own."""
    for part in headers.get("accept-language", "").lower().split(","):
        wanted = part.partition(";")[0].strip()
        for code in LANGUAGES:
            if wanted and (wanted == code or wanted.partition("-")[0] == code.partition("-")[0]):
                return code
    return settings.LANGUAGE_CODE


def from_our_page(method: str, headers: dict[str, str]) -> bool:
    """Whether the request comes from a page of this installation: whoever writes must say so, whoever reads must not deny it."""
    origin = headers.get("origin")
    if method in {"GET", "HEAD"} and origin is None:
        return same_site(headers)
    own = own_origin()
    return origin is not None and (origin == own or origin.partition("://")[2] == headers.get("host"))


async def body_of(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body, ``None`` when the sender hung up. Raises ``Refusal`` when it is too large or drips."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += bytes(message.get("body", b""))
                if len(body) > BODY_BYTES:
                    raise Refusal(413, translation.gettext("The message is too large."))
                if not message.get("more_body"):
                    return body
    except TimeoutError as error:
        raise Refusal(408, translation.gettext("The connection was too slow. Try again.")) from error


async def answer(send: Send, body: Any, status: int = 200) -> None:
    """Answer with JSON that nobody keeps."""
    await _answer(send, status, json.dumps(body).encode(), b"application/json", 0.0)


async def refuse(send: Send, refusal: Refusal) -> None:
    """Answer with a problem; the visitor's browser keeps what was typed."""
    body = json.dumps(problem(refusal.status, refusal.sentence)).encode()
    await _answer(send, refusal.status, body, CONTENT_TYPE.encode(), refusal.retry_after)


async def _answer(send: Send, status: int, body: bytes, kind: bytes, retry_after: float) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if retry_after:
        headers.append((b"retry-after", str(math.ceil(retry_after)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
