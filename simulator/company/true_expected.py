"""True figures of what is to come: while too few people come back for a model, what their cohorts spent a day is all there is to know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import log, sqrt
from statistics import correlation
from typing import Any, NamedTuple

from simulator.company.figures import Ask, Figure, Rows
from simulator.company.plan import Order, Plan
from simulator.company.true_sales import Moved, money, sales_of

NEEDED = 500  # people who came back, for a model: then no plan knows what it would say
FEW, MOST_BOUGHT = 30, 7
YEAR, HELD = 365, 90
PRESENT = (1 - 1 / 1.1) / log(1.1)  # of money that comes evenly through a year, at 10 % a year
EIGHTY = 1.2815515655446004  # standard deviations on either side
DAY = timedelta(days=1)


class Buyer(NamedTuple):
    """Somebody who has bought: on which channel first, what on each day so far, for how many days known; and costs of goods."""

    number: int
    channel: str
    by_day: dict[date, Decimal]
    age: int
    goods: Decimal
    costed: Decimal

    @property
    def back(self) -> int:
        """Days with purchases after the first."""
        return len(self.by_day) - 1

    @property
    def later(self) -> Decimal:
        """What was spent after the first day."""
        return sum(self.by_day.values(), Decimal(0)) - self.by_day[min(self.by_day)]


class Average(NamedTuple):
    """A cohort: days, purchases and sales after the first day, and the squares of what people are off its average by."""

    days: int
    back: int
    later: Fraction
    off: float


def predicted(plan: Plan, ask: Ask) -> Rows:
    """K25b: a year of the cohort's average day, at its present value; with how it would have done 90 days before."""
    until = min(ask.end, ask.as_of)
    today = (until - timedelta(microseconds=1)).astimezone(ask.zone).date()
    people = _buyers(plan, ask, until, today)
    again = sum(one.back > 0 for one in people)
    if not sum(one.age for one in people):
        return {}
    if again >= NEEDED:
        return {(): {"n": len(people), "value": None, "model": "bg_nbd"}}
    costed = sum((one.costed for one in people), Decimal(0))
    margin = 1 - float(sum((one.goods for one in people), Decimal(0)) / costed) if costed else None
    rows: Rows = {}
    for basis in sorted(ask.asked("basis", "sales") or {"sales", "margin"}):
        factor = PRESENT if basis == "sales" else None if margin is None else PRESENT * margin
        if factor is not None:
            rows |= _by_key(ask, people, basis, factor)
    if () in rows:
        rows[()] |= _standing(plan, ask, people, today) | {"margin": margin, "repeat_buyers": again}
    return rows


def _buyers(plan: Plan, ask: Ask, until: datetime, today: date) -> list[Buyer]:
    """Return everybody who had bought by then, as far as their money counts."""
    moved: dict[str, list[Moved]] = defaultdict(list)
    for one in money(plan):
        if one.at < until:
            moved[one.order.number].append(one)
    found = []
    for number, sales in sales_of(plan).items():
        known = [
            (_day(order, ask), moved[order.number]) for order in sales if _paid(order) < until and moved[order.number]
        ]
        by_day: dict[date, Decimal] = defaultdict(Decimal)
        for day, parts in known:
            by_day[day] += sum((part.amount for part in parts), Decimal(0))
        costed = [part for _day_of, parts in known for part in parts if part.order.cost is not None]
        if by_day:
            goods, sold = (
                sum(some, Decimal(0)) for some in ([one.goods for one in costed], [one.amount for one in costed])
            )
            found.append(Buyer(number, sales[0].channel, by_day, (today - min(by_day)).days, goods, sold))
    return found


def _paid(order: Order) -> datetime:
    assert order.paid
    return order.paid


def _day(order: Order, ask: Ask) -> date:
    return _paid(order).astimezone(ask.zone).date()


def _averages(people: Sequence[Buyer]) -> dict[str, Average]:
    """Return the average each channel's people are taken by: their own, or everybody's."""
    whole = _average(people)
    found = {}
    for channel in {one.channel for one in people}:
        some = [one for one in people if one.channel == channel]
        found[channel] = _average(some) if len(some) >= FEW and any(one.age for one in some) else whole
    return found


