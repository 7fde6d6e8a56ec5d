"""True figures of journeys and people: what led to a sale, who came back, which channel they prefer and how alike these are: a long list of short rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from simulator.company.figures import Ask, Rows, Seen, aside, open_beside, parted, rate, ratio, total
from simulator.company.plan import Order, Plan
from simulator.company.true_sales import LEFT_OUT, is_sale, money, sales_of, why_left_out

MONTH, WEEK, QUARTER = timedelta(days=30), timedelta(days=7), timedelta(days=90)


class Touch(NamedTuple):
    """A contact somebody sought."""

    at: datetime
    channel: str


@dataclass
class Journey:
    """Touches with at most 30 days between, and the sale they end in, if they do."""

    person: int
    touches: list[Touch] = field(default_factory=list)
    sale: Order | None = None

    @property
    def led(self) -> list[Touch]:
        """The touches that have a share in the sale."""
        return [one for one in self.touches if one.at >= paid(self.sale) - QUARTER] if self.sale else []


def paid(order: Order | None) -> datetime:
    """Return when an order was paid that was."""
    assert order
    assert order.paid
    return order.paid


def touches_of(plan: Plan) -> dict[int, list[Touch]]:
    """Return by person what they sought, in order: messages, visits, clicks, links opened."""
    found: dict[int, list[Touch]] = defaultdict(list)
    for talk in plan.talks:
        for each in (each for sitting in talk.sittings for each in sitting.exchanges):
            found[talk.person.number] += [Touch(at, each.channel) for at in each.asked]
    for visit in plan.visits:
        found[visit.person.number].append(Touch(visit.at, visit.channel))
    for link in plan.links:
        found[link.person.number] += [Touch(at, link.channel) for at in link.opened]
    return {person: sorted(some) for person, some in found.items()}


def journeys(plan: Plan) -> Iterator[Journey]:
    """Yield everybody's journeys; a sale that nothing came before in 30 days is part of none."""
    sales = sales_of(plan)
    for person, touches in touches_of(plan).items():
        bought = [(paid(order), order) for order in sales.get(person, ())]
        steps: list[tuple[datetime, Touch | Order]] = [*((one.at, one) for one in touches), *bought]
        current: Journey | None = None
        before: datetime | None = None
        for at, step in sorted(steps, key=lambda one: one[0]):
            near = before is not None and at - before <= MONTH
            if isinstance(step, Touch):
                if current is None or not near:
                    if current:
                        yield current
                    current = Journey(person)
                current.touches.append(step)
            elif current and near:
                current.sale = step
                yield current
                current = None
            elif current:
                yield current
                current = None
            before = at
        if current:
            yield current


def conversion(plan: Plan, ask: Ask) -> Rows:
    """K27: who paid within 30 days after their first touch of a channel in the period."""
    sales = sales_of(plan)
    first: dict[tuple[int, str], datetime] = {}
    for person, touches in touches_of(plan).items():
        for one in touches:
            if ask.holds(one.at):
                first.setdefault((person, one.channel), one.at)
    seen = [
        Seen(at, {"channel": channel}, any(at <= paid(order) <= at + MONTH for order in sales.get(person, ())), person)
        for (person, channel), at in first.items()
    ]
    rows = rate(ask, seen, each=True)
    return open_beside(ask, rows, [one for one in seen if not one.size and one.at > ask.as_of - MONTH], each=True)


def crossed(plan: Plan, ask: Ask) -> Rows:
    """K28: journeys that end in a sale on another channel than they started on."""
    started = [one for one in journeys(plan) if ask.holds(one.touches[0].at)]
    places = {one.sale.channel for one in started if one.sale}
    seen = []
    for number, one in enumerate(started):
        first = one.touches[0]
        beside = sorted(places - {first.channel}) or [""]
        for place in beside:
            hit = one.sale is not None and one.sale.channel == place
            seen.append(Seen(first.at, {"from_channel": first.channel, "to_channel": place}, hit, number))
    return rate(ask, seen, each=True)


def assisted(plan: Plan, ask: Ask) -> Rows:
    """K11: sales with a channel anywhere but last among what led to them."""
    sold = [one for one in journeys(plan) if one.sale and ask.holds(paid(one.sale)) and one.led]
    channels = {touch.channel for one in sold for touch in one.led}
    seen = [
        Seen(paid(one.sale), {"channel": channel}, any(touch.channel == channel for touch in one.led[:-1]), number)
        for number, one in enumerate(sold)
        for channel in channels
    ]
    return rate(ask, seen, each=True)


