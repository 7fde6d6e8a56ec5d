"""True figures of service: answers, resolutions, the queue and people's time, read off the talks as they were planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple

from simulator.company.figures import (
    Ask,
    Key,
    Rows,
    Seen,
    Tags,
    aside,
    counted,
    lengths,
    micro,
    open_beside,
    parted,
    rate,
    ratio,
)
from simulator.company.plan import Plan, Presence, Talk

SHORT = timedelta(seconds=5)
PRESENT = {"online", "busy"}


class Interval(NamedTuple):
    """Something that lasts: to ``until``, or still."""

    since: datetime
    until: datetime | None
    tags: Tags
    talk: Talk
    how: str = ""
    began: datetime | None = None  # of one that was cut: the whole one's beginning


def opened(talk: Talk) -> datetime:
    """Return when the customer began a talk."""
    return talk.sittings[0].exchanges[0].asked[0]


def channel(talk: Talk) -> str:
    """Return where the customer began a talk."""
    return talk.sittings[0].exchanges[0].channel


def first_response(plan: Plan, ask: Ask) -> Rows:
    """K01: from the first message, or from the bot's handing over, to the first answer of a person in the first sitting."""
    ended, still, unheard = [], [], []
    for talk in plan.talks:
        sitting = talk.sittings[0]
        each, since = sitting.exchanges[0], sitting.handed_over or opened(talk)
        tags = {"channel": each.channel, "agent": each.agent}
        if each.replied:
            ended.append(Seen(each.replied[0], tags, each.replied[0] - since))
        elif sitting.closed_at:
            unheard.append(Seen(sitting.closed_at, tags))
        else:
            still.append(Seen(since, tags))
    return lengths(ask, ended, still, ("unanswered", unheard), "p50")


def reply(plan: Plan, ask: Ask) -> Rows:
    """K02: every exchange, from its first message to its first answer."""
    ended, still, unheard = [], [], []
    for talk in plan.talks:
        for sitting in talk.sittings:
            for each in sitting.exchanges:
                tags = {"channel": each.channel, "agent": each.agent}
                if each.replied:
                    ended.append(Seen(each.replied[0], tags, each.replied[0] - each.asked[0]))
                elif sitting.closed_at:
                    unheard.append(Seen(sitting.closed_at, tags))
                else:
                    still.append(Seen(each.asked[0], tags))
    return lengths(ask, ended, still, ("unanswered", unheard), "mean")


def volume(plan: Plan, ask: Ask) -> Rows:
    """K05: talks by their opening; beside them what was said, and by how many people."""
    rows = counted(ask, (Seen(opened(talk), {"channel": channel(talk)}) for talk in plan.talks))
    heard, said = [], []
    for talk in plan.talks:
        if talk.campaign:
            said.append(Seen(talk.campaign, {"channel": talk.campaign_channel}))
        for each in (each for sitting in talk.sittings for each in sitting.exchanges):
            tags = {"channel": each.channel}
            heard += [Seen(at, tags, who=talk.person.number) for at in each.asked]
            said += [Seen(at, tags) for at in (*each.bot, *each.replied)]
    whole = aside(ask, aside(ask, rows, "inbound", heard), "outbound", said)
    for key, some in parted(ask, heard).items():
        whole[key]["people"] = len({one.who for one in some})
    for figure in whole.values():
        figure["value"] = figure["n"]
    return whole


def queued(plan: Plan) -> Iterator[Interval]:
    """Yield who waited in the queue, and how it ended: taken, abandoned, short."""
    for talk in plan.talks:
        owned = False
        for sitting in talk.sittings:
            first = sitting.exchanges[0]
            since = sitting.handed_over if first.bot else first.asked[0]
            taken = min([*(given.at for given in sitting.given[:1]), *first.replied[:1]], default=None)
            agent = sitting.given[0].agent if sitting.given else first.agent
            if since and not owned:
                until = taken or sitting.closed_at
                short = sitting.closed_at is not None and sitting.closed_at - since < SHORT
                how = "" if until is None else "taken" if taken else "short" if short else "abandoned"
                yield Interval(since, until, {"channel": channel(talk), "agent": agent if taken else ""}, talk, how)
            owned = owned or bool(sitting.given)


