"""From items to history: claim many lanes, identify ▶ thread ▶ record ▶ route, one transaction, set-based.

When a batch fails, its lanes are worked one by one and their items alone; an item that fails every time is set aside, seen
and replayable, and its lane goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection, transaction

from conversations import bulk, feed, identify, lanes, record, route, thread
from conversations.channels.types import (
    AnyItem,
    IdentityChanged,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageImported,
    MessageReceived,
    ReactionChanged,
    StatusChanged,
)
from conversations.models import Conversation, Item
from conversations.record import Ledger, Target
from conversations.thread import Episode
from conversations.work import Place, Work
from hub.ids import new_id

log = structlog.get_logger(__name__)

SAID = (MessageReceived, MessageEchoed, MessageImported)
AIMED = (StatusChanged, ReactionChanged, MessageEdited, MessageDeleted)
PAUSE_SECONDS = 0.5
ITEMS = """
SELECT i.id, i.delivery_id, d.received_at, i.lane_id, i.body::text, c.id, c.workspace_id, c.kind, c.address,
  w.reopen_window
FROM unnest(%s::text[]) AS lane (key)
CROSS JOIN LATERAL (
  SELECT * FROM conversations_item WHERE lane_id = lane.key AND state = 'pending' ORDER BY id LIMIT %s
) i
JOIN conversations_delivery d ON d.id = i.delivery_id
JOIN conversations_channel c ON c.id = i.channel_id
JOIN hub_workspace w ON w.id = c.workspace_id
ORDER BY i.id
"""
EPISODE_FIELDS = tuple(name for name in Episode.__struct_fields__ if name not in {"fresh", "touched"})
EPISODES = f"""
SELECT {", ".join("e." + name if name != "route_reason" else "e.route_reason::text" for name in EPISODE_FIELDS)}
FROM unnest(%s::uuid[]) AS who (customer_id)
CROSS JOIN LATERAL (
  SELECT * FROM conversations_conversation WHERE customer_id = who.customer_id ORDER BY opened_at DESC LIMIT 20
) e
"""  # noqa: S608  names of our own columns
FINISH = """
UPDATE conversations_delivery d SET outcome = ends.outcome, reason = ends.reason, finished_at = now()
FROM (
  SELECT delivery_id, bool_or(state = 'pending') AS waits,
    (array_agg(outcome ORDER BY array_position(
      ARRAY['failed', 'processed', 'duplicate', 'unroutable', 'invalid', 'ignored'], outcome::text)))[1] AS outcome,
    (array_agg(reason ORDER BY array_position(
      ARRAY['failed', 'processed', 'duplicate', 'unroutable', 'invalid', 'ignored'], outcome::text), length(reason)))[1] AS reason
  FROM conversations_item WHERE delivery_id = ANY(%s) GROUP BY delivery_id
) ends
WHERE d.id = ends.delivery_id AND NOT ends.waits
"""


def work_pending(limit: int | None = None) -> int:
    """Work one batch of waiting lanes; return how many items were settled, 0 when nothing could be done now."""
    token, keys = lanes.claim(limit or settings.LANES_PER_BATCH, suspect=False)
    if not keys:
        return _work_suspect()
    try:
        return _work(token, keys)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: the claim runs out by itself
    except Exception as error:  # noqa: BLE001  a process edge: the batch is taken apart to find which item it was
        log.warning("a batch failed and is worked item by item", lanes=len(keys), error=type(error).__name__)
    return sum(_work_alone(token, key) for key in keys)


def _work_suspect() -> int:
    """Work one lane whose last claim came to nothing, item by item."""
    token, keys = lanes.claim(1, suspect=True)
    return sum(_work_alone(token, key) for key in keys)


def _work(token: UUID, keys: Sequence[str]) -> int:
    with transaction.atomic():
        held = lanes.lock(token, keys)
        works, windows = _load(held, settings.ITEMS_PER_LANE)
        if works:
            changes = apply(works, windows)
            _settle(works)
            lanes.release(held)
            for workspace_id in sorted(changes):
                feed.publish(workspace_id, changes[workspace_id])
        else:
            lanes.release(held)
    return len(works) or (1 if held else 0)


def _work_alone(token: UUID, key: str) -> int:
    """Work a lane's items one at a time, each attempt counted and committed before it is made."""
    done = 0
    for _ in range(settings.ITEMS_PER_LANE):
        attempts = _count_attempt(token, key)
        if attempts is None:
            return done
        item_id, tried = attempts
        if tried > settings.ITEM_MAX_ATTEMPTS:
            _quarantine(token, key, item_id, "It stopped the worker each time it was tried.")
            done += 1
            continue
        try:
            done += _work_first(token, key)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  a process edge: one item must never stop the others
            log.exception("an item failed", item=item_id, attempt=tried)
            reason = f"{type(error).__name__}: {_without_data(error)}"
            if tried >= settings.ITEM_MAX_ATTEMPTS:
                _quarantine(token, key, item_id, reason)
                done += 1
            else:
                with transaction.atomic():
                    Item.objects.filter(pk=item_id).update(reason=reason)
                    lanes.pause(key, PAUSE_SECONDS * tried)
                return done
    with transaction.atomic():
        lanes.release(lanes.lock(token, [key]))
    return done


