"""True figures of sales: orders and their money, carts, links, deliveries, opportunities, answers, benefits and costs; a long list of short rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from simulator.company.figures import (
    Ask,
    Rows,
    Seen,
    aside,
    lengths,
    open_beside,
    parted,
    rate,
    ratio,
    spread,
    total,
)
from simulator.company.plan import CURRENCY, Cart, Order, Plan

IDLE = timedelta(minutes=60)
CENTS = Decimal("0.0001")  # to which amounts are kept
LEFT_OUT = ("cancelled", "free", "unconverted")
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def why_left_out(order: Order) -> str:
    """Return why an order's money does not count, empty when it does."""
    return (
        "cancelled"
        if order.cancelled
        else "free"
        if not order.value
        else ""
        if order.currency == CURRENCY
        else "unconverted"
    )


def refunded(order: Order) -> Decimal:
    """Return how much of an order went back."""
    return sum((one.value for one in order.refunds), Decimal(0))


def is_sale(order: Order) -> bool:
    """Say whether somebody bought: it was paid, stands, was not free and did not go back whole."""
    return bool(order.paid and not order.cancelled and order.value and refunded(order) < order.value)


def sales_of(plan: Plan) -> dict[int, list[Order]]:
    """Return by person what they bought, in order."""
    found: dict[int, list[Order]] = {}
    for order in sorted((one for one in plan.orders if is_sale(one)), key=lambda one: one.paid or one.placed):
        found.setdefault(order.person.number, []).append(order)
    return found


class Moved(NamedTuple):
    """Money that came or went."""

    at: datetime
    amount: Decimal
    order: Order
    kind: str
    goods: Decimal = Decimal(0)  # what the goods cost that it was for, as far as anybody says


def money(plan: Plan) -> Iterator[Moved]:
    """Yield the money of every paid order that counts, each part when it moved."""
    for order in plan.orders:
        if order.paid and not why_left_out(order):
            cost, back, before = order.cost or Decimal(0), Decimal(0), Decimal(0)
            yield Moved(order.paid, order.value, order, "paid", cost)
            for refund in order.refunds:
                back += refund.value
                goods = (cost * back / order.value).quantize(CENTS, ROUND_HALF_UP)
                yield Moved(refund.at, -refund.value, order, "refunded", before - goods)
                before = goods


def seen_money(moved: Iterable[Moved]) -> list[Seen]:
    """Return money as observations on the channel it was paid on."""
    return [Seen(one.at, _place(one.order), one.amount, one) for one in moved]


def _place(order: Order) -> dict[str, str]:
    return {"channel": order.channel, "store": order.store, "coupon": order.coupon}


def beside_money(plan: Plan, ask: Ask, rows: Rows) -> Rows:
    """Add how many paid orders were left out, by why."""
    for why in LEFT_OUT:
        seen = [Seen(order.paid, _place(order)) for order in plan.orders if order.paid and why_left_out(order) == why]
        rows = aside(ask, rows, why, seen)
    return rows


def average_order(plan: Plan, ask: Ask) -> Rows:
    """K23: money over orders paid; the percentiles are of what is left of each of these."""
    cells = parted(ask, seen_money(money(plan)))
    above = {key: total(some) for key, some in cells.items()}
    paid = {key: [one.who.order for one in some if one.who.kind == "paid"] for key, some in cells.items()}
    counts = {key: len(some) for key, some in paid.items()}
    rows = ratio(above, counts, counts)
    for key, some in paid.items():
        if some:
            mean = Fraction(above[key]) / len(some)
            rows[key] |= spread([order.value - refunded(order) for order in some], mean)
    return beside_money(plan, ask, rows)


def spend(plan: Plan, ask: Ask) -> Rows:
    """K23b: money over the people who paid."""
    cells = parted(ask, seen_money(money(plan)))
    people = {
        key: len({one.who.order.person.number for one in some if one.who.kind == "paid"}) for key, some in cells.items()
    }
    return beside_money(plan, ask, ratio({key: total(some) for key, some in cells.items()}, people, people))


class Left(NamedTuple):
    """A cart as of an instant."""

    state: str  # paid | abandoned | active
    last: datetime
    recovered: bool


def left(cart: Cart, as_of: datetime) -> Left:
    """Return whether a cart was abandoned: an hour without anything before it was paid."""
    paid = cart.order.paid if cart.order else None
    times = [at for _, at, _ in cart.updates]
    moments = [*times, paid] if paid else [*times, as_of]
    quiet = next((one for one, after in pairwise(moments) if after - one >= IDLE), None)
    state = "abandoned" if quiet else "paid" if paid else "active"
    return Left(state, times[-1], bool(quiet and paid and paid <= quiet + IDLE + WEEK))


def cart_abandonment(plan: Plan, ask: Ask) -> Rows:
    """K30: carts left over those and the paid ones."""
    carts = [left(cart, ask.as_of) for cart in plan.carts]
    tags = {"channel": "ecommerce"}
    rows = rate(ask, [Seen(one.last, tags, one.state == "abandoned") for one in carts if one.state != "active"])
    return open_beside(ask, rows, [Seen(one.last, tags) for one in carts if one.state == "active"])


