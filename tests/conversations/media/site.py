"""A site that hands out files, over TLS and without: 127.0.0.2 plays the internet, 127.0.0.1 what is inside."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
NAMES = ("cdn.example", "provider.example", "rebinds.example")


class Asked(msgspec.Struct, frozen=True):
    """One request: the address that was dialed, the host it was for, the path, and its headers."""

    dialed: str
    host: str
    path: str
    headers: dict[str, str]


class Site(ThreadingHTTPServer):
    """Answers ``pages[path]``: (status, headers, body), or whatever a function does with the handler."""

    daemon_threads = True

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[Asked] = []
        super().__init__(("", 0), _Handler)

    def give(self, path: str, body: bytes, content_type: str = "image/png", **headers: str) -> None:
        """Put a file at a path."""
        named = {"Content-Type": content_type, "Content-Length": str(len(body))}
        self.pages[path] = (200, named | {k.replace("_", "-"): v for k, v in headers.items()}, body)

    def lead(self, path: str, location: str) -> None:
        """Let a path lead elsewhere."""
        self.pages[path] = (302, {"Location": location, "Content-Length": "0"}, b"")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client may hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        """Remember who was dialed, and answer."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        dialed = self.connection.getsockname()[0]
        self.server.asked.append(Asked(dialed, headers.get("host", ""), self.path, headers))
        self.close_connection = True
        page = self.server.pages.get(self.path.partition("?")[0], (404, {"Content-Length": "0"}, b""))
        if callable(page):
            page(self)
            return
        status, named, body = page
        self.send_response(status)
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Site]:
    """Run a site until the block ends; over TLS with a certificate."""
    site = Site()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        site.socket = context.wrap_socket(site.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


def certificate(folder: Path) -> Path:
    """Write a certificate for ``NAMES`` with its key and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the test's internet")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "site.pem"
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(encoded + made.public_bytes(serialization.Encoding.PEM))
    return path
