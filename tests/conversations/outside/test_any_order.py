"""Late, double, out of order, in any batches: the same conversations, the same figures, also of people who prove to be one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from conversations import merge, outside, thread
from conversations.history import Actor
from conversations.models import Conversation, Customer, HistoryEvent, Merge, Message
from conversations.outside.cut import RANK, Moment, Span, cut
from conversations.thread import place as placed
from conversations.work import Episode
from hub.models import Workspace
from metrics.facts import EPISODES, derived, family
from tests import factories
from tests.conversations.outside.conftest import heard, resolved, said, told

START = datetime(2026, 3, 2, tzinfo=UTC)
WINDOW = timedelta(hours=24)
NOBODY = UUID(int=1)
PHONE, SHORT, MAIL = {"phone": "+5511987650001"}, {"whatsapp": "551187650001"}, {"email": "Bia@example.com"}
IN_STORE = {"external_id": "c-9"}
KINDS = ["message.received", "message.sent", "conversation.resolved", "conversation.assigned", "conversation.handoff"]
type World = list[tuple[Any, ...]]


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of somebody who is known by three addresses, of which one event says that they are one person's."""
    events = []
    for number in range(draw(st.integers(3, 14))):
        hour = draw(st.integers(0, 120))
        kind = draw(st.sampled_from(KINDS))
        data = {"message.sent": {"author": draw(st.sampled_from(["agent", "bot", "campaign"]))}}.get(kind, {})
        event = told(
            kind,
            f"{2 + hour // 24} {hour % 24:02d}:00",
            draw(st.sampled_from(["whatsapp", "email", "instagram"])),
            id=f"n{number}",
            customer=draw(st.sampled_from([PHONE, SHORT, MAIL, IN_STORE])),
            **data,
        )
        events.append(event)
    events.append(told("store.visit", "3 12:00", "store", id="same", customer=PHONE | MAIL | IN_STORE))
    return events


def world(place: Workspace) -> World:
    """The conversations of a workspace by what was said in them and what they came to."""
    names = dict(Message.objects.of(place).values_list("pk", "provider_id"))
    events: dict[UUID | None, list[str]] = {}
    for talk, key in (
        HistoryEvent.objects.of(place).exclude(external_id=None).values_list("conversation", "external_id")
    ):
        events.setdefault(talk, []).append(str(key))
    kinds = dict(place.channels.values_list("pk", "kind"))
    rows = Conversation.objects.of(place).order_by("opened_at")
    fields = [
        (
            row.status, row.opened_at, row.resolved_at, row.first_response_at, row.waiting_since, row.reopened_count, row.unread,
            row.last_message_at, names.get(row.last_message_id), [kinds[key] for key in row.channel_ids],
            sorted(events.pop(row.pk, [])), row.messages.count(), row.outside,
        )
        for row in rows
    ]  # fmt: skip
    people = Customer.objects.of(place).people().count()
    return [*fields, ("loose", sorted(events.get(None, []))), ("people", people)]


def arrived(events: Sequence[dict[str, Any]], cuts: Iterable[int] = ()) -> Workspace:
    """A new shop to which these events come, in batches that end at ``cuts``."""
    place = factories.workspace()
    edges = [0, *sorted(set(cuts)), len(events)]
    for start, end in pairwise(edges):
        assert all(one.outcome != "invalid" for one in outside.take(place, events[start:end]))
    return place


def by_time(event: dict[str, Any]) -> tuple[str, int, str]:
    return event["at"], RANK.get(event["type"], 0), event["id"]


@pytest.mark.django_db
# Each example is three shops in the database: one that fails is shown as it is.
@settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(stories(), st.randoms(use_true_random=False), st.lists(st.integers(0, 16), max_size=4))
def test_any_order_gives_the_same_conversations(
    events: list[dict[str, Any]], chance: random.Random, cuts: list[int]
) -> None:
    shuffled = [*events, *chance.sample(events, 2)]
    chance.shuffle(shuffled)
    sorted_world = world(arrived(sorted(events, key=by_time)))
    assert world(arrived(shuffled, [one for one in cuts if one < len(shuffled)])) == sorted_world
    assert world(arrived(shuffled, range(len(shuffled)))) == sorted_world


def live(events: Sequence[tuple[int, str]]) -> list[list[int]]:
    """Place messages and ends one after the other as the pipeline does; return the hours of what was said by conversation."""
    episodes: list[Episode] = []
    said_in: dict[UUID, list[int]] = {}
    for hour, kind in events:
        at = START + timedelta(hours=hour)
        if kind == "conversation.resolved":
            for one in episodes:
                if one.status != "resolved":
                    one.status, one.resolved_at = "resolved", at
            continue
        found = placed(episodes, at, WINDOW, inbound=kind == "message.received")
        episode = found.episode
        if episode is None:
            episode = Episode(
                id=UUID(int=len(episodes) + 2), workspace_id=NOBODY, customer_id=NOBODY, status="waiting", opened_at=at
            )
            episodes.append(episode)
        elif found.act == "reopen":
            episode.status, episode.resolved_at = "waiting", None
        said_in.setdefault(episode.id, []).append(hour)
    return list(said_in.values())


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(KINDS[:3])), unique_by=lambda pair: pair[0], max_size=25)
)
def test_it_cuts_as_thread_would_have_in_time(events: list[tuple[int, str]]) -> None:
    moments = [
        Moment(
            START + timedelta(hours=hour),
            RANK[kind],
            "loja",
            str(hour),
            kind,
            NOBODY,
            message=uuid5(NOBODY, str(hour)) if kind.startswith("message") else None,
        )
        for hour, kind in events
    ]
    found = cut(moments, [], WINDOW)
    hours = [[int(moment.key) for moment in episode.moments if moment.message] for episode in found.episodes]
    assert hours == live(sorted(events))


