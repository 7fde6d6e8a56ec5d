"""Writing: a plan as history events of the public contract, in the order they happened."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from simulator.chance import seeded
from simulator.company.plan import (
    CURRENCY,
    Cart,
    Exchange,
    Given,
    Link,
    Offer,
    Opportunity,
    Order,
    Person,
    Plan,
    Sitting,
    Survey,
    Talk,
    Visit,
)
from simulator.sentences import GREETINGS, THANKS, TOPICS

DESK, SHOP, CRM, BOOKS = "atendimento", "loja", "crm", "financeiro"  # the systems that tell
ADDRESS = {
    "whatsapp": "whatsapp",
    "instagram": "instagram",
    "webchat": "external_id",
    "email": "email",
    "store": "phone",
    "ecommerce": "email",
}
ANSWERS = (
    "Oi! Já estou vendo para você.", "Claro, um momento.", "Pode me passar o número do pedido?", "Prontinho, resolvido!",
    "Temos sim, em todos os tamanhos.", "Chega até sexta-feira.", "Enviei o link de pagamento.", "Posso ajudar em algo mais?",
)  # fmt: skip
type Event = dict[str, Any]


class Sight(NamedTuple):
    """What a house sees of its agents itself and no other system tells it; ``message`` is the event of one they look at."""

    key: str
    type: str
    at: datetime
    agent: str
    message: str = ""
    data: Mapping[str, str] = {}


def events(plan: Plan) -> list[Event]:
    """Return everything that happens in a plan as JSON objects of the contract; each ``id`` is one of its source's own."""
    told = [*_talks(plan), *_sales(plan), *_asides(plan)]
    return sorted(told, key=lambda event: event["at"])


def seen(plan: Plan) -> list[Sight]:
    """Return how agents were there and what they looked at, in order; the same plan gives the same keys."""
    return sorted([*_presences(plan), *_looks(plan)], key=lambda sight: sight.at)


def _presences(plan: Plan) -> Iterator[Sight]:
    spans = sorted(plan.presence, key=lambda one: (one.agent, one.since))
    for agent, some in groupby(spans, key=lambda one: one.agent):
        told: list[tuple[datetime, str, str]] = []
        state = "offline"
        for one in some:
            if told and told[-1][0] < one.since:
                told.append((one.since, one.state, one.reason))
            else:  # straight from one state into the next
                told[-1:] = [(one.since, one.state, one.reason)]
            told.append((one.until, "offline", ""))
        for number, (at, to, reason) in enumerate(told, start=1):
            data = {"agent": agent, "from": state, "to": to, "reason": reason}
            yield Sight(f"{plan.seed}-p-{agent}-{number}", "presence.changed", at, agent, data=data)
            state = to


def _looks(plan: Plan) -> Iterator[Sight]:
    for number, one in enumerate(plan.focus, start=1):
        message = f"{plan.seed}-t{one.talk.number}-{2 if one.talk.campaign else 1}"  # the first that was asked
        yield Sight(f"{plan.seed}-f{number}-1", "focus.gained", one.since, one.agent, message)
        yield Sight(f"{plan.seed}-f{number}-2", "focus.lost", one.until, one.agent, message)


def _talks(plan: Plan) -> Iterator[Event]:
    for talk in plan.talks:
        yield from _talk(plan.seed, talk)


def _sales(plan: Plan) -> Iterator[Event]:
    for cart in plan.carts:
        yield from _cart(plan.seed, cart)
    for order in plan.orders:
        yield from _order(plan.seed, order)
    for link in plan.links:
        yield from _link(plan.seed, link)
    for one in plan.opportunities:
        yield from _opportunity(plan.seed, one)


