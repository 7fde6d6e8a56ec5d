"""Where an item belongs: its channel, by the address or the message it names; the lane of its sender; or no place at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from conversations.channels.types import AccountNotice, AnyItem, Invalid, MessageAnnounced, StatusChanged
from conversations.models import Channel, Message
from conversations.prepared import ask
from conversations.work import Place

LANE_LENGTH = 140
PROVIDER_ID_LENGTH = 255
FEW_CHANNELS = 20
# SMS and WhatsApp may share a number; what does not say to be WhatsApp's is SMS's, which comes last here.
ADDRESSED = """
SELECT id, workspace_id, kind, address FROM conversations_channel
WHERE connection_id = %s AND deleted_at IS NULL AND address = ANY(%s) ORDER BY kind DESC, created_at DESC
"""
# All a connection has, asked for before it is known what is addressed; where there are more than a few, those are asked for.
CHANNELS = f"""
SELECT id, workspace_id, kind, address FROM conversations_channel
WHERE connection_id = {{whose}} AND deleted_at IS NULL ORDER BY kind DESC, created_at DESC LIMIT {FEW_CHANNELS}
"""  # noqa: S608  constants of this module


class Places:
    """The channels of a connection that ``items`` may belong to, looked up at once."""

    def __init__(self, connection_id: UUID, items: Sequence[AnyItem], channels: Sequence[tuple[Any, ...]] = ()) -> None:
        """Two queries at most, and one where every item names its account: none where ``channels`` are all there are."""
        accounts = {item.account for item in items if item.account is not None}
        lost = [item for item in items if item.account is None and isinstance(item, StatusChanged)]
        self._by_address: dict[tuple[str, str], Place] = {}
        self._by_message: dict[str, Place] = {}
        self._only: Place | None = None
        if 0 < len(channels) < FEW_CHANNELS:
            self._know(channels)
        elif accounts:
            self._know(ask(ADDRESSED, [connection_id, list(accounts)]))
        if lost:
            self._find(connection_id, lost)

    def of(self, item: AnyItem) -> Place | None:
        """Return the channel of an item, ``None`` when there is none."""
        if item.account is not None:
            return self._by_address.get((item.account, item.channel_kind))
        if not isinstance(item, StatusChanged):
            return None
        return self._by_message.get(item.our_id or "") or self._by_message.get(item.provider_id) or self._only

    def _know(self, channels: Sequence[tuple[Any, ...]]) -> None:
        for row in channels:
            place = Place(*row)
            self._by_address[place.address, place.kind] = self._by_address[place.address, ""] = place

    def _find(self, connection_id: UUID, lost: Sequence[StatusChanged]) -> None:
        """Statuses that say only which message they are about belong to its channel; a connection with one channel is clear."""
        here = Channel.objects.filter(connection_id=connection_id, deleted_at=None)
        places = {row.pk: Place(row.pk, row.workspace_id, row.kind, row.address) for row in here}
        ours = Q(id__in=list(filter(None, (_uuid(item.our_id) for item in lost))))
        theirs = Q(provider_id__in=[item.provider_id for item in lost])
        found = Message.objects.filter(ours | theirs, channel__in=places, direction="outbound")
        for message_id, provider_id, channel_id in found.values_list("id", "provider_id", "channel_id"):
            self._by_message[str(message_id)] = places[channel_id]
            if provider_id:
                self._by_message[provider_id] = places[channel_id]
        if len(places) == 1:
            (self._only,) = places.values()


def end_of(item: AnyItem, place: Place | None) -> tuple[str, str] | None:
    """Return how an item ends that needs no lane, ``None`` for one that must be worked."""
    if isinstance(item, Invalid):
        return "invalid", item.reason
    if isinstance(item, AccountNotice):
        return ("processed", f"Noted: {item.topic}.") if item.known else ("ignored", f"Unknown here: {item.topic}.")
    if place is None:
        return "unroutable", f"No channel of this connection has the address {item.account or '(none)'}."
    for name in ("provider_id", "target"):
        if len(getattr(item, name, "") or "") > PROVIDER_ID_LENGTH:
            return "invalid", "A message id is longer than any provider's."
    if isinstance(item, MessageAnnounced):
        return "processed", "What was said there is being asked for."
    return None


def is_asked_about(item: AnyItem, place: Place | None) -> bool:
    """Whether an item waits for the provider to say more, on no lane: its delivery ends without it."""
    return isinstance(item, MessageAnnounced) and place is not None


def lane_of(channel_id: UUID, item: AnyItem) -> str:
    """Return the key of the lane that an item of this channel queues on: its sender's."""
    lane = item.lane if len(item.lane) <= LANE_LENGTH else hashlib.sha256(item.lane.encode()).hexdigest()
    return f"{channel_id}:{lane}"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
