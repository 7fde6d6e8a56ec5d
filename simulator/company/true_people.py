"""True figures of people: who came back, what they are worth, which channel they prefer and how alike these are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from simulator.company.figures import Ask, Figure, Rows, Seen, aside, parted, rate, ratio, spread, total
from simulator.company.plan import Plan
from simulator.company.true_answers import csat
from simulator.company.true_cases import resolution
from simulator.company.true_journeys import paid, touches_of
from simulator.company.true_sales import Moved, money, sales_of
from simulator.company.true_talks import first_response

MEMORY = timedelta(days=180)
HALF_LIFE = timedelta(days=60)


def repeat(plan: Plan, ask: Ask) -> Rows:
    """K29a: who bought twice, of all who ever bought."""
    seen = []
    for sales in sales_of(plan).values():
        known = [order for order in sales if paid(order) < ask.end]
        if known:
            seen.append(Seen(ask.start, {"channel": known[0].channel}, len(known) >= 2))
    return rate(ask, seen)


def retention(plan: Plan, ask: Ask) -> Rows:
    """K29b: who bought again, over who bought in the period of as many days before."""
    before = ask.start - (ask.end - ask.start)
    back = active = 0
    for sales in sales_of(plan).values():
        times = [paid(order) for order in sales]
        active += any(before <= at < ask.start for at in times)
        # Not for the first time: somebody back after longer than that period counts too.
        back += any(ask.holds(at) for at in times) and not ask.holds(times[0])
    return {(): ratio({(): back}, {(): active}, {(): active})[()]}


def cohorts(plan: Plan, ask: Ask) -> Rows:
    """K29c: who bought in the calendar month so many months after their first."""
    wanted = ask.asked("months", "1")
    today = ask.as_of.astimezone(ask.zone).date()
    seen = []
    for number, sales in sales_of(plan).items():
        first = paid(sales[0]).astimezone(ask.zone).date().replace(day=1)
        bought = {_months(first, paid(order).astimezone(ask.zone).date()) for order in sales}
        for months in range(61):
            if _months(first, today) > months and (wanted is None or str(months) in wanted):
                tags = {"channel": sales[0].channel, "months": str(months)}
                seen.append(Seen(paid(sales[0]), tags, months in bought, number))
    rows = rate(ask, seen)
    if "months" in ask.by:
        usual = cohorts(plan, ask._replace(by=()))  # of the months side by side the usual one is the whole
        rows = {key: row for key, row in rows.items() if key} | usual
    return rows


def _months(first: date, other: date) -> int:
    return (other.year - first.year) * 12 + other.month - first.month


def lifetime(plan: Plan, ask: Ask) -> Rows:
    """K25a: all money of those who bought for the first time, a person."""
    firsts = {person: sales[0] for person, sales in sales_of(plan).items()}
    by_person: dict[int, list[Moved]] = defaultdict(list)
    for one in money(plan):
        by_person[one.order.person.number].append(one)
    seen = [
        Seen(
            paid(first), {"channel": first.channel}, sum((one.amount for one in by_person[person]), Decimal(0)), person
        )
        for person, first in firsts.items()
        if person in by_person
    ]
    cells = parted(ask, seen)
    people = {key: len(some) for key, some in cells.items()}
    return ratio({key: total(some) for key, some in cells.items()}, people, people)


def preference(plan: Plan, ask: Ask) -> Rows:
    """K09: where most of somebody's touches are, younger ones worth more; who has fewer than three is counted apart."""
    now = min(ask.end, ask.as_of)
    known: list[Seen] = []
    unknown: list[Seen] = []
    for touches in touches_of(plan).values():
        lately = [one for one in touches if now - MEMORY <= one.at < now]
        weights: dict[str, float] = defaultdict(float)
        for one in lately:
            weights[one.channel] += 0.5 ** ((now - one.at) / HALF_LIFE)
        if lately:
            best = min(weights, key=lambda channel: (-weights[channel], channel))
            (known if len(lately) >= 3 else unknown).append(Seen(ask.start, {"channel": best}))
    above = {key: len(some) for key, some in parted(ask, known).items()}
    below = dict.fromkeys(above, len(known))
    return aside(ask, ratio(above, below, below), "unknown", unknown)


def consistency(plan: Plan, ask: Ask) -> Rows:
    """K55: how far channels with 30 observations or more lie apart, weighted by these."""
    plain = ask._replace(by=("channel",), only={})
    measures = {
        "first_response_time": _levels(first_response(plan, plain), "p50"),
        "resolution_time": _levels(resolution(plan, plain), "p50"),
        "csat": _levels(csat(plan, plain), "value"),
    }
    apart = {name: found for name, some in measures.items() if (found := _apart(some)) is not None}
    rows: Rows = {(name,): _amounts([one]) for name, one in apart.items()} if ask.by else {}
    if apart:
        rows[()] = _amounts(apart.values())
    return rows


def _levels(rows: Rows, name: str) -> list[tuple[int, float]]:
    return [(row["n"], row[name]) for key, row in rows.items() if key and row["n"] >= 30]


def _apart(levels: list[tuple[int, float]]) -> float | None:
    if len(levels) < 2:
        return None
    whole = sum(n for n, _ in levels)
    mean = sum(n * level for n, level in levels) / whole
    return sqrt(sum(n * (level - mean) ** 2 for n, level in levels) / whole) / mean if mean else None


def _amounts(sizes: Iterable[float]) -> Figure:
    figure = spread(sizes)
    return figure | {"value": figure["mean"]}
