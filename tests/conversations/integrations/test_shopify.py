"""Shopify's webhooks: what history knows after each, however they come."""

from __future__ import annotations

import itertools

import pytest

from conversations import parse
from conversations.models import Connection, Customer, Delivery, HistoryEvent, Item
from tests.conversations.conftest import drain
from tests.conversations.integrations.conftest import body, changed, come, connected, shopify, story

pytestmark = pytest.mark.django_db
ITEMS = [
    {"sku": "CAM-AZ-M", "product": "501", "title": "Camisa azul", "price": "89.90", "quantity": 2},
    {"product": "502", "title": "Cinto", "price": "40.00", "quantity": 1},
]
ORDER = {
    "channel": "ecommerce", "order": "5520001", "number": "#1042", "value": "209.80", "currency": "BRL", "items": ITEMS,
    "coupon": "VERAO10", "pickup": False, "cart": "c0ffee42",
}  # fmt: skip
PLACED = {"type": "order.placed", "at": "2026-03-01T13:15:29Z", "id": "order/5520001/placed", **ORDER}
PAID = {"type": "order.paid", "at": "2026-03-01T13:20:00Z", "id": "order/5520001/paid", **ORDER}
TOPICS = {
    "orders_create": "orders/create",
    "orders_paid": "orders/paid",
    "orders_cancelled": "orders/cancelled",
    "refunds_create": "refunds/create",
    "fulfillments_create": "fulfillments/create",
    "fulfillments_update_delivered": "fulfillments/update",
    "checkouts_update": "checkouts/update",
    "customers_update": "customers/update",
}


def told(store: Connection, name: str, topic: str | None = None) -> tuple[str, str]:
    content = body("shopify", name)
    return come(store, content, shopify(topic or TOPICS[name], content))


def test_it_works(store: Connection) -> None:
    assert told(store, "orders_create") == ("processed", "")
    assert story(store) == [PLACED]
    customer = Customer.objects.get()
    assert customer.name == "Mariana Teixeira"
    assert set(customer.identities.values_list("kind", "value", "scope")) == {
        ("external_id", "7710001", "shopify"),
        ("email", "mariana@loja.example", ""),
        ("phone", "+5511987654321", ""),
    }
    assert Item.objects.get().body["type"] == "order.placed"


def test_an_order_from_end_to_end(store: Connection) -> None:
    for name in TOPICS:
        assert told(store, name) == ("processed", ""), name
    said = {(one["type"], one["at"], one.get("value")) for one in story(store)}
    assert said == {
        ("cart.updated", "2026-03-01T13:05:00Z", "219.80"),
        ("order.placed", "2026-03-01T13:15:29Z", "209.80"),
        ("order.paid", "2026-03-01T13:20:00Z", "209.80"),
        ("order.cancelled", "2026-03-02T11:00:00Z", "209.80"),
        ("order.shipped", "2026-03-02T17:00:00Z", None),
        ("order.delivered", "2026-03-04T19:30:00Z", None),
        ("order.refunded", "2026-03-05T12:00:00Z", "89.90"),
        ("customer.updated", "2026-03-10T14:00:00Z", None),
    }
    assert Customer.objects.count() == 1
    assert HistoryEvent.objects.filter(customer=Customer.objects.get()).count() == 8


def test_other_ways_of_selling(store: Connection) -> None:
    assert told(store, "orders_paid_pos", "orders/paid")[0] == "processed"
    placed, paid = story(store)
    assert (placed["type"], paid["type"]) == ("order.placed", "order.paid")
    assert (paid["channel"], paid["store"], paid["value"], "pickup" in paid) == ("store", "77", "40.00", False)
    assert told(store, "orders_create_presentment_pickup", "orders/create")[0] == "processed"
    assert told(store, "fulfillments_update_ready", "fulfillments/update")[0] == "processed"
    abroad, ready = story(store)[0], story(store)[-1]
    assert (abroad["value"], abroad["currency"]) == ("500.00", "BRL")
    assert (abroad["presentment_value"], abroad["presentment_currency"], abroad["pickup"]) == ("100.00", "USD", True)
    assert (ready["type"], ready["order"]) == ("order.ready_for_pickup", "5520003")