def queue_wait(plan: Plan, ask: Ask) -> Rows:
    """K08: how long those waited who were taken."""
    stays = list(queued(plan))
    ended = [Seen(one.until, one.tags, one.until - one.since) for one in stays if one.until and one.how == "taken"]
    gave_up = [Seen(one.until, one.tags) for one in stays if one.until and one.how != "taken"]
    return lengths(ask, ended, _lasting(stays), ("abandoned", gave_up), "p50")


def queue_abandonment(plan: Plan, ask: Ask) -> Rows:
    """K08: the share of those who gave up, but for those who did at once."""
    stays = list(queued(plan))
    ended = [Seen(one.until, one.tags, one.how == "abandoned") for one in stays if one.until and one.how != "short"]
    short = [Seen(one.until, one.tags) for one in stays if one.until and one.how == "short"]
    return open_beside(ask, aside(ask, rate(ask, ended), "short", short), _lasting(stays))


def _lasting(stays: Iterable[Interval]) -> list[Seen]:
    return [Seen(one.since, one.tags) for one in stays if one.until is None]


def held(plan: Plan) -> Iterator[Interval]:
    """Yield who had a talk from when to when, but for what was snoozed; a return is of whoever had it before."""
    for talk in plan.talks:
        owner, since = "", None
        for sitting in talk.sittings:
            turns: list[tuple[datetime, str, str]] = [(given.at, "given", given.agent) for given in sitting.given]
            turns += [(each.asked[0], "asked", "") for each in sitting.exchanges]
            turns += [(sitting.snoozed, "let go", "")] if sitting.snoozed else []
            turns += [(sitting.closed_at, "let go", "")] if sitting.closed_at else []
            for at, what, agent in sorted(turns):
                if what == "asked":
                    since = since or (at if owner else None)
                    continue
                if owner and since:
                    yield Interval(since, at, {"channel": channel(talk), "agent": owner}, talk)
                owner, since = agent or owner, at if what == "given" else None
        if owner and since:
            yield Interval(since, None, {"channel": channel(talk), "agent": owner}, talk)


def watched(plan: Plan) -> Iterator[Interval]:
    """Yield who looked at which talk."""
    for one in plan.focus:
        yield Interval(one.since, one.until, {"channel": channel(one.talk), "agent": one.agent}, one.talk)


def handle(plan: Plan, ask: Ask) -> Rows:
    """K03: per closed talk the sum of looking at it, or of having it."""
    intervals = held(plan) if ask.only.get("basis") == "assigned" else watched(plan)
    closed = {talk.number: talk.sittings[-1].closed_at for talk in plan.talks}
    sums: dict[tuple[int, str, str], timedelta] = defaultdict(timedelta)
    for one in intervals:
        if one.until:
            agent = one.tags["agent"] if "agent" in ask.by else ""
            sums[one.talk.number, one.tags["channel"], agent] += one.until - one.since
    seen = []
    whole: dict[tuple[int, str], timedelta] = defaultdict(timedelta)
    for (number, kind, agent), length in sums.items():
        at = closed.get(number)
        if at:
            seen.append(Seen(at, {"channel": kind, "agent": agent}, length))
            whole[number, kind] += length
    rows = lengths(ask, seen, (), ("", ()), "mean")
    together = [
        Seen(at, {"channel": kind}, length) for (number, kind), length in whole.items() if (at := closed[number])
    ]
    rows[()] = lengths(ask._replace(by=()), together, (), ("", ()), "mean")[()]
    return rows


def _slices(ask: Ask, intervals: Iterable[Interval]) -> Iterator[Seen]:
    """Cut intervals to the period up to now and at midnights."""
    for one in intervals:
        since, end = max(one.since, ask.start), min(one.until or ask.as_of, ask.end, ask.as_of)
        while since < end:
            local = since.astimezone(ask.zone)
            midnight = datetime.combine(local.date() + timedelta(days=1), time(), ask.zone)
            until = min(end, midnight)
            yield Seen(since, one.tags, micro(until - since), (one.began or one.since, one.talk.number))
            since = until.astimezone(since.tzinfo)


