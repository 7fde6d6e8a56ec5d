"""The one oracle: what was promised to the senders against what PostgreSQL holds, judged the same way after every drill."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from hub.models import Workspace
from metrics.rebuild import differences

SHOWN = 5  # examples named in a finding


class Promise(NamedTuple):
    """A message that a customer sent: who, its provider id, and the text that must be stored."""

    wa_id: str
    message_id: str
    text: str


class Line(NamedTuple):
    """One event of the feed: its number, what happened, to which row."""

    seq: int
    kind: str
    subject: str


class Expected(msgspec.Struct, kw_only=True):
    """What the world must have become. ``offered`` in each customer's order, unless ``ordered`` is off; ``logs`` by stream."""

    offered: list[Promise] = []
    acked: set[str] = set()
    poison: set[str] = set()
    ordered: bool = True
    logs: dict[str, Sequence[Line]] = {}


class Stored(NamedTuple):
    """A message as stored. ``provider_id`` is empty for one of ours that no provider has named."""

    message_id: str
    provider_id: str
    conversation: UUID
    customer: UUID
    seq: int
    text: str
    inbound: bool = True
    status: str = ""


class Episode(NamedTuple):
    """A conversation as stored."""

    id: UUID
    customer: UUID
    status: str
    last_seq: int
    unread: int


class World(msgspec.Struct, kw_only=True):
    """What PostgreSQL holds of one workspace; ``waiting`` counts what still waits anywhere, ``figures`` name differences."""

    stored: list[Stored]
    episodes: list[Episode]
    quarantined: list[str]
    waiting: dict[str, int]
    history: Counter[tuple[str, str]]
    feed: list[Line]
    head: int
    figures: list[str] = []


WAITING = {
    "deliveries": "SELECT count(*) FROM conversations_delivery WHERE outcome = 'pending' OR NOT parsed",
    # What a provider is asked about waits on no lane, and for as long as the provider may still tell.
    "items": "SELECT count(*) FROM conversations_item WHERE state = 'pending' AND lane_id IS NOT NULL",
    "lanes": "SELECT count(*) FROM conversations_lane WHERE has_work",
    "messages to send": "SELECT count(*) FROM conversations_outboxentry WHERE state <> 'done'",
    "history to derive": (
        "SELECT count(*) FROM conversations_historyevent event LEFT JOIN metrics_mark mark "
        "ON mark.workspace_id = event.workspace_id WHERE event.transaction >= coalesce(mark.transaction, 0)"
    ),
}


def waiting() -> dict[str, int]:
    """Return how much waits in each queue of the whole house; empty when everything is settled."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in WAITING.items():
            cursor.execute(sql)
            if count := cursor.fetchone()[0]:
                found[name] = count
    return found


def feed_of(workspace: Workspace) -> list[Line]:
    """Return the whole feed of a workspace in its order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, kind, subject_id::text FROM conversations_feedevent WHERE workspace_id = %s ORDER BY seq",
            [workspace.pk],
        )
        return [Line._make(row) for row in cursor.fetchall()]


