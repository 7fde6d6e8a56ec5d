"""Figures of sales against the worked fixtures: money, carts, links, opportunities, benefits, costs, delivery."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.models import Workspace
from metrics.evidence import page
from metrics.models import CartFact, CostFact, ExchangeRate, MovementFact, OrderFact
from metrics.receipts import recompute, write
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, people, person, question, sold, when, wrote

JANUARY, FEBRUARY = "from=2026-01-01&to=2026-02-01", "from=2026-02-01&to=2026-03-01"
BOTH = "from=2026-01-01&to=2026-03-01"


def f13(workspace: Workspace, tell: Tell) -> None:
    """Tell fixture F13: A buys twice and gives some back, B and C buy once, D only chats in February."""
    a, b, c, d = (person(workspace, name) for name in "ABCD")
    tell("", customer=d)
    happen(
        *sold(a, "1", "2026-01-05", 100),
        *sold(a, "2", "2026-02-02", "50.00"),
        event(a, "order.refunded", "2026-02-10", "ecommerce", order="2", value=20),
        *sold(b, "3", "2026-01-20", 200, "store"),
        *sold(c, "4", "2026-02-15", 80),
        wrote(d, "2026-02-20"),
    )
    derive_all()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """Fixture F13."""
    f13(workspace, tell)

    def value(metric: str, words: str) -> float | None:
        given = ask(workspace, metric, words)
        return given.value(given.total)

    assert value("average_order_value", JANUARY) == 150
    assert value("average_order_value", FEBRUARY) == 55
    assert value("spend_per_customer", FEBRUARY) == 55
    assert value("arpu", FEBRUARY) == pytest.approx(36.67, abs=0.005)
    assert value("arpu", f"{FEBRUARY}&basis=buyers") == 55
    assert value("repeat_purchase_rate", FEBRUARY) == pytest.approx(1 / 3)
    assert value("retention_rate", FEBRUARY) == 0.5
    assert value("lifetime_value", BOTH) == pytest.approx(136.67, abs=0.005)
    assert value("sales_by_channel", BOTH) == 410
    cohort = ask(workspace, "cohort_retention", f"{JANUARY}&by=months", as_of="2026-03-02")
    assert [(row.key, row.numerator, row.denominator) for row in cohort.rows] == [(("0",), 2, 2), (("1",), 1, 2)]
    assert cohort.total.value == 0.5
    assert ask(workspace, "cohort_retention", JANUARY, as_of="2026-02-27").total.n == 0  # the month is not over


def test_money_is_where_it_was_paid_and_rows_prove_it(workspace: Workspace, tell: Tell) -> None:
    f13(workspace, tell)
    given = ask(workspace, "sales_by_channel", f"{BOTH}&by=channel&by=month")
    assert {row.key: (row.n, row.value) for row in given.rows} == {
        ("ecommerce", "2026-01"): (1, 100),
        ("ecommerce", "2026-02"): (2, 110),
        ("store", "2026-01"): (1, 200),
    }
    seen = page(given.question).observations
    assert [one.amount for one in seen] == [100, 200, 50, -20, 80]
    receipt = write(ask(workspace, "average_order_value", FEBRUARY))
    happen(*sold(person(workspace), "9", "2026-02-03", 500))
    derive_all()
    again = recompute(receipt)
    assert again["as_of_mark"]["equal"] is True
    assert (again["now"]["equal"], again["now"]["total"]["value"]) == (False, pytest.approx(610 / 3))


def test_cancelled_free_and_foreign_orders_are_set_aside(workspace: Workspace) -> None:
    who = person(workspace)
    happen(
        *sold(who, "1", "2026-01-05", 100),
        *sold(who, "2", "2026-01-06", 70),
        event(who, "order.cancelled", "2026-01-09", "ecommerce", order="2"),
        *sold(who, "3", "2026-01-07", 0),
        *sold(who, "4", "2026-01-08", "10.00", currency="usd"),
    )
    derive_all()
    total = ask(workspace, "average_order_value", JANUARY).total
    assert (total.value, total.n, total.left_out) == (100, 1, (("cancelled", 1), ("free", 1), ("unconverted", 1)))
    days = ask(workspace, "sales_by_channel", f"{JANUARY}&by=day").rows
    assert [(day.n, day.value) for day in days] == [(1, 100), (0, 0), (0, 0), (0, 0)]
    kept = OrderFact.objects.of(workspace).order_by("number").values_list("excluded", "position")
    assert list(kept) == [("", 1), ("cancelled", None), ("free", None), ("unconverted", 2)]
    ExchangeRate.objects.create(workspace=workspace, currency="USD", day="2026-01-01", rate="5.5")
    ExchangeRate.objects.create(workspace=workspace, currency="USD", day="2026-01-09", rate="9")
    derive_all()
    total = ask(workspace, "average_order_value", JANUARY).total
    assert (total.value, total.n, total.left_out) == (77.5, 2, (("cancelled", 1), ("free", 1)))
    assert OrderFact.objects.get(number="4").amount == Decimal(55)
    Workspace.objects.filter(pk=workspace.pk).update(currency="USD")
    derive_all()
    assert ask(workspace, "sales_by_channel", JANUARY).total.value == 10


def test_no_more_is_given_back_than_was_paid(workspace: Workspace) -> None:
    who = person(workspace)
    happen(
        *sold(who, "1", "2026-01-05", 90),
        event(who, "order.refunded", "2026-01-06", order="1", value=50),
        event(who, "order.refunded", "2026-01-07", order="1", value=50),
        *sold(who, "2", "2026-01-08", 10),
    )
    derive_all()
    assert ask(workspace, "sales_by_channel", JANUARY).total.value == 10
    assert list(OrderFact.objects.order_by("number").values_list("net", "position")) == [(0, None), (10, 1)]
    assert MovementFact.objects.get(amount=-40).first_at == when("2026-01-08")


def test_a_cart_that_went_quiet_was_left_and_its_twin_is_no_other(workspace: Workspace) -> None:
    a, b, c = (person(workspace, name) for name in "ABC")
    happen(
        event(a, "cart.updated", "2026-03-02 10:00", cart="1", items=[{"sku": 7}]),
        event(
            a, "cart.updated", "2026-03-02 19:00", cart="1 again", items=[{"sku": 7}]
        ),  # the same things: idle since 10:00
        event(b, "cart.updated", "2026-03-02 10:00", cart="2", items=[{"sku": 7}]),
        *sold(b, "o", "2026-03-02 10:10", 5),
        event(b, "cart.updated", "2026-03-02 10:20", cart="3", items=[{"sku": 7}]),  # after a purchase: another cart
        event(c, "cart.updated", "2026-03-02 10:00", cart="4", items=[{"sku": 7}]),
        event(c, "cart.updated", "2026-03-02 10:30", cart="4", items=[]),  # emptied
        event(c, "cart.updated", "2026-03-02 11:00", cart="5", items=[{"sku": 8}]),
        *sold(c, "p", "2026-03-20 11:00", 5),  # too late to be this cart's, unless it says so
    )
    derive_all()
    words = "from=2026-03-01&to=2026-04-01"
    left = ask(workspace, "cart_abandonment", words, as_of="2026-03-02 19:30").total
    assert (left.numerator, left.denominator) == (3, 4)
    assert ask(workspace, "cart_recovery", words).total.numerator == 0
    happen(event(c, "order.delivered", "2026-03-21", order="p", cart="5"))
    derive_all()
    assert CartFact.objects.get(number="5").paid_at == when("2026-03-20 11:00")
    assert ask(workspace, "cart_recovery", words).total.numerator == 0  # not within 7 days


def test_carts_fixture_f19(workspace: Workspace) -> None:
    events = []
    for number, who in enumerate(people(workspace, 50)):
        at = "2026-03-02 10:00" if number < 45 else "2026-03-09 11:40"
        events.append(event(who, "cart.updated", at, cart=f"c{number}", value=50, items=[{"sku": 1}]))
        if number < 26:
            events += sold(who, f"o{number}", "2026-03-02 10:30" if number < 20 else "2026-03-04 10:00", 50)
    happen(*events)
    derive_all()
    words = "from=2026-03-01&to=2026-04-01"
    left = ask(workspace, "cart_abandonment", words, as_of="2026-03-09 12:00").total
    assert (left.numerator, left.denominator, left.censored) == (25, 45, 5)
    back = ask(workspace, "cart_recovery", words, as_of="2026-03-09 12:00").total
    assert (back.numerator, back.denominator, back.value) == (6, 25, 0.24)


def test_payment_links_are_left_when_a_day_is_over(workspace: Workspace) -> None:
    who = person(workspace)
    happen(
        *(event(who, "payment_link.sent", "2026-03-02 10:00", link=name, value=5, currency="BRL") for name in "abc"),
        event(who, "payment_link.opened", "2026-03-02 10:05", link="a"),
        event(who, "payment_link.paid", "2026-03-03 09:00", link="a"),
        event(who, "payment_link.paid", "2026-03-03 11:00", link="b"),
        event(who, "payment_link.sent", "2026-03-04 10:00", link="d"),
        event(who, "payment_link.paid", "2026-03-04 10:00", link="never sent"),
    )
    derive_all()
    total = ask(workspace, "payment_link_abandonment", "from=2026-03-01&to=2026-04-01", as_of="2026-03-04 12:00").total
    assert (total.numerator, total.denominator, total.censored) == (2, 3, 1)


def test_opportunities_fixture_f14(workspace: Workspace) -> None:
    events = []
    ends = [("won", "2026-03-20")] * 2 + [("won", "2026-04-10")] * 2 + [("lost", "2026-03-25")] * 3
    for number, who in enumerate(people(workspace, 10)):
        name = {"opportunity": f"n{number}", "owner": "ana@loja.example"}
        events.append(event(who, "opportunity.opened", "2026-03-02", stage="new", value=100, **name))
        events.append(event(who, "opportunity.stage_changed", "2026-03-05", stage="offer", **name))
        if number < len(ends):
            events.append(event(who, f"opportunity.{ends[number][0]}", ends[number][1], **name))
            events.append(event(who, f"opportunity.{ends[number][0]}", "2026-04-20", **name))  # again: says nothing
    happen(*events)
    derive_all()
    spring = "from=2026-03-01&to=2026-05-01"
    rate = ask(workspace, "win_rate", spring).total
    assert (rate.numerator, rate.denominator, rate.censored) == (4, 7, 0)
    cohort = ask(workspace, "win_rate", "from=2026-03-01&to=2026-04-01&basis=cohort").total
    assert (cohort.numerator, cohort.denominator, cohort.censored) == (4, 10, 3)
    assert ask(workspace, "opportunities_opened", f"{spring}&agent=ana@loja.example").total.n == 10
    assert ask(workspace, "opportunities_won", "from=2026-04-01&to=2026-05-01").total.n == 2
    stages = ask(workspace, "stage_friction", f"{spring}&by=stage&by=outcome")
    days = {row.key: (row.n, row.p50 and row.p50 / 86_400) for row in stages.rows if row.n}
    assert days == {("new", "advanced"): (10, 3), ("offer", "lost"): (3, 20), ("offer", "won"): (4, 25.5)}
    assert stages.total.censored == 3
    sale = ask(workspace, "sale_time", spring).total
    assert (sale.n, sale.mean and sale.mean / 86_400, sale.censored, sale.set_aside) == (4, 28.5, 3, 3)


def test_a_reopened_opportunity_is_the_same_one_and_stages_can_be_gone_back_to(workspace: Workspace) -> None:
    who = person(workspace)
    steps = [
        ("opened", "a"),
        ("stage_changed", "b"),
        ("stage_changed", "a"),
        ("lost", ""),
        ("opened", "b"),
        ("won", ""),
    ]
    happen(
        *(
            event(who, f"opportunity.{step}", f"2026-03-{day:02}", opportunity=7, stage=stage)
            for day, (step, stage) in enumerate(steps, 1)
        )
    )
    derive_all()
    words = "from=2026-03-01&to=2026-04-01"
    assert ask(workspace, "opportunities_opened", words).total.n == 1
    assert ask(workspace, "win_rate", words).total.value == 1
    stages = ask(workspace, "stage_friction", f"{words}&by=stage&by=outcome")
    assert {row.key: row.n for row in stages.rows} == {
        ("a", "advanced"): 1, ("b", "back"): 1, ("a", "lost"): 1, ("b", "won"): 1,
    }  # fmt: skip


def test_benefits_fixture_f17(workspace: Workspace) -> None:
    events = []
    for number, who in enumerate(people(workspace, 410)):
        events.append(event(who, "benefit.exposed", "2026-03-02", benefit="pickup", eligible=number < 400))
        if number < 400:  # once more, which makes nobody two
            events.append(event(who, "benefit.exposed", "2026-03-03", benefit="pickup", eligible=True))
        if number < 52 or number >= 400:
            events.append(event(who, "benefit.used", "2026-03-05", "store", benefit="pickup"))
    happen(*events)
    derive_all()
    rate = ask(workspace, "take_rate", "from=2026-03-01&to=2026-04-01").total
    assert (rate.numerator, rate.denominator, rate.value) == (52, 400, 0.13)
    assert [rate.ci_low, rate.ci_high] == pytest.approx([0.101, 0.167], abs=5e-4)


def test_costs_fixture_f18(workspace: Workspace) -> None:
    spent = {"media": 6000, "salaries": "2000.00", "messages": 500, "tools": 500}
    happen(
        *(
            event(workspace, "cost.recorded", "2026-03-31", "", kind=kind, amount=amount, currency="BRL",
                  **{"from": "2026-03-01", "to": "2026-04-01"})
            for kind, amount in spent.items()
        ),
        *(one for who in people(workspace, 45) for one in sold(who, who.name, "2026-03-10", 10)),
    )  # fmt: skip
    derive_all()
    march = "from=2026-03-01&to=2026-04-01"
    assert ask(workspace, "cac", march).total.value == pytest.approx(200)
    assert ask(workspace, "cac", f"{march}&kind=media").total.value == pytest.approx(133.33, abs=0.005)
    third = ask(workspace, "cac", "from=2026-03-10&to=2026-03-11").total  # a day's cost over that day's new people
    assert third.numerator == pytest.approx(9000 / 31)
    assert third.denominator == 45
    workspace_costs = CostFact.objects.of(workspace)
    assert workspace_costs.count() == 4
    happen(event(workspace, "cost.recorded", "2026-03-31", "", kind="media", amount=1, currency="EUR"))
    derive_all()
    assert (workspace_costs.count(), workspace_costs.filter(amount=None).count()) == (5, 1)
    assert ask(workspace, "cac", march).total.value == pytest.approx(200)
    times = {"from": "2026-04-01T09:00:00-03:00", "to": "2026-04-02T14:00:00-03:00"}  # the second day has begun
    happen(event(workspace, "cost.recorded", "2026-04-02", "", kind="media", amount=10, currency="BRL", **times))
    derive_all()
    assert ask(workspace, "cac", "from=2026-04-02&to=2026-04-03").total.numerator == 5


def test_delivery_is_measured_to_the_last_parcel_and_against_the_promise(workspace: Workspace) -> None:
    who = person(workspace)
    promise = {"promised_at": "2026-03-05"}
    happen(
        *sold(who, "1", "2026-03-02", 10, **promise),
        event(who, "order.shipped", "2026-03-03", order="1"),
        event(who, "order.delivered", "2026-03-04", order="1"),
        event(who, "order.delivered", "2026-03-05 23:00", order="1"),
        *sold(who, "2", "2026-03-02", 10, pickup=True, promised_at="2026-03-03T12:00:00-03:00"),
        event(who, "order.ready_for_pickup", "2026-03-02 18:00", order="2"),
        event(who, "order.picked_up", "2026-03-04", "store", order="2", store="Centro"),
        *sold(who, "3", "2026-03-02", 10, **promise),
        *sold(who, "4", "2026-03-02", 10, promised_at="2026-03-20"),
        *sold(who, "5", "2026-03-02", 10, **promise),
        event(who, "order.cancelled", "2026-03-03", order="5"),
    )
    derive_all()
    words = "from=2026-03-01&to=2026-04-01"
    given = ask(workspace, "delivery_time", f"{words}&by=fulfilment", as_of="2026-03-10")
    assert {row.key: row.mean and row.mean / 3600 for row in given.rows if row.n} == {
        ("delivery",): 83,
        ("pickup",): 48,
    }
    assert given.total.censored == 2
    late = ask(workspace, "on_time_delivery", words, as_of="2026-03-10").total
    assert (late.numerator, late.denominator, late.censored) == (1, 3, 1)
    assert question(workspace, "delivery_time", "store=Centro&by=store").filters == (("store", ("Centro",)),)
