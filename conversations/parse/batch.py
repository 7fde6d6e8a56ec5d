"""The deliveries of one batch on their way to items: sorted out, told to history, stored and settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set as AbstractSet
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from conversations import bulk, catalog, lanes, prepared
from conversations.channels.types import AccountNotice
from conversations.integrations import taking
from conversations.models import HistoryEvent, Item
from conversations.parse.again import replay
from conversations.parse.places import Places, end_of, is_asked_about, lane_of
from conversations.parse.reading import Read
from conversations.wake import wake
from conversations.work import Work

# When items of one delivery end differently, the delivery shows the first of these that occurred.
PRECEDENCE = ("failed", "processed", "duplicate", "unroutable", "invalid", "ignored")
ITEM_COLUMNS = (
    "workspace", "delivery", "channel", "lane", "body", "state", "outcome", "reason", "attempts",
)  # fmt: skip


class Batch:
    """The deliveries of one batch on their way to items."""

    def __init__(
        self,
        connection_id: UUID,
        workspace_id: UUID,
        window: timedelta,
        reads: Sequence[Read],
        channels: Sequence[tuple[Any, ...]] = (),
    ) -> None:
        self.connection_id, self.workspace_id, self.window = connection_id, workspace_id, window
        self.reads = reads
        self.places = Places(connection_id, [item for read in reads for item in read.parsed.items], channels)
        self.items: list[tuple[Any, ...]] = []  # in the order of ITEM_COLUMNS
        self.waiting: list[Work] = []
        self.notices: list[tuple[Any, ...]] = []
        self.news: list[AccountNotice] = []
        self.ended: dict[UUID, list[tuple[str, str]]] = {}
        self.in_hand: list[Work] = []
        self.whole: set[UUID] = set()
        self.asked = False  # whether a provider must be asked about one of them
        self.ready: tuple[UUID, ...] = ()  # deliveries of before that can be understood now

    def sort_out(self) -> None:
        """Decide of every item whether it must be worked, and on which lane, or has ended already.

        Until they are written, items to be worked have their places among all as their ids.
        """
        for read in self.reads:
            ends = self.ended[read.id] = []
            for item in read.parsed.items:
                place = self.places.of(item)
                end = end_of(item, place)
                body = msgspec.Raw(msgspec.json.encode(item))
                if end is None and place is not None:
                    lane = lane_of(place.id, item)
                    self.waiting.append(
                        Work(
                            id=len(self.items), delivery_id=read.id, received_at=read.received_at, channel=place, item=item,
                            lane_key=lane,
                        )
                    )  # fmt: skip
                    self.items.append((self.workspace_id, read.id, place.id, lane, body, "pending", "", "", 0))
                elif end is not None:
                    channel_id = place.id if place else None
                    state = "pending" if is_asked_about(item, place) else "done"
                    self.asked |= state == "pending"
                    self.items.append((self.workspace_id, read.id, channel_id, None, body, state, *end, 0))
                    ends.append(end)
                    if isinstance(item, AccountNotice) and end[0] == "processed":
                        self.notices.append(_notice(self.workspace_id, channel_id, read, item))
                        self.news.append(item)

    def tell(self) -> None:
        """Take what stores told into history; an item of its own says what became of each event."""
        heard = [taking.Heard(read.id, one) for read in self.reads for one in read.parsed.events]
        result = taking.take(self.workspace_id, self.connection_id, heard)
        for one in result.taken:
            body, end = msgspec.Raw(msgspec.json.encode(one.shown)), (one.outcome, one.reason)
            self.items.append((self.workspace_id, one.delivery, None, None, body, "done", *end, 0))
            self.ended[one.delivery].append(end)
        self.ready = result.ready

    def store(self, *, claim: bool) -> UUID | None:
        """Write the items, wake their lanes or claim them, and settle the deliveries that hold nothing to work on."""
        token, claimed = lanes.waken(
            [(work.lane_key, work.channel.workspace_id) for work in self.waiting], claim_idle=claim
        )
        self._take_in_hand(claimed)
        ids = bulk.numbers(Item, len(self.items))
        for work in self.waiting:
            work.id = ids[work.id]
        bulk.insert(Item, ("id", *ITEM_COLUMNS), [(number, *row) for number, row in zip(ids, self.items, strict=True)])
        self._note()
        waiting = {work.delivery_id for work in self.waiting}
        _settle(
            (read.id, True, "pending", "") if read.id in waiting else self._ended(read)
            for read in self.reads
            if read.id not in self.whole
        )
        if self.ready:
            replay(self.ready)
        return token

    def store_worked(self) -> None:
        """Write the items as they ended in this very transaction, and settle all their deliveries."""
        for work in self.waiting:
            row = self.items[work.id]
            self.items[work.id] = (*row[:5], "done", work.outcome, work.reason, 0)
            self.ended[work.delivery_id].append((work.outcome, work.reason))
        bulk.insert(Item, ITEM_COLUMNS, self.items)
        self._note()
        _settle(map(self._ended, self.reads))

    def _note(self) -> None:
        """Write what providers said about the account into history, and heed it; have them asked for what they left out."""
        bulk.insert(
            HistoryEvent,
            ("workspace", "type", "occurred_at", "received_at", "source", "channel_id", "actor_kind", "actor_email",
             "skewed", "channel_kind", "data"),
            self.notices,
        )  # fmt: skip
        if self.news:
            catalog.heed(self.connection_id, self.news)
        if self.asked:
            wake("lookups")

    def _ended(self, read: Read) -> tuple[UUID, bool, str, str]:
        """Return what came of a delivery whose items have all ended: the weightiest outcome, with the shortest reason."""
        ends = self.ended[read.id]
        if not ends:
            return read.id, True, read.parsed.outcome or "ignored", read.parsed.reason
        return read.id, True, *min(ends, key=lambda end: (PRECEDENCE.index(end[0]), len(end[1])))

    def _take_in_hand(self, claimed: AbstractSet[str]) -> None:
        """Keep what lies on claimed lanes, up to what one claim may work of a lane, and see which deliveries that makes whole."""
        taken: Counter[str] = Counter()
        left = {delivery_id for delivery_id, ends in self.ended.items() if ends}
        for work in self.waiting:
            if work.lane_key in claimed and taken[work.lane_key] < settings.ITEMS_PER_LANE:
                taken[work.lane_key] += 1
                self.in_hand.append(work)
            else:
                left.add(work.delivery_id)
        self.whole = {work.delivery_id for work in self.in_hand} - left


def _settle(ends: Iterable[tuple[UUID, bool, str, str]]) -> None:
    settled = list(ends)
    if not settled:
        return
    with prepared.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_delivery d SET parsed = new.parsed, outcome = new.outcome, reason = new.reason, "
            "finished_at = CASE WHEN new.outcome = 'pending' THEN NULL ELSE now() END "
            "FROM unnest(%s::uuid[], %s::bool[], %s::text[], %s::text[]) AS new (id, parsed, outcome, reason) "
            "WHERE d.id = new.id",
            [
                bulk.array(end[0] for end in settled),
                bulk.array(end[1] for end in settled),
                bulk.words(end[2] for end in settled),
                bulk.words(end[3] for end in settled),
            ],
        )


def _notice(workspace_id: UUID, channel_id: UUID | None, read: Read, item: AccountNotice) -> tuple[Any, ...]:
    data = {"topic": item.topic, "delivery": str(read.id)}
    at = item.at or read.received_at
    return (workspace_id, "channel.notice", at, read.received_at, "novelo", channel_id, "system", "", False, "", data)