def _without_data(error: Exception) -> str:
    """Name a failure without repeating what people wrote."""
    if isinstance(error, Error):
        diagnosis = getattr(error.__cause__, "diag", None)
        return str(getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "sqlstate", None) or "database")
    return "see the log"


def _count_attempt(token: UUID, key: str) -> tuple[int, int] | None:
    """Count an attempt on the first waiting item of a lane: (item, attempts); ``None`` releases a lane without any."""
    with transaction.atomic():
        if not lanes.lock(token, [key]):
            return None
        item = Item.objects.filter(lane_id=key, state="pending").order_by("id").only("id", "attempts").first()
        if item is None:
            lanes.release([key])
            return None
        item.attempts += 1
        Item.objects.filter(pk=item.pk).update(attempts=item.attempts)
        return item.pk, item.attempts


def _work_first(token: UUID, key: str) -> int:
    with transaction.atomic():
        held = lanes.lock(token, [key])
        works, windows = _load(held, 1)
        if not works:
            return 0
        changes = apply(works, windows)
        _settle(works)
        for workspace_id in sorted(changes):
            feed.publish(workspace_id, changes[workspace_id])
    return len(works)


def _quarantine(token: UUID, key: str, item_id: int, reason: str) -> None:
    with transaction.atomic():
        if not lanes.lock(token, [key]):
            return
        item = Item.objects.get(pk=item_id)
        Item.objects.filter(pk=item_id).update(state="quarantined", outcome="failed", reason=reason)
        _finish([item.delivery_id])
    log.error("an item was set aside", item=item_id, delivery=str(item.delivery_id))


def _load(keys: Sequence[str], per_lane: int) -> tuple[list[Work], dict[UUID, timedelta]]:
    works: list[Work] = []
    windows: dict[UUID, timedelta] = {}
    places: dict[UUID, Place] = {}
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [list(keys), per_lane])
        for item_id, delivery_id, received_at, lane_key, body, channel_id, workspace_id, kind, address, window in cursor.fetchall():
            place = places.setdefault(channel_id, Place(channel_id, workspace_id, kind, address))
            windows[workspace_id] = window
            item = msgspec.json.decode(body, type=AnyItem)
            works.append(
                Work(
                    id=item_id,
                    delivery_id=delivery_id,
                    received_at=received_at,
                    channel=place,
                    item=item,  # type: ignore[arg-type]
                    lane_key=lane_key,
                )
            )
    return works, windows


def _settle(works: Sequence[Work]) -> None:
    bulk.update(
        Item, ("id", "state", "outcome", "reason"), [(work.id, "done", work.outcome, work.reason) for work in works]
    )
    _finish({work.delivery_id for work in works})


def _finish(delivery_ids: Any) -> None:
    """Settle deliveries whose items are all settled. Their rows are locked first, so that two lanes see each other's end."""
    ids = sorted(delivery_ids)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM conversations_delivery WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
        cursor.execute(FINISH, [ids])


# --- one batch -------------------------------------------------------------------------------------------------------


class Batch(msgspec.Struct, kw_only=True):
    """What a batch holds in memory until it is written."""

    ledger: Ledger
    episodes: dict[UUID, list[Episode]]
    changes: dict[UUID, list[feed.Change]]

    def change(self, workspace_id: UUID, kind: feed.Kind, subject: UUID, conversation: UUID | None = None) -> None:
        """Note a line for the feed."""
        self.changes[workspace_id].append(feed.Change(kind, subject, conversation))


