"""Joining, undoing and writing at the same moment: whoever comes second sees what the first did."""

from __future__ import annotations

import pytest
from django.db import connection

from conversations import merge, thread
from conversations.act import act
from conversations.history import Actor
from conversations.models import Customer, FeedEvent, Identity, Merge, Message
from tests.conversations import bodies
from tests.conversations.conftest import drain, let_lanes_go, new_shop, store
from tests.conversations.merging.street import broken
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
WHO = ("5511900000001", "5511900000002", "5511900000003")


def test_messages_that_come_while_people_are_joined_and_taken_apart_stay_with_their_sender() -> None:
    shop = new_shop()
    place = shop.workspace
    for number, who in enumerate(WHO[:2]):
        store(shop, bodies.text(f"first.{number}", who))
    drain()
    one, other = (Identity.objects.get(value=who).customer_id for who in WHO[:2])
    for turn in range(30):
        store(shop, *(bodies.text(f"{who}.{turn:02d}", who) for who in WHO[:2]))
    connection.close()

    def join_and_part() -> None:
        for _ in range(6):
            ask = merge.Ask(one, other, "agent")
            row = act(place.pk, lambda ask=ask: merge.join(place, ask, Actor())).merge
            act(place.pk, lambda row=row: merge.undo(place, row.pk, Actor(), thread.episode_for))

    together(drain, drain, join_and_part)
    let_lanes_go()
    drain()
    assert broken(place) == []
    for who, key in zip(WHO, (one, other), strict=False):
        said = list(Message.objects.filter(customer=key).order_by("seq").values_list("provider_id", flat=True))
        assert said[1:] == [f"{who}.{turn:02d}" for turn in range(30)]
    seqs = list(FeedEvent.objects.filter(workspace=place).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_crossing_merges_make_one_person() -> None:
    shop = new_shop()
    place = shop.workspace
    store(shop, *(bodies.text(f"wamid.{who}", who) for who in WHO))
    drain()
    keys = [Identity.objects.get(value=who).customer_id for who in WHO]
    connection.close()
    pairs = [(keys[a], keys[b]) for a, b in ((0, 1), (1, 0), (1, 2), (2, 0))]
    together(
        *(
            lambda pair=pair: act(place.pk, lambda: merge.join(place, merge.Ask(*pair, "agent"), Actor()))
            for pair in pairs
        )
    )
    assert (Merge.objects.count(), Customer.objects.people().count(), broken(place)) == (2, 1, [])
    undo = [row.pk for row in Merge.objects.all()]
    together(
        *(lambda key=key: act(place.pk, lambda: merge.undo(place, key, Actor(), thread.episode_for)) for key in undo)
    )
    assert (Customer.objects.people().count(), broken(place)) == (3, [])
