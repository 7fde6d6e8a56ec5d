"""What people are expected to bring (K25b): the models against fixture F21 and known parameters, and the figure as a citizen like every other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log
from typing import Any

import numpy as np
import pytest
from django.http import QueryDict

from conversations.models import Customer, HistoryEvent
from hub.models import Workspace
from metrics import reliance
from metrics.asked import asked
from metrics.board import of_metric
from metrics.evidence import page
from metrics.lifetime import forecast, holdout, returning, spending
from metrics.lifetime.buyers import Buyers, Moment, buyers
from metrics.lifetime.returning import Groups, Pace
from metrics.lifetime.spending import Spent, Worth
from metrics.query import answer
from metrics.receipts import recompute, write
from metrics.registry import METRICS
from metrics.shape import of_answer, of_observation
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, people, person, question, sold
from tests.metrics.test_sales import f13

NAME = "predicted_lifetime_value"
BOTH = "from=2026-01-01&to=2026-03-01"
PRESENT = (1 - 1 / 1.1) / log(1.1)  # of money that comes evenly through a year, at 10 % a year
CDNOW = Pace(r=0.243, alpha=4.414, a=0.793, b=2.426)
type Numbers = np.ndarray[Any, Any]


def column(*values: float) -> Numbers:
    return np.array(values)


def test_it_works() -> None:
    """Fixture F21."""
    did = column(2), column(30.43), column(38.86)
    assert round(returning.alive(CDNOW, *did)[0], 4) == 0.7266
    assert round(returning.coming(CDNOW, *did, 39).mean[0], 4) == 1.2260


@pytest.mark.parametrize(("x", "recency", "age"), [(0, 0, 3), (0, 0, 700), (5, 20, 400), (100, 300, 400)])
def test_what_to_expect_is_what_the_hypergeometric_series_says(x: int, recency: float, age: float) -> None:
    """The closed form of Fader, Hardie and Lee, by Euler's transformation, whose series converges."""
    r, alpha, a, b = CDNOW
    first, second, third, z = a + b - 1 - r, a - 1, a + b + x - 1, 365 / (alpha + age + 365)
    term = whole = 1.0
    for k in range(3_000):
        term *= (first + k) * (second + k) / ((third + k) * (k + 1)) * z
        whole += term
    there = returning.alive(CDNOW, column(x), column(recency), column(age))[0]
    true = third / (a - 1) * (1 - (1 - z) ** (a - 1) * whole) * there
    found = returning.coming(CDNOW, column(x), column(recency), column(age), 365).mean[0]
    assert found == pytest.approx(true, rel=1e-6)


