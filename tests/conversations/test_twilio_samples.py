"""Every collected Twilio body through the door and the pipeline: stored, settled, and the same rows when it comes twice."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

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
NAMELESS = "twilio/papercups_minimal"  # a message without an id of its own is kept, and no message is made of it


def _post(shop: Shop, case: dict[str, Any]) -> httpx2.Response:
    request = replaying.post_of(case, shop, "https://hub.example")
    answer: httpx2.Response = at_the_door(
        lambda client, _: client.post(request.path, content=request.body, headers=request.headers)
    )
    drain()
    return answer


def _shop(case: dict[str, Any]) -> Shop:
    """A shop with the number of the case, as WhatsApp and as SMS; with one channel where a status names no number."""
    shop = replaying.shop_for([case])
    if not replaying.accounts(case):
        shop.connection.channels.exclude(pk=shop.channel.pk).delete()
    return shop


@pytest.mark.parametrize("case", corpus.cases("twilio"), ids=lambda case: case["id"])
def test_a_sample_is_settled_and_changes_nothing_the_second_time(case: dict[str, Any]) -> None:
    shop = _shop(case)
    expected = case["expected"]
    answer = _post(shop, case)
    if expected["outcome"] == "rejected_signature":
        assert answer.status_code == 401
        assert Delivery.objects.count() == 0
        return
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    delivery = Delivery.objects.get()
    assert delivery.outcome in OUTCOMES[expected["outcome"]], delivery.reason
    assert (delivery.outcome == "invalid") is (case["id"] == NAMELESS or expected["outcome"] == "malformed")
    assert bytes(delivery.body) == corpus.body(case)
    assert not Item.objects.exclude(state="done").exists()
    stored = Message.objects.values_list("channel__kind", "channel__address", "provider_id")
    assert set(stored) == {
        (
            "sms" if event["recipient"]["channel"] == "sms" else "twilio_whatsapp",
            event["recipient"]["phone"],
            event["external_id"],
        )
        for event in expected["events"]
        if event["kind"] == "message" and "external_id" in event
    }
    before, parked = replaying.rows(shop.workspace), ParkedItem.objects.count()
    assert parked == len([event for event in expected["events"] if event["kind"] == "status"]) * (
        expected["outcome"] == "accepted"
    )
    assert _post(shop, case).status_code == 200
    assert replaying.rows(shop.workspace) == before
    assert ParkedItem.objects.count() <= 2 * parked
    assert not Delivery.objects.filter(outcome__in=["failed", "pending"]).exists()
