"""The door of stores: who is believed, what is kept with a webhook, and what is answered without one."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from conversations.models import Connection, Delivery
from tests.conversations.conftest import drain
from tests.conversations.integrations.conftest import SECRETS, body, connected, sent, shopify, story, woocommerce

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store() -> Connection:
    """A shop on Shopify."""
    return connected("shopify", source="shopify")


def test_every_secret_in_force_proves_and_nothing_else_does(store: Connection) -> None:
    content = body("shopify", "orders_create")
    for secret in SECRETS:
        assert sent(store, content, shopify("orders/create", content, secret)) == 200
        drain()
    assert list(Delivery.objects.order_by("id").values_list("outcome", flat=True)) == ["processed", "duplicate"]
    kept = Delivery.objects.order_by("id")[0].headers
    assert (kept["x-shopify-topic"], kept["x-shopify-webhook-id"]) == ("orders/create", "b54557e4-1042")
    rightly = shopify("orders/create", content)
    for wrong in ("", "AAAA", rightly["X-Shopify-Hmac-Sha256"][:-2], "é"):
        headers = rightly | {"X-Shopify-Hmac-Sha256": wrong}
        assert sent(store, content, {k: v.encode("latin-1") for k, v in headers.items()}) == 401  # type: ignore[misc]
    assert sent(store, content + b" ", rightly) == 401
    assert sent(store, content, shopify("orders/create", content, "another")) == 401
    assert Delivery.objects.count() == 2
    drain()
    assert [one["type"] for one in story(store)] == ["order.placed"]


def test_a_store_that_asks_if_somebody_is_there_is_told_yes() -> None:
    store = connected("woocommerce")
    assert sent(store, b"webhook_id=7", {"Content-Type": "application/x-www-form-urlencoded"}) == 200
    assert Delivery.objects.count() == 0
    content = body("woocommerce", "order_created")
    assert sent(store, content, {}) == 401
    assert sent(store, content, woocommerce("order.created", content)) == 200
    drain()
    assert Delivery.objects.get().outcome == "processed"


def test_a_program_signs_in_hex() -> None:
    program = connected("program")
    content = b'{"events": []}'
    signature = hmac.new(SECRETS[1].encode(), content, hashlib.sha256).hexdigest()
    assert sent(program, content, {"X-Novelo-Signature": f"sha256={signature}"}) == 200
    assert sent(program, content, {"X-Novelo-Signature": signature}) == 401
    assert sent(program, content, {}) == 401
