"""Cutting short: a plan as far as it has come by its end, so that what lasts then lasts, and nothing of the future is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from simulator.company.plan import Cart, Link, Offer, Opportunity, Order, Plan, Survey


def cut_short(plan: Plan) -> Plan:
    """Return what happened before the end; visits that would have come before the start are left out with it."""
    start, end = plan.start, plan.end
    orders = {order.number: _order(order, end) for order in plan.orders if order.placed < end}
    return replace(
        plan,
        talks=[talk for talk in plan.talks if talk.sittings],
        focus=[replace(one, until=min(one.until, end)) for one in plan.focus if one.since < end],
        presence=[replace(one, until=min(one.until, end)) for one in plan.presence if one.since < end],
        orders=list(orders.values()),
        carts=[_cart(one, orders, end) for one in plan.carts if one.updates[0][1] < end],
        links=[_link(one, end) for one in plan.links if one.sent < end],
        opportunities=[_opportunity(one, end) for one in plan.opportunities if one.opened < end],
        surveys=[_survey(one, end) for one in plan.surveys if one.sent < end],
        offers=[_offer(one, end) for one in plan.offers if one.shown[0] < end],
        visits=[one for one in plan.visits if start <= one.at < end],
    )


def _if(at: datetime | None, end: datetime) -> datetime | None:
    return at if at is not None and at < end else None


def _order(order: Order, end: datetime) -> Order:
    return replace(
        order,
        paid=_if(order.paid, end),
        ready=_if(order.ready, end),
        shipped=_if(order.shipped, end),
        handed=tuple(at for at in order.handed if at < end),
        cancelled=_if(order.cancelled, end),
        refunds=tuple(one for one in order.refunds if one.at < end),
    )


def _cart(cart: Cart, orders: dict[str, Order], end: datetime) -> Cart:
    order = orders.get(cart.order.number) if cart.order else None
    return replace(cart, updates=tuple(one for one in cart.updates if one[1] < end), order=order)


def _link(link: Link, end: datetime) -> Link:
    return replace(link, opened=tuple(at for at in link.opened if at < end), paid=_if(link.paid, end))


def _opportunity(one: Opportunity, end: datetime) -> Opportunity:
    stays = [
        stay if stay.until is None or stay.until < end else replace(stay, until=None, how="")
        for stay in one.stays
        if stay.since < end
    ]
    return replace(one, stays=tuple(stays), reopened=_if(one.reopened, end))


def _survey(one: Survey, end: datetime) -> Survey:
    return replace(one, answers=tuple(answer for answer in one.answers if answer[0] < end))


def _offer(one: Offer, end: datetime) -> Offer:
    used = _if(one.used, end)
    return replace(
        one, shown=tuple(at for at in one.shown if at < end), used=used, used_channel=one.used_channel if used else ""
    )
