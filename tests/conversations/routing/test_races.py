"""Many at once, in threads against the real database: nobody above capacity, nothing given twice, the queue empties."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import takewhile
from threading import Barrier, Event
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from conversations import presence, tasks, triage
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent
from conversations.route import reading
from conversations.wake import CHANNEL
from hub.models import Membership, User, Workspace
from tests import factories
from tests.conversations.bodies import text
from tests.conversations.conftest import drain, new_shop, store
from tests.conversations.routing.conftest import signed_in

TALKS, AGENTS, CAPACITY, WORKERS, SECONDS = 60, 10, 3, 3, 300.0


def alone[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Let a thread give its connection back."""

    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return done


@alone
def come_and_go(place: Workspace, agent: User, seed: int, over: Event) -> None:
    """Answer for an agent who is there, goes away in between, and finishes one thing after the other."""
    chance, me = random.Random(seed), Actor(user=agent)
    while not over.is_set():
        word = chance.choices(["online", "busy", "offline"], [6, 1, 1])[0]
        act(place.pk, lambda word=word: presence.say(place, agent.pk, word))  # type: ignore[misc]
        mine: list[UUID] = list(Conversation.objects.of(place).mine(agent).values_list("pk", flat=True))
        for key in chance.sample(mine, k=min(len(mine), 3)):
            act(place.pk, lambda key=key: triage.resolve(place, key, me))  # type: ignore[misc]
        over.wait(0.02)


@alone
def give(over: Event) -> None:
    """Be one of the workers."""
    while not over.is_set():
        tasks.route(by_clock=True)


def carried(place: Workspace) -> Iterator[int]:
    """Return what each agent carries just now, in one look."""
    rows = Conversation.objects.of(place).unresolved().exclude(assignee=None).values("assignee").order_by()
    yield from rows.annotate(Count("id")).values_list("id__count", flat=True)


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    """Sixty conversations, ten agents who come and go, three workers."""
    place = factories.workspace(settings={"everybody": {"method": "round_robin", "sticky": True}})
    line, now, over = factories.channel(place), timezone.now(), Event()
    talks = [factories.conversation(place, queued_at=now) for _ in range(TALKS)]
    for talk in talks[::10]:
        factories.message(talk, line)
    agents = [factories.member(place) for _ in range(AGENTS)]
    Membership.objects.update(capacity=CAPACITY)
    until, most = time.monotonic() + SECONDS, 0
    with ThreadPoolExecutor(AGENTS + WORKERS) as pool:
        running = [pool.submit(come_and_go, place, agent, seed, over) for seed, agent in enumerate(agents)]
        running += [pool.submit(give, over) for _ in range(WORKERS)]
        while time.monotonic() < until and Conversation.objects.of(place).unresolved().exists():
            most = max(most, *carried(place), 0)
        over.set()
        for one in running:
            one.result()
    assert not Conversation.objects.of(place).unresolved().exists()
    assert 0 < most <= CAPACITY
    given = HistoryEvent.objects.filter(type="conversation.assigned")
    assert given.count() == given.values("conversation").distinct().count() == TALKS
    assert {event.data["reason"]["load"] <= CAPACITY for event in given} == {True}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told() -> None:
    place = factories.workspace()
    talk = factories.conversation(place)
    factories.message(talk, factories.channel(place))
    people = [factories.member(place, name=name) for name in ("Ana", "Bia")]
    browsers, ready = [signed_in(person) for person in people], Barrier(2)

    @alone
    def take(number: int) -> tuple[int, str]:
        ready.wait()
        body = {"assignee": people[number].email, "expected_assignee": None, "note": "Mine"}
        answer = browsers[number].post(f"/api/v1/conversations/{talk.pk}/assign", body, format="json")
        return answer.status_code, answer.json().get("detail", "")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(take, range(2)))
    talk.refresh_from_db()
    winner = people.index(talk.assignee)
    assert answers[winner] == (200, "")
    assert answers[1 - winner] == (409, f"This conversation belongs to {people[winner].name} by now.")
    assert HistoryEvent.objects.filter(type="conversation.assigned").count() == 1
    assert talk.messages.filter(kind="note").count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_leaves_just_now_gets_nothing() -> None:
    """Routing waits for who is changing their presence, and sees what they said."""
    place = factories.workspace(settings={"everybody": {"method": "round_robin"}})
    agent = factories.member(place)
    act(place.pk, lambda: presence.say(place, agent.pk, "online"))
    talk = factories.conversation(place, queued_at=timezone.now())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            presence.say(place, agent.pk, "offline")
            worker = pool.submit(alone(tasks.route))
            while not _somebody_waits():
                assert not worker.done()
        assert worker.result()["given"] == 0
    talk.refresh_from_db()
    assert talk.assignee is None


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_first_message_wakes_routing_where_something_is_given_out() -> None:
    here, elsewhere = new_shop("here"), new_shop("elsewhere")
    Workspace.objects.filter(pk=here.workspace.pk).update(settings={"everybody": {"method": "round_robin"}})
    agent = factories.member(here.workspace)
    act(here.workspace.pk, lambda: presence.say(here.workspace, agent.pk, "online"))
    reading.forget()
    heard: list[list[str]] = []
    with psycopg.connect(
        connection.connection.info.dsn, password=connection.connection.info.password, autocommit=True
    ) as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        for place in (elsewhere, here):
            store(place, text(f"wamid.{place.workspace.slug}"))
            drain()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, 'the end')", [CHANNEL])
            with closing(ear.notifies(timeout=60)) as notices:  # it holds the connection until it is closed
                words = (notice.payload for notice in notices)
                heard.append(list(takewhile(lambda word: word != "the end", words)))
    assert ["route" in words for words in heard] == [False, True]
    assert tasks.route()["given"] == 1
    assert Conversation.objects.of(here.workspace).get().assignee == agent
    assert Conversation.objects.of(elsewhere.workspace).get().queued_at is not None
