"""True stages of people's way: what held each of them where, day by day, read off the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from simulator.company.figures import Ask, Rows, Seen, lengths
from simulator.company.plan import Plan
from simulator.company.true_journeys import paid
from simulator.company.true_sales import sales_of

NAMES = ("attention", "consideration", "decision", "service", "loyalty")
MONTH, YEAR, WEEK = timedelta(days=30), timedelta(days=365), timedelta(days=7)
LOOKS = {"ad.clicked", "web.visit", "store.visit"}


class Held(NamedTuple):
    """Something that holds somebody in a stage for a while."""

    since: datetime
    until: datetime
    stage: int
    channel: str


def held(plan: Plan) -> dict[int, list[Held]]:
    """Return by person what held them."""
    found: dict[int, list[Held]] = defaultdict(list)
    for person, one in (*_sought(plan), *_decided(plan), *_bought(plan), *_promoted(plan)):
        found[person].append(one)
    return found


def _sought(plan: Plan) -> Iterator[tuple[int, Held]]:
    for visit in plan.visits:
        if visit.type in LOOKS:
            yield visit.person.number, Held(visit.at, visit.at + MONTH, 0, visit.channel)
    for talk in plan.talks:
        for each in (each for sitting in talk.sittings for each in sitting.exchanges):
            for at in each.asked:
                yield talk.person.number, Held(at, at + MONTH, 1, each.channel)


def _decided(plan: Plan) -> Iterator[tuple[int, Held]]:
    for cart in plan.carts:
        times = [at for _, at, _ in cart.updates]
        yield cart.person.number, Held(times[0], times[-1] + MONTH, 2, "ecommerce")
    for link in plan.links:
        yield link.person.number, Held(link.sent, max([link.sent, *link.opened[:1]]) + MONTH, 2, link.channel)


def _bought(plan: Plan) -> Iterator[tuple[int, Held]]:
    for person, sales in sales_of(plan).items():
        for place, order in enumerate(sales):
            at = paid(order)
            awaited = order.promised or order.shipped or order.ready
            over = order.handed[-1] + MONTH if order.handed else at + (YEAR if awaited else MONTH)
            yield person, Held(at, over, 3, order.channel)
            if place:
                yield person, Held(at, at + YEAR, 4, order.channel)


def _promoted(plan: Plan) -> Iterator[tuple[int, Held]]:
    for survey in plan.surveys:
        for place, (at, score) in enumerate(survey.answers):
            anew = place + 1 < len(survey.answers) and survey.answers[place + 1][0] - at <= WEEK
            if survey.survey == "nps" and score >= 9 and not anew:
                yield survey.person.number, Held(at, at + YEAR, 4, survey.channel)


def _turns(some: list[Held], as_of: datetime) -> Iterator[tuple[datetime, int | None]]:
    """Yield when somebody came into which stage, or into none."""
    before: int | None = None
    for at in sorted({one.since for one in some} | {one.until for one in some if one.until <= as_of}):
        stage = max((one.stage for one in some if one.since <= at < one.until), default=None)
        if stage != before:
            yield at, stage
        before = stage


def stages(plan: Plan, ask: Ask) -> Rows:
    """K46: how long people stayed in the stages they came into, and how they left."""
    ended: list[Seen] = []
    still: list[Seen] = []
    for some in held(plan).values():
        turns = list(_turns(some, ask.as_of))
        for (at, stage), following in zip(turns, [*turns[1:], None], strict=True):
            if stage is None:
                continue
            led = min((one.channel for one in some if one.since == at and one.stage == stage), default="")
            tags = {"stage": NAMES[stage], "channel": led, "outcome": "open"}
            if following is None:
                still.append(Seen(at, tags))
                continue
            until, after = following
            how = "left" if after is None else "advanced" if after > stage else "back"
            ended.append(Seen(at, {**tags, "outcome": how}, until - at))
    return lengths(ask, ended, still, ("", ()), "p50")
