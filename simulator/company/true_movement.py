"""True figures of movement: from channel to channel on a journey, and what was looked up online before a sale in a store."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from simulator.company.figures import Ask, Rows, Seen, parted, rate, ratio
from simulator.company.plan import Plan
from simulator.company.true_journeys import journeys, paid
from simulator.company.true_sales import is_sale

RESEARCH = timedelta(days=14)
SHARED = ("from_channel", "day")  # what those that are divided by are told apart by too


def movement(plan: Plan, ask: Ask) -> Rows:
    """K10: of the touches of a channel, those that a touch of another followed on the same journey."""
    wanted = ask.asked("basis", "moves")
    steps = [
        Seen(second.at, {"from_channel": first.channel, "to_channel": second.channel,
                         "basis": "stays" if first.channel == second.channel else "moves"})
        for journey in journeys(plan)
        for first, second in pairwise(journey.touches)
    ]  # fmt: skip
    plain = ask._replace(only={})
    counted = parted(plain, [one for one in steps if wanted is None or one.tags["basis"] in wanted])
    above = {key: len(some) for key, some in counted.items()}
    shared = tuple(word for word in ask.by if word in SHARED)
    whole = {key: len(some) for key, some in parted(plain._replace(by=shared), steps).items()}
    keys = above.keys() | (whole.keys() if shared == ask.by else set())
    below = {key: whole[tuple(part for word, part in zip(ask.by, key, strict=False) if word in SHARED)] for key in keys}
    rows = ratio(above, below, below)
    if "basis" in ask.by:
        rows[()] = movement(plan, ask._replace(by=()))[()]  # side by side, the usual one is the whole
    return rows


def ropo(plan: Plan, ask: Ask) -> Rows:
    """K34: sales in a store to people who asked or looked at the site in the two weeks before; the plan knows everybody."""
    sought: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for talk in plan.talks:
        for each in (each for sitting in talk.sittings for each in sitting.exchanges):
            sought[talk.person.number] += [(at, each.channel) for at in each.asked]
    for visit in plan.visits:
        if visit.type == "web.visit":
            sought[visit.person.number].append((visit.at, visit.channel))
    sales = [one for one in plan.orders if is_sale(one) and one.channel == "store" and ask.holds(paid(one))]
    looked = {
        one.number: {channel for at, channel in sought[one.person.number] if paid(one) - RESEARCH <= at <= paid(one)}
        for one in sales
    }
    places = sorted({channel for channels in looked.values() for channel in channels})
    matched = ask.only.get("basis") == "matched"
    seen = [
        Seen(paid(one), {"channel": place, "store": one.store},
             matched or (place in looked[one.number] if place else bool(looked[one.number])), one.number)
        for one in sales
        for place in (places if "channel" in ask.by and places else [""])
    ]  # fmt: skip
    return rate(ask._replace(only={}), seen, each=True)
