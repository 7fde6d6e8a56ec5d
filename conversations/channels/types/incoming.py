"""What came in: a body's items as tagged unions, so that one can wait in the database as ``{"type": "MessageReceived", ...}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from conversations.channels.types.words import Address, Error, MessageKind, Person, Status


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is in our storage already, under the name ``stored_as``; ``width`` and ``height`` in pixels."""

    stored_as: str
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None


class AttachmentRef(msgspec.Struct, frozen=True, kw_only=True):
    """A file that stays with the provider until it is fetched. ``size`` in bytes, ``sha256`` as the provider claims.

    ``here`` where a visitor of our own web chat has put it into our storage: nothing is fetched then.
    """

    kind: Literal["image", "audio", "video", "document", "sticker", "file"]
    provider_ref: str = ""
    url: str = ""
    mime_type: str = ""
    filename: str = ""
    size: int | None = None
    sha256: str = ""
    voice: bool = False
    unavailable: str = ""
    here: Here | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What every item of a webhook carries.

    ``account`` is the provider's id of the channel it belongs to (``phone_number_id`` …), ``None`` when the body names
    none. ``at`` is the source's clock, UTC, ``None`` when the source gave no usable time. ``lane`` keeps the order of one
    sender: items of one account and lane are worked one after the other, in the order of the body. ``channel_kind`` tells
    channels of different kinds apart that share an account (a number that takes WhatsApp and SMS); empty: there is one.
    """

    account: str | None
    lane: str
    at: datetime | None = None
    channel_kind: str = ""


class MessageReceived(Item, frozen=True, kw_only=True):
    """Something a customer said. ``text`` is what a person would read, ``payload`` the kind's own data (raw when unsupported).

    ``reply_to`` is the provider id of the message answered. ``group`` is the provider's group id when it was said in one.
    ``consent`` is ``stop`` where the customer asked to be left alone with it, ``start`` where they took that back.
    """

    provider_id: str
    sender: Person
    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()
    reply_to: str | None = None
    referral: dict[str, Any] | None = None
    group: str | None = None
    forwarded: bool = False
    consent: Literal["", "stop", "start"] = ""


class MessageAnnounced(Item, frozen=True, kw_only=True):
    """Something said in public of which the webhook gives no more than ids (``payload``): the provider must be asked for the rest.

    ``provider_id`` is the one the message will have.
    """

    provider_id: str
    payload: dict[str, Any] = {}


class MessageEchoed(Item, frozen=True, kw_only=True):
    """Something the business said elsewhere (the phone paired to the number, another app): outgoing, author ``device``.

    ``app_id`` is the provider's id of the app that sent it, where it says so: an echo of our own send has one too, and may
    be faster than the answer to the send.
    """

    provider_id: str
    recipient: Person
    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()
    reply_to: str | None = None
    app_id: str = ""


class MessageImported(Item, frozen=True, kw_only=True):
    """A message of the time before the channel was connected: stored at its time, shown, and triggers nothing."""

    provider_id: str
    person: Person
    outgoing: bool
    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()
    reply_to: str | None = None
    status: Status | None = None


class StatusChanged(Item, frozen=True, kw_only=True):
    """What became of an outgoing message. ``our_id`` is the id we sent along, if it came back; ``person`` what it taught us.

    ``word`` is the provider's own word where it says more than ``status`` (``played``, a read voice note). ``group`` is the
    provider's group id when this is about one participant of a group.
    """

    provider_id: str
    status: Status
    our_id: str | None = None
    error: Error | None = None
    pricing: dict[str, Any] | None = None
    person: Person | None = None
    word: str = ""
    group: str | None = None


class StatusUpTo(Item, frozen=True, kw_only=True):
    """Everything sent to ``person`` until ``until`` (the source's clock) has reached this status: a watermark."""

    person: Person
    until: datetime
    status: Literal["delivered", "read"]


class ReactionChanged(Item, frozen=True, kw_only=True):
    """A reaction to ``target`` (a provider id): ``emoji`` empty means the reaction was taken back.

    ``sender`` is the customer also when ``outgoing``: the business reacted, edited or deleted in the talk with them.
    """

    provider_id: str
    target: str
    sender: Person
    emoji: str
    outgoing: bool = False


class MessageEdited(Item, frozen=True, kw_only=True):
    """The sender changed ``target`` to this. ``sender`` is the customer also when ``outgoing``."""

    provider_id: str
    target: str
    sender: Person
    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()
    outgoing: bool = False


class MessageDeleted(Item, frozen=True, kw_only=True):
    """The sender took ``target`` back: kept for audit, shown as deleted. ``sender`` is the customer also when ``outgoing``."""

    provider_id: str
    target: str
    sender: Person
    outgoing: bool = False


class IdentityChanged(Item, frozen=True, kw_only=True):
    """The provider says that these addresses are the same person as before: a changed number, a rotated BSUID."""

    previous: tuple[Address, ...]
    current: tuple[Address, ...]
    text: str = ""
    name: str = ""


class AccountNotice(Item, frozen=True, kw_only=True):
    """News about the account or a side of it that no message model holds: templates, quality, calls, preferences, groups.

    ``topic`` is the provider's word for it (``message_template_status_update``, ``calls`` …); ``known`` is false for a word
    nobody has met yet; ``person`` where the news is about one. ``business_account`` is the provider's id of the business
    account above the channel (a WABA), which is all that news about templates names.
    """

    topic: str
    payload: dict[str, Any] = {}
    known: bool = True
    person: Person | None = None
    business_account: str = ""


class Invalid(Item, frozen=True, kw_only=True):
    """One item of a body that cannot be used (no sender, no time …): kept with the reason, its neighbours go on."""

    reason: str
    payload: dict[str, Any] = {}


AnyItem = (
    MessageReceived | MessageAnnounced | MessageEchoed | MessageImported | StatusChanged | StatusUpTo | ReactionChanged | MessageEdited
    | MessageDeleted | IdentityChanged | AccountNotice | Invalid
)  # fmt: skip


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something a store tells: ``event`` of the contract, without its source; where it names nobody, about whom ``like`` was.

    ``like`` is the id of another event of the same source.
    """

    event: dict[str, Any]
    like: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole body came to: its items or a store's events, in order, or why there are none (``invalid`` or ``ignored``)."""

    items: tuple[AnyItem, ...] = ()
    events: tuple[Happened, ...] = ()
    outcome: Literal["", "invalid", "ignored"] = ""
    reason: str = ""


class ReceivedLater(msgspec.Struct, frozen=True, kw_only=True):
    """A message found when its provider was asked, ``at`` by its clock; with ``status`` it is ours, and this became of it.

    ``body`` makes the webhook that should have told; that may ask the provider once more: it raises ``SendRefused``.
    """

    provider_id: str
    at: datetime | None
    content_type: str
    body: Callable[[], bytes]
    status: Status | None = None


class TemplateNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says became of a template, named by name and language or by the provider's id of it."""

    status: str
    name: str = ""
    language: str = ""
    provider_id: str = ""
    reason: str = ""


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """Where a customer's file lies now: ``headers`` prove us, and are sent to ``hosts`` only, never after a redirect elsewhere."""

    url: str
    headers: Mapping[str, str] = {}
    hosts: tuple[str, ...] = ()
    sha256: str = ""
