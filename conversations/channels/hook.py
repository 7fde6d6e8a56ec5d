"""Telling a program at an address that somebody of the house chose: one signed POST, guarded, on record, over in seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpcore2
import httpx2
from django.utils.translation import gettext_noop

from conversations.channels.exchange import Exchange, keep, without_secrets
from conversations.channels.guard import Egress, FetchFailed, Guarded, origin, own_origins

SECONDS = 5.0  # in all: a program that takes longer answers later, by the API
ANSWER_BYTES = 16_000  # what is read of an answer, for the log
NOT_AN_ADDRESS = gettext_noop("This is no address of the internet that begins with https://.")


def usable(url: str) -> bool:
    """Whether an address may be told anything at all; whom its name means is looked up at each call."""
    try:
        parts = httpx2.URL(url)
        port = parts.port or 443
    except (httpx2.InvalidURL, ValueError, TypeError):
        return False
    if origin(url) in own_origins():
        return True
    return bool(parts.host) and not parts.userinfo and parts.scheme == "https" and port == 443


def post(url: str, body: bytes, headers: Mapping[str, str], egress: Egress | None = None) -> int | None:
    """Send ``body`` as JSON; return the answer's status, None when none came. Never follows a redirect; puts the call on record."""
    egress = egress or Egress(trusted=own_origins(), seconds=SECONDS)
    started, status, error, said = time.monotonic(), None, "", b""
    try:
        if not usable(url):
            raise FetchFailed("address", NOT_AN_ADDRESS)
        status, said = _ask(url, body, headers, egress, started + egress.seconds)
    except FetchFailed as failed:
        error = failed.error.code
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as broken:
        error = type(broken).__name__
    finally:
        keep(
            Exchange(
                method="POST",
                url=without_secrets(url),
                status=status,
                request=without_secrets(body.decode("utf-8", "replace")),
                response=without_secrets(said.decode("utf-8", "replace")),
                error=error,
                milliseconds=int((time.monotonic() - started) * 1000),
            )
        )
    return status


def _ask(url: str, body: bytes, headers: Mapping[str, str], egress: Egress, deadline: float) -> tuple[int, bytes]:
    parts = httpx2.URL(url)
    guarded = Guarded(egress, deadline, trusted=origin(url) in egress.trusted)
    sent = {
        "Host": parts.netloc.decode(), "Content-Type": "application/json", "Content-Length": str(len(body)),
        "Accept-Encoding": "identity", "User-Agent": "novelo", "Connection": "close", **headers,
    }  # fmt: skip
    where = httpcore2.URL(
        scheme=parts.raw_scheme, host=parts.raw_host.rstrip(b"."), port=parts.port, target=parts.raw_path or b"/"
    )
    with (
        httpcore2.ConnectionPool(
            ssl_context=egress.context(), network_backend=guarded, max_keepalive_connections=0
        ) as pool,
        pool.stream("POST", where, headers=list(sent.items()), content=body) as answer,
    ):
        said = b""
        for chunk in answer.iter_stream():
            said += chunk
            if len(said) > ANSWER_BYTES:
                break
        return answer.status, said[:ANSWER_BYTES]