def test_what_ran_when_ours_began_is_part_of_it() -> None:
    def moment(hour: int, kind: str = "message.received") -> Moment:
        message = UUID(int=hour + 10) if kind.startswith("message") else None
        return Moment(START + timedelta(hours=hour), RANK[kind], "loja", str(hour), kind, NOBODY, message=message)

    ours = Span(UUID(int=5), NOBODY, START + timedelta(hours=30), START + timedelta(hours=40))
    before, end = moment(1), moment(2, "conversation.resolved")
    found = cut([before, moment(35), moment(50), moment(90)], [ours], WINDOW).episodes
    assert [[one.key for one in episode.moments] for episode in found] == [["1", "35", "50", "90"]]
    found = cut([before, end, moment(35), moment(50), moment(90)], [ours], WINDOW).episodes
    assert [episode.fixed for episode in found] == [None, ours]


FIVE_DAYS = [
    heard("2 09:00", id="a"), told("message.sent", "2 09:04", id="b", author="bot"), resolved("2 09:05", id="c", by="bot", agent=None),
    heard("6 14:00", id="d"), said("6 14:10", id="e"), heard("6 15:00", id="f", channel="email"), resolved("6 16:00", id="g"),
    heard("7 10:00", id="h"), said("7 10:30", id="i", agent="rui@loja.example"), resolved("7 11:00", id="j"),
]  # fmt: skip


def figures(place: Workspace) -> list[tuple[Any, ...]]:
    """What is measured of the conversations, without the ids of rows."""
    ids = [*Conversation.objects.of(place).values_list("pk", flat=True)]
    names = {key.bytes: name for key, name in Message.objects.of(place).values_list("pk", "provider_id")}
    facts = derived(place.pk, family(place.pk, [one.bytes for one in ids]))
    return sorted(
        (table.name, *(names.get(value, value) if isinstance(value, bytes) else value for value in row[3:]))
        for table, rows in facts.items()
        for row in rows.values()
    )


@pytest.mark.django_db
def test_figures_do_not_tell_in_what_order_history_came() -> None:
    in_time = arrived(FIVE_DAYS, range(len(FIVE_DAYS)))
    expected = figures(in_time)
    for seed in range(3):
        shuffled = FIVE_DAYS * 2
        random.Random(seed).shuffle(shuffled)
        assert figures(arrived(shuffled, [3, 8, 15])) == expected
    episodes = [row for row in expected if row[0] == "metrics_conversationfact"]
    # F5: what a bot resolved days ago is another conversation; the first response to the new one took ten minutes.
    response, elapsed = (EPISODES.columns.index(name) - 2 for name in ("response", "response_elapsed"))
    assert {(row[response], row[elapsed]) for row in episodes} == {
        ("answered", 600_000_000),
        ("unanswered", 300_000_000),
    }
    talks = Conversation.objects.of(in_time).order_by("opened_at")
    assert [(row.status, row.reopened_count) for row in talks] == [("resolved", 0), ("resolved", 1)]


@pytest.mark.django_db
def test_parting_gives_both_people_back_what_was_theirs() -> None:
    place = factories.workspace()
    outside.take(place, [heard("2 09:00", customer=PHONE, id="a"), resolved("2 12:00", customer=PHONE, id="b")])
    outside.take(
        place, [heard("2 15:00", customer=MAIL, id="c", channel="email"), said("2 16:00", customer=MAIL, id="d")]
    )
    before, rows = world(place), set(Conversation.objects.of(place).values_list("pk", flat=True))
    assert len(rows) == 2
    # A source names both addresses as one person's: proof.
    outside.take(place, [told("store.visit", "9 10:00", "store", customer=PHONE | MAIL, id="e")])
    joined = Merge.objects.of(place).get()
    assert (joined.reason, joined.evidence["source"], joined.evidence["event"]) == ("source", "loja", "e")
    together = Conversation.objects.of(place).get()
    assert (together.status, together.reopened_count, together.messages.count()) == ("open", 1, 3)
    merge.undo(place, joined.pk, Actor(kind="system"), thread.episode_for)
    after = world(place)
    assert after[:2] == before[:2]
    assert set(Conversation.objects.of(place).values_list("pk", flat=True)) == rows
    # They stay two, whatever the source says.
    outside.take(place, [told("store.visit", "9 11:00", "store", customer=PHONE | MAIL, id="f")])
    assert world(place)[:2] == before[:2]
