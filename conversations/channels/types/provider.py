"""Who delivers webhooks to a connection: what it sends, what it is believed by, and what every provider can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from conversations.channels.types.incoming import Parsed


class RawRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as received: ``headers`` with lower-case names, ``url`` the public address it was sent to (from settings)."""

    method: str
    url: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    content_type: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection may prove itself with. Secrets: never logged, never shown; several are valid during a rotation.

    ``identity_keys`` are what a shop's site signs its visitors' names with (web chat).
    """

    app_secrets: tuple[str, ...] = ()
    verify_token: str = ""
    access_token: str = ""
    account_sid: str = ""
    auth_tokens: tuple[str, ...] = ()
    identity_keys: tuple[str, ...] = ()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a channel when asked: its ``name`` there, and what is worth keeping in the channel's settings."""

    name: str = ""
    learned: Mapping[str, Any] = {}


class Provider(Protocol):
    """Who delivers webhooks to a connection: proves, understands. Knows no models."""

    name: str
    proves: str  # the field of ``Credentials`` without which no webhook could be believed
    delivers_by_get: bool  # a GET is a webhook like any other, and no handshake
    accepted: bytes  # the body of the 200, as the provider wants it
    accepted_type: bytes
    keeps: tuple[str, ...] = ()  # headers, in small letters, that its bodies cannot be understood or proven without

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return the text to answer a handshake with, or ``None`` when the handshake must be refused."""

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the raw bytes were signed with one of the secrets. False without any secret."""

    def pings(self, request: RawRequest) -> bool:
        """Whether an unsigned request only asks if somebody is there: it is told yes, and nothing is stored."""
        return False

    def parse(self, request: RawRequest) -> Parsed:
        """Turn a body into items. Never raises because of content."""
