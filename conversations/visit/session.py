"""Who a visitor is between two requests: a signed note that their browser keeps and shows; nothing of it is stored here."""

from __future__ import annotations

import re
import secrets
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.core import signing

from conversations.channels.webchat.bodies import Identity

SALT, UPLOAD_SALT = "novelo.visitor", "novelo.upload"
KEPT_SECONDS = 180 * 86_400  # a visitor who comes back within half a year finds their talk
UPLOAD_SECONDS = 7 * 86_400  # a file waits this long in a browser without connection
TOKEN_LENGTH = 4_000
SCHEME = "visitor"
_VISITOR = re.compile(r"[A-Za-z0-9_-]{24}")


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A visitor of one web chat; ``identity`` once the shop's site has said, with proof, who they are."""

    visitor: str
    channel: UUID
    identity: Identity | None = None

    @property
    def external_id(self) -> str:
        """Return the shop's own id of the visitor, empty while nobody said it."""
        return self.identity.external_id if self.identity else ""


class Upload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file a visitor has put here and not said yet: whose it is, what it is, where the storage has it."""

    visitor: str
    channel: UUID
    kind: Literal["image", "audio", "video", "document"]
    mime_type: str
    filename: str
    size: int
    sha256: str
    stored_as: str
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None


def begin(channel: UUID, identity: Identity | None = None) -> Session:
    """Return the session of somebody who was never here: 144 random bits."""
    return Session(visitor=secrets.token_urlsafe(18), channel=channel, identity=identity)


def issue(session: Session) -> str:
    """Return the note that proves the session."""
    return signing.dumps(msgspec.to_builtins(session), salt=SALT)


def read(token: str, channel: UUID) -> Session | None:
    """Return whose note this is; ``None`` for one that is not ours, of another chat, or too old."""
    found = _load(token, SALT, KEPT_SECONDS, Session)
    if found is None or found.channel != channel or not _VISITOR.fullmatch(found.visitor):
        return None
    return found


def of_header(authorization: str, channel: UUID) -> Session | None:
    """Return whose session an ``Authorization: Visitor <token>`` header proves."""
    scheme, _, token = authorization.partition(" ")
    return read(token.strip(), channel) if scheme.lower() == SCHEME else None


def issue_upload(upload: Upload) -> str:
    """Return the note with which the visitor may say the file."""
    return signing.dumps(msgspec.to_builtins(upload), salt=UPLOAD_SALT)


def read_upload(token: str, session: Session) -> Upload | None:
    """Return the file a note stands for; ``None`` for one of another visitor, not ours, or too old."""
    found = _load(token, UPLOAD_SALT, UPLOAD_SECONDS, Upload)
    if found is None or found.channel != session.channel or found.visitor != session.visitor:
        return None
    return found


def _load[T](token: str, salt: str, seconds: int, shape: type[T]) -> T | None:
    if not 0 < len(token) <= TOKEN_LENGTH:
        return None
    try:
        value: Any = signing.loads(token, salt=salt, max_age=seconds)
        return msgspec.convert(value, shape)
    except (signing.BadSignature, msgspec.ValidationError, ValueError):
        return None
