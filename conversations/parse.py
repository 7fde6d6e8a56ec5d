"""From bytes to items: a connection's deliveries in order, each item on its sender's lane, what nobody can use set aside.

Long, for what is sent through again takes the same way.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence, Set as AbstractSet
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import connection, transaction

from conversations import bulk, catalog, lanes
from conversations.channels.registry import PROVIDERS
from conversations.channels.types import AccountNotice, AnyItem, Invalid, Parsed, RawRequest
from conversations.integrations import taking
from conversations.models import Delivery, HistoryEvent, Item
from conversations.places import Places
from conversations.prepared import ask
from conversations.wake import wake
from conversations.work import Place, Work

log = structlog.get_logger(__name__)

LANE_LENGTH = 140
PROVIDER_ID_LENGTH = 255
# When items of one delivery end differently, the delivery shows the first of these that occurred.
PRECEDENCE = ("failed", "processed", "duplicate", "unroutable", "invalid", "ignored")
# Its items are written and wait, or are at work: `parsed` itself may be said together with what came of it.
UNREAD = "NOT d.parsed AND NOT EXISTS (SELECT 1 FROM conversations_item i WHERE i.delivery_id = d.id)"
# The count outlives a worker that is killed; should the server crash as well, it need not: so nobody waits for the disk.
CANDIDATE = f"""
UPDATE conversations_connection SET parse_attempts = least(parse_attempts + 1, 100) WHERE id = (
  SELECT c.id FROM conversations_connection c
  WHERE EXISTS (SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND {UNREAD})
  ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, parse_attempts - 1 AS attempts, set_config('synchronous_commit', 'off', true)
"""  # noqa: S608  constants of this module
TAKE = """
UPDATE conversations_connection c SET parse_attempts = 0 FROM hub_workspace w WHERE w.id = c.workspace_id AND c.id = (
  SELECT id FROM conversations_connection WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING c.provider, c.workspace_id, w.reopen_window
"""
BATCH = f"""
SELECT d.id, d.method, d.url, d.content_type, d.body, d.attempts, d.received_at, d.headers::text FROM conversations_delivery d
WHERE d.connection_id = %s AND {UNREAD} ORDER BY d.id LIMIT %s
"""  # noqa: S608
ANY_UNREAD = f"""
SELECT EXISTS (SELECT 1 FROM conversations_connection c WHERE EXISTS (
  SELECT 1 FROM conversations_delivery d WHERE d.connection_id = c.id AND {UNREAD}))
"""  # noqa: S608
COUNT_FIRST = f"""
UPDATE conversations_delivery SET attempts = attempts + 1 WHERE id = (
  SELECT d.id FROM conversations_delivery d WHERE d.connection_id = %s AND {UNREAD} ORDER BY d.id LIMIT 1)
"""  # noqa: S608
ITEM_COLUMNS = (
    "workspace", "delivery", "channel", "lane", "body", "state", "outcome", "reason", "attempts",
)  # fmt: skip


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of deliveries came to: how many they were, and what of it is claimed for whoever brought it.

    ``claim`` holds the lanes of ``works``, in their order; nothing else waits on these lanes. Of the deliveries in ``whole``
    every item is among them, and they are not marked as parsed yet. ``window`` is the workspace's reopen window.
    """

    deliveries: int
    claim: UUID | None = None
    works: tuple[Work, ...] = ()
    whole: frozenset[UUID] = frozenset()
    window: timedelta = timedelta()


class Source(msgspec.Struct, frozen=True):
    """A connection that has something to parse, and how often that came to nothing since it last succeeded."""

    id: UUID
    attempts: int


class Read(msgspec.Struct, kw_only=True):
    """A delivery and what its bytes came to."""

    id: UUID
    received_at: Any
    parsed: Parsed


def parse_pending() -> int:
    """Parse one batch of one connection that has some; return how many deliveries were parsed, 0 when none waits."""
    source = next_source()
    return bring(source, claim=False).deliveries if source is not None else 0


def next_source() -> Source | None:
    """Count an attempt on a connection that has something to parse, durably before it is made: one statement, one commit."""
    rows = ask(CANDIDATE, [])
    if not rows:
        return None
    (found,) = rows
    if found.attempts:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_FIRST, [found.id])
    return Source(found.id, found.attempts)


def bring(source: Source, *, claim: bool = True) -> Brought:
    """Parse one batch of a connection, and claim the lanes nobody else has at work.

    What is claimed is worked at once from memory: most of what comes, while there is no backlog.
    A batch that killed its worker is tried again one delivery at a time, and a delivery that kills every time is set aside.
    """
    with transaction.atomic():
        batch = take(source, 1 if source.attempts else settings.DELIVERIES_PER_PARSE)
        if batch is None:
            return Brought(deliveries=0)
        batch.sort_out()
        batch.tell()
        token = batch.store(claim=claim and not source.attempts)
    works = tuple(batch.in_hand)
    return Brought(
        deliveries=len(batch.reads), claim=token, works=works, whole=frozenset(batch.whole), window=batch.window
    )


def take(source: Source, limit: int) -> Batch | None:
    """Hold a connection and read its next deliveries; None when somebody else has it. Needs a transaction."""
    with connection.cursor() as held, connection.cursor() as read:
        held.execute(TAKE, [source.id])
        read.execute(BATCH, [source.id, limit])
        row = held.fetchone()
        if row is None:
            return None
        provider, workspace_id, window = row
        return Batch(source.id, workspace_id, window, [_read(provider, one) for one in read.fetchall()])


def somebody_parses() -> bool:
    """Whether deliveries wait to be parsed: asked by who got none, since another holds their connection."""
    with connection.cursor() as cursor:
        cursor.execute(ANY_UNREAD)
        return bool(cursor.fetchone()[0])


def _read(provider_name: str, row: Sequence[Any]) -> Read:
    """Understand one delivery; never raises because of content."""
    delivery_id, method, url, content_type, body, attempts, received_at, kept = row
    if attempts > settings.ITEM_MAX_ATTEMPTS:
        parsed = Parsed(outcome="invalid", reason="It stopped the worker each time it was read.")
        return Read(id=delivery_id, received_at=received_at, parsed=parsed)
    request = RawRequest(
        method=method,
        url=url,
        query=parse_qs(urlsplit(url).query, keep_blank_values=True),
        headers={"content-type": content_type, **(msgspec.json.decode(kept) if kept != "{}" else {})},
        body=bytes(body),
        content_type=content_type,
    )
    provider = PROVIDERS.get(provider_name)
    if provider is None:
        parsed = Parsed(outcome="invalid", reason=f"No adapter reads {provider_name}.")
    else:
        try:
            parsed = provider.parse(request)
        except Exception as error:
            log.exception("a body could not be parsed", delivery=str(delivery_id))
            parsed = Parsed(outcome="invalid", reason=f"The reader failed: {type(error).__name__}.")
    return Read(id=delivery_id, received_at=received_at, parsed=parsed)


class Batch:
    """The deliveries of one batch on their way to items."""

    def __init__(self, connection_id: UUID, workspace_id: UUID, window: timedelta, reads: Sequence[Read]) -> None:
        self.connection_id, self.workspace_id, self.window = connection_id, workspace_id, window
        self.reads = reads
        self.places = Places(connection_id, [item for read in reads for item in read.parsed.items])
        self.items: list[tuple[Any, ...]] = []  # in the order of ITEM_COLUMNS
        self.waiting: list[Work] = []
        self.notices: list[tuple[Any, ...]] = []
        self.news: list[AccountNotice] = []
        self.ended: dict[UUID, list[tuple[str, str]]] = {}
        self.in_hand: list[Work] = []
        self.whole: set[UUID] = set()
        self.ready: tuple[UUID, ...] = ()  # deliveries of before that can be understood now

    def sort_out(self) -> None:
        """Decide of every item whether it must be worked, and on which lane, or has ended already.

        Until they are written, items to be worked have their places among all as their ids.
        """
        for read in self.reads:
            ends = self.ended[read.id] = []
            for item in read.parsed.items:
                place = self.places.of(item)
                end = _end(item, place)
                body = msgspec.Raw(msgspec.json.encode(item))
                if end is None and place is not None:
                    lane = _lane(place.id, item)
                    self.waiting.append(
                        Work(
                            id=len(self.items), delivery_id=read.id, received_at=read.received_at, channel=place, item=item,
                            lane_key=lane,
                        )
                    )  # fmt: skip
                    self.items.append((self.workspace_id, read.id, place.id, lane, body, "pending", "", "", 0))
                elif end is not None:
                    channel_id = place.id if place else None
                    self.items.append((self.workspace_id, read.id, channel_id, None, body, "done", *end, 0))
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
        """Write what providers said about the account into history, and heed it."""
        bulk.insert(
            HistoryEvent,
            ("workspace", "type", "occurred_at", "received_at", "source", "channel_id", "actor_kind", "actor_email",
             "skewed", "channel_kind", "data"),
            self.notices,
        )  # fmt: skip
        if self.news:
            catalog.heed(self.connection_id, self.news)

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
    with connection.cursor() as cursor:
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


def _end(item: AnyItem, place: Place | None) -> tuple[str, str] | None:
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
    return None


def _lane(channel_id: UUID, item: AnyItem) -> str:
    lane = item.lane if len(item.lane) <= LANE_LENGTH else hashlib.sha256(item.lane.encode()).hexdigest()
    return f"{channel_id}:{lane}"


def _notice(workspace_id: UUID, channel_id: UUID | None, read: Read, item: AccountNotice) -> tuple[Any, ...]:
    data = {"topic": item.topic, "delivery": str(read.id)}
    at = item.at or read.received_at
    return (workspace_id, "channel.notice", at, read.received_at, "novelo", channel_id, "system", "", False, "", data)


def replay_lost(delivery_ids: Iterable[UUID]) -> int:
    """Look again for the channels of items that fit none, alone: the rest of their deliveries stays as it is.

    Returns in how many deliveries something found its place; what still fits nowhere stays where it was.
    """
    with transaction.atomic():
        rows = list(
            Item.objects.filter(delivery_id__in=list(delivery_ids), outcome="unroutable", body__has_key="lane")
            .select_related("delivery").select_for_update(of=["self"]).order_by("id")
        )  # fmt: skip
        by_source: dict[UUID, list[tuple[Item, AnyItem]]] = {}
        for row in rows:
            item = msgspec.convert(row.body, AnyItem)
            by_source.setdefault(row.delivery.connection_id, []).append((row, item))
        homes: list[Item] = []
        for connection_id, pairs in by_source.items():
            places = Places(connection_id, [item for _, item in pairs])
            for row, item in pairs:
                if (place := places.of(item)) is not None and _end(item, place) is None:
                    row.channel_id, row.lane_id = place.id, _lane(place.id, item)
                    row.state, row.outcome, row.reason, row.attempts = "pending", "", "", 0
                    homes.append(row)
        lanes.waken([(str(row.lane_id), row.workspace_id) for row in homes])
        Item.objects.bulk_update(homes, ["channel", "lane", "state", "outcome", "reason", "attempts"])
        Delivery.objects.filter(id__in={row.delivery_id for row in homes}).update(
            outcome="pending", reason="", finished_at=None
        )
        wake("inbound")
    return len({row.delivery_id for row in homes})


def replay(delivery_ids: Iterable[UUID]) -> int:
    """Send stored deliveries through again, from their bytes; what they already did is not done twice. Returns how many."""
    ids = list(delivery_ids)
    with transaction.atomic():
        Item.objects.filter(delivery_id__in=ids).delete()
        count = Delivery.objects.filter(id__in=ids).update(
            parsed=False, outcome="pending", reason="", attempts=0, finished_at=None
        )
        wake("inbound")
    return count
