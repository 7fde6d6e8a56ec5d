"""Every collected body of Instagram and Messenger through the door and the pipeline: settled, and the same when it comes twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conversations.models import Delivery, Item, Message, ParkedItem
from tests.conversations import replaying
from tests.conversations.channels import corpus
from tests.conversations.conftest import Shop, drain
from tests.conversations.test_intake import at_the_door

pytestmark = pytest.mark.django_db(transaction=True)

OUTCOMES = {
    "accepted": {"processed", "ignored"},
    "accepted_no_events": {"ignored"},
    "invalid_event": {"invalid"},
    "unroutable": {"unroutable"},
    "malformed": {"invalid"},
    "rejected_signature": set(),
}
Sampled = list[tuple[dict[str, Any], Shop]]


def _post(sampled: Sampled) -> dict[str, int]:
    """Bring every case to its own shop, let all of it be worked, and return the answers by case."""

    async def talk(client: Any, _: Any) -> dict[str, int]:
        requests = [replaying.post_of(case, shop, "https://hub.example") for case, shop in sampled]
        answers = await asyncio.gather(
            *(client.post(one.path, content=one.body, headers=one.headers) for one in requests)
        )
        return {case["id"]: answer.status_code for (case, _), answer in zip(sampled, answers, strict=True)}

    answers: dict[str, int] = at_the_door(talk)
    drain()
    return answers


def _check(case: dict[str, Any], shop: Shop) -> None:
    expected = case["expected"]
    outcomes = set(Delivery.objects.filter(workspace=shop.workspace).values_list("outcome", flat=True))
    assert outcomes <= OUTCOMES[expected["outcome"]], case["id"]
    stored = set(Message.objects.filter(workspace=shop.workspace).values_list("provider_id", flat=True))
    if expected["outcome"] != "accepted":
        assert stored == set(), case["id"]
        return
    silent = [event for event in expected["events"] if event["kind"] in {"postback", "referral"}]
    nameless = [event for event in silent if "external_id" not in event]
    assert replaying.said(case) <= stored, case["id"]
    assert len(stored) == len(replaying.said(case)) + len(nameless), case["id"]


@pytest.mark.parametrize("provider", ["instagram", "messenger"])
def test_samples_are_settled_and_change_nothing_the_second_time(provider: str) -> None:
    cases = corpus.cases(provider)
    sampled = [(case, replaying.shop_for([case], f"shop-{number}")) for number, case in enumerate(cases)]
    refused = {case["id"] for case in cases if case["expected"]["outcome"] == "rejected_signature"}
    answers = {case["id"]: 401 if case["id"] in refused else 200 for case in cases}
    assert _post(sampled) == answers
    for case, shop in sampled:
        _check(case, shop)
    waiting = set(Item.objects.exclude(state="done").values_list("body__type", flat=True))
    assert waiting <= {"MessageAnnounced"}  # of these the provider has to say more
    before = [replaying.rows(shop.workspace) for _, shop in sampled]
    parked = ParkedItem.objects.count()
    assert _post(sampled) == answers
    assert [replaying.rows(shop.workspace) for _, shop in sampled] == before
    assert ParkedItem.objects.count() <= 2 * parked
    assert not Delivery.objects.filter(outcome__in=["failed", "pending"]).exists()