def apply(works: Sequence[Work], windows: dict[UUID, timedelta]) -> dict[UUID, list[feed.Change]]:
    """Do everything a batch of items asks for, in their order; return what the feeds must say. Needs a transaction.

    Items of one lane keep their order. What points at a message is applied after the messages of the batch are known.
    """
    said = _unless_known([work for work in works if isinstance(work.item, SAID)])
    people = [work for work in works if isinstance(work.item, IdentityChanged)]
    identify.identify([*said, *people])
    batch = Batch(ledger=Ledger(), episodes={}, changes=defaultdict(list))
    said = [work for work in said if work.customer_id is not None]
    replies = [(work.channel.id, work.item.reply_to) for work in said if work.item.reply_to]  # type: ignore[union-attr]
    batch.ledger.by_provider_id = {}
    answered = record.known_messages(replies)
    batch.episodes = _episodes({work.customer_id for work in said if work.customer_id is not None})
    for work in said:
        _say(work, windows[work.channel.workspace_id], batch, answered)
    _aim(works, batch)
    for work in people:
        if work.customer_id is not None:
            batch.change(work.channel.workspace_id, "customer.updated", work.customer_id)
    identify.name_the_nameless(identify.newcomers(said))
    return batch.changes


def _unless_known(works: Sequence[Work]) -> list[Work]:
    """Drop messages that are stored already, or come twice in this batch."""
    seen = set(record.known_messages((work.channel.id, work.item.provider_id) for work in works))  # type: ignore[union-attr]
    fresh: list[Work] = []
    for work in works:
        key = (work.channel.id, work.item.provider_id)  # type: ignore[union-attr]
        if key in seen:
            work.end("duplicate")
        else:
            seen.add(key)
            fresh.append(work)
    return fresh


def _episodes(customer_ids: set[UUID]) -> dict[UUID, list[Episode]]:
    """Lock these customers and read their conversations, which are locked too: agents change them at the same time."""
    ids = sorted(customer_ids)
    episodes: dict[UUID, list[Episode]] = {customer_id: [] for customer_id in ids}
    if not ids:
        return episodes
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM conversations_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
        cursor.execute(
            "SELECT 1 FROM conversations_conversation WHERE customer_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids]
        )
        cursor.execute(EPISODES, [ids])
        for row in cursor.fetchall():
            fields = dict(zip(EPISODE_FIELDS, row, strict=True))
            if fields["route_reason"] is not None:
                fields["route_reason"] = msgspec.json.decode(fields["route_reason"])
            episodes[fields["customer_id"]].append(Episode(**fields))
    return episodes


def _say(work: Work, window: timedelta, batch: Batch, answered: dict[tuple[UUID, str], UUID]) -> None:
    """Put one message into its episode and into the ledger."""
    item = work.item
    assert isinstance(item, SAID)
    assert work.customer_id is not None
    outgoing = isinstance(item, MessageEchoed) or (isinstance(item, MessageImported) and item.outgoing)
    imported = isinstance(item, MessageImported)
    episodes = batch.episodes[work.customer_id]
    placement = thread.place(episodes, work.at, window, inbound=not outgoing and not imported)
    episode = placement.episode
    actor = "device" if outgoing else "customer"
    if placement.act == "new" or episode is None:
        episode = _open(work, episodes, outgoing=outgoing, imported=imported)
        if not imported:
            record.episode_opened(work, episode, batch.ledger, actor_kind=actor, again=False)
    elif placement.act == "reopen":
        episode.status, episode.resolved_at = ("open" if episode.assignee_id else "waiting"), None
        episode.reopened_count += 1
        episode.route_reason = route.route(at=work.at).reason
        record.episode_opened(work, episode, batch.ledger, actor_kind=actor, again=True)
    reply_key = (work.channel.id, item.reply_to or "")
    if reply_key in answered:
        batch.ledger.by_provider_id.setdefault(reply_key, answered[reply_key])
    message_id = record.say(work, item, episode, batch.ledger)
    _advance(episode, work, message_id, outgoing=outgoing, imported=imported)
    batch.change(work.channel.workspace_id, "message.created", message_id, episode.id)
    kind: feed.Kind = "conversation.created" if episode.fresh else "conversation.updated"
    batch.change(work.channel.workspace_id, kind, episode.id, episode.id)


