"""The provider ``novelo``: what the visitors' door stored becomes items, each visitor on a lane of their own."""

from __future__ import annotations

from typing import Any

import msgspec

from conversations.channels.types import (
    Address,
    AttachmentRef,
    Credentials,
    Here,
    IdentityChanged,
    MessageKind,
    MessageReceived,
    Parsed,
    Person,
    Provider,
    RawRequest,
    StatusChanged,
)
from conversations.channels.webchat.bodies import Acknowledged, Identity, Named, Said, read

ACCOUNT = ""  # a web chat is the only channel of its connection and has no address


class Novelo(Provider):
    """Who delivers what visitors write: our own door, which proves each visitor before it stores anything."""

    name = "novelo"
    proves = "identity_keys"
    accepted = b""
    accepted_type = b"text/plain"
    delivers_by_get = False

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Nobody shakes hands here."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Nothing comes in by the providers' door: visitors have their own."""
        return False

    def parse(self, request: RawRequest) -> Parsed:
        """Turn a stored body into items. Never raises because of content."""
        try:
            body = read(request.body)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            return Parsed(outcome="invalid", reason=f"Not a body of the visitors' door: {error}.")
        match body:
            case Said():
                return Parsed(items=(_message(body),))
            case Acknowledged():
                return Parsed(items=tuple(_status(body, message) for message in body.messages))
            case Named():
                return Parsed(items=(_change(body),))


def provider_id(visitor: str, client_id: str) -> str:
    """Return the id of a visitor's message: their browser's own, which means something only for them."""
    return f"{visitor}:{client_id}"


def client_id(visitor_message: str) -> str:
    """Return the browser's own id in a ``provider_id``."""
    return visitor_message.partition(":")[2]


def _message(body: Said) -> MessageReceived:
    payload: dict[str, Any] = {"page": body.page} if body.page else {}
    kind: MessageKind = "text"
    if body.choice:
        kind, payload["choice"] = "interactive", {"id": body.choice, "title": body.text}
    elif body.files:
        kind = body.files[0].kind
    return MessageReceived(
        account=ACCOUNT,
        lane=body.visitor,
        at=body.at,
        provider_id=provider_id(body.visitor, body.client_id),
        sender=_person(body),
        kind=kind,
        text=body.text,
        payload=payload,
        attachments=tuple(
            AttachmentRef(
                kind=file.kind,
                here=Here(stored_as=file.stored_as, thumbnail=file.thumbnail, width=file.width, height=file.height),
                mime_type=file.mime_type,
                filename=file.filename,
                size=file.size,
                sha256=file.sha256,
            )
            for file in body.files
        ),
        reply_to=body.reply_to or None,
    )


def _person(body: Said) -> Person:
    """Return the visitor; with what their shop proved of them, if it did. What they typed themselves is only claimed."""
    own, claimed = Address("visitor", body.visitor), (Address("email", body.email),) if body.email else ()
    if body.identity is None:
        return Person(addresses=(own,), name=body.name, claimed=claimed)
    name = body.identity.name or body.name
    return Person(addresses=(own, *_proven(body.identity)), name=name, proof="token", claimed=claimed)


def _proven(identity: Identity) -> tuple[Address, ...]:
    pairs = (("external_id", identity.external_id), ("phone", identity.phone), ("email", identity.email))
    return tuple(Address(kind, value) for kind, value in pairs if value)


def _status(body: Acknowledged, message: str) -> StatusChanged:
    return StatusChanged(account=ACCOUNT, lane=body.visitor, at=body.at, provider_id=message, status=body.status)


def _change(body: Named) -> IdentityChanged:
    own = Address("visitor", body.visitor)
    return IdentityChanged(
        account=ACCOUNT,
        lane=body.visitor,
        at=body.at,
        previous=(own,),
        current=(own, *_proven(body.identity)),
        name=body.identity.name,
    )