def look(workspace: Workspace, *, count_figures: bool = True) -> World:
    """Read what PostgreSQL holds of ``workspace``, through Django's connection: a control may look inside its transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, coalesce(provider_id, ''), conversation_id, customer_id, seq, text, direction = 'inbound', "
            "status FROM conversations_message WHERE workspace_id = %s ORDER BY conversation_id, seq, id",
            [workspace.pk],
        )
        stored = [Stored._make(row) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT id, customer_id, status, last_seq, unread FROM conversations_conversation WHERE workspace_id = %s",
            [workspace.pk],
        )
        episodes = [Episode._make(row) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT body->>'provider_id' FROM conversations_item WHERE workspace_id = %s AND state = 'quarantined'",
            [workspace.pk],
        )
        quarantined = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT type, coalesce(message_id, conversation_id)::text FROM conversations_historyevent WHERE workspace_id = %s",
            [workspace.pk],
        )
        history = Counter((kind, subject) for kind, subject in cursor.fetchall())
        cursor.execute("SELECT last_seq FROM conversations_feedhead WHERE workspace_id = %s", [workspace.pk])
        head = (cursor.fetchone() or [0])[0]
    return World(
        stored=stored, episodes=episodes, quarantined=quarantined, waiting=waiting(), history=history,
        feed=feed_of(workspace), head=head, figures=sorted(differences(workspace)) if count_figures else [],
    )  # fmt: skip


def judge(expected: Expected, world: World) -> list[str]:
    """Return every way in which the world is not what was promised, one sentence each; empty when all is well."""
    return [
        *_kept(expected, world),
        *_ordered(expected, world),
        *_one_conversation(expected, world),
        *_settled(expected, world),
        *_told_once(world),
        *_feed(world),
        *(f"figures differ from their history: {found}" for found in world.figures[:SHOWN]),
        *(finding for name, log in sorted(expected.logs.items()) for finding in compare(name, log, world.feed)),
    ]


def _kept(expected: Expected, world: World) -> list[str]:
    """Nothing acknowledged is lost, nothing is there twice, nothing was invented, every word is as it was said."""
    stored = Counter(message.provider_id for message in world.stored if message.provider_id)
    heard = {message.provider_id for message in world.stored if message.inbound}
    texts = {promise.message_id: promise.text for promise in expected.offered}
    lost = expected.acked - heard - set(world.quarantined)
    return [
        *_finding("acknowledged and lost", lost),
        *_finding("stored more than once", (one for one, times in stored.items() if times > 1)),
        *_finding("stored and never sent", heard - set(texts)),
        *_finding("acknowledged and never offered", expected.acked - set(texts)),
        *_finding(
            "stored with other words",
            (one.provider_id for one in world.stored if texts.get(one.provider_id, one.text) != one.text),
        ),
    ]


def _ordered(expected: Expected, world: World) -> list[str]:
    """Positions in a conversation have no gap, and follow the order in which its customer spoke."""
    spoken: dict[str, tuple[str, int]] = {}
    counts: Counter[str] = Counter()
    for promise in expected.offered:
        spoken[promise.message_id] = promise.wa_id, counts[promise.wa_id]
        counts[promise.wa_id] += 1
    talks: dict[UUID, list[Stored]] = defaultdict(list)
    for message in world.stored:
        talks[message.conversation].append(message)
    ends = {episode.id: episode.last_seq for episode in world.episodes}
    gaps, inversions = [], []
    for conversation, messages in talks.items():
        positions = [message.seq for message in messages]
        if positions != list(range(1, len(messages) + 1)) or ends.get(conversation) != len(messages):
            gaps.append(f"{conversation}: {positions[:SHOWN]}…{positions[-1]}, last {ends.get(conversation)}")
        turns = [spoken[message.provider_id][1] for message in messages if message.provider_id in spoken]
        inversions += [f"{messages[0].customer}: {one} before {two}" for one, two in pairwise(turns) if one > two]
    return [
        *_finding("conversations with gaps in their positions", gaps),
        *_finding("out of order", inversions if expected.ordered else ()),
    ]


def _one_conversation(expected: Expected, world: World) -> list[str]:
    """Every customer is one person with one open conversation, whose unread messages are counted once."""
    open_of = Counter(episode.customer for episode in world.episodes if episode.status != "resolved")
    speakers = {promise.message_id: promise.wa_id for promise in expected.offered}
    people: dict[str, set[UUID]] = defaultdict(set)
    voices: dict[UUID, set[str]] = defaultdict(set)
    sizes: Counter[UUID] = Counter()
    answered = {message.conversation for message in world.stored if not message.inbound}
    for message in world.stored:
        sizes[message.conversation] += 1
        if speaker := speakers.get(message.provider_id):
            people[speaker].add(message.customer)
            voices[message.customer].add(speaker)
    return [
        *_finding("customers with several open conversations", (one for one, n in open_of.items() if n > 1)),
        *_finding("senders taken for several customers", (one for one, them in people.items() if len(them) > 1)),
        *_finding("customers mixed of several senders", (one for one, them in voices.items() if len(them) > 1)),
        *_finding(
            "conversations that count their unread messages wrongly",
            (one.id for one in world.episodes if one.unread != sizes[one.id] and one.id not in answered),
        ),
    ]


def _settled(expected: Expected, world: World) -> list[str]:
    """Nothing waits any more; set aside is the planted poison and nothing else."""
    aside = Counter(world.quarantined)
    return [
        *(f"{count} {name} still wait" for name, count in world.waiting.items()),
        *_finding("innocent and set aside", set(aside) - expected.poison),
        *_finding("poison and not set aside", expected.poison - set(aside)),
        *_finding("set aside more than once", (one for one, times in aside.items() if times > 1)),
    ]


def _told_once(world: World) -> list[str]:
    """History and feed tell each message and each conversation exactly once."""
    messages = {message.message_id for message in world.stored}
    heard = {message.message_id for message in world.stored if message.inbound}
    episodes = {str(episode.id) for episode in world.episodes}
    told: Counter[tuple[str, str]] = Counter((line.kind, line.subject) for line in world.feed)
    wanted: list[tuple[str, Mapping[tuple[str, str], int], str, set[str]]] = [
        ("history", world.history, "message.received", heard),
        ("history", world.history, "message.sent", messages - heard),
        ("history", world.history, "conversation.opened", episodes),
        ("feed", told, "message.created", messages),
        ("feed", told, "conversation.created", episodes),
    ]
    found = []
    for where, counts, kind, subjects in wanted:
        named = {subject: times for (word, subject), times in counts.items() if word == kind}
        wrong = [one for one in subjects | set(named) if named.get(one, 0) != (1 if one in subjects else 0)]
        found += _finding(f"not told exactly once as {kind} in the {where}", wrong)
    return found


def _feed(world: World) -> list[str]:
    """The feed is 1, 2, 3 … up to its head."""
    numbers = [line.seq for line in world.feed]
    if numbers == list(range(1, world.head + 1)):
        return []
    missing = sorted(set(range(1, world.head + 1)) - set(numbers))
    return [f"the feed is not gapless up to its head {world.head}: {len(numbers)} lines, missing {missing[:SHOWN]}"]


def compare(name: str, log: Sequence[Line], feed: Sequence[Line]) -> list[str]:
    """Say how what a reader was told differs from the feed: missed, repeated, out of order."""
    if list(log) == list(feed):
        return []
    heard = Counter(line.seq for line in log)
    missed = [line.seq for line in feed if line.seq not in heard]
    repeated = [seq for seq, times in heard.items() if times > 1]
    return [f"{name} heard {len(log)} of {len(feed)} lines: missed {missed[:SHOWN]}, repeated {repeated[:SHOWN]}"]


def _finding(what: str, which: Iterable[object]) -> list[str]:
    """Return one sentence with a count and some examples, or nothing when there are none."""
    names = sorted(map(str, which))
    return [f"{len(names)} {what}: {', '.join(names[:SHOWN])}"] if names else []
