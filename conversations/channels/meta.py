"""Meta as a provider of webhooks: what WhatsApp, Instagram and Messenger share on the way in.

The handshake, the signature over the raw bytes, and the dispatch of a body by its ``object`` to the channel that reads it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conversations.channels.reading import NotReadableError, decode, listed, objects, text_of
from conversations.channels.types import AnyItem, Credentials, Parsed, Provider, RawRequest

SIGNATURE_HEADER = "x-hub-signature-256"

EntriesReader = Callable[[Sequence[Any]], Iterable[AnyItem]]


class Meta(Provider):
    """The provider ``meta``: ``readers`` says which channel reads the entries of which ``object``."""

    name = "meta"
    proves = "app_secrets"
    delivers_by_get = False
    accepted = b""
    accepted_type = b"text/plain; charset=utf-8"

    def __init__(self, readers: Mapping[str, EntriesReader]) -> None:
        self.readers = readers

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return ``hub.challenge`` verbatim when ``hub.verify_token`` is ours, ``None`` otherwise and without a token set."""
        token = _first(request, "hub.verify_token")
        if not credentials.verify_token or _first(request, "hub.mode") != "subscribe":
            return None
        if not hmac.compare_digest(_bytes(token), _bytes(credentials.verify_token)):
            return None
        return _first(request, "hub.challenge") or None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the raw body was signed (HMAC-SHA256) with one of the app secrets; every secret is tried, in equal time."""
        given = _bytes(request.headers.get(SIGNATURE_HEADER, ""))
        proven = False
        for secret in filter(None, credentials.app_secrets):
            digest = hmac.new(_bytes(secret), request.body, hashlib.sha256).hexdigest()
            proven |= hmac.compare_digest(given, b"sha256=" + digest.encode())
        return proven

    def parse(self, request: RawRequest) -> Parsed:
        """Turn a body into items, in its order. ``invalid`` when it is not Meta's envelope, ``ignored`` when it says nothing."""
        try:
            envelope = decode(request.body)
        except NotReadableError as error:
            return Parsed(outcome="invalid", reason=str(error))
        envelopes = objects(envelope)  # some accounts' bodies come in a list
        if not envelopes:
            return Parsed(outcome="invalid", reason="not_an_object")
        known = [(one, self.readers.get(text_of(one.get("object")))) for one in envelopes]
        if not any(reader for _, reader in known):
            return Parsed(outcome="invalid", reason="unknown_object")
        items = tuple(item for one, reader in known if reader for item in reader(listed(one.get("entry"))))
        return Parsed(items=items) if items else Parsed(outcome="ignored", reason="nothing_inside")


def _first(request: RawRequest, name: str) -> str:
    values = request.query.get(name) or [""]
    return values[0]


def _bytes(text: str) -> bytes:
    """Encode for comparing: ``compare_digest`` refuses non-ASCII text, and a header may hold anything."""
    return text.encode("utf-8", "surrogatepass")
