"""Which addresses a file may be fetched from: a name is resolved, all its addresses are checked, and a checked one is dialed.

Whoever wrote to us chose the address, so a name that means this machine or its neighbors must never be dialed; and what was
checked is what is dialed, because a name may mean something else a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore2
import httpx2
import msgspec
from django.conf import settings
from django.utils.translation import gettext_noop

from conversations.channels.types import Error, ErrorClass

STEP_SECONDS = 10.0
INSIDE = gettext_noop("The file's address points inside, not to the internet.")
NO_SUCH_HOST = gettext_noop("The file's host is not found.")
TOO_SLOW = gettext_noop("The file took too long to arrive.")
NOT_REACHED = gettext_noop("The file's host cannot be reached.")
# Globally reachable by the registries, and yet not the internet: translations to IPv4, clouds' inner hosts, examples.
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in ("2002::/16", "2001::/23", "3fff::/20", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32")
)
_UNICAST = ipaddress.ip_network("2000::/3")


class FetchFailed(Exception):
    """A file did not come; ``error`` says why and its class whether to ask again, ``retry_after`` (seconds) when."""

    def __init__(
        self, code: str, title: str, error_class: ErrorClass = "permanent", retry_after: float | None = None
    ) -> None:
        super().__init__(code)
        self.error = Error(code=code, title=title, error_class=error_class)
        self.retry_after = retry_after


def is_public(address: str) -> bool:
    """Whether an IP address is one host of the open internet: not ours, not a neighbor's, not many, not another in disguise."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # also an address with a scope: it is of this link
        return False
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    if any(ip in net for net in _NEVER if net.version == ip.version):
        return False
    return ip.version == 4 or ip in _UNICAST  # outside 2000::/3: mapped, NAT64, site-local, unassigned


def resolve(host: str, port: int) -> Sequence[str]:
    """Return every address of a name, as the system would dial them. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _trusted() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def origin(url: str) -> str:
    """Return scheme, host and port of an address, the port always written; empty for what is none."""
    try:
        parts = httpx2.URL(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except (httpx2.InvalidURL, ValueError):
        return ""
    return f"{parts.scheme}://{parts.raw_host.decode()}:{port}" if parts.host and port else ""


def own_origins() -> frozenset[str]:
    """Return the origins the operator named in the settings: these alone may be plain HTTP or inside."""
    named = (
        settings.GRAPH_API_URL,
        settings.GRAPH_INSTAGRAM_URL,
        settings.TWILIO_API_URL,
        settings.SIMULATOR_URL,
    )
    return frozenset(filter(None, (origin(url) for url in named if url.startswith("http://"))))


class Egress(msgspec.Struct, frozen=True, kw_only=True):
    """How files get out of the internet: who resolves names, which addresses are open, which origins the operator trusts."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    permits: Callable[[str], bool] = is_public
    trusted: frozenset[str] = frozenset()
    tls: ssl.SSLContext | None = None
    ports: frozenset[int] = frozenset({443})
    seconds: float = 60.0  # for everything together, redirects too

    def context(self) -> ssl.SSLContext:
        """Return whom to believe about who they are."""
        return self.tls or _trusted()


class Guarded(httpcore2.NetworkBackend):
    """Dials only checked addresses, and lets nothing take longer than until ``deadline`` (of the monotonic clock)."""

    def __init__(self, egress: Egress, deadline: float, *, trusted: bool) -> None:
        self.egress = egress
        self.deadline = deadline
        self.trusted = trusted
        self.dialer = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve, check all, dial the first that answers. Raises ``FetchFailed`` before anything is dialed, else httpcore's."""
        broken: Exception = httpcore2.ConnectError("no address")
        for address in self._checked(host, port):
            try:
                stream = self.dialer.connect_tcp(address, port, timeout=_left(self.deadline), local_address=None)
                return _Timed(stream, self.deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                broken = error
        raise broken

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            found = self.egress.resolve(host.rstrip("."), port)
        except (OSError, UnicodeError):
            raise FetchFailed("no_such_host", NO_SUCH_HOST, "transient") from None
        if not found:
            raise FetchFailed("no_such_host", NO_SUCH_HOST, "transient")
        # One address inside among others outside is how a filter is talked round: then none is dialed.
        if not self.trusted and not all(self.egress.permits(address) for address in found):
            raise FetchFailed("inside", INSIDE)
        return found


class _Timed(httpcore2.NetworkStream):
    """A stream whose every step ends at the common deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.deadline))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        name = (server_hostname or "").rstrip(".")
        return _Timed(self.stream.start_tls(ssl_context, name, _left(self.deadline)), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Return how long the next step may take, in seconds. Raises ``FetchFailed`` when no time is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchFailed("too_slow", TOO_SLOW, "transient")
    return min(left, STEP_SECONDS)
