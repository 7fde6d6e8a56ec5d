"""What goes out, what a channel takes of it and how fast, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from conversations.channels.types.words import Address, Error, MessageKind


class OutboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to send: ``stored_as`` is its name in Django's default storage, ``link`` an address the provider may fetch it from.

    ``size`` in bytes. The link is signed, public and short-lived.
    """

    kind: Literal["image", "audio", "video", "document", "sticker", "file"]
    mime_type: str
    filename: str
    size: int
    stored_as: str
    link: str
    voice: bool = False


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send: ``account`` sends it, ``to`` are the person's addresses on this channel, strongest first.

    ``our_id`` travels with it and comes back in its statuses. ``reply_to`` is a provider id. ``text`` is the caption where
    there are ``attachments``. ``payload`` holds what the kind needs (``interactive``, ``template``, ``location``), in our own
    words. ``heard_at`` is when the person last wrote on this channel; ``by_person`` whether an agent wrote this and not a
    machine. ``options`` are the channel's settings; ``status_url`` is where a provider may report on this very message.
    """

    account: str
    to: tuple[Address, ...]
    our_id: str
    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[OutboundFile, ...] = ()
    reply_to: str | None = None
    heard_at: datetime | None = None
    by_person: bool = True
    options: Mapping[str, Any] = {}
    status_url: str = ""


class FileRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel takes of one kind of file: at most ``max_bytes``, of these ``mime_types``; any where there are none.

    ``caption`` whether text may stand beside it, ``caption_limit`` how much of it, 0 as much as in a text.
    """

    max_bytes: int
    mime_types: tuple[str, ...] = ()
    caption: bool = True
    caption_limit: int = 0


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a channel may send: messages a second in all, and to one person one every ``pair_seconds`` after a burst."""

    per_second: float = 80.0
    pair_seconds: float = 0.0  # 0: no limit for one person
    pair_burst: int = 1
    pair_errors: frozenset[str] = frozenset()  # codes of throttles that mean this one person


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took it: its id for the message, and addresses of the person that its answer taught us."""

    provider_id: str
    learned: tuple[Address, ...] = ()


class SendRefused(Exception):
    """The provider did not take the message; ``error`` says why and ``error.retryable`` whether to try again.

    ``retry_after`` in seconds when the provider said when.
    """

    def __init__(self, error: Error, retry_after: float | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.retry_after = retry_after


class SendUnknown(Exception):
    """The request was written and no answer came: the message may have left. Never sent again blindly."""
