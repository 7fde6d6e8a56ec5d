"""True figures of resolution: how long talks take, and the matters that several talks of one person are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from simulator.company.figures import Ask, Rows, Seen, lengths
from simulator.company.plan import Plan, Talk
from simulator.company.true_talks import channel, opened

PAUSE = timedelta(hours=72)  # at most between talks about the same matter
type Chances = dict[int, list[tuple[datetime, datetime | None]]]  # by person when opportunities were open


def resolution(plan: Plan, ask: Ask) -> Rows:
    """K04: from the opening to the last close."""
    return _resolution([[talk] for talk in plan.talks], ask)


def across(plan: Plan, ask: Ask) -> Rows:
    """K04b: the same for cases, talks of one person about one matter, on two channels or more, or on one."""
    wanted = ask.only.get("reach", "cross_channel") == "cross_channel"
    found = [talks for talks in cases(plan) if (len(_used(talks)) > 1) == wanted]
    return _resolution(found, ask._replace(only={}))


def _used(talks: Iterable[Talk]) -> set[str]:
    return {each.channel for talk in talks for sitting in talk.sittings for each in sitting.exchanges}


def cases(plan: Plan) -> list[list[Talk]]:
    """Return talks by matter: who comes back within three days while the opportunity of then is open goes on with the same."""
    chances: Chances = defaultdict(list)
    for one in plan.opportunities:
        chances[one.person.number].append((one.opened, one.stays[-1].until))
    found: list[list[Talk]] = []
    before: dict[int, list[list[Talk]]] = defaultdict(list)  # by person
    for talk in sorted(plan.talks, key=opened):
        own = before[talk.person.number]
        earlier = sorted(((opened(one), case) for case in own for one in case if _same(one, talk, chances)), key=_first)
        case = earlier[-1][1] if earlier else []
        if not case:
            found.append(case)
            own.append(case)
        case.append(talk)
    return found


def _first(pair: tuple[datetime, list[Talk]]) -> datetime:
    return pair[0]


def _same(earlier: Talk, later: Talk, chances: Chances) -> bool:
    closed, begun = earlier.sittings[-1].closed_at, opened(later)
    return closed is not None and begun - closed <= PAUSE and any(
        since <= closed and (until is None or until >= begun) for since, until in chances[later.person.number]
    )  # fmt: skip


def _resolution(cases: Iterable[list[Talk]], ask: Ask) -> Rows:
    ended, still, inactive = [], [], []
    for talks in cases:
        since, last = opened(talks[0]), talks[-1].sittings[-1]
        tags = {
            "channel": channel(talks[0]), "closing_channel": last.exchanges[-1].channel, "closed_by": last.closed_by,
            "agent": last.closer,
        }  # fmt: skip
        heard = any(each.replied for talk in talks for sitting in talk.sittings for each in sitting.exchanges)
        if last.closed_at is None:
            still.append(Seen(since, tags))
        elif heard or last.closed_by != "rule":
            ended.append(Seen(last.closed_at, tags, last.closed_at - since))
        else:
            inactive.append(Seen(last.closed_at, tags))
    return lengths(ask, ended, still, ("inactive", inactive), "p50")
