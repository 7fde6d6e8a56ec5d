"""Shopify: orders, payments, cancellations, refunds, fulfillments, checkouts and customers, as its webhooks tell them.

Money is what the shop's own books say; what the buyer saw stands beside it. Each event is named by the thing it is about, so
that a webhook sent again, and one that says what another said before, is a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from conversations.channels.reading import NotReadableError, decode, id_of, mapping, objects, text_of
from conversations.channels.stores import shaping
from conversations.channels.stores.signing import header, signed
from conversations.channels.types import Credentials, Happened, Parsed, Provider, RawRequest

SIGNATURE, TOPIC, TEST = "x-shopify-hmac-sha256", "x-shopify-topic", "x-shopify-test"
PICKED_UP = {"pickup", "pick_up", "local_pickup"}
FULFILLED = {
    "ready_for_pickup": "ready_for_pickup", "picked_up": "picked_up", "delivered": "delivered",
}  # fmt: skip

type Events = Iterator[Happened]


class Shopify(Provider):
    """The provider ``shopify``: one topic a webhook, named in a header."""

    name = "shopify"
    proves = "app_secrets"
    delivers_by_get = False
    accepted = b""
    accepted_type = b"text/plain; charset=utf-8"
    keeps = (
        SIGNATURE, TOPIC, TEST, "x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-shop-domain",
        "x-shopify-api-version", "x-shopify-triggered-at",
    )  # fmt: skip

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return ``None``: Shopify shakes no hands."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the raw body was signed with one of the secrets."""
        given = header(request.headers.get(SIGNATURE, ""))
        return signed(request.body, given, credentials.app_secrets, "base64")

    def parse(self, request: RawRequest) -> Parsed:
        """Turn a webhook into events. ``ignored`` for a topic nobody needs, a test, and a cart of nobody known."""
        try:
            body = mapping(decode(request.body))
        except NotReadableError as error:
            return Parsed(outcome="invalid", reason=str(error))
        topic = request.headers.get(TOPIC, "")
        reader = TOPICS.get(topic)
        if reader is None:
            return Parsed(outcome="ignored", reason=f"Unknown here: {topic or '(no topic)'}.")
        if request.headers.get(TEST, "").lower() == "true" or body.get("test") is True:
            return Parsed(outcome="ignored", reason="A test.")
        events = tuple(reader(body))
        return Parsed(events=events) if events else Parsed(outcome="ignored", reason="nothing_inside")


def _placed(order: Mapping[str, Any]) -> Events:
    yield _of_order(order, "placed", order.get("processed_at") or order.get("created_at"))


def _paid(order: Mapping[str, Any]) -> Events:
    """Whoever was paid was placed: also when this is told before, or alone."""
    yield from _placed(order)
    yield _of_order(order, "paid", order.get("updated_at") or order.get("processed_at"))


def _changed(order: Mapping[str, Any]) -> Events:
    yield from _placed(order)
    if order.get("cancelled_at"):
        reason = shaping.word(order.get("cancel_reason"))
        yield _of_order(order, "cancelled", order.get("cancelled_at"), **shaping.filled(reason=reason))


def _of_order(order: Mapping[str, Any], step: str, at: Any, **more: Any) -> Happened:
    key = id_of(order.get("id"))
    at_till = text_of(order.get("source_name")) == "pos"
    value, currency = _money(order, "total_price")
    codes = [code for one in objects(order.get("discount_codes")) if (code := shaping.word(one.get("code")))]
    data = shaping.filled(
        order=key,
        number=shaping.word(order.get("name")),
        value=value,
        currency=currency,
        **_seen(order),
        items=shaping.pieces(objects(order.get("line_items")), "title", "price"),
        coupon=codes[0] if codes else "",
        pickup=_is_pickup(order),
        store=id_of(order.get("location_id")) if at_till else "",
        cart=id_of(order.get("checkout_token")) or id_of(order.get("cart_token")),
    )
    return Happened(
        event=shaping.filled(
            id=f"order/{key}/{step}" if key else "",
            type=f"order.{step}",
            at=shaping.instant(at),
            channel="store" if at_till else "ecommerce",
            customer=_buyer(order),
        )
        | {"data": data | more}
    )


def _money(body: Mapping[str, Any], name: str) -> tuple[str | None, str]:
    """Return an amount of the shop's books and its currency."""
    told = mapping(mapping(body.get(f"{name}_set")).get("shop_money"))
    if (value := shaping.amount(told.get("amount"))) is not None:
        return value, text_of(told.get("currency_code")) or text_of(body.get("currency"))
    return shaping.amount(body.get(name)), text_of(body.get("currency"))


