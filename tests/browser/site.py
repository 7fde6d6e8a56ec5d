"""A shop's own site with a strict policy: another house than the hub, which the chat is put on with one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

POLICY = "default-src 'none'; script-src {hub}; frame-src {hub}; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
PAGE = """<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>Casa Aurora</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
<script src="{hub}/widget.js" data-channel="{channel}" async></script></head>
<body><main><h1>Casa Aurora</h1><p>Vestidos, sapatos e bolsas.</p></main></body></html>"""


class Site:
    """The site: its address, and the chat it shows."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.hub = self.channel = ""


@contextmanager
def opened() -> Iterator[Site]:
    """Serve the site while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Serve the one page."""
            body = PAGE.format(hub=site.hub, channel=site.channel).encode() if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(hub=site.hub))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
