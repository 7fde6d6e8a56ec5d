"""Story: a company's whole plan from a seed: who comes on which day, how often, through which channel, and what it comes to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from simulator.chance import seeded
from simulator.company import shopping
from simulator.company.asides import costs, offer, post_purchase, survey_of, visit
from simulator.company.cutting import cut_short
from simulator.company.desk import Busy, attention, presence
from simulator.company.people import AGENTS, channel_of, newcomer
from simulator.company.plan import Person, Plan, Talk, Visit
from simulator.company.talks import LOCAL, WINDOW, between, cut, last_of, talk

HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 18, 30, 36, 34, 28, 30, 34, 36, 32, 30, 26, 24, 22, 16, 8, 3)
WEEKDAYS = (1.2, 1.1, 1.0, 1.0, 1.15, 0.8, 0.45)
APART = WINDOW + timedelta(hours=2)  # between the end of a conversation and the next of the same person
CAMPAIGN_EVERY = 9  # days
COMES_BACK = 0.35


class Way(NamedTuple):
    """What draws somebody in on a day."""

    talks: float
    sales: float
    visits: float


WAY = Way(talks=1.0, sales=0.7, visits=0.8)


def plan(seed: int, first: date, days: int, talks_a_day: float = 30, end: datetime | None = None) -> Plan:
    """Plan ``days`` from the midnight of ``first`` in São Paulo on, up to ``end`` if that is earlier. Same words, same plan."""
    start = datetime(first.year, first.month, first.day, tzinfo=LOCAL)
    over = start + timedelta(days=days)
    made = _Company(Plan(seed, start, min(end or over, over)))
    for number in range(days):
        made.day(start + timedelta(days=number), talks_a_day)
    made.introduce()
    made.attend()
    made.plan.costs.extend(costs(made.plan))
    return cut_short(made.plan)


class _Company:
    """A company while it is planned: who is there, and from when on each of them is free for what comes next."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.talks_from: dict[int, datetime] = {}
        self.shops_from: dict[int, datetime] = {}
        self.channels: dict[int, str] = {}
        self.used: dict[int, set[str]] = {}
        self.busy: Busy = {}
        self.shifts: list[tuple[str, datetime, datetime]] = []
        self.surveyed: dict[tuple[int, str, str], datetime] = {}
        self.numbered = 0

    def day(self, start: datetime, rate: float) -> None:
        """Plan one day."""
        plan, draw = self.plan, seeded("company", self.plan.seed, start.date().isoformat())
        number = (start - plan.start).days
        campaign = number % CAMPAIGN_EVERY == 4
        lively = rate * WEEKDAYS[start.weekday()] * (1.5 if campaign else 1) * draw.uniform(0.85, 1.15)
        for at in self._instants(draw, start, lively * WAY.talks):
            self._talk(draw, at, campaign=campaign)
        for at in self._instants(draw, start, lively * WAY.sales):
            self._sale(draw, at)
        for at in self._instants(draw, start, lively * WAY.visits):
            self._visit(draw, at)
        for agent in AGENTS:
            if start.weekday() < 5 or draw.random() < 0.4:
                since = start + timedelta(hours=agent.first_hour) + between(draw, 1, 900)
                until = start + timedelta(hours=agent.last_hour) + between(draw, 1, 900)
                self.shifts.append((agent.email, since, until))

    def attend(self) -> None:
        """Let the agents be there on their shifts: as it is drawn once all they looked at is known."""
        for agent, since, until in self.shifts:
            self.plan.presence.extend(presence(self.plan.seed, agent, since, until, self.busy.get(agent, [])))

    def introduce(self) -> None:
        """Let everybody whom several systems know sign in once, at any time, so that it shows who they are."""
        for person in self.plan.people:
            used = self.used.get(person.number, set())
            if len(used) > 1:
                draw = seeded("introduction", self.plan.seed, person.number)
                at = self.plan.start + (self.plan.end - self.plan.start) * draw.uniform(0.01, 0.99)
                self.plan.visits.append(Visit(person, "web.visit", "ecommerce", at, introduces=True))

    def _instants(self, draw: random.Random, start: datetime, expected: float) -> Iterator[datetime]:
        count = int(expected) + (draw.random() < expected % 1)
        hours = sorted(draw.choices(range(24), HOURS, k=count))
        for hour in hours:
            yield start + timedelta(hours=hour, microseconds=draw.randrange(3_600_000_000))

    def _somebody(self, draw: random.Random, free: dict[int, datetime], at: datetime) -> Person:
        people = self.plan.people
        if people and draw.random() < COMES_BACK:
            for _ in range(8):
                person = draw.choice(people)
                if free.get(person.number, at) <= at:
                    return person
        person = newcomer(len(people) + 1, self.plan.seed, draw)
        self.channels[person.number] = channel_of(draw)
        people.append(person)
        return person

    def _uses(self, person: Person, *channels: str) -> None:
        self.used.setdefault(person.number, set()).update(channels)

    def _talk(self, draw: random.Random, at: datetime, *, campaign: bool) -> None:
        plan = self.plan
        person = self._somebody(draw, self.talks_from, at)
        channel = self.channels[person.number] if draw.random() < 0.8 else channel_of(draw)
        whole = talk(draw, len(plan.talks) + 1, person, at, channel)
        sent = at - between(draw, 600, 30_000)
        if campaign and channel == "whatsapp" and draw.random() < 0.3 and self._is_quiet(person, sent):
            whole = replace(whole, campaign=sent, campaign_channel=channel)
        self._goes_on(whole)
        asked = survey_of(draw, whole, self.surveyed)
        if asked:
            plan.surveys.append(asked)
        if draw.random() < 0.3 and self.shops_from.get(person.number, at) <= at and whole.sittings[0].given:
            self.shops_from[person.number] = shopping.in_chat(draw, plan, self._basket(draw, person), at, channel)
            self._uses(person, _elsewhere(channel))
            self._ask_again(person)
        if draw.random() < 0.15:
            plan.offers.extend(offer(draw, plan, person, channel, at))
            self._uses(person, _elsewhere(channel))

    def _ask_again(self, person: Person) -> None:
        """Let somebody with an open opportunity come back about it, perhaps on another channel."""
        plan, last = self.plan, self.plan.talks[-1]
        chance, closed = plan.opportunities[-1], last.sittings[-1].closed_at if last.sittings else None
        draw = seeded("again", plan.seed, last.number)
        at = (closed or plan.end) + between(draw, 27 * 3_600, 60 * 3_600)
        if chance.stays[-1].until is None or at >= chance.stays[-1].until or draw.random() < 0.4:
            return
        self._goes_on(talk(draw, len(plan.talks) + 1, person, at, channel_of(draw)))

    def _goes_on(self, whole: Talk) -> None:
        person, plan = whole.person, self.plan
        self.talks_from[person.number] = last_of(whole) + APART
        self._uses(person, *(each.channel for one in whole.sittings for each in one.exchanges))
        plan.focus.extend(attention(plan.seed, whole, self.busy))
        plan.talks.append(cut(whole, plan.end))

    def _is_quiet(self, person: Person, at: datetime) -> bool:
        return at > self.plan.start and self.talks_from.get(person.number, at) <= at

    def _basket(self, draw: random.Random, person: Person) -> shopping.Basket:
        self.numbered += 1
        return shopping.basket(draw, person, self.numbered)

    def _sale(self, draw: random.Random, at: datetime) -> None:
        person = self._somebody(draw, self.shops_from, at)
        sell, channel = (shopping.in_store, "store") if draw.random() < 0.4 else (shopping.in_shop, "ecommerce")
        before = len(self.plan.orders)
        self.shops_from[person.number] = sell(draw, self.plan, self._basket(draw, person), at)
        self._uses(person, channel)
        if draw.random() < 0.5:
            self.plan.visits.append(visit(draw, person, at - between(draw, 60, 300_000), channel))
        if draw.random() < 0.2:
            self.plan.offers.extend(offer(draw, self.plan, person, channel, at))
        for order in self.plan.orders[before:]:
            asked = post_purchase(draw, order, self.surveyed)
            if asked:
                self.plan.surveys.append(asked)
                self._uses(person, asked.channel)

    def _visit(self, draw: random.Random, at: datetime) -> None:
        person = self._somebody(draw, {}, at)
        channel = draw.choice(("ecommerce", "ecommerce", "store", "instagram"))
        self.plan.visits.append(visit(draw, person, at, channel))
        self._uses(person, channel)


def _elsewhere(channel: str) -> str:
    """Return as on which channel other systems know somebody: the chat's own number says nothing there."""
    return "email" if channel == "webchat" else channel
