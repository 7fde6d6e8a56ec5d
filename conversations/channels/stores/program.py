"""Any other program: events of the contract in a webhook it signs itself.

``X-Novelo-Signature: sha256=<hex>`` is the HMAC-SHA256 of the raw body with the connection's secret. The body is one event,
a list of events, or ``{"events": [...]}``; an event without ``source`` carries the connection's.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from conversations.channels.reading import NotReadableError, decode
from conversations.channels.stores.signing import header, signed
from conversations.channels.types import Credentials, Happened, Parsed, Provider, RawRequest

SIGNATURE = "x-novelo-signature"
NOTHING = '{"events": []}'


class Program(Provider):
    """The provider ``program``: whatever can send JSON and sign it."""

    name = "program"
    proves = "app_secrets"
    delivers_by_get = False
    accepted = b""
    accepted_type = b"text/plain; charset=utf-8"
    keeps = (SIGNATURE,)

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return ``None``: no hands are shaken."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the raw body was signed with one of the secrets."""
        given = request.headers.get(SIGNATURE, "").strip()
        if not given.startswith("sha256="):
            return False
        return signed(request.body, header(given.removeprefix("sha256=").lower()), credentials.app_secrets, "hex")

    def parse(self, request: RawRequest) -> Parsed:
        """Return the events of a body; each is judged alone when it is taken."""
        try:
            body = decode(request.body)
        except NotReadableError as error:
            return Parsed(outcome="invalid", reason=str(error))
        events = _events(body)
        if events is None:
            return Parsed(outcome="invalid", reason="not_events")
        taken = tuple(Happened(event=one if isinstance(one, dict) else {}) for one in events)
        return Parsed(events=taken) if taken else Parsed(outcome="ignored", reason="nothing_inside")


def _events(body: Any) -> list[Any] | None:
    if isinstance(body, dict):
        inside = body.get("events")
        return inside if isinstance(inside, list) else [body] if "type" in body else None
    return body if isinstance(body, list) else None


def trial(address: str, secret: str) -> str:
    """Return a line for a shell that sends a signed body in which nothing happened, for whoever writes such a program."""
    signature = hmac.new(secret.encode("utf-8", "surrogatepass"), NOTHING.encode(), hashlib.sha256).hexdigest()
    return f"curl -i {address} -H 'X-Novelo-Signature: sha256={signature}' -d '{NOTHING}'"