def _seen(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the buyer saw, where that was another currency than the shop's."""
    told = mapping(mapping(order.get("total_price_set")).get("presentment_money"))
    currency = text_of(told.get("currency_code"))
    if not currency or currency == text_of(order.get("currency")):
        return {}
    return {"presentment_value": shaping.amount(told.get("amount")), "presentment_currency": currency}


def _is_pickup(order: Mapping[str, Any]) -> bool | None:
    lines = objects(order.get("shipping_lines"))
    if not lines:
        return None
    words = {text_of(line.get(name)).lower() for line in lines for name in ("delivery_category", "code")}
    return bool(words & PICKED_UP)


def _buyer(body: Mapping[str, Any]) -> dict[str, str]:
    customer = mapping(body.get("customer"))
    places = [mapping(body.get(name)) for name in ("billing_address", "shipping_address")]
    places.append(mapping(customer.get("default_address")))
    country = next((place["country_code"] for place in places if place.get("country_code")), "")
    return shaping.person(
        customer.get("id"),
        [body.get("email"), body.get("contact_email"), customer.get("email")],
        [
            (body.get("phone"), country),
            (customer.get("phone"), country),
            *((place.get("phone"), place.get("country_code")) for place in places),
        ],
        _name(customer),
        *(place.get("name") or _name(place) for place in places),
    )


def _name(person: Mapping[str, Any]) -> str:
    return f"{text_of(person.get('first_name'))} {text_of(person.get('last_name'))}".strip()


def _refunded(refund: Mapping[str, Any]) -> Events:
    """A refund names its order and nobody; what only went back to the shelf moved no money."""
    order, key = id_of(refund.get("order_id")), id_of(refund.get("id"))
    back: dict[str, Decimal] = {}
    for one in objects(refund.get("transactions")):
        if text_of(one.get("kind")) != "refund" or text_of(one.get("status")) != "success":
            continue
        value, currency = _money(one, "amount")
        if value is not None:
            back[currency] = back.get(currency, Decimal()) + Decimal(value)
    for number, (currency, total) in enumerate(sorted(back.items())):
        if total:
            at = shaping.instant(refund.get("processed_at") or refund.get("created_at"))
            data = shaping.filled(order=order, value=f"{total:f}", currency=currency)
            name = f"order/{order}/refunded/{key}" + (f"/{number}" if number else "")
            yield _about(order, shaping.filled(id=name, type="order.refunded", at=at) | {"data": data})


def _about(order: str, event: dict[str, Any]) -> Happened:
    """Return an event about whoever placed the order."""
    return Happened(event={"channel": "ecommerce", **event}, like=f"order/{order}/placed")


def _fulfilled(one: Mapping[str, Any]) -> Events:
    """What is ready to be picked up was not shipped."""
    order, key, status = id_of(one.get("order_id")), id_of(one.get("id")), text_of(one.get("status"))
    word = text_of(one.get("shipment_status"))
    if status != "success":
        return
    data = {"data": {"order": order}}
    if word not in {"ready_for_pickup", "picked_up"}:
        at = shaping.instant(one.get("created_at"))
        yield _about(order, shaping.filled(id=f"order/{order}/shipped/{key}", type="order.shipped", at=at) | data)
    if word in FULFILLED:
        at = shaping.instant(one.get("updated_at") or one.get("created_at"))
        name = FULFILLED[word]
        yield _about(order, shaping.filled(id=f"order/{order}/{name}/{key}", type=f"order.{name}", at=at) | data)


def _checkout(checkout: Mapping[str, Any]) -> Events:
    """A cart of somebody who can be told; the order tells of one that became an order."""
    buyer, token = _buyer(checkout), id_of(checkout.get("token")) or id_of(checkout.get("cart_token"))
    if not buyer or checkout.get("completed_at"):
        return
    value, currency = _money(checkout, "total_price")
    at = shaping.instant(checkout.get("updated_at") or checkout.get("created_at"))
    data = shaping.filled(
        cart=token,
        value=value,
        currency=currency,
        items=shaping.pieces(objects(checkout.get("line_items")), "title", "price"),
        url=text_of(checkout.get("abandoned_checkout_url"))[:2000],
    )
    event = shaping.filled(id=f"cart/{token}/{at}", type="cart.updated", at=at, channel="ecommerce", customer=buyer)
    yield Happened(event=event | {"data": data})


def _customer(customer: Mapping[str, Any]) -> Events:
    at = shaping.instant(customer.get("updated_at") or customer.get("created_at"))
    buyer = _buyer({"customer": customer})
    key = id_of(customer.get("id"))
    event = shaping.filled(id=f"customer/{key}/{at}", type="customer.updated", at=at, customer=buyer)
    yield Happened(event=event)


TOPICS: dict[str, Callable[[Mapping[str, Any]], Events]] = {
    "orders/create": _placed,
    "orders/updated": _changed,
    "orders/paid": _paid,
    "orders/cancelled": _changed,
    "refunds/create": _refunded,
    "fulfillments/create": _fulfilled,
    "fulfillments/update": _fulfilled,
    "checkouts/create": _checkout,
    "checkouts/update": _checkout,
    "customers/create": _customer,
    "customers/update": _customer,
}