def drawn(number: int, pace: Pace) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Let so many people buy at their own rate until their last purchase; return how often again, when last, since when, and how often later."""
    chance = np.random.default_rng(21)
    age = chance.integers(60, 730, number)
    rate, ends = chance.gamma(pace.r, 1 / pace.alpha, number), chance.beta(pace.a, pace.b, number)
    often, last, later = np.zeros(number, dtype=int), np.zeros(number), np.zeros(number, dtype=int)
    now, buying = np.zeros(number), np.ones(number, dtype=bool)
    while buying.any():
        now = now + chance.exponential(1 / rate)
        often += buying & (now <= age)
        later += buying & (now > age) & (now <= age + 365)
        last = np.where(buying & (now <= age), now, last)
        buying &= (now <= age + 365) & (chance.random(number) >= ends)
    return often, last.astype(int), age, later


def test_known_parameters_are_found_again_and_so_is_what_comes_later() -> None:
    true = Pace(r=0.6, alpha=40.0, a=0.8, b=2.5)
    often, last, age, later = drawn(12_000, true)
    top = returning.fit(Groups(often, last, age, np.ones(len(age), dtype=int)))
    assert top
    off = (np.log(top.parameters) - np.log(true)) / np.sqrt(np.diag(top.spread @ top.spread.T))
    assert np.abs(off).max() < 3
    coming = returning.coming(Pace(*top.parameters), often, last, age, 365)
    assert coming.mean.sum() == pytest.approx(later.sum(), rel=0.03)
    assert coming.square.sum() == pytest.approx((later**2).sum(), rel=0.1)


def test_what_purchases_are_worth_is_found_again() -> None:
    chance, true = np.random.default_rng(21), Worth(p=6.25, q=3.74, gamma=309.0)
    often = chance.integers(1, 8, 6_000)
    own = true.p / chance.gamma(true.q, 1 / true.gamma, len(often))
    spent = Spent(often, own * chance.gamma(true.p * often) / (true.p * often))
    top = spending.fit(spent)
    assert top
    found = spending.worth(*top.parameters)
    everybody = true.p * true.gamma / (true.q - 1)
    off = np.log(top.parameters) - np.log([true.p, true.q - spending.AT_LEAST, everybody])
    assert np.abs(off / np.sqrt(np.diag(top.spread @ top.spread.T))).max() < 3
    purchase = spending.purchase(found, often, spent.mean)
    assert purchase.mean.mean() == pytest.approx(own.mean(), rel=0.01)
    # Where everything costs the same, that is what the next costs.
    same = spending.fit(Spent(often, np.full(len(often), 50.0)))
    assert same
    assert spending.purchase(spending.worth(*same.parameters), often[:1], column(50.0)).mean[0] == pytest.approx(
        50, abs=0.1
    )


def test_while_few_have_come_back_it_is_their_cohorts_average(workspace: Workspace, tell: Tell) -> None:
    """F13: 106 days since three first days, after which one day's purchase of 30 net came."""
    f13(workspace, tell)
    body = of_answer(ask(workspace, NAME, f"{BOTH}&by=channel"))
    total = body["total"]
    each = 30 / 106 * 365 * PRESENT
    assert (total["n"], total["value"], total["expected_orders"]) == pytest.approx((3, each, 365 / 106))
    assert (total["model"], total["repeat_buyers"], total["repeat_buyers_needed"]) == ("cohort_average", 1, 500)
    assert (total["alive"], total["holdout"], total["margin"], total["discount"]) == (None, None, None, 0.1)
    assert total["ci_low"] < total["value"] < total["ci_high"]
    assert [(row["key"]["channel"], row["n"], row["numerator"]) for row in body["rows"]] == [
        ("ecommerce", 2, pytest.approx(2 * each)), ("store", 1, pytest.approx(each)),
    ]  # fmt: skip
    assert ask(workspace, NAME, "from=2025-12-01&to=2026-01-05").total.n == 0  # nobody had bought
    assert ask(workspace, NAME, f"{BOTH}&basis=margin").total.n == 0  # nobody says what goods cost
    assert "1" in reliance.warnings(ask(workspace, NAME, BOTH).total)[0]


