"""Figures of movement and of what comes back: from channel to channel, research before a store sale, coupons, returns on costs."""

from __future__ import annotations

import pytest

from conversations.models import Identity
from hub.models import Workspace
from metrics.evidence import page
from metrics.receipts import recompute, write
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, people, person, sold, wrote
from tests.metrics.test_journeys import MARCH, f11


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """Fixture F11: four steps from channel to channel, one a journey."""
    f11(workspace, tell)
    pairs = ask(workspace, "channel_movement", f"{MARCH}&by=from_channel&by=to_channel")
    assert {row.key: (row.numerator, row.denominator) for row in pairs.rows} == {
        ("whatsapp", "instagram"): (2, 2), ("instagram", "whatsapp"): (1, 1), ("store", "whatsapp"): (1, 1),
    }  # fmt: skip
    assert (pairs.total.value, pairs.total.n) == (1, 4)


def test_who_stays_on_a_channel_does_not_move(workspace: Workspace, tell: Tell) -> None:
    who = person(workspace)
    tell("", customer=who)
    happen(
        wrote(who, "2026-02-20"),
        wrote(who, "2026-03-02", "instagram"),  # counted when the second touch came
        wrote(who, "2026-03-02 12:01", "instagram"),
        event(who, "store.visit", "2026-03-03", "store"),
        *sold(who, "1", "2026-03-03 13:00", 10, "store"),
        wrote(who, "2026-03-04", "instagram"),  # a new journey
        wrote(who, "2026-04-03 11:00", "instagram"),
        event(who, "web.visit", "2026-05-10", "ecommerce"),  # 37 days: another
    )
    derive_all()
    words = "from=2026-03-01&to=2026-06-01"
    given = ask(workspace, "channel_movement", f"{words}&by=from_channel&by=to_channel&by=basis")
    assert {row.key: (row.numerator, row.denominator) for row in given.rows} == {
        ("instagram", "instagram", "stays"): (2, 3), ("instagram", "store", "moves"): (1, 3), ("whatsapp", "instagram", "moves"): (1, 1),
    }  # fmt: skip
    assert (given.total.numerator, given.total.denominator, given.total.value) == (2, 4, 0.5)
    seen = page(given.question._replace(by=(), filters=(("basis", ("moves",)),))).observations
    assert (sum(one.amount or 0 for one in seen), sum(one.counted is True for one in seen)) == (2, 4)
    receipt = write(given)
    happen(wrote(who, "2026-03-02 18:00", "sms"))
    derive_all()
    again = recompute(receipt)
    assert (again["as_of_mark"]["equal"], again["now"]["equal"]) == (True, False)


def test_research_before_store_sales_fixture_f16(workspace: Workspace, tell: Tell) -> None:
    known = people(workspace, 200)
    Identity.objects.bulk_create(
        Identity(
            workspace=workspace,
            customer=who,
            kind="phone" if number < 120 else "external_id",
            value=f"v{number}",
            scope="",
        )
        for number, who in enumerate(known)
    )
    happen(*(one for who in known for one in sold(who, who.name, "2026-03-20", 10, "store", store="Centro")))
    happen(
        *(event(who, "web.visit", "2026-03-06 12:00", "ecommerce") for who in known[:28])
    )  # 14 days before, to the hour
    happen(
        event(known[28], "web.visit", "2026-03-06 11:59", "ecommerce"),
        event(known[29], "store.visit", "2026-03-19", "store"),
    )
    happen(
        event(known[31], "payment_link.opened", "2026-03-19", link="a"),
        event(known[32], "ad.clicked", "2026-03-19", "instagram"),
    )
    for who in known[26:28] + known[33:35]:
        tell("", customer=who)
        happen(wrote(who, "2026-03-19"))
    derive_all()
    sides = ask(workspace, "ropo", f"{MARCH}&by=basis")
    assert {row.key[0]: (row.numerator, row.denominator) for row in sides.rows} == {
        "identified": (30, 120), "lowest": (30, 200), "highest": (110, 200), "matched": (120, 200),
    }  # fmt: skip
    assert sides.total.value == 0.25
    channels = ask(workspace, "ropo", f"{MARCH}&by=channel&store=Centro")
    assert {row.key[0]: (row.numerator, row.denominator) for row in channels.rows} == {
        "ecommerce": (28, 120), "whatsapp": (4, 120),
    }  # fmt: skip
    assert channels.total.numerator == 30
    seen = page(channels.question._replace(by=()), size=200).observations
    assert (sum(one.counted is True for one in seen), len(seen)) == (30, 120)


