"""Shopping: carts, payment links, opportunities, and the orders that come of them, drawn from a stream of chance."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from simulator.chance import seeded
from simulator.company.people import AGENTS, STORES
from simulator.company.plan import CURRENCY, Cart, Link, Opportunity, Order, Person, Plan, Refund, Stay
from simulator.company.talks import between

DAY = 86_400
QUIET = timedelta(days=8)  # after a cart that was left, so that no later order is taken for its payment


class Basket(NamedTuple):
    """What somebody sets out to buy."""

    person: Person
    number: int
    value: Decimal
    currency: str


def basket(draw: random.Random, person: Person, number: int) -> Basket:
    """Return what somebody buys: an amount, seldom nothing at all or in a currency nobody has a rate for."""
    value = Decimal(int(2_500 * 30 ** draw.random())) / 100
    fate = draw.random()
    return Basket(person, number, Decimal(0) if fate < 0.015 else value, "USD" if fate > 0.985 else CURRENCY)


def in_store(draw: random.Random, plan: Plan, want: Basket, at: datetime) -> datetime:
    """Sell over the counter; return when it is over."""
    store = draw.choice(STORES)
    order = Order(
        f"pdv-{want.number}", "pos", want.person, "store", want.value, want.currency, at, at + between(draw, 20, 200),
        store=store, coupon=_coupon(draw),
    )  # fmt: skip
    return _keep(draw, plan, order)


def in_shop(draw: random.Random, plan: Plan, want: Basket, at: datetime) -> datetime:
    """Fill a cart on the site and pay it, now, later or never; return when the person is free to shop again."""
    number = f"c{want.number}"
    now, updates = at, [(number, at, want.value)]
    while draw.random() < 0.5 and len(updates) < 4:
        now += between(draw, 20, 1_500)
        updates.append((number, now, want.value))
    if draw.random() < 0.1:
        now += between(draw, 4_000, 40_000)
        updates.append((f"{number}b", now, want.value))  # the same things once more, in another session
    fate = draw.random()
    if fate < 0.5:
        paid = now + between(draw, 60, 3_000)
    elif fate < 0.65:
        paid = now + between(draw, 4_000, 6 * DAY)
    elif fate < 0.7:
        paid = now + between(draw, 8 * DAY, 12 * DAY)
    else:
        plan.carts.append(Cart(want.person, tuple(updates), want.number))
        return now + QUIET
    pickup = draw.random() < 0.3
    order = Order(
        f"w{want.number}", "loja", want.person, "ecommerce", want.value, want.currency, paid - between(draw, 5, 30), paid,
        store=draw.choice(STORES) if pickup else "", pickup=pickup, coupon=_coupon(draw),
        cart=number if fate > 0.65 or draw.random() < 0.5 else "",
    )  # fmt: skip
    over = _keep(draw, plan, order)
    plan.carts.append(Cart(want.person, tuple(updates), want.number, plan.orders[-1]))
    return over


def in_chat(draw: random.Random, plan: Plan, want: Basket, at: datetime, channel: str) -> datetime:
    """Sell in a conversation: an opportunity with its stages, a link to pay by; return when it is over."""
    owner = draw.choice(AGENTS).email
    stages, now = [("novo", at)], at
    for stage in ("proposta", "negociação"):
        if draw.random() < 0.8:
            now += between(draw, 600, 2 * DAY)
            stages.append((stage, now))
    if len(stages) == 3 and draw.random() < 0.15:
        now += between(draw, 600, DAY)
        stages.append(("proposta", now))
    won = draw.random() < 0.55
    link = None
    if won or draw.random() < 0.5:
        sent = now + between(draw, 60, 7_200)
        opened = [sent + between(draw, 30, 40_000)] if won or draw.random() < 0.6 else []
        now = max([sent, *opened])
        if opened and draw.random() < 0.2:
            now += between(draw, 60, 4_000)
            opened.append(now)
        link = Link(f"l{want.number}", want.person, channel, want.value, sent, tuple(opened))
    if won and link:
        now += between(draw, 60, 2 * DAY)
        link = Link(link.number, want.person, channel, want.value, link.sent, link.opened, now)
        paid = now + between(draw, 1, 20)
        order = Order(
            f"v{want.number}", "loja", want.person, channel, want.value, want.currency, paid - timedelta(seconds=1), paid,
            coupon=_coupon(draw),
        )  # fmt: skip
        _keep(draw, plan, order)
        now = paid
    if link:
        plan.links.append(link)
    now += between(draw, 30, 7_200)
    reopened = now + between(draw, DAY, 4 * DAY) if not won and draw.random() < 0.15 else None
    stays = _stays(stages, now, "won" if won else "lost")
    if reopened:
        stays.append(Stay("novo", reopened, None))
        now = reopened
    plan.opportunities.append(
        Opportunity(f"o{want.number}", want.person, channel, owner, want.value, at, tuple(stays), reopened)
    )
    return now + QUIET


def _stays(stages: list[tuple[str, datetime]], end: datetime, how: str) -> list[Stay]:
    found = []
    for place, (stage, since) in enumerate(stages):
        follows = stages[place + 1] if place + 1 < len(stages) else None
        back = follows is not None and any(follows[0] == before for before, _ in stages[:place])
        found.append(
            Stay(stage, since, follows[1], "back" if back else "advanced") if follows else Stay(stage, since, end, how)
        )
    return found


def _coupon(draw: random.Random) -> str:
    return draw.choice(("BEMVINDO10", "OUTONO")) if draw.random() < 0.15 else ""


def _keep(draw: random.Random, plan: Plan, order: Order) -> datetime:
    """Let an order go its way after it was paid, and keep it; return when the person may order again."""
    paid = order.paid
    assert paid, "drawn as paid"
    fate = draw.random()
    changes: dict[str, Any] = {}
    if fate < 0.03:
        changes["paid"] = None
        changes["cancelled"] = order.placed + between(draw, 600, 2 * DAY)
    elif fate < 0.07:
        changes["cancelled"] = paid + between(draw, 600, 2 * DAY)
    elif order.channel != "store":
        changes |= _handed_over(draw, order, paid)
    if 0.07 <= fate < 0.14 and order.value:
        part = (
            order.value
            if draw.random() < 0.4
            else (order.value * draw.randrange(10, 80) / 100).quantize(Decimal("0.01"))
        )
        at = paid + between(draw, 3_600, 10 * DAY)
        rest = (
            [Refund(at + between(draw, 60, DAY), order.value - part)]
            if draw.random() < 0.2 and part < order.value
            else []
        )
        changes["refunds"] = (Refund(at, part), *rest)
    plan.orders.append(replace(order, cost=_cost(plan.seed, order), **changes))
    return paid + (timedelta(hours=1) if plan.orders[-1].paid else QUIET)


def _cost(seed: int, order: Order) -> Decimal | None:
    """Return what the goods cost the house, unless its systems do not know."""
    draw = seeded("goods", seed, order.number)
    share = Decimal(draw.randrange(35, 75)) / 100
    return (order.value * share).quantize(Decimal("0.01")) if draw.random() < 0.8 else None


def _handed_over(draw: random.Random, order: Order, paid: datetime) -> dict[str, Any]:
    if order.pickup:
        ready = paid + between(draw, 3_600, DAY)
        taken = (ready + between(draw, 3_600, 5 * DAY),) if draw.random() < 0.9 else ()
        return {"promised": paid + timedelta(days=2), "ready": ready, "handed": taken}
    shipped = paid + between(draw, 7_200, 2 * DAY)
    arrived = [shipped + between(draw, DAY, 8 * DAY)]
    if draw.random() < 0.1:
        arrived.append(arrived[0] + between(draw, 3_600, 2 * DAY))
    lost = draw.random() < 0.03
    return {
        "promised": paid + timedelta(days=draw.randrange(3, 8)), "shipped": shipped, "handed": () if lost else tuple(arrived),
    }  # fmt: skip