def shop(workspace: Workspace) -> list[Customer]:
    """Tell of 560 people, of whom 530 come back at their own pace and spend as they do; each order's goods cost half of it."""
    chance = np.random.default_rng(21)
    start, end = datetime(2025, 3, 1, 15, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    who = people(workspace, 560)
    told: list[HistoryEvent] = []
    for number, one in enumerate(who):
        at, own = start + timedelta(days=int(chance.integers(0, 200))), 20 + 80 * chance.random()
        gap = 20 + 100 * chance.random()
        for place in range(1 if number < 30 else 2 + int(chance.integers(0, 5))):
            value = round(own * (0.7 + 0.6 * chance.random()), 2)
            if at < end:
                lines = [{"cost": round(value / 2, 4), "quantity": 1}]
                when = at.strftime("%Y-%m-%d %H:%M")
                told += sold(one, f"{number}-{place}", when, value, ("ecommerce", "store")[number % 2], items=lines)[1:]
            at += timedelta(days=max(1, int(gap * chance.exponential())))
    happen(*told)
    derive_all()
    return who


def test_a_forecast_is_proved_like_every_figure(workspace: Workspace) -> None:
    """Its rows sum to it, its receipt makes it again from history alone, and names whose purchase has changed it since."""
    shop(workspace)
    words = "from=2025-03-01&to=2026-03-01"
    given = ask(workspace, NAME, f"{words}&by=channel")
    total = of_answer(given)["total"]
    assert (total["model"], total["n"], total["repeat_buyers"] >= 500) == ("bg_nbd", 560, True)
    assert total["ci_low"] < total["value"] < total["ci_high"]
    assert 0 < total["alive"] < 1
    assert total["margin"] == pytest.approx(0.5, abs=1e-4)
    held = total["holdout"]
    # By then too few had come back, whom an average takes for ever active: which the holdout tells.
    assert (held["days"], held["people"], held["kind"]) == (90, 560, "cohort_average")
    assert sum(band["people"] for band in held["bands"]) == held["people"]
    assert held["calibration"] > 1
    seen = page(question(workspace, NAME, words), size=1_000).observations
    assert sum(one.amount or 0 for one in seen) == pytest.approx(total["numerator"])
    assert sum(row.numerator or 0 for row in given.rows) == pytest.approx(total["numerator"])
    row = of_observation(seen[0])
    assert row["amount"] == pytest.approx(row["expected_orders"] * row["order_value"] * PRESENT)
    margin = ask(workspace, NAME, f"{words}&basis=margin").total
    assert margin.value == pytest.approx(total["value"] * total["margin"])
    receipt = write(given)
    late = person(workspace)
    happen(*sold(late, "late", "2026-02-20", 90), *sold(late, "later", "2026-02-25", 80))
    derive_all()
    again = recompute(receipt)
    assert again["as_of_mark"]["equal"]
    assert again["as_of_mark"]["total"] == receipt.answer["total"]
    assert not again["now"]["equal"]
    assert again["now"]["changes"] == [{"customer": str(late.pk), "because": ["order.paid", "order.placed"]}]


def test_a_person_whose_order_is_given_back_whole_has_not_bought(workspace: Workspace, tell: Tell) -> None:
    f13(workspace, tell)
    one = person(workspace)
    happen(*sold(one, "9", "2026-01-10", 70), event(one, "order.refunded", "2026-03-05", "ecommerce", order="9"))
    derive_all()
    assert answer(question(workspace, NAME, BOTH)).total.n == 3
    assert METRICS[NAME].dimensions == ("channel", "basis")


def test_a_page_makes_its_forecast_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tile, bars and what it relies on share one; the period before it and the days held out have theirs."""
    read: list[str] = []

    def counted(at: Moment) -> Buyers:
        read.append(at.day.isoformat())
        return buyers(at)

    for room in (forecast, holdout):
        monkeypatch.setattr(room, "buyers", counted)
    one, two = people(workspace, 2)
    happen(*sold(one, "1", "2025-11-05", 100, "store"), *sold(one, "2", "2026-01-20", 30, "store"))
    happen(*sold(two, "3", "2026-01-20", 50, "ecommerce"))
    derive_all()
    words = QueryDict("period=custom&from=2026-02-01&to=2026-02-28")
    about = asked(workspace, words, datetime(2026, 3, 10, tzinfo=UTC))
    said = of_metric(about, METRICS[NAME])
    assert [len(said.tiles), len(said.charts)] == [1, 2]
    assert sorted(read) == ["2025-11-30", "2026-01-31", "2026-02-28"]
    # What has happened since is not missed.
    happen(*sold(two, "4", "2026-02-21", 50, "ecommerce"))
    derive_all()
    assert of_metric(about, METRICS[NAME]).tiles != said.tiles
    assert sorted(read) == sorted(["2025-11-30", "2026-01-31", "2026-02-28"] * 2)
