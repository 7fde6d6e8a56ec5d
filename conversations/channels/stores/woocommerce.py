"""WooCommerce: orders as their webhooks tell them, whole each time; an event a step they have taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conversations.channels.reading import NotReadableError, decode, id_of, mapping, objects, text_of
from conversations.channels.stores import shaping
from conversations.channels.stores.signing import header, signed
from conversations.channels.types import Credentials, Happened, Parsed, Provider, RawRequest

SIGNATURE, TOPIC = "x-wc-webhook-signature", "x-wc-webhook-topic"
TOPICS = {"order.created", "order.updated", "order.restored"}
UNBORN = {"checkout-draft", "auto-draft", "draft", "trash"}
PING = re.compile(rb"webhook_id=[0-9]{1,20}")


class WooCommerce(Provider):
    """The provider ``woocommerce``: an order a webhook."""

    name = "woocommerce"
    proves = "app_secrets"
    delivers_by_get = False
    accepted = b""
    accepted_type = b"text/plain; charset=utf-8"
    keeps = (
        SIGNATURE, TOPIC, "x-wc-webhook-delivery-id", "x-wc-webhook-id", "x-wc-webhook-source",
    )  # fmt: skip

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Return ``None``: WooCommerce shakes no hands."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the raw body was signed with one of the secrets."""
        given = header(request.headers.get(SIGNATURE, ""))
        return signed(request.body, given, credentials.app_secrets, "base64")

    def pings(self, request: RawRequest) -> bool:
        """Whether this only asks if somebody is there, unsigned, when a webhook is saved: the store gives up without a yes."""
        return PING.fullmatch(request.body.strip()) is not None and SIGNATURE not in request.headers

    def parse(self, request: RawRequest) -> Parsed:
        """Turn an order into the steps it has taken. ``ignored`` for other topics, what is no order yet, and what names nobody."""
        if PING.fullmatch(request.body.strip()):
            return Parsed(outcome="ignored", reason="A test.")
        try:
            order = mapping(decode(request.body))
        except NotReadableError as error:
            return Parsed(outcome="invalid", reason=str(error))
        topic = request.headers.get(TOPIC, "")
        if topic not in TOPICS:
            return Parsed(outcome="ignored", reason=f"Unknown here: {topic or '(no topic)'}.")
        if text_of(order.get("status")) in UNBORN:
            return Parsed(outcome="ignored", reason="Not an order yet.")
        return shaping.of_somebody(_steps(order))


def _steps(order: Mapping[str, Any]) -> Iterator[Happened]:
    status = text_of(order.get("status"))
    changed = order.get("date_modified_gmt") or order.get("date_created_gmt")
    yield _step(order, "placed", order.get("date_created_gmt"))
    if order.get("date_paid_gmt"):
        yield _step(order, "paid", order.get("date_paid_gmt"))
    if status == "cancelled":
        yield _step(order, "cancelled", changed)
    if order.get("date_completed_gmt") and status in {"completed", "refunded"}:
        yield _step(order, "picked_up" if _is_pickup(order) else "shipped", order.get("date_completed_gmt"))
    for refund in objects(order.get("refunds")):
        if (value := shaping.amount(refund.get("total"))) is not None and value.strip("0."):
            yield _step(order, "refunded", changed, f"/{id_of(refund.get('id'))}", value=value)


def _step(order: Mapping[str, Any], step: str, at: Any, suffix: str = "", **more: Any) -> Happened:
    key = id_of(order.get("id"))
    codes = [code for one in objects(order.get("coupon_lines")) if (code := shaping.word(one.get("code")))]
    number = shaping.word(order.get("number"))
    data = shaping.filled(
        order=key,
        number=number if number != key else "",
        value=shaping.amount(order.get("total")),
        currency=text_of(order.get("currency")),
        items=shaping.pieces(objects(order.get("line_items")), "name", "price"),
        coupon=codes[0] if codes else "",
        pickup=_is_pickup(order),
    )
    event = shaping.filled(
        id=f"order/{key}/{step}{suffix}" if key else "",
        type=f"order.{step}",
        at=shaping.instant(at),
        channel="ecommerce",
        customer=_buyer(order),
    )
    # Of a buyer who was erased over there it is still known here whose order it was.
    erased = step in {"cancelled", "refunded"} and "customer" not in event
    return Happened(event=event | {"data": data | more}, like=f"order/{key}/placed" if erased else "")


def _is_pickup(order: Mapping[str, Any]) -> bool | None:
    ways = [text_of(line.get("method_id")) for line in objects(order.get("shipping_lines"))]
    return any(way in {"local_pickup", "pickup_location"} for way in ways) if ways else None


def _buyer(order: Mapping[str, Any]) -> dict[str, str]:
    billing, shipping = mapping(order.get("billing")), mapping(order.get("shipping"))
    country = billing.get("country") or shipping.get("country")
    return shaping.person(
        order.get("customer_id"),
        [billing.get("email")],
        [(billing.get("phone"), country), (shipping.get("phone"), shipping.get("country") or country)],
        *(f"{text_of(one.get('first_name'))} {text_of(one.get('last_name'))}" for one in (billing, shipping)),
    )
