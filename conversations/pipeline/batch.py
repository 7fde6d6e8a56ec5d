"""One batch of items: identify ▶ thread ▶ record ▶ route, in memory, then written set-based in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from conversations import bulk, consent, feed, identify, introduce, merge, record, route, thread
from conversations.bots import turn
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
from conversations.history import Actor
from conversations.models import Conversation
from conversations.pipeline import retold
from conversations.pipeline.carrying import carry
from conversations.pipeline.knowing import EPISODE_FIELDS, SAID, Asked, ask_episodes, ask_first, lock
from conversations.record import Ledger, Target
from conversations.surveys.hearing import Hearing
from conversations.wake import wake
from conversations.work import Episode, Work
from hub.ids import new_id
from hub.models import Workspace

AIMED = (StatusChanged, ReactionChanged, MessageEdited, MessageDeleted)
# What a message may change of a conversation.
CARRIED = (
    "id", "status", "opened_at", "channel_ids", "last_channel_id", "first_response_at", "waiting_since", "resolved_at",
    "snoozed_until", "reopened_count", "last_inbound_at", "last_message_at", "last_message_id", "last_seq", "unread",
    "route_reason", "queued_at",
)  # fmt: skip


class Batch(msgspec.Struct, kw_only=True):
    """What a batch holds in memory until it is written."""

    ledger: Ledger
    episodes: dict[UUID, list[Episode]]
    changes: dict[UUID, list[feed.Change]]
    hearing: Hearing
    erased: Mapping[UUID, datetime]  # when somebody was last, by workspace
    begun: set[UUID] = msgspec.field(default_factory=set)  # conversations that customers began, or began again

    def change(self, workspace_id: UUID, kind: feed.Kind, subject: UUID, conversation: UUID | None = None) -> None:
        """Note a line for the feed."""
        self.changes[workspace_id].append(feed.Change(kind, subject, conversation))


def apply(
    works: Sequence[Work], windows: dict[UUID, timedelta], asked: Asked | None = None
) -> dict[UUID, list[feed.Change]]:
    """Do everything a batch of items asks for, in their order; return what the feeds must say. Needs a transaction.

    Items of one lane keep their order. What points at a message is applied after the messages of the batch are known.
    """
    asked = asked or ask_first(works)
    stored = asked.messages()
    latest = asked.erased()
    said = _unless_known(_unless_retold([work for work in works if isinstance(work.item, SAID)], latest), stored)
    people = [work for work in works if isinstance(work.item, IdentityChanged)]
    found = identify.identify([*said, *people], asked.people())
    batch = Batch(ledger=Ledger(), episodes={}, changes=defaultdict(list), hearing=Hearing(()), erased=latest)
    known = [work for work in (*said, *people) if work.customer_id is not None]
    said = [work for work in said if work.customer_id is not None]
    replies = [(work.channel.id, work.item.reply_to) for work in said if work.item.reply_to]  # type: ignore[union-attr]
    batch.ledger.by_provider_id = {}
    answered = {key: stored[key] for key in replies if key in stored}
    locked = lock(known)
    if found.joinings:  # rare; otherwise all that follows is asked for before the first answer is waited for
        locked()
        for joining in found.joinings:
            _join(joining, known, batch)
    episodes = ask_episodes({work.person_id for work in said if work.person_id is not None})
    batch.hearing = Hearing({w.person_id for w in said if w.person_id and isinstance(w.item, MessageReceived)})
    waiting = record.ask_parked([*((work.channel.id, work.item.provider_id) for work in said), *answered])  # type: ignore[union-attr]
    nameless, batch.episodes, parked = locked(), episodes(), waiting()
    said = record.adopt(
        said, batch.ledger, lambda place, message, talk: batch.change(place, "message.updated", message, talk)
    )
    for work in said:
        _say(work, windows[work.channel.workspace_id], batch, answered)
    _aim(works, said, batch, parked)
    consent.follow(said)
    for work in people:
        if work.person_id is not None:
            batch.change(work.channel.workspace_id, "customer.updated", work.person_id)
    for one in found.suggested:
        for customer_id in (one.customer_id, one.other_id):
            batch.change(one.work.channel.workspace_id, "customer.updated", customer_id)
    identify.name_the_nameless([entry for entry in identify.newcomers([*said, *people]) if entry[0] in nameless])
    if any(work.customer_id in nameless and introduce.nameless(identify.person_of(work)) for work in said):
        wake("names")
    return batch.changes


def _unless_retold(works: Sequence[Work], latest: Mapping[UUID, datetime]) -> Sequence[Work]:
    """Drop messages of people who were erased since."""
    if not latest:
        return works
    gone = retold.leave_out([(work, work.item.provider_id) for work in works], latest)  # type: ignore[union-attr]
    return [work for work in works if id(work) not in gone]


def _unless_known(works: Sequence[Work], stored: Iterable[tuple[UUID, str]]) -> list[Work]:
    """Drop messages that are stored already, or come twice in this batch."""
    seen = set(stored)
    fresh: list[Work] = []
    for work in works:
        key = (work.channel.id, work.item.provider_id)  # type: ignore[union-attr]
        if key in seen:
            if not isinstance(work.item, MessageImported):  # it may be the file of a placeholder: see `_aim`
                work.end("duplicate")
        else:
            seen.add(key)
            fresh.append(work)
    return fresh


def _join(joining: identify.Joining, works: Sequence[Work], batch: Batch) -> None:
    """Join two customers whom an item proves to be one; rare, so by query."""
    workspace = Workspace.objects.get(pk=joining.work.channel.workspace_id)
    ask = merge.Ask(
        joining.customer_id, joining.other_id, joining.reason, joining.evidence, older_first=True, at=joining.work.at
    )
    joined = merge.join(workspace, ask, Actor(kind="system"))
    batch.changes[workspace.pk].extend(joined.changes)
    roots = merge.roots(workspace, [work.customer_id for work in works if work.customer_id is not None])
    for work in works:
        work.person_id = roots.get(work.customer_id, work.person_id) if work.customer_id else None


def _say(work: Work, window: timedelta, batch: Batch, answered: dict[tuple[UUID, str], UUID]) -> None:
    """Put one message into its episode and into the ledger."""
    item = work.item
    assert isinstance(item, SAID)
    assert work.person_id is not None
    outgoing = isinstance(item, MessageEchoed) or (isinstance(item, MessageImported) and item.outgoing)
    imported = isinstance(item, MessageImported)
    episodes = batch.episodes[work.person_id]
    late = work.received_at - work.at
    placement = thread.place(episodes, work.at, window, inbound=not outgoing and not imported, late=late)
    heard = batch.hearing.hear(work, episodes)
    if heard is not None:
        placement = thread.Placement("append", next(one for one in episodes if one.id == heard.conversation_id))
        item = work.item = msgspec.structs.replace(item, payload={**item.payload, "survey": heard.mark})
    episode = placement.episode
    actor = "device" if outgoing else "customer"
    if placement.act == "new" or episode is None:
        episode = _open(work, episodes, outgoing=outgoing, imported=imported)
        if not imported:
            record.episode_opened(work, episode, batch.ledger, actor_kind=actor)
            batch.begun |= set() if outgoing else {episode.id}
    elif placement.act == "reopen":
        # What was said before the end and came after it could only reopen it when it came.
        again = work.at if episode.resolved_at is None or work.at > episode.resolved_at else work.received_at
        episode.status, episode.resolved_at = ("open" if episode.assignee_id else "waiting"), None
        episode.reopened_count += 1
        episode.route_reason = route.queued(at=again)
        episode.queued_at = None if episode.assignee_id else again
        record.episode_opened(work, episode, batch.ledger, actor_kind=actor, again_at=again)
        batch.begun.add(episode.id)
    reply_key = (work.channel.id, item.reply_to or "")
    if reply_key in answered:
        batch.ledger.by_provider_id.setdefault(reply_key, answered[reply_key])
    message_id = record.say(work, item, episode, batch.ledger)
    carry(episode, work, message_id, outgoing=outgoing, imported=imported, answers=heard is not None)
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
        route_reason=None if imported or outgoing else route.queued(at=work.at),
        queued_at=None if imported or outgoing else work.at,
        fresh=True,
    )
    episodes.append(episode)
    return episode


def _aim(works: Sequence[Work], said: Sequence[Work], batch: Batch, parked: Sequence[tuple[Any, ...]]) -> None:
    """Apply what points at messages, with what was ``parked`` for those of this batch first; then write everything."""
    ledger = batch.ledger
    by_id = {work.channel.id: work.channel for work in works}
    early = [
        (Work(id=0, delivery_id=works[0].delivery_id, received_at=at, channel=by_id[channel_id], item=item), item)
        for channel_id, item, at in record.take_parked(parked, ledger)
    ]
    written = {id(work) for work in said}
    aimed = [
        *early,
        *(
            (work, work.item)
            for work in works
            if isinstance(work.item, AIMED) or (isinstance(work.item, MessageImported) and id(work) not in written)
        ),
    ]
    found = record.targets_of(aimed, ledger) if aimed else {}
    targets = record.load_targets(found.values(), ledger) if found else {}
    lost = [(work, place[1]) for work, item in aimed if (place := _place(work, item)) not in found]
    gone = retold.leave_out(lost, batch.erased) if lost and batch.erased else set()
    taught, stopped = [], []
    for work, item in aimed:
        assert isinstance(item, (*AIMED, MessageImported))
        target = targets.get(found.get(_place(work, item), UUID(int=0)))
        if work.outcome == "invalid" or id(work) in gone:
            continue
        if target is None:
            record.park(work, item, ledger)
            continue
        record.aim(work, item, target, ledger)
        if work.outcome == "processed":
            batch.change(target.workspace_id, "message.updated", target.id, target.conversation_id)
        if isinstance(item, StatusChanged) and item.person is not None:
            taught.append((work, target.customer_id, item.person))
        if isinstance(item, StatusChanged) and item.error is not None and item.error.stop:
            stopped.append((target.id, work.at))
    _write(batch, targets.values())
    identify.teach(taught)
    consent.refused(stopped)
    record.recount_waits(ledger.failed_in)
    for moved in record.move_up(works):
        batch.change(moved.workspace_id, "message.updated", moved.message_id, moved.conversation_id)


def _place(work: Work, item: AnyItem) -> tuple[UUID, str]:
    assert isinstance(item, (*AIMED, MessageImported))
    return work.channel.id, record.pointer(item)


def _write(batch: Batch, targets: Iterable[Target]) -> None:
    fresh = [episode for episodes in batch.episodes.values() for episode in episodes if episode.fresh]
    touched = [entry for entries in batch.episodes.values() for entry in entries if entry.touched and not entry.fresh]
    if any(one.queued_at and route.routes(one.workspace_id) for one in (*fresh, *touched)):
        wake("route")
    bulk.insert(Conversation, _columns(EPISODE_FIELDS), [_row(episode, EPISODE_FIELDS) for episode in fresh])
    bulk.update(Conversation, _columns(CARRIED), [_row(episode, CARRIED) for episode in touched])
    turn.take(batch.begun)
    batch.ledger.events.extend(batch.hearing.write())
    record.write(batch.ledger, list[Target](targets))


def _columns(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.removesuffix("_id") for name in names)


def _row(episode: Episode, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(episode, name) for name in names)
