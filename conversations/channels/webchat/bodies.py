"""What the visitors' door stores as a delivery: its own words, written and read here and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the shop's site says the visitor is: proven by a token that the shop signed. ``phone`` as +E164."""

    external_id: str
    name: str = ""
    email: str = ""
    phone: str = ""


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file the visitor put here before: ``stored_as`` is its name in the storage, the rest is what was found in it."""

    stored_as: str
    kind: Literal["image", "audio", "video", "document"]
    mime_type: str
    filename: str
    size: int
    sha256: str = ""
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="message"):
    """Something a visitor wrote; ``client_id`` is their browser's own id for it, ``at`` when it reached us.

    ``name`` and ``email`` are what they typed into the fields before the talk: nobody proved them. ``choice`` is the id of
    the answer they pressed. ``page`` is the site's page they wrote from.
    """

    visitor: str
    client_id: str
    at: datetime
    text: str = ""
    files: tuple[File, ...] = ()
    name: str = ""
    email: str = ""
    choice: str = ""
    reply_to: str = ""
    page: str = ""
    identity: Identity | None = None


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="status"):
    """The visitor's browser received or showed these messages of ours."""

    visitor: str
    at: datetime
    status: Literal["delivered", "read"]
    messages: tuple[str, ...]


class Named(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="identify"):
    """The shop's site said who a visitor is."""

    visitor: str
    at: datetime
    identity: Identity


Body = Said | Acknowledged | Named
_READ: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def write(body: Body) -> bytes:
    """Return the bytes that are stored."""
    return msgspec.json.encode(body)


def read(stored: bytes) -> Body:
    """Return what was stored. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    return _READ.decode(stored)