def test_a_refund_in_the_buyers_currency_is_written_down_in_the_shops(store: Connection) -> None:
    told(store, "orders_create_presentment_pickup", "orders/create")
    given_back = {"kind": "refund", "status": "success", "amount": "25.00", "currency": "USD"}
    both = [("BRL", "99.90", "USD", "20.00"), ("BRL", "25.10", "USD", "5.00")]
    parts = [
        {"shop_money": {"currency_code": ours, "amount": here}, "presentment_money": {"currency_code": theirs, "amount": seen}}
        for ours, here, theirs, seen in both
    ]  # fmt: skip
    refund = changed(
        body("shopify", "refunds_create"),
        order_id=5520003,
        transactions=[given_back],
        refund_line_items=[{"subtotal_set": parts[0]}],
        order_adjustments=[{"amount_set": parts[1], "tax_amount_set": None}],
    )
    assert come(store, refund, shopify("refunds/create", refund)) == ("processed", "")
    last = story(store)[-1]
    assert (last["type"], last["order"], last["value"], last["currency"]) == (
        "order.refunded", "5520003", "125.00", "BRL",
    )  # fmt: skip
    assert (last["presentment_value"], last["presentment_currency"]) == ("25.00", "USD")


def test_a_sale_to_a_stranger_counts_for_nobody_and_who_was_erased_stays_whose_order_it_was(store: Connection) -> None:
    nobody = {"customer": None, "email": "", "contact_email": None, "phone": None}
    nowhere = {"billing_address": None, "shipping_address": {"name": None, "phone": None}}
    sale = changed(body("shopify", "orders_paid_pos"), **nobody, **nowhere)
    assert come(store, sale, shopify("orders/paid", sale)) == ("ignored", "missing_identity")
    assert story(store) == []
    assert told(store, "orders_create") == ("processed", "")
    erased = changed(body("shopify", "orders_cancelled"), **nobody, **nowhere)
    assert come(store, erased, shopify("orders/updated", erased)) == ("processed", "")
    assert [one["type"] for one in story(store)] == ["order.placed", "order.cancelled"]
    assert Customer.objects.get().name == "Mariana Teixeira"


def test_what_comes_too_early_waits_for_its_order(store: Connection) -> None:
    assert told(store, "refunds_create") == ("unroutable", "The order it is about is not known here yet.")
    assert told(store, "fulfillments_create")[0] == "unroutable"
    assert story(store) == []
    assert told(store, "orders_paid")[0] == "processed"
    assert [one["type"] for one in story(store)] == ["order.placed", "order.paid", "order.shipped", "order.refunded"]
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"processed"}


def test_any_order_of_arrival_gives_the_same_story() -> None:
    names = ("orders_create", "orders_paid", "refunds_create", "orders_cancelled")
    stories = []
    for order in list(itertools.permutations(names))[::5]:
        store = connected("shopify", source="shopify")
        for name in order:
            told(store, name)
        stories.append(story(store))
    assert len(stories[0]) == 4
    assert all(one == stories[0] for one in stories)


def test_the_same_again_is_a_duplicate_and_a_replay_does_nothing_twice(store: Connection) -> None:
    told(store, "orders_create")
    assert told(store, "orders_create")[0] == "duplicate"
    assert told(store, "orders_paid")[0] == "processed"
    assert story(store) == [PLACED, PAID]
    parse.replay(Delivery.objects.values_list("pk", flat=True))
    drain()
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"duplicate"}
    assert story(store) == [PLACED, PAID]


def test_what_says_nothing_is_ignored_and_said_so(store: Connection) -> None:
    assert told(store, "checkouts_create_of_nobody", "checkouts/create") == ("ignored", "missing_identity")
    assert told(store, "customers_update", "customers/redact") == ("ignored", "Unknown here: customers/redact.")
    assert told(store, "refunds_create_without_money", "refunds/create") == ("ignored", "nothing_inside")
    assert told(store, "orders_create", "shop/update") == ("ignored", "Unknown here: shop/update.")
    test = changed(body("shopify", "orders_create"), test=True)
    assert come(store, test, shopify("orders/create", test)) == ("ignored", "A test.")
    assert story(store) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"currency": "XYZ", "total_price_set": None}, "data.currency: Must be a currency of ISO 4217, like BRL."),
        ({"total_price": None, "total_price_set": {}}, "data.value: Must be given."),
        ({"processed_at": "yesterday"}, "at: Must be given."),
        ({"id": None}, "id: Must be given."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_field_and_reason(
    store: Connection, fields: dict[str, object], reason: str
) -> None:
    content = changed(body("shopify", "orders_create"), **fields)
    assert come(store, content, shopify("orders/create", content)) == ("invalid", reason)
    assert story(store) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{", b'{"id": 1, "line_items": [1, "a"], "customer": "x"}'])
def test_no_content_breaks_the_door(store: Connection, content: bytes) -> None:
    assert come(store, content, shopify("orders/create", content))[0] in {"invalid", "ignored"}
    assert come(store, content, shopify("refunds/create", content))[0] in {"invalid", "ignored"}