def _sums(ask: Ask, intervals: Iterable[Interval]) -> tuple[dict[Key, Fraction], dict[Key, int]]:
    cells = parted(ask, _slices(ask, intervals))
    summed = {key: sum((one.size for one in some), Fraction()) for key, some in cells.items()}
    return summed, {key: len({one.who for one in some}) for key, some in cells.items()}


def queue_depth(plan: Plan, ask: Ask) -> Rows:
    """K08: how many waited on average: all their seconds over those that passed."""
    above, numbers = _sums(ask, queued(plan))
    passed = [Seen(one.at, {}, one.size) for one in _slices(ask, [Interval(ask.start, ask.end, {}, plan.talks[0])])]
    below = {key: sum((one.size for one in some), Fraction()) for key, some in parted(_by_time(ask), passed).items()}
    return ratio(above, {key: below.get(_in_time(ask, key), 0) for key in above}, numbers)


def _by_time(ask: Ask) -> Ask:
    return ask._replace(by=tuple(word for word in ask.by if word == "day"), only={})


def _in_time(ask: Ask, key: Key) -> Key:
    return tuple(part for word, part in zip(ask.by, key, strict=False) if word == "day")


def _there(plan: Plan) -> list[Presence]:
    """Return when agents were present: who is away or on a break is not."""
    return [one for one in plan.presence if one.state in PRESENT]


def _presence(plan: Plan, ask: Ask) -> dict[Key, Fraction]:
    """Return the seconds of presence by agent and day, as far as they are asked by."""
    shifts = [Interval(one.since, one.until, {"agent": one.agent}, plan.talks[0]) for one in _there(plan)]
    known = ask._replace(by=tuple(word for word in ask.by if word in {"agent", "day"}))
    return _sums(known, shifts)[0]


def _while_present(plan: Plan, intervals: Iterable[Interval]) -> list[Interval]:
    """Cut intervals of agents to when they were present."""
    own: dict[str, list[Presence]] = defaultdict(list)
    for there in _there(plan):
        own[there.agent].append(there)
    return [
        one._replace(since=since, until=until, began=one.since)
        for one in intervals
        for there in own[one.tags["agent"]]
        if (since := max(one.since, there.since)) < (until := min(one.until or there.until, there.until))
    ]


def _per_presence(plan: Plan, ask: Ask, above: dict[Key, Fraction], numbers: dict[Key, int], unit: int = 1) -> Rows:
    present = _presence(plan, ask)
    below = {}
    if {*ask.by} <= {"agent", "day"}:
        above = dict.fromkeys(present, Fraction()) | above  # who did nothing was there, too
    for key in above:
        place = tuple(part for word, part in zip(ask.by, key, strict=False) if word in {"agent", "day"})
        below[key] = present.get(place, Fraction()) / unit
    return ratio(above, below, numbers)


def occupancy(plan: Plan, ask: Ask) -> Rows:
    """K12: seconds of looking at talks over seconds of presence."""
    return _per_presence(plan, ask, *_sums(ask, _while_present(plan, watched(plan))))


def concurrency(plan: Plan, ask: Ask) -> Rows:
    """K12: seconds of having talks over seconds of presence."""
    return _per_presence(plan, ask, *_sums(ask, _while_present(plan, held(plan))))


def resolved_per_hour(plan: Plan, ask: Ask) -> Rows:
    """K12: talks that people closed while present over hours of presence."""
    closed = [
        Seen(last.closed_at, {"channel": channel(talk), "agent": last.closer})
        for talk in plan.talks
        if (last := talk.sittings[-1]).closed_at
        and last.closed_by == "agent"
        and any(one.agent == last.closer and one.since <= last.closed_at < one.until for one in _there(plan))
    ]
    numbers = {key: len(some) for key, some in parted(ask, closed).items()}
    return _per_presence(plan, ask, {key: Fraction(n) for key, n in numbers.items()}, numbers, 3_600)
