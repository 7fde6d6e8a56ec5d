"""What a plan is made of: the people of a shop and what each of them goes through, before anybody tells it as events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ZONE = "America/Sao_Paulo"
CURRENCY = "BRL"


@dataclass(frozen=True)
class Person:
    """Somebody with the addresses the shop's systems know them by: by kind of address its value."""

    number: int
    name: str
    addresses: Mapping[str, str]


@dataclass(frozen=True)
class Exchange:
    """The customer writes, a bot may answer, an agent replies: ``replied`` is empty while nobody has."""

    channel: str
    asked: tuple[datetime, ...]
    bot: tuple[datetime, ...] = ()
    replied: tuple[datetime, ...] = ()
    agent: str = ""


@dataclass(frozen=True)
class Given:
    """The conversation is given to an agent of a team."""

    at: datetime
    agent: str
    team: str


@dataclass(frozen=True)
class Sitting:
    """One stretch of service: from the customer's opening or return to its close; ``closed_at`` is empty while it runs."""

    exchanges: tuple[Exchange, ...]
    handed_over: datetime | None = None
    given: tuple[Given, ...] = ()
    snoozed: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""  # agent | bot | rule
    closer: str = ""


@dataclass(frozen=True)
class Talk:
    """A conversation: its sittings, each after the first being a return within a day of the close before."""

    number: int
    person: Person
    sittings: tuple[Sitting, ...]
    campaign: datetime | None = None  # what the customer answers, or would have
    campaign_channel: str = ""


@dataclass(frozen=True)
class Focus:
    """An agent looks at a conversation."""

    agent: str
    talk: Talk
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Presence:
    """How an agent is there: online, busy, away or on a break; who is not is offline. ``reason`` is why they pause."""

    agent: str
    state: str
    since: datetime
    until: datetime
    reason: str = ""


@dataclass(frozen=True)
class Refund:
    """Money that goes back."""

    at: datetime
    value: Decimal


@dataclass(frozen=True)
class Order:
    """An order and what became of it; an instant is empty for what has not happened."""

    number: str
    source: str
    person: Person
    channel: str
    value: Decimal
    currency: str
    placed: datetime
    paid: datetime | None
    store: str = ""
    pickup: bool = False
    coupon: str = ""
    cart: str = ""
    cost: Decimal | None = None  # of the goods to the house; empty where nobody says
    promised: datetime | None = None
    ready: datetime | None = None
    shipped: datetime | None = None
    handed: tuple[datetime, ...] = ()  # each parcel
    cancelled: datetime | None = None
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True)
class Cart:
    """A cart: under each of its numbers the updates it saw. ``order`` is the number of the order that pays it."""

    person: Person
    updates: tuple[tuple[str, datetime, Decimal], ...]
    items: int
    order: Order | None = None


@dataclass(frozen=True)
class Link:
    """A payment link."""

    number: str
    person: Person
    channel: str
    value: Decimal
    sent: datetime
    opened: tuple[datetime, ...] = ()
    paid: datetime | None = None


@dataclass(frozen=True)
class Stay:
    """A stay of an opportunity in a stage; ``how`` it ended: advanced, back, won, lost, empty while it lasts."""

    stage: str
    since: datetime
    until: datetime | None
    how: str = ""


@dataclass(frozen=True)
class Opportunity:
    """A possible sale; ``reopened`` is when a lost one was taken up again."""

    number: str
    person: Person
    channel: str
    owner: str
    value: Decimal
    opened: datetime
    stays: tuple[Stay, ...]
    reopened: datetime | None = None


@dataclass(frozen=True)
class Survey:
    """A survey that was sent, and its answers in order; the last of those within a week counts."""

    person: Person
    survey: str  # csat | nps
    touchpoint: str
    channel: str
    agent: str
    sent: datetime
    answers: tuple[tuple[datetime, int], ...] = ()


@dataclass(frozen=True)
class Offer:
    """A benefit somebody was shown, as often as they were, and when they used it."""

    person: Person
    benefit: str
    channel: str
    shown: tuple[datetime, ...]
    eligible: bool
    used: datetime | None = None
    used_channel: str = ""


@dataclass(frozen=True)
class Visit:
    """A contact that is no message. ``introduces``: the person signs in and is known by every address from then on."""

    person: Person
    type: str
    channel: str
    at: datetime
    store: str = ""
    campaign: str = ""
    introduces: bool = False


@dataclass(frozen=True)
class Cost:
    """What was spent from one day to before another."""

    kind: str
    channel: str
    amount: Decimal
    since: date
    until: date


@dataclass
class Plan:
    """Everything that happens in a company from ``start`` to ``end``."""

    seed: int
    start: datetime
    end: datetime
    people: list[Person] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    focus: list[Focus] = field(default_factory=list)
    presence: list[Presence] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    opportunities: list[Opportunity] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
