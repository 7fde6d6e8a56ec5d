"""The one way out to providers: HTTP clients with a timeout for every step, kept open between calls.

Who asks passes the base URL from the settings; a URL that a customer or user chose never comes through here.
"""

from __future__ import annotations

import atexit
import os
import ssl
from functools import cache
from threading import Lock

import httpx2

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0

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
