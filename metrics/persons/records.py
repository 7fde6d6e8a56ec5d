"""Records: what is read of a person's history, and what is derived from it; frozen values without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

# At the same instant the natural order of buying decides, so that the order of arrival cannot change a figure.
RANK = {
    name: place
    for place, name in enumerate(
        (
            "ad.clicked", "web.visit", "store.visit", "benefit.exposed", "opportunity.opened", "opportunity.stage_changed",
            "cart.updated", "payment_link.sent", "payment_link.opened", "order.placed", "payment_link.paid", "order.paid",
            "benefit.used", "opportunity.won", "opportunity.lost", "order.cancelled", "order.refunded",
            "order.ready_for_pickup", "order.shipped", "order.picked_up", "order.delivered", "survey.sent",
            "survey.answered", "cost.recorded",
        )
    )
}  # fmt: skip
TYPES = tuple(RANK)


class Event(NamedTuple):
    """One event of a person's history, as far as figures need it. ``agent`` is the e-mail address the event names; ids are bytes."""

    id: int
    type: str
    at: datetime
    source: str = ""
    channel_kind: str = ""
    agent: str = ""
    conversation_id: bytes | None = None
    data: Mapping[str, Any] = {}

    def text(self, name: str, most: int = 120) -> str:
        """Return a word of the event's data, cut to ``most`` characters; empty where there is none."""
        value = self.data.get(name)
        return "" if value is None or isinstance(value, dict | list | bool) else str(value)[:most]

    def key(self, name: str) -> tuple[str, str]:
        """Return what tells the thing apart that the event is about: its number at the event's source."""
        return self.source, self.text(name, 255)


class Order(NamedTuple):
    """An order as a whole. Money in the workspace's currency but for ``gross``."""

    id: int  # its first event
    source: str
    number: str
    channel_kind: str
    store: str
    pickup: bool
    coupon: str
    placed_at: datetime | None
    paid_at: datetime | None
    cancelled_at: datetime | None
    ready_at: datetime | None
    picked_up_at: datetime | None
    shipped_at: datetime | None
    first_delivered_at: datetime | None
    delivered_at: datetime | None
    promised_at: datetime | None
    currency: str
    gross: Decimal | None
    amount: Decimal | None
    refunded: Decimal | None
    net: Decimal | None
    excluded: str  # cancelled | free | unconverted, empty: its money counts
    position: int | None  # among the person's sales


class Movement(NamedTuple):
    """Money that came or went back, at its own instant."""

    id: int
    order_id: int
    at: datetime
    kind: str  # paid | refunded
    channel_kind: str
    store: str
    coupon: str
    amount: Decimal | None
    net: Decimal | None
    excluded: str
    position: int | None
    first_at: datetime | None
    goods: Decimal | None  # what the goods cost the house that the money was for, None where their lines do not say


class Cart(NamedTuple):
    """A cart with something in it."""

    id: int
    source: str
    number: str
    channel_kind: str
    started_at: datetime
    last_at: datetime
    idle_at: datetime | None
    paid_at: datetime | None
    amount: Decimal | None


class Link(NamedTuple):
    """A payment link that was sent."""

    id: int
    source: str
    number: str
    channel_kind: str
    sent_at: datetime
    opened_at: datetime | None
    paid_at: datetime | None
    amount: Decimal | None


class Opportunity(NamedTuple):
    """An opportunity from its opening to its end. ``elapsed`` in microseconds."""

    id: int
    source: str
    number: str
    channel_kind: str
    owner: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str  # open | won | lost
    stage: str
    reason: str
    amount: Decimal | None
    elapsed: int | None


class Stage(NamedTuple):
    """A stay of an opportunity in a stage. ``elapsed`` in microseconds."""

    id: int
    opportunity_id: int
    stage: str
    channel_kind: str
    owner: str
    entered_at: datetime
    left_at: datetime | None
    outcome: str  # open | advanced | back | won | lost
    elapsed: int | None


class Benefit(NamedTuple):
    """A benefit a person was shown and might use, and their first use of it."""

    id: int
    benefit: str
    channel_kind: str
    exposed_at: datetime
    used_at: datetime | None
    used_channel_kind: str


class Survey(NamedTuple):
    """A survey's answer, or a survey nobody has answered."""

    id: int
    conversation_id: bytes | None
    survey: str
    touchpoint: str
    channel_kind: str
    agent: str
    sent_at: datetime | None
    answered_at: datetime | None
    score: int | None
    counts: bool


class Touch(NamedTuple):
    """A contact a person sought that is no message."""

    id: int
    kind: str
    channel_kind: str
    at: datetime
    store: str
    campaign: str


class Journey(NamedTuple):
    """What led to a sale: the touches that share in it, by channel, as far as the models of attribution know them (R10).

    Channels stand in the order of their first touch; ``last`` and ``sought`` are places among them, counted from one.
    """

    id: int  # the order
    touches: int
    last: int  # of the last touch
    sought: int  # of the last touch of somebody who did not just come to the site
    channels: tuple[str, ...]
    counts: tuple[int, ...]  # touches on each
    fresh: tuple[float, ...]  # what share each has when a touch is worth half as much a week before


class Cost(NamedTuple):
    """What was spent from ``first_day`` until before ``end_day``."""

    id: int
    kind: str
    channel_kind: str
    first_day: date
    end_day: date
    amount: Decimal | None


class Facts(NamedTuple):
    """Everything derived from one person's history."""

    orders: tuple[Order, ...] = ()
    movements: tuple[Movement, ...] = ()
    carts: tuple[Cart, ...] = ()
    links: tuple[Link, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    stages: tuple[Stage, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    surveys: tuple[Survey, ...] = ()
    touches: tuple[Touch, ...] = ()
    journeys: tuple[Journey, ...] = ()
    costs: tuple[Cost, ...] = ()
