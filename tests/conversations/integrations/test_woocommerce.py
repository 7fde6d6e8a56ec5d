"""WooCommerce's webhooks and those of any program: what history knows after each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.models import Customer, Item
from tests.conversations.integrations.conftest import body, changed, come, connected, story, woocommerce

pytestmark = pytest.mark.django_db
ORDER = {
    "channel": "ecommerce", "order": "731", "value": "155.00", "currency": "BRL", "coupon": "bemvindo", "pickup": False,
    "items": [{"sku": "CAN-1", "product": "12", "title": "Caneca", "price": "46.666667", "quantity": 3}],
}  # fmt: skip


def test_it_works() -> None:
    store = connected("woocommerce")
    content = body("woocommerce", "order_created")
    assert come(store, content, woocommerce("order.created", content)) == ("processed", "")
    assert story(store) == [
        {"type": "order.placed", "at": "2026-03-01T12:30:00Z", "id": "order/731/placed", **ORDER},
        {"type": "order.paid", "at": "2026-03-01T12:31:05Z", "id": "order/731/paid", **ORDER},
    ]
    customer = Customer.objects.get()
    assert customer.name == "Bruno Lima"
    assert set(customer.identities.values_list("kind", "value")) == {
        ("email", "bruno@loja.example"),
        ("phone", "+5541998765432"),
    }


def test_an_order_goes_on_whatever_came_first() -> None:
    store = connected("woocommerce")
    for name in ("order_updated_completed_refunded", "order_created"):
        content = body("woocommerce", name)
        come(store, content, woocommerce("order.updated", content))
    assert [(one["type"], one["at"], one["value"]) for one in story(store)] == [
        ("order.placed", "2026-03-01T12:30:00Z", "155.00"),
        ("order.paid", "2026-03-01T12:31:05Z", "155.00"),
        ("order.shipped", "2026-03-04T18:00:00Z", "155.00"),
        ("order.refunded", "2026-03-06T10:00:00Z", "50.00"),
    ]


def test_a_cancelled_pickup_and_what_is_no_order() -> None:
    store = connected("woocommerce")
    content = body("woocommerce", "order_updated_cancelled")
    come(store, content, woocommerce("order.updated", content))
    assert [(one["type"], one["pickup"], one["number"]) for one in story(store)] == [
        ("order.placed", True, "2026-732"),
        ("order.cancelled", True, "2026-732"),
    ]
    assert come(store, content, woocommerce("coupon.created", content)) == ("ignored", "Unknown here: coupon.created.")
    assert come(store, b'{"id": 1, "status": "checkout-draft"}', woocommerce("order.created", b"")) == (
        "ignored",
        "Not an order yet.",
    )
    assert come(store, b"nonsense", woocommerce("order.created", b"")) == ("invalid", "not_json")


def test_erased_buyers_are_not_one_person_and_their_refunds_find_whose_they_were() -> None:
    store = connected("woocommerce")
    deleted = {
        "first_name": "[deleted]",
        "last_name": "[deleted]",
        "email": "deleted@site.invalid",
        "phone": "",
        "country": "",
    }
    blank = {"customer_id": 0, "billing": deleted, "shipping": {}}
    unknown = changed(body("woocommerce", "order_created"), id=900, **blank)
    assert come(store, unknown, woocommerce("order.updated", unknown)) == ("ignored", "missing_identity")
    assert not Customer.objects.exists()
    whole = body("woocommerce", "order_created")
    come(store, whole, woocommerce("order.created", whole))
    refunded = changed(body("woocommerce", "order_updated_completed_refunded"), **blank)
    assert come(store, refunded, woocommerce("order.updated", refunded)) == ("processed", "")
    assert [(one["type"], one["value"]) for one in story(store)] == [
        ("order.placed", "155.00"), ("order.paid", "155.00"), ("order.refunded", "50.00"),
    ]  # fmt: skip
    assert Customer.objects.get().name == "Bruno Lima"


def test_a_program_tells_events_of_the_contract_each_judged_alone() -> None:
    store = connected("program", source="erp")
    sale: dict[str, Any] = {
        "id": "s1", "type": "order.paid", "at": "2026-03-01T12:00:00-03:00", "customer": {"email": "ana@loja.example"},
        "channel": "store", "data": {"order": "1", "value": 10, "currency": "BRL"},
    }  # fmt: skip
    events = [sale, {**sale, "id": "s2", "data": {"order": "2", "value": -1, "currency": "BRL"}}, 7, sale]
    assert come(store, json.dumps({"events": events}).encode(), {})[0] == "processed"
    assert list(Item.objects.order_by("id").values_list("outcome", "reason")) == [
        ("processed", ""),
        ("invalid", "data.value: May not be negative."),
        ("invalid", "type: Must be given."),
        ("duplicate", ""),
    ]
    assert [(one["type"], one["id"], one["value"]) for one in story(store)] == [("order.paid", "s1", "10")]
    assert come(store, json.dumps(sale).encode(), {})[0] == "duplicate"
    assert come(store, json.dumps([{**sale, "id": "s3", "source": "pos"}]).encode(), {})[0] == "processed"
    assert come(store, b'{"hello": 1}', {}) == ("invalid", "not_events")
    assert come(store, b"[]", {}) == ("ignored", "nothing_inside")
