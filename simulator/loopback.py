"""The fence around the simulator: it talks to this machine and to nothing else."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit


class NotLoopbackError(ValueError):
    """The simulator only sends to 127.0.0.1: give it the hub's address on this machine."""


def loopback_url(url: str) -> str:
    """Return ``url`` if it points at this machine, with ``localhost`` written as 127.0.0.1.

    Names are not looked up: what is not a literal loopback address is refused. Raises ``NotLoopbackError``.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost":
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}"))
    try:
        fenced = ipaddress.ip_address(host).is_loopback
    except ValueError:
        fenced = False
    if not fenced or parts.scheme != "http" or "@" in parts.netloc:
        message = f"{NotLoopbackError.__doc__} It was given {parts.scheme}://{host or '?'}."
        raise NotLoopbackError(message)
    return url
