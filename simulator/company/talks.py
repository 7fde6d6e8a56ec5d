"""Talks: how a conversation goes, from the first message to the last close, drawn from a stream of chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.company.people import AGENTS, Agent, channel_of
from simulator.company.plan import ZONE, Exchange, Given, Person, Sitting, Talk

WINDOW = timedelta(hours=24)  # who comes back within it goes on with the same conversation
KINDS = {
    "plain": 50, "handed_over": 20, "bot": 7, "gave_up": 8, "gave_up_at_once": 2, "unheard": 3, "untaken": 10,
}  # fmt: skip
LOCAL = ZoneInfo(ZONE)


def between(draw: random.Random, shortest: float, longest: float) -> timedelta:
    """Return a time between two numbers of seconds, short ones likelier, to the microsecond."""
    return timedelta(microseconds=int(1e6 * shortest * (longest / shortest) ** draw.random()))


def on_shift(draw: random.Random, at: datetime) -> Agent:
    """Return an agent who is there at an hour, else anybody."""
    hour = at.astimezone(LOCAL).hour
    there = [one for one in AGENTS if one.first_hour <= hour < one.last_hour]
    return draw.choice(there or AGENTS)


@dataclass
class _Telling:
    """A sitting while it is drawn: ``now`` is how far it has come."""

    draw: random.Random
    now: datetime
    channel: str
    agent: Agent

    def after(self, shortest: float, longest: float) -> datetime:
        """Go on by a while."""
        self.now += between(self.draw, shortest, longest)
        return self.now

    def asked(self) -> tuple[datetime, ...]:
        """Let the customer write, now and perhaps some more."""
        times = [self.now]
        while self.draw.random() < 0.3 and len(times) < 4:
            times.append(self.after(4, 90))
        return tuple(times)

    def replied(self) -> tuple[datetime, ...]:
        """Let the agent answer, perhaps in two messages."""
        times = [self.after(30 * self.agent.pace, 1500 * self.agent.pace)]
        if self.draw.random() < 0.25:
            times.append(self.after(5, 60))
        return tuple(times)

    def exchange(self, before: tuple[datetime, ...] = (), bot: tuple[datetime, ...] = ()) -> Exchange:
        """Draw what is asked, unless it was, and its answer."""
        asked = before or self.asked()
        return Exchange(self.channel, asked, bot, self.replied(), self.agent.email)


def talk(draw: random.Random, number: int, person: Person, opened: datetime, channel: str) -> Talk:
    """Return a whole conversation that somebody opens at ``opened``."""
    kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
    telling = _Telling(draw, opened, channel, on_shift(draw, opened))
    if kind in {"plain", "handed_over", "untaken"}:
        sittings = [_served(telling, handed_over=kind == "handed_over", taken=kind != "untaken")]
        while draw.random() < 0.14 and len(sittings) < 3:
            telling.after(600, 80_000)
            sittings.append(_returned(telling, owned=kind != "untaken"))
    else:
        sittings = [_unserved(telling, kind)]
    return Talk(number, person, tuple(sittings))


def _served(telling: _Telling, *, handed_over: bool, taken: bool) -> Sitting:
    draw = telling.draw
    asked, handed = telling.asked(), None
    bot: tuple[datetime, ...] = ()
    if handed_over:
        answered = telling.after(1, 4)
        again = telling.after(10, 120)
        asked, bot, handed = (*asked, again), (answered,), telling.after(0.5, 3)
    given = [Given(telling.after(20, 2400), telling.agent.email, telling.agent.team)] if taken else []
    exchanges = [telling.exchange(asked, bot)]
    if taken and draw.random() < 0.1:
        telling.agent = draw.choice([one for one in AGENTS if one is not telling.agent])
        given.append(Given(telling.after(60, 900), telling.agent.email, telling.agent.team))
    if draw.random() < 0.12:
        telling.channel = channel_of(draw)
    snoozed = telling.after(30, 600) if taken and draw.random() < 0.07 else None
    if snoozed:
        telling.after(3_600, 70_000)
    while draw.random() < 0.5 and len(exchanges) < 6:
        telling.after(20, 3_600)
        exchanges.append(telling.exchange())
    by_rule = draw.random() < 0.15
    closed = telling.after(*((3_600, 80_000) if by_rule else (20, 5_400)))
    closer = "" if by_rule else telling.agent.email
    return Sitting(
        tuple(exchanges), handed, tuple(given), snoozed, closed, "rule" if by_rule else "agent", closer
    )  # fmt: skip


def _returned(telling: _Telling, *, owned: bool) -> Sitting:
    """Draw a return: whoever had the conversation has it still; nobody had one that was never given."""
    if not owned:
        telling.agent = on_shift(telling.draw, telling.now)
    exchanges = (telling.exchange(),)
    return Sitting(exchanges, closed_at=telling.after(20, 5_400), closed_by="agent", closer=telling.agent.email)


def _unserved(telling: _Telling, kind: str) -> Sitting:
    """Draw a conversation that nobody answers: the bot alone does, or the customer gives up, or it is closed unheard."""
    if kind == "bot":
        asked = telling.asked()
        exchange = Exchange(telling.channel, asked, (telling.after(1, 4),))
        return Sitting((exchange,), closed_at=telling.after(60, 600), closed_by="bot")
    if kind == "gave_up_at_once":
        exchange = Exchange(telling.channel, (telling.now,))
        return Sitting((exchange,), closed_at=telling.after(1, 4.9), closed_by="rule")
    exchange = Exchange(telling.channel, telling.asked())
    if kind == "unheard":
        closed = telling.after(300, 20_000)
        return Sitting((exchange,), closed_at=closed, closed_by="agent", closer=telling.agent.email)
    return Sitting((exchange,), closed_at=telling.after(3_600, 80_000), closed_by="rule")


def cut(whole: Talk, end: datetime) -> Talk:
    """Return a conversation as far as it has come by ``end``."""
    sittings = [_cut_sitting(one, end) for one in whole.sittings if one.exchanges[0].asked[0] < end]
    return replace(whole, sittings=tuple(sittings))


def _cut_sitting(one: Sitting, end: datetime) -> Sitting:
    exchanges = [_cut_exchange(each, end) for each in one.exchanges if each.asked[0] < end]
    closed = one.closed_at is not None and one.closed_at < end
    return Sitting(
        tuple(exchanges),
        one.handed_over if one.handed_over and one.handed_over < end else None,
        tuple(given for given in one.given if given.at < end),
        one.snoozed if one.snoozed and one.snoozed < end else None,
        one.closed_at if closed else None,
        one.closed_by if closed else "",
        one.closer if closed else "",
    )


def _cut_exchange(each: Exchange, end: datetime) -> Exchange:
    replied = _before(each.replied, end)
    return Exchange(
        each.channel, _before(each.asked, end), _before(each.bot, end), replied, each.agent if replied else ""
    )


def _before(times: Sequence[datetime], end: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in times if at < end)


def last_of(whole: Talk) -> datetime:
    """Return when a conversation that has ended was closed for good."""
    closed = whole.sittings[-1].closed_at
    assert closed, "drawn to its end"
    return closed
