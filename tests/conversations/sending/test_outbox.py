"""What may go now: two lanes, buckets of tokens, and nobody who overspends."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from conversations import budget, outbox, waits
from conversations.channels.registry import CHANNELS
from conversations.models import Budget, Channel, OutboxEntry
from conversations.outbox import Claimed, Room
from tests import factories
from tests.conversations.conftest import Shop, new_shop
from tests.conversations.sending.conftest import let_time_pass, queue

pytestmark = pytest.mark.django_db(transaction=True)

WIDE = Room(places=100, for_bulk=100, one_channel=100)


@pytest.fixture
def line() -> Channel:
    """A number that may send 50 a second: ten tokens at once, three of them for people."""
    channel = new_shop().channel
    channel.settings = {"per_second": 50}
    channel.save()
    return channel


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets fill so slowly that a test can count."""
    monkeypatch.setattr(budget, "STEADY", 1e-6)


def claim(room: Room = WIDE) -> list[Claimed]:
    return outbox.claim(room)


def test_it_works(line: Channel, still: None) -> None:
    campaign = queue(line, 12, bulk=True)
    people = queue(line, 2)
    assert outbox.next_in() == 0
    claimed = claim()
    assert {one.message_id for one in claimed} == {row.pk for row in [*people, *campaign[:5]]}
    assert [one.attempts for one in claimed] == [1] * 7
    assert claim() == []
    later = queue(line, 5)
    assert {one.message_id for one in claim()} == {row.pk for row in later[:3]}
    wait = outbox.next_in()
    assert wait is not None
    assert wait > 1000
    let_time_pass()


def test_it_takes_its_turns_between_channels_and_leaves_places_to_people(line: Channel) -> None:
    other = factories.channel(line.workspace)
    campaign = queue(line, 6, bulk=True)
    here, there = queue(line, 4), queue(other, 2)
    claimed = claim(Room(places=6, for_bulk=1, one_channel=4, flying={other.pk: 3}))
    assert {one.message_id for one in claimed} == {row.pk for row in [*here, there[0]]}
    claimed = claim(Room(places=2, for_bulk=1, one_channel=4))
    assert {one.message_id for one in claimed} == {there[1].pk, campaign[0].pk}


def test_it_lets_the_first_of_a_talk_go_and_other_channels_pass(line: Channel) -> None:
    talk = factories.conversation(line.workspace)
    other = factories.channel(line.workspace)
    first, _second = queue(line, 2, talk=talk)
    (elsewhere,) = queue(other, talk=talk)
    OutboxEntry.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(hours=1))
    assert [one.message_id for one in claim()] == [elsewhere.pk]
    wait = outbox.next_in()
    assert wait is not None
    assert 3500 < wait <= 3600


def test_it_makes_one_person_wait_and_nobody_else(line: Channel) -> None:
    eager, calm = queue(line), queue(line)
    pace = CHANNELS["whatsapp"].pace
    limit = budget.of_person(line.pk, eager[0].identity_id, line.workspace_id, pace)  # type: ignore[arg-type]
    assert limit is not None
    assert (limit.capacity, limit.per_second) == (45, 1 / 6)
    budget.hold(limit, 6)
    assert [one.message_id for one in claim()] == [calm[0].pk]
    wait = outbox.next_in()
    assert wait is not None
    assert 5 < wait <= 6
    let_time_pass()
    assert [one.message_id for one in claim()] == [eager[0].pk]
    assert Budget.objects.get(key=limit.key).tokens == 44


def test_it_keeps_everything_while_a_channel_is_held_or_stopped(line: Channel) -> None:
    queue(line, 3)
    limit = budget.of_channel(line.pk, line.workspace_id, CHANNELS["whatsapp"].pace, 50)
    budget.hold(limit, 60)
    budget.hold(limit, 1)
    assert claim() == []
    wait = outbox.next_in()
    assert wait is not None
    assert 59 < wait <= 60
    let_time_pass()
    Channel.objects.filter(pk=line.pk).update(stopped_at=timezone.now())
    assert (claim(), outbox.next_in()) == ([], None)
    with connection.cursor() as cursor:
        cursor.execute(waits.WAITED)
        assert cursor.fetchone() == (None,)
    Channel.objects.filter(pk=line.pk).update(stopped_at=None)
    with connection.cursor() as cursor:
        cursor.execute(waits.WAITED)
        assert cursor.fetchone()[0] > 0
    assert len(claim()) == 3


def test_workers_cannot_overspend_together() -> None:
    shop: Shop = new_shop()
    Channel.objects.update(settings={"per_second": 25})
    queue(shop.channel, 60)
    claimed: list[Claimed] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        until = time.monotonic() + 0.5
        claimed.extend(claim(Room(places=3, for_bulk=0, one_channel=3)))
        while time.monotonic() < until:
            claimed.extend(claim(Room(places=3, for_bulk=0, one_channel=3)))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    assert len({one.message_id for one in claimed}) == len(claimed)
    assert 5 <= len(claimed) <= 5 + 20 * took + 1