def cart_recovery(plan: Plan, ask: Ask) -> Rows:
    """K30: carts left that were paid within a week."""
    carts = [left(cart, ask.as_of) for cart in plan.carts]
    return rate(
        ask, [Seen(one.last, {"channel": "ecommerce"}, one.recovered) for one in carts if one.state == "abandoned"]
    )


def link_abandonment(plan: Plan, ask: Ask) -> Rows:
    """K30: links not paid within a day."""
    known: list[Seen] = []
    open_ones: list[Seen] = []
    for link in plan.links:
        in_time = link.paid is not None and link.paid <= link.sent + DAY
        seen = Seen(link.sent, {"channel": link.channel}, not in_time)
        (known if in_time or link.sent + DAY <= ask.as_of else open_ones).append(seen)
    return open_beside(ask, rate(ask, known), open_ones)


def coupon_usage(plan: Plan, ask: Ask) -> Rows:
    """K52: orders paid with a coupon over all paid."""
    orders = [one for one in plan.orders if one.paid and not why_left_out(one)]
    seen = [Seen(one.paid, _place(one)) for one in orders if one.paid]
    used = {key: len(some) for key, some in parted(ask, [one for one in seen if one.tags["coupon"]]).items()}
    shared = tuple(word for word in ask.by if word != "coupon")
    paid = {key: len(some) for key, some in parted(ask._replace(by=shared), seen).items()}
    keys = used.keys() | (paid.keys() if shared == ask.by else set())
    below = {
        key: paid[tuple(part for word, part in zip(ask.by, key, strict=False) if word != "coupon")] for key in keys
    }
    return beside_money(plan, ask, ratio(used, below, below))


def take_rate(plan: Plan, ask: Ask) -> Rows:
    """K33: benefits used over those shown to who might use them; beside each other the channels they were used on."""
    shown = [one for one in plan.offers if one.eligible]
    places = sorted({one.used_channel for one in shown if one.used and ask.holds(one.shown[0])})
    seen = [
        Seen(one.shown[0], {"channel": one.channel, "benefit": one.benefit, "used_channel": place},
             one.used is not None and place in {"", one.used_channel}, number)
        for number, one in enumerate(shown)
        for place in (places if "used_channel" in ask.by and places else [""])
    ]  # fmt: skip
    return rate(ask, seen, each=True)


def _handed(plan: Plan) -> Iterator[tuple[Order, dict[str, str]]]:
    for order in plan.orders:
        if order.paid and not order.cancelled:
            way = "pickup" if order.pickup else "delivery"
            yield order, {"channel": order.channel, "store": order.store, "fulfilment": way}


def delivery(plan: Plan, ask: Ask) -> Rows:
    """K35: from payment to the last parcel or to pickup."""
    ended, still = [], []
    for order, tags in _handed(plan):
        assert order.paid
        if order.handed:
            ended.append(Seen(order.handed[-1], tags, order.handed[-1] - order.paid))
        else:
            still.append(Seen(order.paid, tags))
    return lengths(ask, ended, still, ("", ()), "p50")


def on_time(plan: Plan, ask: Ask) -> Rows:
    """K35: handed over as promised, of those that were due or came."""
    due, still = [], []
    for order, tags in _handed(plan):
        if order.promised and (order.handed or order.promised <= ask.as_of):
            due.append(Seen(order.promised, tags, bool(order.handed) and order.handed[-1] <= order.promised))
        elif order.promised and order.paid:
            still.append(Seen(order.paid, tags))
    return open_beside(ask, rate(ask, due), still)


def spent_by_day(plan: Plan, ask: Ask) -> list[Seen]:
    """Return what was spent, spread over its days."""
    spent = []
    for cost in plan.costs:
        days = [cost.since + timedelta(days=number) for number in range((cost.until - cost.since).days)]
        tags = {"kind": cost.kind, "channel": cost.channel}
        spent += [Seen(_midnight(day, ask), tags, Fraction(cost.amount) / len(days)) for day in days]
    return spent


def cac(plan: Plan, ask: Ask) -> Rows:
    """K24: costs, spread over their days, over the people who bought for the first time."""
    cells = parted(ask, spent_by_day(plan, ask))
    firsts = [sales[0] for sales in sales_of(plan).values()]
    plain = ask._replace(by=tuple(word for word in ask.by if word != "kind"), only={})
    new = parted(
        plain, [Seen(one.paid or one.placed, {"channel": one.channel}, 1, one.person.number) for one in firsts]
    )
    above = {key: sum((one.size for one in some), Fraction()) for key, some in cells.items()}
    if ask.by != plain.by:
        return _by_kind(above, len(new.get((), ())))
    below = {key: len(some) for key, some in new.items()}
    return ratio(above, below, below)


def _by_kind(above: dict[tuple[str | None, ...], Fraction], people: int) -> Rows:
    return ratio(above, dict.fromkeys(above, people), dict.fromkeys(above, people))


def _midnight(day: date, ask: Ask) -> datetime:
    return datetime.combine(day, time(), ask.zone)
