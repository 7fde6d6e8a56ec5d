"""Staffing: how many people a load of conversations needs, by Erlang's formulas: those who wait stay (C), or lose patience (A)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from math import exp

import msgspec

MOST_AGENTS = 2_000
NEGLIGIBLE = 1e-12  # shares of the time that change no figure


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What comes in and what is aimed at: ``target`` is the share to be taken within ``within`` seconds.

    ``handle`` is how long one conversation keeps somebody, in seconds; who serves several at once is as good as
    ``concurrency`` people who serve one. ``patience`` is after how many seconds people give up on average, if they do.
    """

    conversations: float
    interval: float
    handle: float
    concurrency: float = 1
    target: float = 0.8
    within: float = 30
    patience: float | None = None

    @property
    def effective(self) -> float:
        """How long a conversation keeps somebody who serves several, in seconds."""
        return self.handle / self.concurrency

    @property
    def erlangs(self) -> float:
        """How many people are busy on average."""
        return self.conversations * self.effective / self.interval


class Staffed(msgspec.Struct, frozen=True):
    """How it goes with so many agents, as if everybody waited; ``abandonment`` is the share that would rather give up."""

    agents: int
    level: float  # the share that is taken within the time aimed at
    wait: float  # seconds on average
    occupancy: float
    abandonment: float | None = None  # None where nothing says how patient people are


def needed(load: Load) -> Staffed | None:
    """Return the fewest agents that reach the target; None where more than anybody has would be needed."""
    return next((patient(load, one) for one in staffed(load) if one.level >= load.target), None)


def around(load: Load, agents: int, by: int) -> list[Staffed]:
    """Return how it goes with about so many agents, up to ``by`` fewer or more."""
    beyond = takewhile(lambda one: one.agents <= agents + by, staffed(load))
    return [patient(load, one) for one in beyond if one.agents >= agents - by]


def staffed(load: Load) -> Iterator[Staffed]:
    """Yield how it goes with ever more agents, from the first number that the load does not outgrow."""
    erlangs, blocked = load.erlangs, 1.0
    for agents in range(1, MOST_AGENTS + 1):
        blocked = erlangs * blocked / (agents + erlangs * blocked)
        if agents <= erlangs:
            continue
        waits = blocked / (1 - erlangs / agents * (1 - blocked))  # Erlang C: the share that finds nobody free
        spare = (agents - erlangs) / load.effective
        yield Staffed(
            agents, level=1 - waits * exp(-spare * load.within), wait=waits / spare, occupancy=erlangs / agents
        )


def patient(load: Load, one: Staffed) -> Staffed:
    """Return the same with the share that gives up, where it is known how patient people are."""
    if load.patience is None:
        return one
    return msgspec.structs.replace(one, abandonment=abandoned(load, one.agents, load.patience))


def abandoned(load: Load, agents: int, patience: float) -> float:
    """Return the share of people who give up before somebody takes them (Erlang A)."""
    arrivals = load.conversations / load.interval
    weight = whole = 1.0
    leaving, present = 0.0, 0
    while present <= agents or weight > NEGLIGIBLE * whole:
        present += 1
        waiting = max(0, present - agents)
        weight *= arrivals / (min(present, agents) / load.effective + waiting / patience)
        whole += weight
        leaving += weight * waiting / patience
        if weight > 1e200:  # only the proportions matter
            weight, whole, leaving = weight / 1e200, whole / 1e200, leaving / 1e200
    return leaving / whole / arrivals if arrivals else 0.0
