"""Messages leave the building: what was claimed is packed, handed to its provider in a thread, and its result handed back.

Sends overlap, so that one provider that dawdles holds back nobody: campaigns never take every place, nor does one channel.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from types import TracebackType
from typing import Self, cast
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.utils.translation import gettext_noop

from conversations import reach
from conversations.channels.exchange import Exchange, recorded
from conversations.channels.registry import CHANNELS
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    MessageKind,
    Outbound,
    OutboundFile,
    SendRefused,
    SendUnknown,
    Sent,
)
from conversations.models import Channel, Connection, Message, OutboxEntry
from conversations.outbox import Claimed, Room
from hub.models import Workspace
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

AT_ONCE = 32  # sends in flight per worker: providers answer in tenths of a second
FOR_BULK = 20  # of them for campaigns at most
ONE_CHANNEL = 24  # of them for one channel at most
READ_RECEIPT_POSITION = 2_147_483_647  # a read receipt holds nothing back
GONE = gettext_noop("The channel is not connected any more.")
NO_KEY = gettext_noop("The channel's secrets cannot be opened; an administrator must enter them again.")
NO_KIND = gettext_noop("Messages cannot be sent on this kind of channel yet.")
LEFT_ALONE = gettext_noop("The customer asked not to be written to at this address.")

Result = Sent | SendRefused | SendUnknown | None
FilesOf = Callable[[Message], tuple[OutboundFile, ...]]


class Parcel(msgspec.Struct, frozen=True):
    """A message ready to go: what to send, how to prove who sends, how often it was tried, and until when it is ours."""

    message: Message
    channel: Channel
    credentials: Credentials
    outbound: Outbound
    attempts: int
    lease: datetime
    bulk: bool = False


class Nod(msgspec.Struct, frozen=True):
    """A reaction ready to go: ``emoji`` under the customer's message ``provider_id``, or taken back when empty."""

    gesture_id: int
    message: Message
    channel: Channel
    credentials: Credentials
    to: tuple[Address, ...]
    emoji: str
    attempts: int
    lease: datetime
    bulk: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What came of one parcel or nod, and what was said to the provider for it."""

    parcel: Parcel | Nod
    result: Result
    said: tuple[Exchange, ...] = ()


class Sending:
    """The sends of one worker that are in flight. Use it as a context: what still flies at its end is waited for."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        self._flights: dict[Future[Outcome], tuple[Parcel | Nod, float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        # Broken off: whoever claims next finds what is left when its lease is over.
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def room(self) -> Room:
        """How many more may start now."""
        flying = [parcel for parcel, _ in self._flights.values()]
        campaigns = sum(parcel.bulk for parcel in flying)
        return Room(
            places=AT_ONCE - len(flying),
            for_bulk=FOR_BULK - campaigns,
            one_channel=ONE_CHANNEL,
            flying=Counter(parcel.channel.pk for parcel in flying),
        )

    @property
    def longest(self) -> float:
        """For how many seconds the oldest of them has been flying."""
        return time.monotonic() - min((since for _, since in self._flights.values()), default=time.monotonic())

    def start(self, parcels: Iterable[Parcel | Nod]) -> None:
        """Let these go."""
        for parcel in parcels:
            self._flights[self._pool.submit(_send, parcel)] = (parcel, time.monotonic())

    def finished(self, seconds: float) -> list[Outcome]:
        """Return what has come back, waiting up to ``seconds`` for the first."""
        done, _ = wait(self._flights, timeout=seconds, return_when=FIRST_COMPLETED)
        for flight in done:
            del self._flights[flight]
        return [flight.result() for flight in done]


