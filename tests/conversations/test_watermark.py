"""A mark of Messenger moves up everything that had left by then, once, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from conversations.models import Customer, Delivery, FeedEvent, Message, MessageStatus
from tests.conversations import social
from tests.conversations.conftest import Shop, drain, store

pytestmark = pytest.mark.django_db

NOW = time.time()
Arrive = Callable[..., list[str]]


@pytest.fixture
def shop() -> Shop:
    return social.social_shop("messenger")


def statuses() -> dict[str | None, str]:
    return dict(Message.objects.filter(direction="outbound").values_list("provider_id", "status"))


def logged() -> set[tuple[str | None, str]]:
    return set(MessageStatus.objects.values_list("message__provider_id", "status"))


def three_sent(arrive: Arrive) -> None:
    """Ana wrote and was answered three times, a minute apart; Bruno once."""
    arrive(social.text("messenger", "a", at=NOW - 300))
    for number in (1, 2, 3):
        arrive(social.echo("messenger", f"m{number}", at=NOW - 300 + 60 * number))
    arrive(social.echo("messenger", "b1", who=social.BRUNO, at=NOW - 290))


def test_it_works(shop: Shop, arrive: Arrive) -> None:
    three_sent(arrive)
    before = FeedEvent.objects.count()
    assert arrive(social.reached("read", NOW - 180)) == ["processed"]
    assert statuses() == {"m1": "read", "m2": "read", "m3": "sent", "b1": "sent"}
    assert logged() == {("m1", "read"), ("m2", "read")}
    told = FeedEvent.objects.order_by("seq")[before:]
    assert {line.kind for line in told} == {"message.updated"}
    assert len(told) == 2


def test_it_never_moves_anything_down_and_says_nothing_twice(shop: Shop, arrive: Arrive) -> None:
    three_sent(arrive)
    arrive(social.reached("read", NOW - 240), social.reached("delivery", NOW - 180))
    assert statuses() == {"m1": "read", "m2": "delivered", "m3": "sent", "b1": "sent"}
    before = FeedEvent.objects.count()
    assert arrive(social.reached("delivery", NOW - 180), social.reached("read", NOW - 240)) == ["duplicate"] * 2
    assert FeedEvent.objects.count() == before
    assert logged() == {("m1", "read"), ("m2", "delivered")}


def test_named_messages_and_marks_agree_in_one_batch(shop: Shop, arrive: Arrive) -> None:
    store(
        shop,
        social.text("messenger", "a", at=NOW - 300),
        social.echo("messenger", "m1", at=NOW - 240),
        social.reached("delivery", NOW - 230, mids=["m1"]),
        social.reached("read", NOW - 220),
    )
    drain()
    assert statuses() == {"m1": "read"}
    assert logged() == {("m1", "delivered"), ("m1", "read")}


def test_what_has_not_left_is_not_meant(shop: Shop, arrive: Arrive) -> None:
    three_sent(arrive)
    for name, status in (("m1", "queued"), ("m2", "failed"), ("m3", "unknown")):
        Message.objects.filter(provider_id=name).update(status=status)
    arrive(social.reached("read", NOW))
    assert statuses() == {"m1": "queued", "m2": "failed", "m3": "unknown", "b1": "sent"}


def test_a_mark_of_somebody_unknown_is_ignored(shop: Shop, arrive: Arrive) -> None:
    assert arrive(social.reached("read", NOW, who="999")) == ["ignored"]
    assert Delivery.objects.get().reason == "Nobody with this address is known here."
    assert Customer.objects.count() == 0


def test_another_page_reads_for_itself(shop: Shop, arrive: Arrive) -> None:
    three_sent(arrive)
    other = social.social_shop("messenger", slug="lua")
    store(other, social.text("messenger", "a"), social.reached("read", NOW))
    drain()
    assert set(statuses().values()) == {"sent"}
