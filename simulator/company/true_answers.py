"""True figures of opportunities and of what people answer when they are asked."""

from __future__ import annotations

from datetime import timedelta

from simulator.company.figures import Ask, Rows, Seen, aside, counted, lengths, open_beside, parted, rate
from simulator.company.plan import Plan, Survey

WEEK = timedelta(days=7)


def opportunities_opened(plan: Plan, ask: Ask) -> Rows:
    """K20: opportunities by their opening."""
    return counted(ask, [Seen(one.opened, _owned(one.channel, one.owner)) for one in plan.opportunities])


def _owned(channel: str, owner: str) -> dict[str, str]:
    return {"channel": channel, "agent": owner}


def opportunities_won(plan: Plan, ask: Ask) -> Rows:
    """K21: those won, by their close."""
    return counted(ask, [seen for seen in _closed(plan) if seen.size])


def _closed(plan: Plan) -> list[Seen]:
    """Return those that stand closed by their close, each with whether it was won."""
    ends = [(one, one.stays[-1]) for one in plan.opportunities]
    return [
        Seen(last.until, _owned(one.channel, one.owner), last.how == "won", one) for one, last in ends if last.until
    ]  # fmt: skip


def win_rate(plan: Plan, ask: Ask) -> Rows:
    """K21: won over those closed; of a cohort, over all opened."""
    if ask.only.get("basis") != "cohort":
        return rate(ask, _closed(plan))
    opened = [
        Seen(one.opened, _owned(one.channel, one.owner), one.stays[-1].how == "won", one.stays[-1].until)
        for one in plan.opportunities
    ]
    plain = ask._replace(only={})
    return open_beside(plain, rate(plain, opened), [one for one in opened if one.who is None])


def stage_friction(plan: Plan, ask: Ask) -> Rows:
    """K21: how long opportunities stayed in their stages."""
    ended, still = [], []
    for one in plan.opportunities:
        for stay in one.stays:
            tags = {**_owned(one.channel, one.owner), "stage": stay.stage, "outcome": stay.how or "open"}
            if stay.until:
                ended.append(Seen(stay.until, tags, stay.until - stay.since))
            else:
                still.append(Seen(stay.since, tags))
    return lengths(ask, ended, still, ("", ()), "p50")


def sale_time(plan: Plan, ask: Ask) -> Rows:
    """K26: from the opening of an opportunity to its being won."""
    closed = _closed(plan)
    won = [Seen(seen.at, seen.tags, seen.at - seen.who.opened) for seen in closed if seen.size]
    lost = [seen for seen in closed if not seen.size]
    still = [Seen(one.opened, _owned(one.channel, one.owner)) for one in plan.opportunities if not one.stays[-1].until]
    return lengths(ask, won, still, ("lost", lost), "mean")


def answers(plan: Plan, ask: Ask, wanted: object) -> tuple[list[Seen], list[Seen], list[Seen]]:
    """Return the answers that count, those another took the place of, and the surveys nobody answered."""
    counts: list[Seen] = []
    replaced: list[Seen] = []
    silent: list[Seen] = []
    for one in plan.surveys:
        if not wanted(one):  # type: ignore[operator]
            continue
        tags = {"channel": one.channel, "agent": one.agent, "touchpoint": one.touchpoint or "service"}
        for place, (at, score) in enumerate(one.answers):
            anew = place + 1 < len(one.answers) and one.answers[place + 1][0] - at <= WEEK
            (replaced if anew else counts).append(Seen(at, tags, score))
        if not one.answers:
            silent.append(Seen(one.sent, tags))
    return counts, replaced, silent


def csat(plan: Plan, ask: Ask) -> Rows:
    """K06: fours and fives."""
    return _csat(plan, ask, lambda one: one.survey == "csat")


def post_purchase_csat(plan: Plan, ask: Ask) -> Rows:
    """K51: the same, asked after a purchase."""
    return _csat(plan, ask, lambda one: one.survey == "csat" and one.touchpoint in {"purchase", "delivery", "store"})


def _csat(plan: Plan, ask: Ask, wanted: object) -> Rows:
    counts, replaced, silent = answers(plan, ask, wanted)
    rows = rate(ask, [one._replace(size=one.size >= 4) for one in counts])
    return open_beside(ask, aside(ask, rows, "replaced", replaced), silent)


def nps(plan: Plan, ask: Ask) -> Rows:
    """K07: promoters less detractors."""
    counts, replaced, silent = answers(plan, ask, _is_nps)
    rows: Rows = {}
    for key, some in parted(ask, counts).items():
        over, whole = sum((one.size >= 9) - (one.size <= 6) for one in some), len(some)
        rows[key] = {"n": whole, "value": 100 * over / whole, "numerator": over, "denominator": whole}
    return open_beside(ask, aside(ask, rows, "replaced", replaced), silent)


def _is_nps(one: Survey) -> bool:
    return one.survey == "nps"
