"""True shares of money: which part of a sale each channel has by every model of R10, and what came back for what was spent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from simulator.company.figures import Ask, Key, Rows, Seen, aside, parted, ratio
from simulator.company.plan import Order, Plan
from simulator.company.true_journeys import WEEK, Touch, journeys, paid
from simulator.company.true_sales import LEFT_OUT, money, spent_by_day, why_left_out

type Part = tuple[str, Fraction | float]


def shares(led: list[Touch], at: datetime, model: str) -> list[Part]:
    """Return which part of a sale each touch has by a model of R10."""
    count = len(led)
    weights: list[Fraction | float]
    if model == "first":
        weights = [Fraction(place == 0) for place in range(count)]
    elif model == "last":
        weights = [Fraction(place == count - 1) for place in range(count)]
    elif model == "last_non_direct":
        told = max((place for place, one in enumerate(led) if not one.direct), default=count - 1)
        weights = [Fraction(place == told) for place in range(count)]
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


def attribution(plan: Plan, ask: Ask, model: str) -> Callable[[Order], list[Part]]:
    """Return what shares an order's money among channels by a model; what nothing led to stays where it was paid."""
    led = {one.sale.number: one for one in journeys(plan) if one.sale and one.led} if model != "paid_at" else {}
    lost: list[Part] = [*removal(plan, ask).items()] if model == "markov" else []

    def parts(order: Order) -> list[Part]:
        journey = led.get(order.number)
        if journey is None or (model == "markov" and not lost):
            return [(order.channel, Fraction(1))]
        return lost if model == "markov" else shares(journey.led, paid(order), model)

    return parts


def removal(plan: Plan, ask: Ask) -> dict[str, Fraction]:
    """Return each channel's share of what would be lost without it, exactly: people's next steps are as likely as they were."""
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    for one in journeys(plan):
        if ask.holds(one.touches[0].at):
            way = ["(start)", *(touch.channel for touch in one.touches), "(sale)" if one.sale else "(gone)"]
            for here, there in pairwise(way):
                steps[here][there] += 1
    channels = sorted(set(steps) - {"(start)"})
    whole = _sold(steps, channels)
    effects = {gone: whole - _sold(steps, [one for one in channels if one != gone]) for gone in channels}
    return {channel: effect / sum(effects.values()) for channel, effect in effects.items()} if whole else {}


def _sold(steps: dict[str, Counter[str]], channels: list[str]) -> Fraction:
    """Return how likely a journey ends in a sale when it may go through these channels alone, by elimination."""
    places = ["(start)", *channels]
    rows = []
    for here in places:
        all_ways = sum(steps[here].values()) or 1
        row = [Fraction((here == there) * all_ways - steps[here][there], all_ways) for there in places]
        rows.append([*row, Fraction(steps[here]["(sale)"], all_ways)])
    for place in range(len(rows)):
        pivot = [one / rows[place][place] for one in rows[place]]
        rows = [[mine - own[place] * its for mine, its in zip(own, pivot, strict=True)] for own in rows]
        rows[place] = pivot
    return rows[0][-1]


def sales_by_channel(plan: Plan, ask: Ask) -> Rows:
    """K22: money where it was paid, or shared among what led to it."""
    model = ask.only.get("model", "paid_at")
    parts = attribution(plan, ask, model)
    seen = []
    for moved in money(plan):
        for channel, part in parts(moved.order):
            amount = Fraction(moved.amount) * Fraction(part)
            seen.append(Seen(moved.at, _sold_as(channel, moved.order), amount, moved.order.number))
    rows: Rows = {
        key: {"n": len({one.who for one in some}), "value": float(sum((one.size for one in some), Fraction()))}
        for key, some in parted(ask, seen).items()
    }
    for why in LEFT_OUT:
        out = [
            Seen(order.paid, _sold_as(channel, order), 1, order.number)
            for order in plan.orders
            if order.paid and why_left_out(order) == why
            for channel in {channel for channel, _ in parts(order)}
        ]
        rows = aside(ask, rows, why, out, each=True)
    return rows


def _sold_as(channel: str, order: Order) -> dict[str, str]:
    return {"channel": channel, "store": order.store, "coupon": order.coupon}


def roi(plan: Plan, ask: Ask) -> Rows:
    """K36: money shared among what led to it, less what goods cost and what was spent, over what was spent."""
    parts = attribution(plan, ask, ask.only.get("model", "last"))
    plain = ask._replace(only={})
    gained, unknown = [], []
    for moved in money(plan):
        for channel, part in parts(moved.order):
            gain = Fraction(moved.amount - moved.goods) * Fraction(part)
            gained.append(Seen(moved.at, {"channel": channel}, gain, moved.order.number))
            if moved.kind == "paid" and moved.order.cost is None:
                unknown.append(Seen(moved.at, {"channel": channel}, 1, moved.order.number))
    spent = [Seen(one.at, {"channel": one.tags["channel"]}, one.size) for one in spent_by_day(plan, ask)]
    cells, below = parted(plain, gained), _added(parted(plain, spent))
    above = _added(cells)
    above = {key: above.get(key, Fraction()) - below.get(key, Fraction()) for key in above.keys() | below.keys()}
    numbers = {key: len({one.who for one in some}) for key, some in cells.items()}
    return aside(plain, ratio(above, below, numbers), "uncosted", unknown, each=True)


def _added(cells: dict[Key, list[Seen]]) -> dict[Key, Fraction]:
    return {key: sum((one.size for one in some), Fraction()) for key, some in cells.items()}
