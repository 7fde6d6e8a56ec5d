"""Every collected Twilio body through the door and the pipeline: stored, settled, and the same rows when it comes twice."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from conversations.intake import Intake
from conversations.models import Delivery, Item, Message, ParkedItem
from tests.conversations import replaying
from tests.conversations.channels import corpus
from tests.conversations.conftest import Shop, drain
from tests.conversations.test_intake import at_the_door

pytestmark = pytest.mark.django_db(transaction=True)

OUTCOMES = {
    "accepted": {"processed", "invalid"},
    "accepted_no_events": {"ignored"},
    "unknown_status": {"ignored"},
    "malformed": {"invalid"},
}
KINDS = {"sms": "sms", "whatsapp": "twilio_whatsapp"}
NAMELESS = "twilio/papercups_minimal"  # a message without an id of its own is kept, and no message is made of it


def _shop(index: int, case: dict[str, Any]) -> Shop:
    """A shop with the number of the case, as WhatsApp and as SMS; with one channel where a status names no number."""
    shop = replaying.shop_for([case], f"shop-{index}")
    if not replaying.accounts(case):
        shop.connection.channels.exclude(pk=shop.channel.pk).delete()
    return shop


def _post_all(shops: list[tuple[Shop, dict[str, Any]]]) -> dict[str, httpx2.Response]:
    """Send every case to its shop and work all of it."""
    asked = [(case["id"], replaying.post_of(case, shop, "https://hub.example")) for shop, case in shops]

    async def talk(client: httpx2.AsyncClient, _: Intake) -> dict[str, httpx2.Response]:
        return {name: await client.post(one.path, content=one.body, headers=one.headers) for name, one in asked}

    answers: dict[str, httpx2.Response] = at_the_door(talk)
    drain()
    return answers


def test_every_sample_is_settled_and_changes_nothing_the_second_time() -> None:
    shops = [(_shop(index, case), case) for index, case in enumerate(corpus.cases("twilio"))]
    answers = _post_all(shops)
    for shop, case in shops:
        _check(shop, case, answers[case["id"]])
    assert not Item.objects.exclude(state="done").exists()
    before = [replaying.rows(shop.workspace) for shop, _ in shops]
    parked = ParkedItem.objects.count()
    assert {one.status_code for one in _post_all(shops).values()} <= {200, 401}
    assert [replaying.rows(shop.workspace) for shop, _ in shops] == before
    assert ParkedItem.objects.count() <= 2 * parked
    assert not Delivery.objects.filter(outcome__in=["failed", "pending"]).exists()


def _check(shop: Shop, case: dict[str, Any], answer: httpx2.Response) -> None:
    """Compare what a case left with what is in it."""
    expected, mine = case["expected"], {"workspace": shop.workspace}
    if expected["outcome"] == "rejected_signature":
        assert answer.status_code == 401, case["id"]
        assert not Delivery.objects.filter(**mine).exists(), case["id"]
        return
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8"), case["id"]
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    delivery = Delivery.objects.get(**mine)
    assert delivery.outcome in OUTCOMES[expected["outcome"]], (case["id"], delivery.reason)
    assert (delivery.outcome == "invalid") is (case["id"] == NAMELESS or expected["outcome"] == "malformed"), case["id"]
    assert bytes(delivery.body) == corpus.body(case), case["id"]
    stored = Message.objects.filter(**mine).values_list("channel__kind", "channel__address", "provider_id")
    assert set(stored) == {
        (KINDS[event["recipient"]["channel"]], event["recipient"]["phone"], event["external_id"])
        for event in expected["events"]
        if event["kind"] == "message" and "external_id" in event
    }, case["id"]
    statuses = [event for event in expected["events"] if event["kind"] == "status"]
    waiting = len(statuses) if expected["outcome"] == "accepted" else 0
    assert ParkedItem.objects.filter(**mine).count() == waiting, case["id"]
