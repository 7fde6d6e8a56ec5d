"""What was said to a provider and what it answered, without secrets: kept for the channel log by whoever asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from conversations.channels.reading import clean

BODY_CHARACTERS = 16_000
HIDDEN = "…"
# What looks like a secret wherever it stands: tokens of Meta, a parameter or field named like one, basic credentials.
_TOKENS = re.compile(r"\b(?:EAA|IGA|IGQ)[A-Za-z0-9_-]{10,}")
_NAMED = re.compile(
    r"""((?:access_token|token|secret|password|signature|sig|appsecret_proof|client_secret|auth_token)["']?\s*[=:]\s*["']?)"""
    r"""[^\s"'&,}]+""",
    re.IGNORECASE,
)


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One call and its answer: ``status`` is None when none came, ``error`` then says why; ``milliseconds`` how long it took."""

    method: str
    url: str
    status: int | None
    request: str
    response: str
    error: str
    milliseconds: int


_kept: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Collect the exchanges of this thread's calls while the block runs."""
    kept: list[Exchange] = []
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def keep(exchange: Exchange) -> None:
    """Add an exchange to what is being collected; nowhere when nobody collects."""
    kept = _kept.get()
    if kept is not None:
        kept.append(exchange)


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` storable, cut to a readable length, and without ``secrets`` or anything that looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return clean(_NAMED.sub(rf"\1{HIDDEN}", _TOKENS.sub(HIDDEN, text)))[:BODY_CHARACTERS]
