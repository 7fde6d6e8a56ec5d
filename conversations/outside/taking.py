"""Taking in history from outside: understood one by one, then people, conversations, messages and events set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from conversations import bulk, erased, feed, identify, merge
from conversations.channels.registry import adapter_of
from conversations.feed import Change
from conversations.history import SKEW, Actor
from conversations.models import Channel, Customer, HistoryEvent, Message
from conversations.outside import people as persons
from conversations.outside.cut import RANK, Moment
from conversations.outside.people import People
from conversations.outside.reading import read
from conversations.outside.refunds import beyond_their_orders
from conversations.outside.rows import Person, people
from conversations.outside.shapes import Told, Verdict
from conversations.outside.write import Place, Plan, Staff, changes, move, planned, staff_of, write_conversations
from conversations.refusal import Refused
from conversations.wake import wake
from hub.ids import new_id
from hub.inputs import writable
from hub.models import Workspace

MOST = 1_000  # events of one batch: what one transaction holds
TRIES = 4
DEADLOCK = "40P01"
NOWHERE = Place(None)
MESSAGE_COLUMNS = (
    "id", "workspace", "conversation", "customer", "channel", "direction", "author_kind", "author", "author_name", "kind", "text",
    "payload", "provider_id", "reply_to_provider_id", "sent_at", "received_at", "seq", "status", "earlier_texts", "imported",
)  # fmt: skip
EVENT_COLUMNS = (
    "workspace", "customer", "conversation", "message_id", "type", "occurred_at", "received_at", "source", "external_id",
    "channel_kind", "channel_id", "actor_kind", "actor", "actor_email", "skewed", "data",
)  # fmt: skip
KNOWN = """
SELECT e.source, e.external_id FROM conversations_historyevent e
JOIN unnest(%s::text[], %s::text[]) AS new (source, id) ON e.source = new.source AND e.external_id = new.id
WHERE e.workspace_id = %s
"""


class _Gone(IntegrityError):
    """Somebody was erased between looking them up and locking them: take everything again, they are somebody new."""


class Entry(msgspec.Struct):
    """An event on its way into history: the customer it is about, its message's id, its channel."""

    told: Told
    customer: UUID | None = None
    message: UUID | None = None
    channel: UUID | None = None


def take(workspace: Workspace, events: Sequence[Any]) -> list[Verdict]:
    """Take in events of the contract, as JSON objects; return what became of each, in order. Nothing is sent to anybody.

    At most ``MOST``; one transaction of its own, or part of the caller's. An event is refused alone; one that is known by its
    source and id, here or earlier in the batch, is a duplicate. In what order they come, and how often, changes nothing.
    """
    assert len(events) <= MOST, "more than one transaction shall hold"
    verdicts: list[Verdict | None] = [None] * len(events)
    understood: dict[int, Told] = {}
    for place, raw in enumerate(events):
        try:
            understood[place] = read(raw)
        except Refused as error:
            key = raw.get("id") if isinstance(raw, dict) else None
            verdicts[place] = refused(key if isinstance(key, str) else None, error)
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                settled = _take(workspace, understood, other_ids=attempt > 1)
            break
        except (IntegrityError, OperationalError) as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if attempt == TRIES - 1 or (isinstance(error, OperationalError) and state != DEADLOCK):
                raise
    for place, verdict in settled.items():
        verdicts[place] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def refused(key: str | None, error: Refused) -> Verdict:
    """Return the verdict on an event that is not taken: the field, then the reason."""
    return Verdict(None if key is None else writable(key), "invalid", f"{error.field}: {error.sentence}", error.field)