def test_coupons_are_shares_of_orders(workspace: Workspace) -> None:
    who = person(workspace)
    happen(
        *sold(who, "1", "2026-03-02", 100, coupon="TEN"), *sold(who, "2", "2026-03-03", 50, coupon="TEN"),
        *sold(who, "3", "2026-03-04", 30, "store", coupon="FIVE"), *sold(who, "4", "2026-03-05", 20),
        *sold(who, "5", "2026-03-06", 20, coupon="TEN"), event(who, "order.cancelled", "2026-03-07", order="5"),
        event(who, "order.refunded", "2026-03-08", order="2", value=10),
    )  # fmt: skip
    derive_all()
    given = ask(workspace, "coupon_usage", f"{MARCH}&by=coupon")
    assert {row.key[0]: (row.numerator, row.denominator) for row in given.rows} == {"FIVE": (1, 4), "TEN": (2, 4)}
    assert (given.total.value, given.total.left_out) == (0.75, (("cancelled", 1),))
    assert {row.key[0]: row.value for row in ask(workspace, "coupon_usage", f"{MARCH}&by=channel").rows} == {
        "ecommerce": pytest.approx(2 / 3), "store": 1,
    }  # fmt: skip
    brought = ask(workspace, "sales_by_channel", f"{MARCH}&by=coupon")
    assert {row.key[0]: row.value for row in brought.rows} == {"TEN": 140, "FIVE": 30, None: 20}
    seen = page(given.question._replace(by=())).observations
    assert (sum(one.amount or 0 for one in seen), sum(one.counted is True for one in seen)) == (3, 4)


def test_a_return_is_what_is_left_over_what_was_spent(workspace: Workspace) -> None:
    a, b = person(workspace), person(workspace)
    lines = [{"sku": "x", "quantity": 2, "cost": "20.00"}, {"sku": "y", "cost": 10}]
    happen(
        event(a, "ad.clicked", "2026-03-02", "instagram"),
        event(a, "web.visit", "2026-03-03", "ecommerce"),
        *sold(a, "1", "2026-03-03 13:00", 150, items=lines),
        event(a, "order.refunded", "2026-03-10", order="1", value=30),
        *sold(b, "2", "2026-03-04", 60, items=[{"sku": "z"}]),  # nobody says what it cost, and nothing led to it
        event(workspace, "cost.recorded", "2026-03-31", "instagram", kind="media", amount=31, currency="BRL",
              **{"from": "2026-03-01", "to": "2026-04-01"}),
        event(workspace, "cost.recorded", "2026-03-31", "ecommerce", kind="media", amount=40, currency="BRL",
              **{"from": "2026-03-15", "to": "2026-03-25"}),
    )  # fmt: skip
    derive_all()
    margin = 150 - 50 - (30 - 10)  # a fifth of the goods came back with a fifth of the money
    given = ask(workspace, "roi", f"{MARCH}&by=channel&model=first")
    assert {row.key[0]: row.value for row in given.rows} == {
        "instagram": pytest.approx((margin - 31) / 31), "ecommerce": pytest.approx((60 - 40) / 40),
    }  # fmt: skip
    last = ask(workspace, "roi", f"{MARCH}&by=channel")
    assert {row.key[0]: row.value for row in last.rows} == {
        "instagram": pytest.approx(-1), "ecommerce": pytest.approx((margin + 60 - 40) / 40),
    }  # fmt: skip
    assert last.total.value == pytest.approx((margin + 60 - 71) / 71)
    assert (last.total.n, last.total.left_out) == (2, (("uncosted", 1),))
    seen = page(last.question._replace(by=()), size=200).observations
    assert sum(one.amount or 0 for one in seen) / sum(one.divisor or 0 for one in seen) == pytest.approx(
        last.total.value
    )
    week = ask(workspace, "roi", "from=2026-03-15&to=2026-03-20").total  # what was spent then, and nothing sold
    assert [week.value, week.denominator] == pytest.approx([-1, 25])
    assert ask(workspace, "roi", f"{MARCH}&model=markov").total.value == pytest.approx(last.total.value)


def test_a_benefit_is_taken_up_where_it_is_used(workspace: Workspace) -> None:
    a, b, c = (person(workspace, name) for name in "abc")
    happen(
        *(event(who, "benefit.exposed", "2026-03-02", benefit="pickup", eligible=True) for who in (a, b, c)),
        event(a, "benefit.exposed", "2026-03-03", "instagram", benefit="club", eligible=True),
        event(a, "benefit.used", "2026-03-05", "store", benefit="pickup"),
        event(b, "benefit.used", "2026-03-05", "ecommerce", benefit="pickup"),
    )
    derive_all()
    given = ask(workspace, "take_rate", f"{MARCH}&by=channel&by=used_channel")
    assert {row.key: (row.numerator, row.denominator) for row in given.rows} == {
        ("whatsapp", "store"): (1, 3), ("whatsapp", "ecommerce"): (1, 3),
        ("instagram", "store"): (0, 1), ("instagram", "ecommerce"): (0, 1),
    }  # fmt: skip
    assert (given.total.numerator, given.total.denominator) == (2, 4)