def _average(some: Sequence[Buyer]) -> Average:
    days, back = sum(one.age for one in some), sum(one.back for one in some)
    later = Fraction(sum((one.later for one in some), Decimal(0)))
    return Average(days, back, later, sum(float(Fraction(one.later) - later / days * one.age) ** 2 for one in some))


def _by_key(ask: Ask, people: Sequence[Buyer], basis: str, factor: float) -> Rows:
    averages = _averages(people)
    cells: dict[Any, list[Buyer]] = defaultdict(list)
    for one in people:
        key = tuple(basis if word == "basis" else one.channel for word in ask.by)
        for place in {(), key} if basis == "sales" or "basis" not in ask.by else {key}:
            cells[place].append(one)
    return {key: _expected(some, averages, factor) for key, some in cells.items()}


def _expected(some: Sequence[Buyer], averages: dict[str, Average], factor: float) -> Figure:
    sales = sum(float(averages[one.channel].later / averages[one.channel].days) * YEAR for one in some) * factor
    together: dict[Average, float] = defaultdict(float)  # the same average is off for all who are taken by it
    scatter = 0.0
    for one in some:
        average = averages[one.channel]
        together[average] += factor * YEAR * sqrt(average.off) / average.days
        scatter += factor**2 * YEAR * average.off / average.days
    reach = EIGHTY * sqrt(scatter + sum(one**2 for one in together.values()))
    n = len(some)
    return {
        "n": n, "value": sales / n, "numerator": sales, "denominator": n, "alive": None,
        "ci_low": max(0.0, sales - reach) / n, "ci_high": (sales + reach) / n,
        "expected_orders": sum(averages[one.channel].back / averages[one.channel].days * YEAR for one in some) / n,
    }  # fmt: skip


def _standing(plan: Plan, ask: Ask, people: Sequence[Buyer], today: date) -> Figure:
    back = [one for one in people if one.back]
    often, much = [one.back for one in back], [float(one.later) / one.back for one in back]
    apart = correlation(often, much) if len({*often}) > 1 and len({*much}) > 1 else None
    return {
        "model": "cohort_average", "parameters": {}, "repeat_buyers_needed": NEEDED, "discount": 0.1, "correlation": apart,
        "independent": apart is None or abs(apart) < 0.3, "holdout": _held(plan, ask, people, today),
    }  # fmt: skip


def _held(plan: Plan, ask: Ask, people: Iterable[Buyer], today: date) -> Figure | None:
    """Return how the averages of 90 days ago did until now."""
    then_day = today - HELD * DAY
    then = _buyers(plan, ask, datetime.combine(then_day + DAY, time(), ask.zone), then_day)
    if not sum(one.age for one in then):
        return None
    averages, now = _averages(then), {one.number: one for one in people}
    bands: dict[int, list[tuple[float, int]]] = defaultdict(list)
    off, all_expected, all_came = 0.0, 0.0, Decimal(0)
    for one in then:
        average, later = averages[one.channel], now[one.number]
        expected = float(average.later / average.days) * HELD
        came = sum(later.by_day.values(), Decimal(0)) - sum(one.by_day.values(), Decimal(0))
        bands[min(one.back, MOST_BOUGHT)].append((average.back / average.days * HELD, later.back - one.back))
        off, all_expected, all_came = off + abs(expected - float(came)), all_expected + expected, all_came + came
    every = [pair for some in bands.values() for pair in some]
    return {
        "kind": "cohort_average", "days": HELD, "people": len(then), "mae": off / len(then),
        "orders_mae": sum(abs(expected - came) for expected, came in every) / len(every),
        "calibration": all_expected / float(all_came) if all_came > 0 else None,
        "bands": [
            {"frequency": number, "people": len(some), "predicted": sum(one for one, _ in some) / len(some),
             "actual": sum(one for _, one in some) / len(some)}
            for number, some in sorted(bands.items())
        ],
    }  # fmt: skip
