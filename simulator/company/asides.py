"""Asides: what happens beside talks and sales: surveys, benefits, visits, and what all of it costs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from simulator.chance import seeded
from simulator.company.people import STORES
from simulator.company.plan import Cost, Offer, Order, Person, Plan, Survey, Talk, Visit
from simulator.company.talks import LOCAL, between, last_of

BENEFITS = ("frete-gratis", "retirada-na-loja", "clube-aurora")
CAMPAIGNS = ("outono", "dia-das-maes", "")
WEEK = timedelta(days=7)
SPENT = (
    ("media", "instagram", 4_200), ("media", "ecommerce", 2_700), ("salaries", "", 9_800), ("messages", "whatsapp", 610),
    ("tools", "", 890), ("other", "store", 333),
)  # fmt: skip
type Surveyed = dict[tuple[int, str, str], datetime]


def survey_of(draw: random.Random, whole: Talk, surveyed: Surveyed) -> Survey | None:
    """Return how somebody is asked after a conversation, if they are."""
    sitting = whole.sittings[-1]
    if not sitting.closer or draw.random() < 0.35:
        return None
    last = sitting.exchanges[-1]
    kind, touchpoint = ("nps", "") if draw.random() < 0.3 else ("csat", "service" if draw.random() < 0.5 else "")
    return _asked(draw, whole.person, kind, touchpoint, last.channel, last.agent, last_of(whole), surveyed)


def post_purchase(draw: random.Random, order: Order, surveyed: Surveyed) -> Survey | None:
    """Return how somebody is asked after a sale or a delivery, if they are."""
    if not order.paid or draw.random() < 0.5:
        return None
    if order.channel == "store":
        return _asked(draw, order.person, "csat", "store", "store", "", order.paid, surveyed)
    if order.handed:
        return _asked(draw, order.person, "csat", "delivery", "email", "", order.handed[-1], surveyed)
    return _asked(draw, order.person, "csat", "purchase", "email", "", order.paid, surveyed)


def _asked(  # noqa: PLR0913, PLR0917  what a survey is made of
    draw: random.Random,
    person: Person,
    kind: str,
    touchpoint: str,
    channel: str,
    agent: str,
    at: datetime,
    surveyed: Surveyed,
) -> Survey | None:
    sent = at + between(draw, 10, 3_600)
    key = person.number, kind, touchpoint
    if key in surveyed and sent < surveyed[key]:
        return None
    answers: list[tuple[datetime, int]] = []
    if draw.random() < 0.62:
        answers.append((sent + between(draw, 20, 150_000), _score(draw, kind)))
        if draw.random() < 0.1:
            answers.append((answers[0][0] + between(draw, 60, 500_000), _score(draw, kind)))
    surveyed[key] = (answers[-1][0] if answers else sent) + WEEK + timedelta(hours=1)
    return Survey(person, kind, touchpoint, channel, agent, sent, tuple(answers))


def _score(draw: random.Random, kind: str) -> int:
    return (
        draw.choices(range(1, 6), (4, 4, 10, 30, 52))[0]
        if kind == "csat"
        else 10 - min(10, int(draw.expovariate(0.45)))
    )


def offer(draw: random.Random, plan: Plan, person: Person, channel: str, at: datetime) -> Iterator[Offer]:
    """Yield a benefit somebody is shown, unless they were shown it before."""
    benefit = draw.choice(BENEFITS)
    if any(one.person is person and one.benefit == benefit for one in plan.offers):
        return
    shown = [at + between(draw, 5, 600)]
    if draw.random() < 0.3:
        shown.append(shown[0] + between(draw, 60, 300_000))
    used = shown[0] + between(draw, 300, 900_000) if draw.random() < 0.4 else None
    yield Offer(person, benefit, channel, tuple(shown), draw.random() < 0.9, used, channel if used else "")


def visit(draw: random.Random, person: Person, at: datetime, channel: str) -> Visit:
    """Return how somebody looks in: at the site, at a store, by an ad."""
    if channel == "store":
        return Visit(person, "store.visit", "store", at, store=draw.choice(STORES))
    if channel == "instagram":
        return Visit(person, "ad.clicked", "instagram", at, campaign=draw.choice(CAMPAIGNS))
    return Visit(person, "web.visit", "ecommerce", at, campaign=draw.choice(CAMPAIGNS))


def costs(plan: Plan) -> Iterator[Cost]:
    """Yield what the company spends: by calendar month, media by week."""
    first, last = plan.start.astimezone(LOCAL).date(), plan.end.astimezone(LOCAL).date()
    for kind, channel, usual in SPENT:
        since = first if kind == "media" else first.replace(day=1)
        while since < last:
            until = since + WEEK if kind == "media" else _month_after(since)
            share = Decimal(7 if kind == "media" else 30) / 30
            draw = seeded("cost", plan.seed, kind, channel, since)
            yield Cost(
                kind, channel, (usual * share * draw.randrange(80, 120) / 100).quantize(Decimal("0.01")), since, until
            )
            since = until


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
