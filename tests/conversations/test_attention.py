"""Who looks at a conversation and who writes in it, and the history of where attention went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations import attention, tasks
from conversations.act import act
from conversations.models import Attention, Conversation, FeedEvent, HistoryEvent
from hub.models import User
from tests import factories
from tests.conversations.api.conftest import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def ana(shop: Shop) -> User:
    return factories.member(shop.place, email="ana@example.com", name="Ana")


def attend(shop: Shop, talk: Conversation, user: User, doing: str = "views") -> None:
    act(shop.place.pk, lambda: attention.attend(shop.place, talk.pk, user, doing))


def focus() -> list[tuple[str, Any, str]]:
    rows = HistoryEvent.objects.filter(type__startswith="focus.").order_by("id")
    return [(row.type, row.conversation_id, row.actor_email) for row in rows]


def grow_old(seconds: float) -> None:
    old = timezone.now() - timedelta(seconds=seconds)
    Attention.objects.update(at=old, since=old - timedelta(seconds=60))


def test_it_works(shop: Shop, ana: User) -> None:
    attend(shop, shop.talk, ana)
    attend(shop, shop.talk, ana)
    attend(shop, shop.talk, ana, "writes")
    assert [(row.user, row.doing) for row in attention.here(shop.place)] == [(ana, "writes")]
    assert FeedEvent.objects.filter(kind="attention.updated").count() == 2
    act(shop.place.pk, lambda: attention.leave(shop.place, shop.talk.pk, ana))
    assert attention.here(shop.place) == []
    assert focus() == [("focus.gained", shop.talk.pk, ana.email), ("focus.lost", shop.talk.pk, ana.email)]


def test_nobody_attends_to_two_conversations_at_once(shop: Shop, ana: User) -> None:
    other = factories.conversation(shop.place)
    for talk in (shop.talk, other, shop.talk):
        attend(shop, talk, ana)
    assert [(kind, talk) for kind, talk, _ in focus()] == [
        ("focus.gained", shop.talk.pk), ("focus.lost", shop.talk.pk), ("focus.gained", other.pk),
        ("focus.lost", other.pk), ("focus.gained", shop.talk.pk),
    ]  # fmt: skip
    times = list(HistoryEvent.objects.order_by("id").values_list("occurred_at", flat=True))
    assert times[1] == times[2]
    assert times[3] == times[4]
    act(shop.place.pk, lambda: attention.leave(shop.place, other.pk, ana))  # too late: it was left already
    assert [row.conversation for row in attention.here(shop.place)] == [shop.talk]


def test_a_screen_that_vanished_ended_at_its_last_sign(shop: Shop, ana: User) -> None:
    attend(shop, shop.talk, ana)
    grow_old(40)
    last = Attention.objects.get().at
    assert attention.here(shop.place) == []
    tasks.tidy()
    assert HistoryEvent.objects.get(type="focus.lost").occurred_at == last
    assert Attention.objects.count() == 0
    attend(shop, shop.talk, ana)
    grow_old(40)
    last = Attention.objects.get().at
    attend(shop, shop.talk, ana)  # back before anybody tidied up: a gap, not one long look
    assert [row[0] for row in focus()] == ["focus.gained", "focus.lost"] * 2 + ["focus.gained"]
    assert HistoryEvent.objects.filter(type="focus.lost").latest("id").occurred_at == last


def test_it_is_told_over_the_api_to_people_alone(shop: Shop, ana: User) -> None:
    path = f"/api/v1/conversations/{shop.talk.pk}/attention"
    assert shop.api.post(path, {"doing": "views"}, "json").status_code == 403
    shop.api.credentials(HTTP_ACCEPT_LANGUAGE="en")
    shop.api.force_login(ana)
    assert shop.api.post(path, {"doing": "sleeps"}, "json").status_code == 400
    told = shop.api.post(path, {"doing": "writes"}, "json").json()
    assert [(one["agent"]["name"], one["doing"]) for one in told["people"]] == [("Ana", "writes")]
    assert shop.api.get(path).json() == told
    assert shop.api.post(path, {"doing": "gone", "idle": 5}, "json").json()["people"] == []
    assert (
        shop.api.get(f"/api/v1/customers/{shop.talk.customer_id}/timeline").json()["results"][-1]["type"] == "message"
    )