def _asides(plan: Plan) -> Iterator[Event]:
    for number, survey in enumerate(plan.surveys):
        yield from _survey(f"{plan.seed}-s{number}", survey)
    for number, offer in enumerate(plan.offers):
        yield from _offer(f"{plan.seed}-b{number}", offer)
    for number, visit in enumerate(plan.visits):
        yield _visit(f"{plan.seed}-v{number}", visit)
    for number, cost in enumerate(plan.costs):
        data = {
            "kind": cost.kind, "amount": str(cost.amount), "currency": CURRENCY,
            "from": cost.since.isoformat(), "to": cost.until.isoformat(),
        }  # fmt: skip
        at = min(max(plan.start, datetime.combine(cost.since, plan.start.timetz())), plan.end)
        yield _event(f"{plan.seed}-k{number}", BOOKS, "cost.recorded", at, None, cost.channel, data)


def _event(key: str, source: str, kind: str, at: datetime, person: Person | None, channel: str, data: Event) -> Event:
    event: Event = {"id": key, "source": source, "type": kind, "at": at.isoformat(), "data": _given(data)}
    if channel:
        event["channel"] = channel
    if person:
        name = ADDRESS[channel] if source == DESK else "email" if channel == "webchat" else ADDRESS[channel]
        event["customer"] = {name: person.addresses[name], "name": person.name}
    return event


def _given(data: Event) -> Event:
    return {name: value for name, value in data.items() if value is not None and value != ""}


def _talk(seed: int, talk: Talk) -> Iterator[Event]:
    opening = talk.sittings[0].exchanges[0].channel
    told: list[tuple[str, datetime, str, Event]] = []
    if talk.campaign:
        words = {"author": "campaign", "text": "Chegou a nova coleção!"}
        told.append(("message.sent", talk.campaign, talk.campaign_channel, words))
    draw = seeded("words", seed, talk.number)
    for sitting in talk.sittings:
        for each in sitting.exchanges:
            told += _said(draw, each)
        told += [(f"conversation.{kind}", at, opening, data) for kind, at, data in _turns(sitting)]
    for number, (kind, at, channel, data) in enumerate(told, start=1):
        yield _event(f"{seed}-t{talk.number}-{number}", DESK, kind, at, talk.person, channel, data)


def _said(draw: random.Random, each: Exchange) -> Iterator[tuple[str, datetime, str, Event]]:
    topic = draw.choice(TOPICS)
    words = [*draw.choice(topic.openings), *(draw.choice(some) for some in topic.answers), draw.choice(THANKS)]
    for place, at in enumerate(each.asked):
        yield "message.received", at, each.channel, {"text": words[min(place, len(words) - 1)]}
    for at in each.bot:
        text = f"{draw.choice(GREETINGS)}! Sou o assistente da loja."
        yield "message.sent", at, each.channel, {"author": "bot", "text": text}
    for at in each.replied:
        yield "message.sent", at, each.channel, {"author": "agent", "agent": each.agent, "text": draw.choice(ANSWERS)}


def _turns(sitting: Sitting) -> Iterator[tuple[str, datetime, Event]]:
    if sitting.handed_over:
        yield "handoff", sitting.handed_over, {"by": "bot", "team": "Atendimento"}
    for given in sitting.given:
        yield "assigned", given.at, {"agent": given.agent, "team": given.team, "by": _giver(given)}
    if sitting.snoozed:
        yield "snoozed", sitting.snoozed, {"by": "agent"}
    if sitting.closed_at:
        yield "resolved", sitting.closed_at, {"by": sitting.closed_by, "agent": sitting.closer}


def _giver(given: Given) -> str:
    return "rule" if given.at.microsecond % 2 else "agent"


def _cart(seed: int, cart: Cart) -> Iterator[Event]:
    for place, (number, at, value) in enumerate(cart.updates):
        data = {
            "cart": f"{seed}-{number}", "value": str(value), "currency": CURRENCY,
            "items": [{"sku": f"SKU-{cart.items:05}", "quantity": 1}],
        }  # fmt: skip
        yield _event(f"{seed}-{number}-{place}", SHOP, "cart.updated", at, cart.person, "ecommerce", data)