def pack(claimed: Sequence[Claimed], files_of: FilesOf) -> tuple[list[Parcel], list[Outcome]]:
    """Read what claimed messages need: those ready to go, and what came of those that cannot even be tried."""
    entries = {one.message_id: one for one in claimed}
    rows = list(
        Message.objects.filter(id__in=entries)
        .select_related("channel__connection", "identity", "customer")
        .prefetch_related("attachments")
        .order_by("sent_at", "seq")
    )
    people = reach.people(row.customer for row in rows)
    heard = reach.heard({(people.of(row.customer), row.channel_id) for row in rows})
    opened: dict[UUID, Credentials | None] = {}
    ready: list[Parcel] = []
    stuck: list[Outcome] = []
    for row in rows:
        entry = entries[row.pk]
        credentials = credentials_of(row.channel, opened)
        to, left_alone = people.addresses(row)
        outbound = Outbound(
            account=row.channel.address,
            to=to,
            our_id=str(row.pk),
            kind=cast("MessageKind", row.kind),
            text=row.text,
            payload=row.payload,
            attachments=files_of(row) if row.direction == "outbound" and row.attachments.all() else (),
            reply_to=row.reply_to_provider_id or None,
            heard_at=heard.get((people.of(row.customer), row.channel_id)),
            by_person=row.author_kind == "agent",
            options=row.channel.settings,
            status_url=status_url(row),
        )
        parcel = Parcel(
            row, row.channel, credentials or Credentials(), outbound, entry.attempts, entry.lease, entry.bulk
        )
        if error := _obstacle(row, credentials, left_alone=left_alone):
            stuck.append(Outcome(parcel, SendRefused(error)))
        else:
            ready.append(parcel)
    return ready, stuck


def status_url(row: Message) -> str:
    """Return where a provider may report on this very message; empty where it has no webhook."""
    source = row.channel.connection_id
    return f"{settings.PUBLIC_URL}/webhooks/{source}/status/?uuid={row.pk}" if source else ""


def _obstacle(row: Message, credentials: Credentials | None, *, left_alone: bool) -> Error | None:
    if row.channel.deleted_at is not None:
        return Error(code="channel", title=GONE)
    if credentials is None:
        return Error(code="secrets", title=NO_KEY, error_class="channel")
    if left_alone and row.direction == "outbound":
        return Error(code="opted_out", title=LEFT_ALONE, error_class="opt_out")
    return None


def credentials_of(channel: Channel, opened: dict[UUID, Credentials | None]) -> Credentials | None:
    """Return the secrets of a channel, opened once per connection; None when no key opens them."""
    source: Connection | None = channel.connection
    if source is None:
        return Credentials()
    if source.pk not in opened:
        try:
            opened[source.pk] = source.credentials()
        except SecretUnreadable:
            log.error("the secrets of a connection do not open", connection=str(source.pk))  # noqa: TRY400
            opened[source.pk] = None
    return opened[source.pk]


def _send(parcel: Parcel | Nod) -> Outcome:
    """Call the provider; the only place where a message leaves. Touches no database: it runs in a thread."""
    with recorded() as said:
        result = _result(parcel)
    return Outcome(parcel, result, tuple(said))


def _result(parcel: Parcel | Nod) -> Result:
    adapter = CHANNELS.get(parcel.channel.kind)
    if adapter is None:
        return SendRefused(Error(code="kind", title=NO_KIND))
    account, told = parcel.channel.address, parcel.message.provider_id or ""
    try:
        if isinstance(parcel, Nod):
            adapter.react(account, parcel.to, told, parcel.emoji, parcel.credentials)
            return None
        if parcel.message.direction == "inbound":
            adapter.mark_read(account, told, parcel.credentials, parcel.outbound.to)
            return None
        return adapter.send(parcel.outbound, parcel.credentials)
    except (SendRefused, SendUnknown) as result:
        return result
    except Exception as error:
        log.error("a send broke off", message=str(parcel.message.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return SendUnknown(type(error).__name__)


def queue_receipt(workspace: Workspace, conversation_id: UUID) -> bool:
    """Queue a read receipt for the newest message of a conversation that came in: once, and behind nothing."""
    heard = (
        Message.objects.of(workspace)
        .filter(conversation=conversation_id, direction="inbound")
        .exclude(provider_id=None)
    )
    newest = heard.order_by("-seq").first()
    if newest is None or newest.channel.kind not in CHANNELS:
        return False
    _, new = OutboxEntry.objects.get_or_create(
        message=newest,
        defaults={
            "workspace_id": newest.workspace_id,
            "channel_id": newest.channel_id,
            "conversation_id": newest.conversation_id,
            "position": READ_RECEIPT_POSITION,
        },
    )
    return new
