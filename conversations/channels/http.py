"""The one way out to providers: HTTP clients with a timeout for every step, kept open between calls, every call on record.

Who asks passes the base URL from the settings; a URL that a customer or user chose never comes through here.
"""

from __future__ import annotations

import atexit
import os
import ssl
import time
from collections.abc import Iterable, Mapping
from functools import cache
from threading import Lock
from typing import Any

import httpx2

from conversations.channels.exchange import Exchange, keep, without_secrets

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
# The request never got to the other side, so nothing can have left.
NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)

_clients: dict[tuple[int, str], httpx2.Client] = {}
_lock = Lock()


def client(base_url: str) -> httpx2.Client:
    """Return this process's client for ``base_url``: 5 s to connect, 20 s to write and to read, no redirects.

    Clients are shared by threads and belong to one process, because a connection must not be used by two after a fork.
    """
    key = (os.getpid(), base_url)
    with _lock:
        if key not in _clients:
            _clients[key] = httpx2.Client(
                base_url=base_url,
                verify=_trusted(),
                timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0),
                follow_redirects=False,
            )
        return _clients[key]


def call(
    base_url: str,
    method: str,
    path: str,
    *,
    secrets: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    **body: Any,
) -> httpx2.Response:
    """Make one call (``body`` as httpx2 takes it: ``json``, ``data``, ``files``, ``params``, ``auth``) and put it on record.

    ``secrets`` are cut out of the record wherever they stand. Raises ``httpx2.HTTPError``: one of ``NOT_SENT`` when nothing left.
    """
    started = time.monotonic()
    hidden = tuple(secrets)
    client_ = client(base_url)
    request = client_.build_request(method, path, headers=headers, **{k: v for k, v in body.items() if k != "auth"})
    response, error = None, ""
    try:
        response = client_.send(request, **({"auth": body["auth"]} if "auth" in body else {}))
        return response
    except httpx2.HTTPError as broken:
        error = type(broken).__name__
        raise
    finally:
        keep(
            Exchange(
                method=method,
                url=without_secrets(str(request.url), hidden),
                status=response.status_code if response is not None else None,
                request=_said(request, hidden),
                response=_text(response.headers, response.content, hidden) if response is not None else "",
                error=error,
                milliseconds=int((time.monotonic() - started) * 1000),
            )
        )


def _said(request: httpx2.Request, secrets: tuple[str, ...]) -> str:
    """Return the body of a request as text; of a file only that there was one."""
    try:
        return _text(request.headers, request.content, secrets)
    except httpx2.RequestNotRead:
        return "(a stream)"


def _text(headers: httpx2.Headers, content: bytes, secrets: tuple[str, ...]) -> str:
    kind = headers.get("content-type", "")
    if not content:
        return ""
    if not any(word in kind for word in ("json", "text", "xml", "urlencoded", "javascript")):
        return f"({len(content)} bytes of {kind.split(';')[0] or 'an unknown type'})"
    return without_secrets(content.decode("utf-8", "replace"), secrets)


@cache
def _trusted() -> ssl.SSLContext:
    """Load the certificate authorities once: it takes longer than a call."""
    return httpx2.create_ssl_context()


def close_all() -> None:
    """Close this process's connections; the next call opens new ones."""
    with _lock:
        for key in [key for key in _clients if key[0] == os.getpid()]:
            _clients.pop(key).close()


atexit.register(close_all)
