"""The closed vocabulary between channels and the rest of the house: what came in, what goes out, what came of it.

Every channel turns a vendor's words into these frozen values and nothing foreign travels further. They encode to
JSON as tagged unions (``{"type": "MessageReceived", ...}``), so that an item can wait in the database. The file is long
because it is one vocabulary, whose words explain each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

MessageKind = Literal[
    "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive",
    "template", "order", "story", "share", "note", "unsupported",
]  # fmt: skip
Status = Literal["queued", "sending", "sent", "delivered", "read", "failed", "unknown"]
ErrorClass = Literal["throttle", "transient", "unknown", "permanent", "window", "template", "opt_out", "channel"]


class Address(msgspec.Struct, frozen=True):
    """One address a person writes from: ``kind`` is ``wa_id``, ``bsuid``, ``igsid`` …, ``value`` as the provider gave it."""

    kind: str
    value: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote or is written to: at least one address, strongest first; ``name`` and ``username`` as shown, may be empty.

    ``proof`` says why all these addresses are surely one person (``provider``, ``token``, ``link``): then customers who
    hold them are joined without asking. Without it a contradiction becomes a suggestion. What is only ``claimed`` (an e-mail
    typed into a form) is kept as unproven, finds nobody and at most suggests.
    """

    addresses: tuple[Address, ...]
    name: str = ""
    username: str = ""
    proof: Literal["", "provider", "token", "link"] = ""
    claimed: tuple[Address, ...] = ()


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider said went wrong: its own code, a sentence for people, our class of it.

    ``stop``: the provider holds that the customer asked to be left alone, so nothing at all would reach this address.
    """

    code: str
    title: str
    detail: str = ""
    error_class: ErrorClass = "permanent"
    stop: bool = False

    @property
    def retryable(self) -> bool:
        """Whether the same send may succeed later without anybody changing anything."""
        return self.error_class in {"throttle", "transient"}


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
    MessageReceived | MessageEchoed | MessageImported | StatusChanged | StatusUpTo | ReactionChanged | MessageEdited | MessageDeleted
    | IdentityChanged | AccountNotice | Invalid
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


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """Where a customer's file lies now: ``headers`` prove us, and are sent to ``hosts`` only, never after a redirect elsewhere."""

    url: str
    headers: Mapping[str, str] = {}
    hosts: tuple[str, ...] = ()
    sha256: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a channel when asked: its ``name`` there, and what is worth keeping in the channel's settings."""

    name: str = ""
    learned: Mapping[str, Any] = {}


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
