"""Fetches a file from an address that somebody outside chose: guarded at every step, within size and time, on record."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import BinaryIO

import httpcore2
import httpx2
import msgspec
from django.utils.translation import gettext_noop

from conversations.channels.exchange import Exchange, keep, without_secrets
from conversations.channels.guard import NOT_REACHED, TOO_SLOW, Egress, FetchFailed, Guarded, origin, own_origins
from conversations.channels.types import Download

MAX_REDIRECTS = 5
LONGEST_WAIT = 86_400.0
NOT_AN_ADDRESS = gettext_noop("The file's address cannot be used.")
NOT_SECURE = gettext_noop("The file's address is not a secure one (https).")
TOO_LARGE = gettext_noop("The file is larger than what is kept here.")
TOO_MANY_REDIRECTS = gettext_noop("The file's address leads on and on.")
PACKED = gettext_noop("The file came packed although nobody asked for that.")
CUT_OFF = gettext_noop("The file was cut off on its way.")
EMPTY = gettext_noop("The file is empty.")
CHANGED = gettext_noop("The file is not the one that was announced.")
GONE = gettext_noop("The file is no longer there.")
NOT_ALLOWED = gettext_noop("The provider does not hand the file out.")
BUSY = gettext_noop("The provider asks to come back later.")
FAULT = gettext_noop("The provider had a fault.")


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came: ``size`` in bytes, ``sha256`` in hex, and what the server called it, which nobody believes."""

    size: int
    sha256: str
    content_type: str = ""


def fetch(download: Download, into: BinaryIO, max_bytes: int, egress: Egress | None = None) -> Fetched:
    """Write the file at ``download.url`` into ``into`` and return what it is. Blocks up to a minute; raises ``FetchFailed``.

    At most five redirects, each checked like the first address; ``download.headers`` go to ``download.hosts`` alone and stay
    behind once a redirect leads elsewhere. The claimed sha256 must be the file's.
    """
    egress = egress or Egress(trusted=own_origins())
    deadline = time.monotonic() + egress.seconds
    url, home = download.url, origin(download.url)
    for _hop in range(MAX_REDIRECTS + 1):
        there = _checked(url, egress)
        at_home = origin(url) == home and _named(there, download.hosts)
        home = home if origin(url) == home else ""
        headers = dict(download.headers) if at_home else {}
        found = _ask(there, headers, into, max_bytes, egress, deadline)
        if isinstance(found, Fetched):
            if claimed(download.sha256) not in {"", found.sha256}:
                raise FetchFailed("changed", CHANGED, "unknown")
            return found
        url = _onward(there, found)
    raise FetchFailed("redirects", TOO_MANY_REDIRECTS)


def claimed(sha256: str) -> str:
    """Return a claimed digest in hex: providers write it so or in base64; empty for what is no SHA-256 at all."""
    text = sha256.strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower()
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return ""
    return raw.hex() if len(raw) == hashlib.sha256().digest_size else ""


def _onward(url: httpx2.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx2.InvalidURL, ValueError):
        raise FetchFailed("address", NOT_AN_ADDRESS) from None


def _named(url: httpx2.URL, hosts: tuple[str, ...]) -> bool:
    return url.host in hosts or f"{url.host}:{url.port}" in hosts


def _checked(url: str, egress: Egress) -> httpx2.URL:
    """Return the address parsed, when it is one we may ask. Raises ``FetchFailed``."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        raise FetchFailed("address", NOT_AN_ADDRESS) from None
    if not parts.host or parts.userinfo or parts.scheme not in {"http", "https"}:
        raise FetchFailed("address", NOT_AN_ADDRESS)
    if origin(url) in egress.trusted:
        return parts
    if parts.scheme != "https":
        raise FetchFailed("not_secure", NOT_SECURE)
    if (parts.port or 443) not in egress.ports:
        raise FetchFailed("address", NOT_AN_ADDRESS)
    return parts


def _ask(
    url: httpx2.URL, headers: dict[str, str], into: BinaryIO, max_bytes: int, egress: Egress, deadline: float
) -> Fetched | str:
    """Make one request: the file, or where it is said to be. Every connection is a new one: nothing is shared between hosts."""
    guarded = Guarded(egress, deadline, trusted=origin(str(url)) in egress.trusted)
    wanted = {"Host": url.netloc.decode(), "Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "novelo"}
    started, status, error = time.monotonic(), None, ""
    try:
        with (
            httpcore2.ConnectionPool(
                ssl_context=egress.context(), network_backend=guarded, max_keepalive_connections=0
            ) as pool,
            pool.stream(
                "GET", _core(url), headers=list({**wanted, **headers, "Connection": "close"}.items())
            ) as answer,
        ):
            status = answer.status
            return _read(answer, into, max_bytes)
    except FetchFailed as failed:
        error = failed.error.code
        raise
    except httpcore2.TimeoutException as broken:
        error = type(broken).__name__
        raise FetchFailed("too_slow", TOO_SLOW, "transient") from None
    except httpcore2.RemoteProtocolError as broken:
        error = type(broken).__name__
        raise FetchFailed("cut_off", CUT_OFF, "transient") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as broken:
        error = type(broken).__name__
        raise FetchFailed("not_reached", NOT_REACHED, "transient") from None
    finally:
        keep(
            Exchange(
                method="GET",
                url=without_secrets(_shown(url), headers.values()),
                status=status,
                request="",
                response="",
                error=error,
                milliseconds=int((time.monotonic() - started) * 1000),
            )
        )


def _core(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host.rstrip(b"."), port=url.port, target=url.raw_path or b"/"
    )


def _shown(url: httpx2.URL) -> str:
    """The address without its query: providers sign addresses there, and who has one has the file."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path}" + ("?…" if url.query else "")


def _read(answer: httpcore2.Response, into: BinaryIO, max_bytes: int) -> Fetched | str:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
    if answer.status in {301, 302, 303, 307, 308} and headers.get("location"):
        return headers["location"]
    if answer.status != 200:
        raise _refusal(answer.status, headers.get("retry-after", ""))
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise FetchFailed("packed", PACKED)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise FetchFailed("too_large", TOO_LARGE)
    size, digest = 0, hashlib.sha256()
    into.seek(0)
    into.truncate()
    for chunk in answer.iter_stream():
        size += len(chunk)
        if size > max_bytes:
            raise FetchFailed("too_large", TOO_LARGE)
        digest.update(chunk)
        into.write(chunk)
    if size == 0:
        raise FetchFailed("empty", EMPTY, "unknown")
    return Fetched(size=size, sha256=digest.hexdigest(), content_type=headers.get("content-type", ""))


def _refusal(status: int, retry_after: str) -> FetchFailed:
    """Say what an HTTP status means for a file: gone and forbidden ones may come back under a new address."""
    wait = min(float(retry_after), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()) else None
    code = f"http_{status}"
    if status == 429:
        return FetchFailed(code, BUSY, "throttle", wait)
    if status >= 500 or status == 408:
        return FetchFailed(code, FAULT, "transient", wait)
    if status in {401, 403}:
        return FetchFailed(code, NOT_ALLOWED, "unknown")
    return FetchFailed(code, GONE, "permanent" if status == 410 else "unknown")