def _take(workspace: Workspace, understood: dict[int, Told], *, other_ids: bool) -> dict[int, Verdict]:
    verdicts: dict[int, Verdict] = {}
    known = _known(workspace, list(understood.values()))
    fresh: dict[int, Entry] = {}
    for place, told in understood.items():
        if told.key in known:
            verdicts[place] = Verdict(told.id, "duplicate")
        else:
            known.add(told.key)
            fresh[place] = Entry(told)
    register = persons.look_up(workspace.pk, (entry.told for entry in fresh.values()))
    for place, error in beyond_their_orders(workspace, {key: one.told for key, one in fresh.items()}, register).items():
        verdicts[place] = refused(fresh.pop(place).told.id, error)
    if fresh:
        _record(workspace, list(fresh.values()), register, other_ids=other_ids)
    return verdicts | {place: Verdict(entry.told.id, "accepted") for place, entry in fresh.items()}


def _known(workspace: Workspace, events: Sequence[Told]) -> set[tuple[str, str]]:
    if not events:
        return set()
    sources, ids = zip(*{told.key for told in events}, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [bulk.words(sources), bulk.words(ids), workspace.pk])
        return set(cursor.fetchall()) | _of_the_erased(workspace, events)


def _of_the_erased(workspace: Workspace, events: Sequence[Told]) -> set[tuple[str, str]]:
    """Return what was told before of people who were erased since: history knows it by hashes."""
    if workspace.pk not in erased.ask_latest([workspace.pk])():
        return set()
    hashes = {one: told.key for told in events for one in erased.digests(*erased.of_event(*told.key))}
    return {hashes[one] for one in erased.known(workspace.pk, {told.source for told in events}, hashes)}


def _record(workspace: Workspace, entries: list[Entry], register: persons.Register, *, other_ids: bool) -> None:
    """Write what is new, in the house's order of locks: customers, conversations, messages, the feed."""
    now = timezone.now()
    # In the order it happened, so that history's own numbers do not tell how it came.
    entries.sort(key=lambda one: (one.told.at, RANK.get(one.told.type, 0), one.told.key))
    found = persons.settle(workspace.pk, [entry.told for entry in entries], register)
    persons.write(workspace.pk, found)
    for entry, customer in zip(entries, found.customers, strict=True):
        entry.customer = customer
    sides = _hold(workspace, found)
    told = _join(workspace, found)
    if told:
        sides = merge.roots(workspace, sides)
    identify.name_the_nameless(sorted(found.names.items()))
    _channels(workspace, entries, now)
    staff = staff_of(workspace)
    whole = _people(workspace, entries, sides)
    plan = planned(workspace, whole, staff, now, other_ids=other_ids)
    write_conversations(workspace, plan)
    bulk.insert(Message, MESSAGE_COLUMNS, list(_messages(workspace, entries, plan, staff, now)))
    rows = [_event(workspace, entry, plan.places.get(n, NOWHERE), staff, now) for n, entry in enumerate(entries)]
    bulk.insert(HistoryEvent, EVENT_COLUMNS, rows)
    move(workspace, plan)
    wake("metrics")
    feed.publish(workspace.pk, [*told, *changes(plan, now)])


def _hold(workspace: Workspace, found: People) -> dict[UUID, UUID]:
    """Lock everybody these events are about with all who count as them; return by customer who stands for them."""
    ids = {key for key in found.customers if key is not None}
    ids |= {key for same in found.same for key in (same.customer_id, same.other_id)}
    known = Customer.objects.of(workspace).locked_people(ids - found.newcomers.keys())
    if not ids <= known.keys() | found.newcomers.keys():
        raise _Gone
    return known | {key: key for key in found.newcomers}


def _join(workspace: Workspace, found: People) -> list[Change]:
    """Join customers whom a source names as one person."""
    told: list[Change] = []
    for same in found.same:
        evidence = {
            "source": same.told.source,
            "event": same.told.id,
            "address_kinds": [one.kind for one in same.told.addresses],
        }
        ask = merge.Ask(same.customer_id, same.other_id, "source", evidence, older_first=True, at=same.told.at)
        told += merge.join(workspace, ask, Actor(kind="system", name=same.told.source)).changes
    return told