def shares(led: list[Touch], at: datetime, model: str) -> list[tuple[str, Fraction | float]]:
    """Return which part of a sale each touch has by a model of R10."""
    count = len(led)
    weights: list[Fraction | float]
    if model == "first":
        weights = [Fraction(place == 0) for place in range(count)]
    elif model == "last":
        weights = [Fraction(place == count - 1) for place in range(count)]
    elif model == "position":
        ends = Fraction(2, 5) if count > 2 else Fraction(1, count)
        weights = [ends if place in {0, count - 1} else Fraction(1, 5) / (count - 2) for place in range(count)]
    elif model == "decay":
        fresh = [2.0 ** ((one.at - at) / WEEK) for one in led]
        weights = [one / sum(fresh) for one in fresh]
    elif model == "shapley":
        often = Counter(one.channel for one in led)
        weights = [Fraction(1, len(often) * often[one.channel]) for one in led]
    else:
        weights = [Fraction(1, count)] * count
    return [(one.channel, weight) for one, weight in zip(led, weights, strict=True)]


def sales_by_channel(plan: Plan, ask: Ask) -> Rows:
    """K22: money where it was paid, or shared among what led to it."""
    model = ask.only.get("model", "paid_at")
    led = {one.sale.number: one for one in journeys(plan) if one.sale and one.led} if model != "paid_at" else {}

    def parts(order: Order) -> list[tuple[str, Fraction | float]]:
        journey = led.get(order.number)
        return shares(journey.led, paid(order), model) if journey else [(order.channel, Fraction(1))]

    seen = []
    for moved in money(plan):
        for channel, part in parts(moved.order):
            amount = Fraction(moved.amount) * Fraction(part)
            seen.append(Seen(moved.at, {"channel": channel, "store": moved.order.store}, amount, moved.order.number))
    rows: Rows = {
        key: {"n": len({one.who for one in some}), "value": float(sum((one.size for one in some), Fraction()))}
        for key, some in parted(ask, seen).items()
    }
    for why in LEFT_OUT:
        out = [
            Seen(order.paid, {"channel": channel, "store": order.store}, 1, order.number)
            for order in plan.orders
            if order.paid and why_left_out(order) == why
            for channel in {channel for channel, _ in parts(order)}
        ]
        rows = aside(ask, rows, why, out, each=True)
    return rows


def online_to_offline(plan: Plan, ask: Ask) -> Rows:
    """K32: sales in a store with an online touch in the 30 days before."""
    return _touched(plan, ask, lambda sold: sold == "store", lambda seen: seen != "store")


def offline_to_online(plan: Plan, ask: Ask) -> Rows:
    """K32: online sales with a visit to a store in the 30 days before."""
    return _touched(plan, ask, lambda sold: sold != "store", lambda seen: seen == "store")


def _touched(plan: Plan, ask: Ask, place: object, wanted: object) -> Rows:
    touches = touches_of(plan)
    seen = []
    for order in (one for one in plan.orders if is_sale(one) and place(one.channel)):  # type: ignore[operator]
        at = paid(order)
        hit = any(
            at - MONTH <= one.at <= at and wanted(one.channel)  # type: ignore[operator]
            for one in touches.get(order.person.number, ())
        )
        way = "pickup" if order.pickup else "delivery"
        seen.append(Seen(at, {"channel": order.channel, "store": order.store, "fulfilment": way}, hit))
    return rate(ask, seen)


def arpu(plan: Plan, ask: Ask) -> Rows:
    """K31: money over everybody active, or over who bought."""
    moved = list(money(plan))
    amounts = [Seen(one.at, {"channel": one.order.channel}, one.amount) for one in moved]
    active = [
        Seen(one.at, {"channel": one.order.channel}, 0, one.order.person.number) for one in moved if one.kind == "paid"
    ]
    if ask.only.get("basis") != "buyers":
        for person, touches in touches_of(plan).items():
            active += [Seen(one.at, {"channel": one.channel}, 0, person) for one in touches]
    plain = ask._replace(only={})
    above = {key: total(some) for key, some in parted(plain, amounts).items()}
    below = {key: len({one.who for one in some}) for key, some in parted(plain, active).items()}
    return ratio(above, below, below)
