"""A provider's API on this machine: answers what a test says, remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Answer(msgspec.Struct, kw_only=True):
    """What the server does with the next request: ``body`` as bytes or JSON, after ``delay`` seconds, or ``hang_up``."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = {}
    delay: float = 0.0
    hang_up: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Any


class ProviderServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1; ``answer`` is what comes back, ``asked`` what came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answer = Answer()
        self.asked: list[Asked] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """The base URL to call it by."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request: written down, then answered as the test said."""

    protocol_version = "HTTP/1.1"
    server: ProviderServer

    def do_POST(self) -> None:
        """Remember the request and give the answer, or none."""
        raw = self.rfile.read(int(self.headers.get("content-length", "0"))) or b"null"
        headers = {name.lower(): value for name, value in self.headers.items()}
        form = "urlencoded" in headers.get("content-type", "")
        self.server.asked.append(Asked(path=self.path, headers=headers, body=raw.decode() if form else json.loads(raw)))
        answer = self.server.answer
        time.sleep(answer.delay)
        self.close_connection = True
        if answer.hang_up:
            return
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"content-length": str(len(body)), "connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815  the name the server calls

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[ProviderServer]:
    """Run a server until the block ends."""
    server = ProviderServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