def _open(work: Work, episodes: list[Episode], *, outgoing: bool, imported: bool) -> Episode:
    assert work.customer_id is not None
    episode = Episode(
        id=new_id(),
        workspace_id=work.channel.workspace_id,
        customer_id=work.customer_id,
        status="resolved" if imported else "pending" if outgoing else "waiting",
        opened_at=work.at,
        resolved_at=work.at if imported else None,
        route_reason=None if imported or outgoing else route.route(at=work.at).reason,
        fresh=True,
    )
    episodes.append(episode)
    return episode


def _advance(episode: Episode, work: Work, message_id: UUID, *, outgoing: bool, imported: bool) -> None:
    """Carry the episode forward by one message."""
    episode.touched = True
    shown_at = min(work.at, work.received_at)
    if work.channel.id not in episode.channel_ids:
        episode.channel_ids = [*episode.channel_ids, work.channel.id]
    if episode.last_message_at is None or shown_at >= episode.last_message_at:
        episode.last_message_at, episode.last_message_id, episode.last_channel_id = shown_at, message_id, work.channel.id
    if imported:
        if episode.status == "resolved" and episode.resolved_at is not None:
            episode.resolved_at = max(episode.resolved_at, work.at)
        episode.opened_at = min(episode.opened_at, work.at)
        return
    if outgoing:
        if episode.waiting_since is not None and work.at >= episode.waiting_since:
            episode.waiting_since, episode.unread = None, 0
            episode.first_response_at = episode.first_response_at or work.at
            if episode.status == "waiting":
                episode.status = "open"
        return
    episode.last_inbound_at = max(episode.last_inbound_at or work.at, work.at)
    if episode.status == "resolved":
        return  # it came late, for an episode that is over: shown there, and nobody is called
    episode.unread += 1
    episode.waiting_since = min(episode.waiting_since or work.at, work.at)
    if episode.status in {"pending", "snoozed"}:
        episode.status, episode.snoozed_until = ("open" if episode.assignee_id else "waiting"), None


def _aim(works: Sequence[Work], batch: Batch) -> None:
    """Apply what points at messages, with what was parked for those of this batch first; then write everything."""
    ledger = batch.ledger
    by_id = {work.channel.id: work.channel for work in works}
    early = [
        (Work(id=0, delivery_id=works[0].delivery_id, received_at=at, channel=by_id[channel_id], item=item), item)
        for _, channel_id, item, at in record.take_parked(ledger)
    ]
    aimed = [*early, *((work, work.item) for work in works if isinstance(work.item, AIMED))]
    found = record.targets_of(aimed, ledger) if aimed else {}
    targets = record.load_targets(found.values(), ledger) if found else {}
    taught = []
    for work, item in aimed:
        assert isinstance(item, AIMED)
        target = targets.get(found.get((work.channel.id, record.pointer(item)), UUID(int=0)))
        if target is None:
            record.park(work, item, ledger)
            continue
        record.aim(work, item, target, ledger)
        if work.outcome == "processed":
            batch.change(target.workspace_id, "message.updated", target.id, target.conversation_id)
        if isinstance(item, StatusChanged) and item.person is not None:
            taught.append((work, target.customer_id, item.person))
    _write(batch, targets.values())
    identify.teach(taught)
    record.recount_waits(ledger.failed_in)


def _write(batch: Batch, targets: Any) -> None:
    fresh = [episode for episodes in batch.episodes.values() for episode in episodes if episode.fresh]
    touched = [entry for entries in batch.episodes.values() for entry in entries if entry.touched and not entry.fresh]
    names = tuple(name.removesuffix("_id") for name in EPISODE_FIELDS)
    bulk.insert(Conversation, names, [_row(episode) for episode in fresh])
    bulk.update(Conversation, names, [_row(episode) for episode in touched])
    record.write(batch.ledger, list[Target](targets))


def _row(episode: Episode) -> tuple[Any, ...]:
    return tuple(getattr(episode, name) for name in EPISODE_FIELDS)


__all__ = ["apply", "work_pending"]
