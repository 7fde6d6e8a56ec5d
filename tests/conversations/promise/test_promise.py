"""Promises over the pipeline: due, at risk, broken or kept, told once, paused while the customer is asked, and anew with the policy."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from conversations import tasks, triage
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent, SlaPolicy
from conversations.promise import figure
from conversations.promise.figure import Due, Step, Terms, Verdict
from hub.models import User, WorkingHours
from tests import factories
from tests.conversations import bodies
from tests.conversations.automation.conftest import hear
from tests.conversations.conftest import Shop, new_shop, store

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return new_shop()


@pytest.fixture
def agent(shop: Shop) -> User:
    return factories.member(shop.workspace, password=None, email="bia@example.com")


def policy(shop: Shop, **fields: Any) -> SlaPolicy:
    usual = {"name": "Chat", "first_response": 600, "next_response": 1200, "resolution": 7200, "clock": "elapsed"}
    return SlaPolicy.objects.create(workspace=shop.workspace, **usual | fields)


def writes(shop: Shop, wamid: str, ago: int = 0) -> Conversation:
    store(shop, bodies.text(wamid, at=int(time.time()) - ago))
    hear()
    return Conversation.objects.get()


def replies(shop: Shop, wamid: str) -> None:
    store(shop, bodies.echo(wamid))
    hear()


def move(shop: Shop, room: Callable[..., Any], *given: Any) -> Conversation:
    talk = Conversation.objects.get()
    act(shop.workspace.pk, lambda: room(shop.workspace, talk.pk, *given))
    hear()
    talk.refresh_from_db()
    return talk


def told() -> list[tuple[str, str]]:
    rows = HistoryEvent.objects.filter(type__startswith="sla.").order_by("id")
    return [(row.type, row.data["promise"]) for row in rows]


def test_it_works(shop: Shop, agent: User) -> None:
    made = policy(shop)
    talk = writes(shop, "w1", ago=60)
    assert talk.waiting_since is not None
    assert (talk.sla_policy, talk.due_kind) == (made, "first_response")
    assert talk.due_at == talk.waiting_since + timedelta(minutes=10)
    assert not any(tasks.watch().values())

    replies(shop, "e1")
    talk.refresh_from_db()
    assert (talk.due_at, talk.due_kind) == (None, "")  # the customer is asked: resolution pauses
    talk = writes(shop, "w2")
    assert talk.due_kind == "next_response"
    talk = move(shop, triage.resolve, Actor(user=agent))
    assert talk.due_at is None
    assert told() == [("sla.met", "first_response"), ("sla.met", "resolution")]
    assert HistoryEvent.objects.get(type="sla.met", data__promise="first_response").data["policy"] == "Chat"


def test_what_is_at_risk_and_what_is_broken_is_said_once(shop: Shop) -> None:
    made = policy(shop, next_response=None, resolution=None)
    talk = writes(shop, "w1", ago=7 * 60)
    assert tasks.watch()["told"] == 0
    since = talk.waiting_since
    made.first_response = 8 * 60  # seven of eight minutes are used
    made.save()
    assert [(one["renewed"], one["told"]) for one in (tasks.watch(), tasks.watch())] == [(1, 1), (0, 0)]
    assert told() == [("sla.risk", "first_response")]
    talk = writes(shop, "w2")  # a second message begins no other wait
    assert (talk.waiting_since, talk.due_told) == (since, "risk")

    made.first_response = 6 * 60
    made.save()
    assert [tasks.watch()["told"] for _ in range(2)] == [1, 0]
    replies(shop, "e1")
    talk.refresh_from_db()
    assert (talk.due_at, talk.due_told) == (None, "")
    assert told() == [("sla.risk", "first_response"), ("sla.breached", "first_response")]
    broken = HistoryEvent.objects.get(type="sla.breached")
    assert since is not None
    assert broken.occurred_at == datetime.fromisoformat(broken.data["due_at"]) == since + timedelta(minutes=6)


def test_the_first_policy_that_fits_holds_and_another_one_is_figured_at_once(shop: Shop) -> None:
    team = factories.team(shop.workspace)
    hard = policy(shop, name="Urgent", position=0, priorities=[4], first_response=60)
    sms = policy(shop, name="SMS", position=1, channel_kinds=["sms"], first_response=120)
    own = policy(shop, name="Team", position=2, team=team, first_response=300)
    rest = policy(shop, name="Rest", position=3)
    talk = writes(shop, "w1")
    tasks.watch()
    assert talk.sla_policy == rest
    talk = move(shop, triage.assign, Actor(), triage.Assignment(team=team))
    assert talk.sla_policy == own
    Conversation.objects.update(priority=4)
    own.first_response = 301  # what promises stand on has changed
    own.save()
    assert tasks.watch()["renewed"] == 1
    talk.refresh_from_db()
    assert (talk.sla_policy, talk.due_kind) == (hard, "first_response")
    WorkingHours.objects.create(workspace=shop.workspace, zone="UTC", periods=[])
    SlaPolicy.objects.exclude(pk=sms.pk).update(clock="business")
    assert tasks.watch()["renewed"] == 1
    talk.refresh_from_db()
    assert talk.due_at is None  # never open: nothing is ever due
    SlaPolicy.objects.all().delete()
    tasks.watch()
    talk.refresh_from_db()
    assert (talk.sla_policy, talk.due_at, talk.due_told) == (None, None, "")
    assert not any(tasks.watch().values())


def test_two_workers_break_a_promise_once(shop: Shop) -> None:
    policy(shop)
    writes(shop, "w1", ago=3600)

    def look() -> None:
        tasks.watch()
        connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told() == [("sla.breached", "first_response")]


def steps(*said: tuple[int, str, str]) -> list[Step]:
    return [Step(place, word, who, MONDAY + timedelta(minutes=at)) for place, (at, word, who) in enumerate(said)]


def test_a_story_says_what_is_due_what_was_kept_and_what_was_broken() -> None:
    terms = Terms(first_response=600, next_response=1200, resolution=3600)
    story = steps(
        (0, "conversation.opened", "customer"), (0, "message.received", "customer"), (2, "message.sent", "bot"),
        (3, "conversation.handoff", "bot"), (12, "message.sent", "agent"), (100, "message.received", "customer"),
        (101, "message.received", "customer"), (121, "message.sent", "agent"), (130, "message.received", "customer"),
    )  # fmt: skip
    walked = figure.walk(story)
    now = MONDAY + timedelta(minutes=130)
    # The house had 12 and 21 minutes: 27 are left of the hour, but an answer is due in 20.
    assert figure.due(terms, walked, waiting=now, first=False) == Due("next_response", now + timedelta(minutes=20))
    assert figure.resolution(terms, walked) == now + timedelta(minutes=27)
    assert figure.due(Terms(resolution=3600, pauses=False), walked, waiting=now, first=False) == Due(
        "resolution", MONDAY + timedelta(hours=1)
    )
    first, second = (MONDAY + timedelta(minutes=at) for at in (13, 120))
    assert figure.verdicts(terms, walked, frozenset({4, 7})) == [
        Verdict("first_response", first, kept=True, at=MONDAY + timedelta(minutes=12)),
        Verdict("next_response", second, kept=False, at=second),
    ]
    closed = figure.walk([*story, Step(9, "conversation.resolved", "agent", now + timedelta(minutes=30))])
    assert [(one.kind, one.kept) for one in figure.verdicts(terms, closed, frozenset({9}))] == [
        ("next_response", False),
        ("resolution", False),
    ]
    assert figure.due(terms, figure.walk([]), waiting=None, first=True) is None
