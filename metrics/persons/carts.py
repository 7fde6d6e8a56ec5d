"""Carts and payment links: what was filled or sent, when it went quiet, and whether it was paid after all (K30)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from metrics.persons.money import Purse, amount_of
from metrics.persons.records import Cart, Event, Link, Order

IDLE = timedelta(minutes=60)  # without activity, a cart is abandoned
SAME = timedelta(hours=24)  # a cart with the same things within this is the same cart
LATER = timedelta(days=7)  # an order that names no cart pays one that was active within this


class _Filling:
    """A cart while its story is read: its updates in order, those of its duplicates among them."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = list(events)
        self.keys = {events[0].key("cart")}
        self.paid_at: datetime | None = None

    @property
    def items(self) -> str:
        """What is in it, as one word; empty when no update says so. How many things there are does not say which."""
        said = next(
            (event.data["items"] for event in reversed(self.events) if event.data.get("items") is not None), None
        )
        return json.dumps(said, sort_keys=True, default=str) if isinstance(said, list | dict) else ""

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken out again."""
        said = [event.data["items"] for event in self.events if event.data.get("items") is not None]
        return bool(said) and said[-1] in ([], {}, 0)


def carts(story: Sequence[Event], bought: Iterable[Order], purse: Purse) -> list[Cart]:
    """Return the carts of a person's history; ``bought`` are the person's orders, of which each pays one cart."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    named: dict[tuple[str, str], tuple[str, str]] = {}  # by order the cart it names
    for event in story:
        if event.type == "cart.updated" and event.text("cart"):
            groups[event.key("cart")].append(event)
        elif event.type.startswith("order.") and event.text("order") and event.text("cart"):
            named[event.key("order")] = event.key("cart")
    if not groups:
        return []
    paid = sorted(
        (order.paid_at, order.id, named.get((order.source, order.number))) for order in bought if order.paid_at
    )
    filled = _merged(groups.values(), [at for at, _id, _cart in paid])
    for at, _id, cart in paid:
        one = _paid_by(filled, at, cart)
        if one:
            one.paid_at = at
    return [_cart(one, purse) for one in filled if not one.is_empty]


def _merged(groups: Iterable[Sequence[Event]], paid: Sequence[datetime]) -> list[_Filling]:
    """Let a cart with the same things as one before, within a day and with nothing bought between, be that one."""
    found: list[_Filling] = []
    for events in sorted(groups, key=lambda events: (events[0].at, events[0].id)):
        cart = _Filling(events)
        twin = next(
            (
                one
                for one in reversed(found)
                if cart.items and one.items == cart.items and events[0].at - one.events[-1].at <= SAME
                and not any(one.events[0].at < at <= events[0].at for at in paid)
            ),
            None,
        )  # fmt: skip
        if twin:
            twin.events = sorted([*twin.events, *events], key=lambda event: (event.at, event.id))
            twin.keys |= cart.keys
        else:
            found.append(cart)
    return found


def _paid_by(filled: Iterable[_Filling], at: datetime, named: tuple[str, str] | None) -> _Filling | None:
    """Return the unpaid cart an order pays: the one it names, else the one that was active last before it."""
    unpaid = [cart for cart in filled if cart.paid_at is None]
    if named:
        return next((cart for cart in unpaid if named in cart.keys), None)
    before = [
        (last, cart.events[0].id, cart)
        for cart in unpaid
        if not cart.is_empty
        and (last := max((e.at for e in cart.events if e.at <= at), default=None))
        and at - last <= LATER
    ]
    return max(before, key=lambda one: one[:2])[2] if before else None


def _cart(filling: _Filling, purse: Purse) -> Cart:
    events, paid_at = filling.events, filling.paid_at
    active = [event for event in events if paid_at is None or event.at <= paid_at] or events[:1]
    moments = [event.at for event in active] + ([paid_at] if paid_at else [])
    idle_at = next((one for one, following in pairwise(moments) if following - one >= IDLE), None)
    first, last = events[0], active[-1]
    valued = next((event for event in reversed(active) if amount_of(event.data.get("value")) is not None), last)
    return Cart(
        id=min(event.id for event in events),
        source=first.source,
        number=first.text("cart", 255),
        channel_kind=first.channel_kind,
        started_at=first.at,
        last_at=last.at,
        idle_at=idle_at,
        paid_at=paid_at,
        amount=purse.worth(
            amount_of(valued.data.get("value")), valued.text("currency", 3).upper() or purse.currency, first.at
        ),
    )


def links(story: Sequence[Event], purse: Purse) -> list[Link]:
    """Return the payment links of a person's history that were sent."""
    groups: dict[tuple[str, str], dict[str, Event]] = defaultdict(dict)
    for event in story:
        if event.type.startswith("payment_link.") and event.text("link"):
            groups[event.key("link")].setdefault(event.type.partition(".")[2], event)
    found = []
    for (source, number), first in groups.items():
        sent, opened, paid = first.get("sent"), first.get("opened"), first.get("paid")
        if sent is None:
            continue
        said = sent if amount_of(sent.data.get("value")) is not None else paid or sent
        found.append(
            Link(
                id=sent.id,
                source=source,
                number=number,
                channel_kind=sent.channel_kind,
                sent_at=sent.at,
                opened_at=opened.at if opened else None,
                paid_at=paid.at if paid else None,
                amount=purse.worth(
                    amount_of(said.data.get("value")), said.text("currency", 3).upper() or purse.currency, sent.at
                ),
            )
        )
    return found
