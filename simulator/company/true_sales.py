"""True figures of sales: orders and their money, carts, links, deliveries, opportunities, answers, benefits and costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from simulator.company.figures import (
    Ask,
    Rows,
    Seen,
    aside,
    counted,
    lengths,
    open_beside,
    parted,
    rate,
    ratio,
    spread,
    total,
)
from simulator.company.plan import CURRENCY, Cart, Order, Plan, Survey

IDLE = timedelta(minutes=60)
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


def money(plan: Plan) -> Iterator[Moved]:
    """Yield the money of every paid order that counts, each part when it moved."""
    for order in plan.orders:
        if order.paid and not why_left_out(order):
            yield Moved(order.paid, order.value, order, "paid")
            for refund in order.refunds:
                yield Moved(refund.at, -refund.value, order, "refunded")


def seen_money(moved: Iterable[Moved]) -> list[Seen]:
    """Return money as observations on the channel it was paid on."""
    return [Seen(one.at, {"channel": one.order.channel, "store": one.order.store}, one.amount, one) for one in moved]


def beside_money(plan: Plan, ask: Ask, rows: Rows) -> Rows:
    """Add how many paid orders were left out, by why."""
    for why in LEFT_OUT:
        seen = [
            Seen(order.paid, {"channel": order.channel, "store": order.store})
            for order in plan.orders
            if order.paid and why_left_out(order) == why
        ]
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
    known, open_ones = [], []
    for link in plan.links:
        in_time = link.paid is not None and link.paid <= link.sent + DAY
        seen = Seen(link.sent, {"channel": link.channel}, not in_time)
        (known if in_time or link.sent + DAY <= ask.as_of else open_ones).append(seen)
    return open_beside(ask, rate(ask, known), open_ones)


def take_rate(plan: Plan, ask: Ask) -> Rows:
    """K33: benefits used over those shown to who might use them."""
    return rate(
        ask,
        [
            Seen(one.shown[0], {"channel": one.channel, "benefit": one.benefit}, one.used is not None)
            for one in plan.offers
            if one.eligible
        ],
    )


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


def cac(plan: Plan, ask: Ask) -> Rows:
    """K24: costs, spread over their days, over the people who bought for the first time."""
    spent = []
    for cost in plan.costs:
        days = [cost.since + timedelta(days=number) for number in range((cost.until - cost.since).days)]
        tags = {"kind": cost.kind, "channel": cost.channel}
        spent += [Seen(_midnight(day, ask), tags, Fraction(cost.amount) / len(days)) for day in days]
    cells = parted(ask, spent)
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


def opportunities_opened(plan: Plan, ask: Ask) -> Rows:
    """K20: opportunities by their opening."""
    return counted(ask, [Seen(one.opened, _owned(one.channel, one.owner)) for one in plan.opportunities])


def _owned(channel: str, owner: str) -> dict[str, str]:
    return {"channel": channel, "agent": owner}


def opportunities_won(plan: Plan, ask: Ask) -> Rows:
    """K21: those won, by their close."""
    return counted(ask, [seen for seen in _closed(plan) if seen.size])


def _closed(plan: Plan) -> list[Seen]:
    """Return those that stand closed by their close, each with whether it was won."""
    ends = [(one, one.stays[-1]) for one in plan.opportunities]
    return [
        Seen(last.until, _owned(one.channel, one.owner), last.how == "won", one) for one, last in ends if last.until
    ]  # fmt: skip


def win_rate(plan: Plan, ask: Ask) -> Rows:
    """K21: won over those closed; of a cohort, over all opened."""
    if ask.only.get("basis") != "cohort":
        return rate(ask, _closed(plan))
    opened = [
        Seen(one.opened, _owned(one.channel, one.owner), one.stays[-1].how == "won", one.stays[-1].until)
        for one in plan.opportunities
    ]
    plain = ask._replace(only={})
    return open_beside(plain, rate(plain, opened), [one for one in opened if one.who is None])


def stage_friction(plan: Plan, ask: Ask) -> Rows:
    """K21: how long opportunities stayed in their stages."""
    ended, still = [], []
    for one in plan.opportunities:
        for stay in one.stays:
            tags = {**_owned(one.channel, one.owner), "stage": stay.stage, "outcome": stay.how or "open"}
            if stay.until:
                ended.append(Seen(stay.until, tags, stay.until - stay.since))
            else:
                still.append(Seen(stay.since, tags))
    return lengths(ask, ended, still, ("", ()), "p50")


def sale_time(plan: Plan, ask: Ask) -> Rows:
    """K26: from the opening of an opportunity to its being won."""
    closed = _closed(plan)
    won = [Seen(seen.at, seen.tags, seen.at - seen.who.opened) for seen in closed if seen.size]
    lost = [seen for seen in closed if not seen.size]
    still = [Seen(one.opened, _owned(one.channel, one.owner)) for one in plan.opportunities if not one.stays[-1].until]
    return lengths(ask, won, still, ("lost", lost), "mean")


def answers(plan: Plan, ask: Ask, wanted: object) -> tuple[list[Seen], list[Seen], list[Seen]]:
    """Return the answers that count, those another took the place of, and the surveys nobody answered."""
    counts, replaced, silent = [], [], []
    for one in plan.surveys:
        if not wanted(one):  # type: ignore[operator]
            continue
        tags = {"channel": one.channel, "agent": one.agent, "touchpoint": one.touchpoint or "service"}
        for place, (at, score) in enumerate(one.answers):
            anew = place + 1 < len(one.answers) and one.answers[place + 1][0] - at <= WEEK
            (replaced if anew else counts).append(Seen(at, tags, score))
        if not one.answers:
            silent.append(Seen(one.sent, tags))
    return counts, replaced, silent


def csat(plan: Plan, ask: Ask) -> Rows:
    """K06: fours and fives."""
    return _csat(plan, ask, lambda one: one.survey == "csat")


def post_purchase_csat(plan: Plan, ask: Ask) -> Rows:
    """K51: the same, asked after a purchase."""
    return _csat(plan, ask, lambda one: one.survey == "csat" and one.touchpoint in {"purchase", "delivery", "store"})


def _csat(plan: Plan, ask: Ask, wanted: object) -> Rows:
    counts, replaced, silent = answers(plan, ask, wanted)
    rows = rate(ask, [one._replace(size=one.size >= 4) for one in counts])
    return open_beside(ask, aside(ask, rows, "replaced", replaced), silent)


def nps(plan: Plan, ask: Ask) -> Rows:
    """K07: promoters less detractors."""
    counts, replaced, silent = answers(plan, ask, _is_nps)
    rows: Rows = {}
    for key, some in parted(ask, counts).items():
        over, whole = sum((one.size >= 9) - (one.size <= 6) for one in some), len(some)
        rows[key] = {"n": whole, "value": 100 * over / whole, "numerator": over, "denominator": whole}
    return open_beside(ask, aside(ask, rows, "replaced", replaced), silent)


def _is_nps(one: Survey) -> bool:
    return one.survey == "nps"