def _channels(workspace: Workspace, entries: Sequence[Entry], now: datetime) -> None:
    """Give messages a channel: one a kind and source, closed and shown nowhere but in what was said on it."""
    wanted: dict[UUID, tuple[str, str]] = {}
    for entry in entries:
        if entry.told.said:
            kind, source = entry.told.channel, entry.told.source
            entry.channel = uuid5(workspace.pk, f"channel\n{kind}\n{source}")
            wanted[entry.channel] = (kind, source)
    rows = [
        (key, workspace.pk, kind, f"{label(kind)} ({source})", "", now, {"source": source})
        for key, (kind, source) in wanted.items()
    ]
    columns = ("id", "workspace", "kind", "name", "address", "deleted_at", "settings")
    bulk.insert(Channel, columns, rows, "ON CONFLICT (id) DO NOTHING")


def label(kind: str) -> str:
    """Return what a kind of channel is called, also one we do not know."""
    return adapter_of(kind).title or kind.replace("_", " ").capitalize()


def _people(workspace: Workspace, entries: Sequence[Entry], sides: dict[UUID, UUID]) -> dict[UUID, Person]:
    """Return the people whose conversations these events are part of, with the moments that are new among theirs."""
    moments: dict[UUID, list[Moment]] = defaultdict(list)
    for number, entry in enumerate(entries):
        told, customer = entry.told, entry.customer
        if customer is None or not told.of_conversation:
            continue
        entry.message = new_id() if told.said else None
        author = told.data.get("author") or told.data.get("by") or ""
        moments[sides[customer]].append(
            Moment(
                told.at,
                RANK[told.type],
                told.source,
                told.id,
                told.type,
                customer,
                author,
                told.data,
                message=entry.message,
                channel=entry.channel,
                fresh=number,
            )
        )
    since = {person: min(moment.at for moment in new) for person, new in moments.items()}
    whole = people({key: root for key, root in sides.items() if root in moments}, since)
    for person, new in moments.items():
        whole[person].moments = [*whole[person].moments, *new]
    return whole


def _messages(workspace: Workspace, entries: Sequence[Entry], plan: Plan, staff: Staff, now: datetime) -> Any:
    for number, entry in enumerate(entries):
        told = entry.told
        if entry.message is None:
            continue
        place = plan.places[number]
        heard = told.type == "message.received"
        author = "customer" if heard else told.data["author"]
        agent = told.data.get("agent", "")
        yield (
            entry.message, workspace.pk, place.conversation, entry.customer, entry.channel, "inbound" if heard else "outbound",
            author, staff.agent(agent), agent[:160], told.data.get("kind", "text"), told.text, {}, told.id, "", told.at, now,
            place.seq, "delivered" if heard else "sent", [], True,
        )  # fmt: skip


def _event(workspace: Workspace, entry: Entry, place: Place, staff: Staff, now: datetime) -> tuple[object, ...]:
    told = entry.told
    actor, agent = _actor(told)
    data = dict(told.data)
    if told.said:
        data = {"kind": "text", **data, "imported": True}
    member = staff.members.get(agent) if agent else None
    return (
        workspace.pk, entry.customer, place.conversation, entry.message, told.type, told.at, now, told.source, told.id,
        told.channel, entry.channel, actor, member.pk if member else None, member.email if member else agent,
        told.at - now > SKEW, data,
    )  # fmt: skip


def _actor(told: Told) -> tuple[str, str]:
    """Return who did it, as a kind and an e-mail address: of an assignment the agent is not who did it."""
    if told.type in {"message.received", "survey.answered"}:
        return "customer", ""
    if told.said:
        author = told.data["author"]
        return author, told.data.get("agent", "") if author == "agent" else ""
    if told.type.startswith("conversation."):
        by = told.data["by"]
        return by, told.data.get("agent", "") if by == "agent" and told.type == "conversation.resolved" else ""
    return "system", ""
