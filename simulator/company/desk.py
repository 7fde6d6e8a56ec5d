"""Desk: what agents look at, and how they are there for it: online or busy while they serve, away or on a break in between."""

from __future__ import annotations

import random
from bisect import bisect, insort
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from simulator.chance import seeded
from simulator.company.plan import Focus, Presence, Talk
from simulator.company.talks import LOCAL, between, last_of

type Span = tuple[datetime, datetime]
type Busy = dict[str, list[Span]]  # by agent when they look at something, in order

OCCUPIED = (
    0.64,
    0.9,
)  # at least which share of their time at the desk people look at talks on a day, but for what stays around it
IDLE = timedelta(minutes=10)  # who does nothing for so long is away
LUNCH = timedelta(hours=12), timedelta(hours=14)  # when people go, by the clock


def attention(seed: int, whole: Talk, busy: Busy) -> list[Focus]:
    """Return when agents looked at a conversation, to answer it and to close it; nobody looks at two at once."""
    found = []
    for agent, since, until in _looks(seeded("attention", seed, whole.number), whole):
        taken = busy.setdefault(agent, [])
        place = bisect(taken, (since, until))
        if all(start > until or end < since for start, end in taken[max(0, place - 1) : place + 1]):
            insort(taken, (since, until))
            found.append(Focus(agent, whole, since, until))
    return found


def _looks(draw: random.Random, whole: Talk) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield who looks from when to when: one look where it goes on with the same agent."""
    looks: list[tuple[str, datetime, datetime]] = []
    for sitting in whole.sittings:
        for each in sitting.exchanges:
            if each.replied:
                since = max(each.asked[-1], each.replied[0] - between(draw, 60, 1_200))
                looks.append((each.agent, since, each.replied[-1] + between(draw, 30, 600)))
        if sitting.closer and sitting.closed_at:
            since, until = sitting.closed_at - between(draw, 15, 180), sitting.closed_at + between(draw, 2, 45)
            looks.append((sitting.closer, max(since, sitting.exchanges[-1].asked[-1]), until))
    agent, since, until = "", last_of(whole), last_of(whole)
    for who, start, end in sorted(looks, key=lambda look: look[1]):
        if who == agent and start <= until:
            until = max(until, end)
            continue
        if agent:
            yield agent, since, until
        agent, since, until = who, start, end
    if agent:
        yield agent, since, until


def presence(seed: int, agent: str, since: datetime, until: datetime, looks: Sequence[Span]) -> Iterator[Presence]:
    """Yield how an agent is there on a shift, one state after the other; ``looks`` are all there are of theirs, in order."""
    draw = seeded("presence", seed, agent, since.date().isoformat())
    blocks = _blocks(draw, since, until, looks)
    leaves = [end for _, end in blocks]
    comes = [*(start for start, _ in blocks[1:]), until]
    noon = datetime.combine(since.astimezone(LOCAL), time(), LOCAL) + between(
        draw, *(at.total_seconds() for at in LUNCH)
    )
    for block, start, end in zip(blocks, leaves, comes, strict=True):
        yield Presence(agent, "busy" if draw.random() < 0.15 else "online", *block)
        yield from _away(draw, agent, start, end, noon)


def _away(draw: random.Random, agent: str, since: datetime, until: datetime, noon: datetime) -> Iterator[Presence]:
    """Yield how somebody is away from the desk: at lunch at noon, on a short break now and then, else just away."""
    reason, start, length = "", until, timedelta()
    if since <= noon < until:
        reason, start, length = "lunch", noon, between(draw, 2_000, 4_200)
    elif draw.random() < 0.2:
        reason, start, length = "short", since, between(draw, 300, 1_200)
    end = min(start + length, until)
    if since < start:
        yield Presence(agent, "away", since, start)
    if start < end:
        yield Presence(agent, "break", start, end, reason)
    if end < until:
        yield Presence(agent, "away", end, until)


def _blocks(draw: random.Random, since: datetime, until: datetime, looks: Sequence[Span]) -> list[Span]:
    """Return when somebody is at the desk: on coming, and around what they look at; nearest ones are one while it is worth it."""
    own = [(max(start, since), min(end, until)) for start, end in looks if start < until and end > since]
    looked = sum((end - start for start, end in own), timedelta())
    wanted = draw.uniform(*OCCUPIED)
    blocks = [(since, since + between(draw, 60, 600))]
    for look in own:
        start, end = max(since, look[0] - between(draw, 5, 60)), min(until, look[1] + between(draw, 10, 120))
        if start <= blocks[-1][1]:
            blocks[-1] = blocks[-1][0], max(blocks[-1][1], end)
        else:
            blocks.append((start, end))
    there = sum((end - start for start, end in blocks), timedelta())
    while len(blocks) > 1:
        place = min(range(1, len(blocks)), key=lambda place: blocks[place][0] - blocks[place - 1][1])
        gap = blocks[place][0] - blocks[place - 1][1]
        there += gap
        if gap > IDLE and looked < wanted * there:
            break
        blocks[place - 1 : place + 1] = [(blocks[place - 1][0], blocks[place][1])]
    return blocks
