"""Orders: what was bought, paid, given back and handed over, and the money that moved with it (R11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from metrics.persons.money import ZERO, Purse, amount_of, rounded
from metrics.persons.records import Event, Movement, Order


class _Told(NamedTuple):
    """An order before it is known which of the person's sales it is."""

    order: Order
    paid: Event | None
    refunds: tuple[tuple[Event, Decimal | None], ...]  # with what of it counts, in the workspace's currency
    is_sale: bool
    goods: Decimal | None  # what its goods cost the house, in the workspace's currency


def orders(story: Sequence[Event], purse: Purse) -> tuple[list[Order], list[Movement]]:
    """Return the orders of a person's history, told apart by source and number, and their money in and out."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in story:
        if event.type.startswith("order.") and event.text("order"):
            groups[event.key("order")].append(event)
    told = [_told(key, events, purse) for key, events in groups.items()]
    sales = sorted((one for one in told if one.is_sale), key=lambda one: (one.order.paid_at, one.order.id))
    position = {one.order.id: place for place, one in enumerate(sales, start=1)}
    first_at = sales[0].order.paid_at if sales else None
    told = [one._replace(order=one.order._replace(position=position.get(one.order.id))) for one in told]
    return [one.order for one in told], [money for one in told for money in _movements(one, first_at)]


def _told(key: tuple[str, str], events: Sequence[Event], purse: Purse) -> _Told:
    first: dict[str, Event] = {}
    last: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.type, event)
        last[event.type] = event
    paid = first.get("order.paid")
    said = [event for event in (paid, first.get("order.placed"), *events) if event]
    gross = next((value for event in said if (value := amount_of(event.data.get("value"))) is not None), None)
    currency = next((word for event in said if (word := event.text("currency", 3).upper())), purse.currency)
    amount = purse.worth(gross, currency, said[0].at)
    is_cancelled = _is_cancelled(events)
    refunds, is_given_back = _refunds(events, gross, amount)
    back = sum((part for _event, part in refunds if part), ZERO)
    excluded = "cancelled" if is_cancelled else "free" if gross == ZERO else "unconverted" if amount is None else ""

    def at(name: str, among: dict[str, Event] = first) -> datetime | None:
        return among[f"order.{name}"].at if f"order.{name}" in among else None

    order = Order(
        id=min(event.id for event in events),
        source=key[0],
        number=key[1],
        channel_kind=said[0].channel_kind,
        store=next((word for event in reversed(events) if (word := event.text("store"))), ""),
        pickup=any(event.data.get("pickup") is True for event in events) or "order.picked_up" in first,
        coupon=next((word for event in events if (word := event.text("coupon"))), ""),
        placed_at=at("placed"),
        paid_at=at("paid"),
        cancelled_at=at("cancelled", last) if is_cancelled else None,
        ready_at=at("ready_for_pickup"),
        picked_up_at=at("picked_up"),
        shipped_at=at("shipped"),
        first_delivered_at=at("delivered"),
        delivered_at=at("delivered", last),
        promised_at=_promised(events, purse),
        currency=currency,
        gross=gross,
        amount=amount,
        refunded=None if amount is None else back,
        net=None if amount is None else amount - back,
        excluded=excluded,
        position=None,
    )
    is_sale = paid is not None and not is_cancelled and gross != ZERO and not is_given_back
    return _Told(order, paid, tuple(refunds), is_sale, purse.worth(_goods(said), currency, said[0].at))


def _goods(said: Iterable[Event]) -> Decimal | None:
    """Return what the things in an order cost the house: each line's ``cost`` times its ``quantity``; None unless every line says so."""
    lines = next((event.data["items"] for event in said if isinstance(event.data.get("items"), list)), None) or [{}]
    whole = ZERO
    for line in lines:
        known = line if isinstance(line, dict) else {}
        cost, quantity = amount_of(known.get("cost")), amount_of(known.get("quantity", 1))
        if cost is None or quantity is None:
            return None
        whole += cost * quantity
    return amount_of(whole)


def _is_cancelled(events: Sequence[Event]) -> bool:
    """Whether the order stands cancelled: one that is paid again after a cancellation does not."""
    turns = [event.type for event in events if event.type in {"order.paid", "order.cancelled"}]
    return bool(turns) and turns[-1] == "order.cancelled"


def _refunds(
    events: Iterable[Event], gross: Decimal | None, amount: Decimal | None
) -> tuple[list[tuple[Event, Decimal | None]], bool]:
    """Return what each refund gives back, in the workspace's currency, and whether nothing of the order is left.

    Never more than was paid is given back; a refund that names no value gives back what is left.
    """
    left, worth = gross, amount
    found: list[tuple[Event, Decimal | None]] = []
    for event in events:
        if event.type != "order.refunded":
            continue
        asked = amount_of(event.data.get("value"))
        if left is None or gross is None or not gross:
            found.append((event, None))
            continue
        back = left if asked is None else min(asked, left)
        left -= back
        part: Decimal | None = None
        if worth is not None and amount is not None:
            # What empties the order takes the rest, so that parts that were rounded sum to the whole.
            part = worth if not left else min(worth, (amount * back / gross).quantize(amount))
            worth -= part
        found.append((event, part))
    return found, bool(found) and gross is not None and bool(gross) and not left


def _promised(events: Iterable[Event], purse: Purse) -> datetime | None:
    """Return until when the order was promised, by the last word of it; a day without time means all of it."""
    promised = None
    for event in events:
        word = event.text("promised_at")
        try:
            at = datetime.fromisoformat(word)
        except ValueError:
            continue
        if "T" not in word and " " not in word:
            at = datetime.combine(at.date() + timedelta(days=1), time())
        promised = at if at.tzinfo else at.replace(tzinfo=purse.zone)
    return promised


def _movements(told: _Told, first_at: datetime | None) -> Iterable[Movement]:
    """Yield the money of an order that was paid: what came at its payment, what went back at each refund."""
    order, paid = told.order, told.paid
    if paid is None:
        return
    moved = [(paid, "paid", order.amount, told.goods)]
    given_back = ZERO
    for event, part in told.refunds:
        # The goods come back with the money for them, in parts that sum to the whole.
        before, given_back = given_back, given_back + (part or ZERO)
        goods = None if told.goods is None else _part(told, before) - _part(told, given_back)
        moved.append((event, "refunded", None if part is None else -part, goods))
    for event, kind, amount, goods in moved:
        yield Movement(
            id=event.id,
            order_id=order.id,
            at=event.at,
            kind=kind,
            channel_kind=order.channel_kind,
            store=order.store,
            coupon=order.coupon,
            amount=None if order.excluded else amount,
            net=None if order.excluded else order.net,
            excluded=order.excluded,
            position=order.position,
            first_at=first_at,
            goods=None if order.excluded else goods,
        )


def _part(told: _Told, given_back: Decimal) -> Decimal:
    """Return what the goods cost that were given back with so much of the order's money."""
    return rounded((told.goods or ZERO) * given_back / told.order.amount) if told.order.amount else ZERO
