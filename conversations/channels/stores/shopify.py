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
# The parts of a refund that say what they are in both currencies, and where.
PARTS_OF_REFUNDS = (
    ("refund_line_items", ("subtotal_set", "total_tax_set")),
    ("refund_shipping_lines", ("subtotal_amount_set",)),
    ("order_adjustments", ("amount_set", "tax_amount_set")),
)
CENT = Decimal("0.01")

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
        """Turn a webhook into events. ``ignored`` for a topic nobody needs, a test, and what names nobody."""
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
        return shaping.of_somebody(reader(body))


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
    buyer = _buyer(order)
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
            customer=buyer,
        )
        | {"data": data | more},
        # Of a buyer who was erased over there it is still known here whose order it was.
        like=_placed_as(key) if step == "cancelled" and not buyer else "",
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
    """A refund names its order and nobody; what only went back to the shelf moved no money.

    Its transactions are in the buyer's currency, and the order was written down in the shop's.
    """
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
            data = shaping.filled(order=order) | _in_the_books(refund, total, currency)
            name = f"order/{order}/refunded/{key}" + (f"/{number}" if number else "")
            yield _about(order, shaping.filled(id=name, type="order.refunded", at=at) | {"data": data})


def _in_the_books(refund: Mapping[str, Any], total: Decimal, currency: str) -> dict[str, str]:
    """Return what was given back in the shop's currency, by the rate between the two amounts its parts are written in."""
    here = seen = Decimal()
    shop = ""
    for name, amounts in PARTS_OF_REFUNDS:
        for both in (mapping(part.get(amount)) for part in objects(refund.get(name)) for amount in amounts):
            ours, theirs = mapping(both.get("shop_money")), mapping(both.get("presentment_money"))
            if text_of(theirs.get("currency_code")) == currency != text_of(ours.get("currency_code")):
                shop = text_of(ours.get("currency_code"))
                here += Decimal(shaping.amount(ours.get("amount")) or 0)
                seen += Decimal(shaping.amount(theirs.get("amount")) or 0)
    if not here or not seen:
        return {"value": f"{total:f}", "currency": currency}
    value = (total * here / seen).quantize(CENT)
    return {
        "value": f"{value:f}",
        "currency": shop,
        "presentment_value": f"{total:f}",
        "presentment_currency": currency,
    }


def _about(order: str, event: dict[str, Any]) -> Happened:
    """Return an event about whoever placed the order."""
    return Happened(event={"channel": "ecommerce", **event}, like=_placed_as(order))


def _placed_as(order: str) -> str:
    """Return the id of the event that an order was placed."""
    return f"order/{order}/placed"


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
    token = id_of(checkout.get("token")) or id_of(checkout.get("cart_token"))
    if checkout.get("completed_at"):
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
    event = shaping.filled(
        id=f"cart/{token}/{at}", type="cart.updated", at=at, channel="ecommerce", customer=_buyer(checkout)
    )
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
