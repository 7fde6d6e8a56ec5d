"""Every collected WhatsApp body through the door and the pipeline: stored, settled, and the same rows when it comes twice."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from conversations.channels.types import Credentials
from conversations.models import (
    Channel,
    Delivery,
    HistoryEvent,
    Identity,
    Item,
    Message,
    MessageStatus,
    ParkedItem,
    Reaction,
)
from tests.conversations.channels import corpus
from tests.conversations.conftest import Shop, drain, new_shop, rows_of
from tests.conversations.test_intake import at_the_door

pytestmark = pytest.mark.django_db(transaction=True)

OUTCOMES = {
    "accepted": {"processed", "ignored", "invalid"},
    "accepted_no_events": {"ignored", "invalid"},
    "invalid_event": {"invalid"},
    "malformed": {"invalid", "ignored"},
}
SPOKEN = {"message", "echo", "history_message"}


def _shop(case: dict[str, Any]) -> Shop:
    """A shop whose number is the one the case was sent to."""
    accounts = {event["channel_id"] for event in case["expected"].get("events", ()) if event.get("channel_id")}
    shop = new_shop(account=next(iter(sorted(accounts)), "1"))
    shop.connection.keep(Credentials(app_secrets=("fb_app_secret",)))
    shop.connection.save()
    for account in sorted(accounts)[1:]:
        Channel.objects.create(
            workspace=shop.workspace, connection=shop.connection, kind="whatsapp", name=account, address=account
        )
    return shop


def _post(shop: Shop, case: dict[str, Any]) -> httpx2.Response:
    headers = {case["signature"]["header"]: case["signature"]["value"]}
    path = f"/webhooks/{shop.connection.pk}/"
    answer: httpx2.Response = at_the_door(
        lambda client, _: client.post(path, content=corpus.body(case), headers=headers)
    )
    drain()
    return answer


def _rows() -> list[Any]:
    return [
        rows_of(
            Message,
            "channel__address",
            "provider_id",
            "direction",
            "kind",
            "text",
            "status",
            "seq",
            "sent_at",
            "deleted_at",
        ),
        rows_of(MessageStatus, "message__provider_id", "status", "at"),
        rows_of(Reaction, "message__provider_id", "by", "emoji", "at"),
        rows_of(Identity, "kind", "value", "customer"),
        sorted(HistoryEvent.objects.exclude(type="channel.notice").values_list("type", "message_id"), key=repr),
    ]


@pytest.mark.parametrize("case", corpus.cases("whatsapp"), ids=lambda case: case["id"])
def test_a_sample_is_settled_and_changes_nothing_the_second_time(case: dict[str, Any]) -> None:
    shop = _shop(case)
    expected = case["expected"]
    answer = _post(shop, case)
    if expected["outcome"] == "rejected_signature":
        assert answer.status_code == 401
        assert Delivery.objects.count() == 0
        return
    assert answer.status_code == 200
    delivery = Delivery.objects.get()
    assert delivery.outcome in OUTCOMES[expected["outcome"]], delivery.reason
    assert not Item.objects.exclude(state="done").exists()
    spoken = {
        (event["channel_id"], event["external_id"])
        for event in expected.get("events", ())
        if event["kind"] in SPOKEN
        and not {"missing_sender", "sender_not_numeric", "invalid_timestamp"} & set(event.get("anomalies", ()))
    }
    placeholders = "placeholder_ids" in case.get("tags", ())
    stored = set(Message.objects.values_list("channel__address", "provider_id"))
    assert stored <= {
        (event["channel_id"], event["external_id"]) for event in expected.get("events", ()) if event["kind"] in SPOKEN
    }
    assert placeholders or spoken <= stored
    before, parked = _rows(), ParkedItem.objects.count()
    assert _post(shop, case).status_code == 200
    assert _rows() == before
    assert ParkedItem.objects.count() <= 2 * parked
    assert not Delivery.objects.filter(outcome__in=["failed", "pending"]).exists()
