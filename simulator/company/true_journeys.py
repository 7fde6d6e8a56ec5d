"""True figures of journeys and people: what led to a sale, who came back, which channel they prefer and how alike these are: a long list of short rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from simulator.company.figures import Ask, Rows, Seen, open_beside, parted, rate, ratio, total
from simulator.company.plan import Order, Plan
from simulator.company.true_sales import is_sale, money, sales_of

MONTH, WEEK, QUARTER = timedelta(days=30), timedelta(days=7), timedelta(days=90)


class Touch(NamedTuple):
    """A contact somebody sought."""

    at: datetime
    channel: str
    direct: bool = False  # came to the site, and nothing says from where


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
        found[visit.person.number].append(
            Touch(visit.at, visit.channel, visit.type == "web.visit" and not visit.campaign)
        )
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
    """K27: who paid within 30 days after their first touch in the period, of each channel where channels are told apart."""
    sales = sales_of(plan)
    apart, wanted = "channel" in ask.by, ask.only.get("channel")
    first: dict[tuple[int, str], tuple[datetime, str]] = {}
    for person, touches in touches_of(plan).items():
        for one in touches:
            if ask.holds(one.at) and wanted in {None, one.channel}:
                first.setdefault((person, one.channel if apart else ""), (one.at, one.channel))
    seen = [
        Seen(at, {"channel": channel}, any(at <= paid(order) <= at + MONTH for order in sales.get(person, ())), person)
        for (person, _), (at, channel) in first.items()
    ]
    rows = rate(ask, seen, each=True)
    rows = open_beside(ask, rows, [one for one in seen if not one.size and one.at > ask.as_of - MONTH], each=True)
    if apart:
        rows[()] = conversion(plan, ask._replace(by=()))[()]
    return rows


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