def _order(seed: int, order: Order) -> Iterator[Event]:
    money = {"value": str(order.value), "currency": order.currency}
    about = {"order": f"{seed}-{order.number}", "store": order.store, "pickup": order.pickup or None}
    whole: Event = about | money | {"coupon": order.coupon, "cart": order.cart and f"{seed}-{order.cart}"}
    if order.cost is not None:
        whole["items"] = [{"sku": f"SKU-{order.number}", "quantity": 1, "cost": str(order.cost)}]
    promised = {"promised_at": order.promised.isoformat()} if order.promised else {}
    steps: list[tuple[str, datetime | None, Event]] = [
        ("placed", order.placed, whole), ("paid", order.paid, whole | promised), ("cancelled", order.cancelled, about),
        ("ready_for_pickup", order.ready, about), ("shipped", order.shipped, about),
        *(("picked_up" if order.pickup else "delivered", at, about) for at in order.handed),
        *(("refunded", one.at, about | {"value": str(one.value), "currency": order.currency}) for one in order.refunds),
    ]  # fmt: skip
    for place, (step, at, data) in enumerate(steps):
        if at:
            key = f"{seed}-{order.number}-{place}"
            yield _event(key, order.source, f"order.{step}", at, order.person, order.channel, data)


def _link(seed: int, link: Link) -> Iterator[Event]:
    data = {"link": f"{seed}-{link.number}", "value": str(link.value), "currency": CURRENCY}
    steps = [
        ("sent", link.sent),
        *(("opened", at) for at in link.opened),
        *([("paid", link.paid)] if link.paid else []),
    ]
    for place, (step, at) in enumerate(steps):
        key = f"{seed}-{link.number}-{place}"
        yield _event(key, SHOP, f"payment_link.{step}", at, link.person, link.channel, data)


def _opportunity(seed: int, one: Opportunity) -> Iterator[Event]:
    about = {"opportunity": f"{seed}-{one.number}", "owner": one.owner, "value": str(one.value), "currency": CURRENCY}
    steps: list[tuple[str, datetime, Event]] = []
    for place, stay in enumerate(one.stays):
        opens = place == 0 or stay.since == one.reopened
        steps.append(("opened" if opens else "stage_changed", stay.since, {"stage": stay.stage}))
        if stay.until and stay.how in {"won", "lost"}:
            steps.append((stay.how, stay.until, {"reason": "preço"} if stay.how == "lost" else {}))
    for place, (step, at, data) in enumerate(steps):
        key = f"{seed}-{one.number}-{place}"
        yield _event(key, CRM, f"opportunity.{step}", at, one.person, one.channel, about | data)


def _survey(key: str, one: Survey) -> Iterator[Event]:
    about = {"survey": one.survey, "touchpoint": one.touchpoint, "agent": one.agent}
    yield _event(key, DESK, "survey.sent", one.sent, one.person, one.channel, about)
    for place, (at, score) in enumerate(one.answers):
        yield _event(f"{key}-{place}", DESK, "survey.answered", at, one.person, one.channel, about | {"score": score})


def _offer(key: str, one: Offer) -> Iterator[Event]:
    for place, at in enumerate(one.shown):
        data: Event = {"benefit": one.benefit, "eligible": one.eligible}
        yield _event(f"{key}-{place}", SHOP, "benefit.exposed", at, one.person, one.channel, data)
    if one.used:
        yield _event(f"{key}-u", SHOP, "benefit.used", one.used, one.person, one.used_channel, {"benefit": one.benefit})


def _visit(key: str, one: Visit) -> Event:
    event = _event(key, DESK, one.type, one.at, one.person, one.channel, {"store": one.store, "campaign": one.campaign})
    if one.introduces:
        event["customer"] = {**one.person.addresses, "name": one.person.name}
    return event
