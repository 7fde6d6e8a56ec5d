"""Figures of journeys against the worked fixtures: what people touched, in order, and where they paid."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from conversations.models import Customer, HistoryEvent
from hub.models import Workspace
from metrics.evidence import page
from metrics.models import JourneyFact
from metrics.persons.leading import journeys
from metrics.persons.markov import Pace, removal_effects
from metrics.persons.money import Purse
from metrics.persons.orders import orders
from metrics.persons.records import Event, Touch
from metrics.query import answer
from metrics.rebuild import differences
from metrics.receipts import recompute, write
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, person, question, sold, when, wrote

MARCH = "from=2026-03-01&to=2026-04-01"
WHERE = {"W": "whatsapp", "I": "instagram", "S": "store"}
F11 = [("WI", "I")] * 2 + [("I", "I"), ("IW", "W"), ("SW", "W")] + [("W", "")] * 3 + [("S", "")] * 2


def f11(workspace: Workspace, tell: Tell) -> None:
    """Tell fixture F11: ten journeys, touched by messages and visits, a day between; five are paid."""
    for number, (path, paid) in enumerate(F11):
        who = person(workspace, f"p{number}")
        tell("", customer=who)
        for day, letter in enumerate(path, 2):
            at = f"2026-03-{day:02}"
            happen(event(who, "store.visit", at, "store") if letter == "S" else wrote(who, at, WHERE[letter]))
        if paid:
            happen(*sold(who, f"o{number}", "2026-03-05", 100, WHERE[paid]))
    derive_all()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """Fixtures F11 and F15."""
    f11(workspace, tell)
    total = ask(workspace, "conversion_rate", MARCH, as_of="2026-03-20").total
    assert (total.numerator, total.denominator) == (5, 10)
    by_channel = ask(workspace, "conversion_rate", f"{MARCH}&by=channel", as_of="2026-03-20")
    assert {row.key: (row.numerator, row.denominator) for row in by_channel.rows} == {
        ("instagram",): (4, 4), ("store",): (1, 3), ("whatsapp",): (4, 7),
    }  # fmt: skip
    crossed = ask(workspace, "cross_channel_conversion", MARCH).total
    assert (crossed.numerator, crossed.denominator, crossed.value) == (4, 10, 0.4)
    cells = ask(workspace, "cross_channel_conversion", f"{MARCH}&by=from_channel&by=to_channel")
    assert {row.key: (row.numerator, row.denominator) for row in cells.rows} == {
        ("instagram", "whatsapp"): (1, 2),
        ("store", "instagram"): (0, 3),
        ("store", "whatsapp"): (1, 3),
        ("whatsapp", "instagram"): (2, 5),
    }
    assert len(page(cells.question).observations) == 10
    helped = ask(workspace, "assisted_conversions", f"{MARCH}&by=channel")
    assert {row.key[0]: (row.numerator, row.denominator) for row in helped.rows} == {
        "instagram": (1, 5), "store": (1, 5), "whatsapp": (2, 5),
    }  # fmt: skip
    assert (helped.total.numerator, helped.total.denominator) == (4, 5)
    online = ask(workspace, "offline_to_online", MARCH).total
    assert (online.numerator, online.denominator) == (1, 5)


def test_money_is_shared_among_touches_fixture_f11(workspace: Workspace, tell: Tell) -> None:
    f11(workspace, tell)
    shares = {
        "paid_at": {"instagram": 300, "whatsapp": 200},
        "last": {"instagram": 300, "whatsapp": 200},
        "first": {"whatsapp": 200, "instagram": 200, "store": 100},
        "linear": {"instagram": 250, "whatsapp": 200, "store": 50},
        "position": {"instagram": 250, "whatsapp": 200, "store": 50},
        "shapley": {"instagram": 250, "whatsapp": 200, "store": 50},
        "last_non_direct": {"instagram": 300, "whatsapp": 200},
        "markov": {"whatsapp": 238.9, "instagram": 224.3, "store": 36.8},
    }
    for model, expected in shares.items():
        given = ask(workspace, "sales_by_channel", f"{MARCH}&by=channel&model={model}")
        assert {row.key[0]: row.value for row in given.rows if row.value} == pytest.approx(expected, abs=0.05), model
        assert given.total.value == pytest.approx(500)
        assert sum(one.amount or 0 for one in page(given.question).observations) == pytest.approx(500)


def test_what_would_be_lost_without_a_channel_fixture_f11() -> None:
    paces = [
        Pace(start, following, sold, begins, n)
        for start, following, sold, begins, n in (
            ("W", "I", False, True, 2), ("I", None, True, False, 2), ("I", None, True, True, 1), ("I", "W", False, True, 1),
            ("W", None, True, False, 2), ("S", "W", False, True, 1), ("W", None, False, True, 3), ("S", None, False, True, 2),
        )
    ]  # fmt: skip
    effects = removal_effects(paces)
    assert {channel: round(effect, 3) for channel, effect in effects.items()} == {"W": 0.7, "I": 0.657, "S": 0.108}
    assert removal_effects([Pace("W", None, False, begins=True, times=3)]) == {}


def test_shares_of_a_long_way_and_what_is_given_back_later(workspace: Workspace) -> None:
    who = person(workspace)
    happen(
        event(who, "ad.clicked", "2026-03-01", "instagram"),
        event(who, "web.visit", "2026-03-08", "ecommerce"),
        event(who, "web.visit", "2026-03-14", "ecommerce"),
        event(who, "store.visit", "2026-03-15", "store"),
        *sold(who, "1", "2026-03-15 12:00", 100, "store"),
        event(who, "order.refunded", "2026-05-20", "store", order="1", value=40),
        *sold(who, "2", "2026-05-01", 10, "app"),  # nothing led to it
    )
    derive_all()

    def shared(words: str, model: str) -> dict[str | None, float | None]:
        given = ask(workspace, "sales_by_channel", f"{words}&by=channel&model={model}")
        return {row.key[0]: row.value and round(row.value, 6) for row in given.rows if row.value}

    # Nothing says from where the last visit came to the site; the store is no site.
    assert shared(MARCH, "last_non_direct") == {"store": 100}
    assert shared(MARCH, "position") == {"instagram": 40, "ecommerce": 20, "store": 40}
    assert shared(MARCH, "linear") == {"instagram": 25, "ecommerce": 50, "store": 25}
    assert shared(MARCH, "shapley") == {key: round(100 / 3, 6) for key in ("instagram", "ecommerce", "store")}
    weights = {"instagram": 0.25, "ecommerce": 0.5 + 2 ** (-1 / 7), "store": 1.0}
    whole = sum(weights.values())
    assert shared(MARCH, "decay") == {key: round(100 * one / whole, 6) for key, one in weights.items()}
    assert shared("from=2026-05-01&to=2026-06-01", "linear") == {
        "instagram": -10, "ecommerce": -20, "store": -10, "app": 10,
    }  # fmt: skip


def test_who_typed_the_address_was_led_by_what_came_before(workspace: Workspace) -> None:
    who, other = person(workspace), person(workspace)
    happen(
        event(who, "ad.clicked", "2026-03-01", "instagram"),
        event(who, "web.visit", "2026-03-02", "ecommerce", campaign="autumn"),
        event(who, "web.visit", "2026-03-03", "app"),
        *sold(who, "1", "2026-03-03 13:00", 100),
        event(other, "web.visit", "2026-03-03", "app"),
        *sold(other, "2", "2026-03-03 13:00", 10),
    )
    derive_all()
    given = ask(workspace, "sales_by_channel", f"{MARCH}&by=channel&model=last_non_direct")
    assert {row.key[0]: row.value for row in given.rows if row.value} == {"ecommerce": 100, "app": 10}


def led(workspace: Workspace) -> list[tuple[str, ...]]:
    """Derive what is new, and return by which channels people were led to their sales, and how often by each."""
    derive_all()
    assert list(differences(workspace)) == []
    rows = JourneyFact.objects.of(workspace).order_by("id").values_list("channels", "counts")
    return [tuple(f"{channel} {n}" for channel, n in zip(*row, strict=True)) for row in rows]


def test_whatever_comes_late_restates_what_led_to_a_sale(workspace: Workspace, tell: Tell) -> None:
    who, other = person(workspace), person(workspace)
    for one in (who, other):
        tell("", customer=one)
    happen(wrote(who, "2026-03-04"), *sold(who, "1", "2026-03-05", 100))
    assert led(workspace) == [("whatsapp 1",)]
    late = wrote(who, "2026-03-02", "instagram")
    happen(late, wrote(other, "2026-03-03", "webchat"))
    assert led(workspace) == [("instagram 1", "whatsapp 1")]
    happen(wrote(who, "2026-03-06", "email"))
    assert derive_all() == 1  # what is said after the last sale is looked at in its conversation alone
    assert led(workspace) == [("instagram 1", "whatsapp 1")]
    Customer.objects.filter(pk=other.pk).update(merged_into=who)
    assert led(workspace) == [("instagram 1", "webchat 1", "whatsapp 1")]
    Customer.objects.filter(pk=other.pk).update(merged_into=None)
    assert led(workspace) == [("instagram 1", "whatsapp 1")]
    HistoryEvent.objects.filter(pk=late.pk).delete()
    assert led(workspace) == [("whatsapp 1",)]
    JourneyFact.objects.all().delete()  # as in a house that was derived before there were such facts
    with connection.cursor() as cursor:
        cursor.execute(import_module("metrics.migrations.0007_journeys").BUYERS)
    assert led(workspace) == [("whatsapp 1",)]
    happen(event(who, "order.cancelled", "2026-03-07", "ecommerce", order="1"))
    assert led(workspace) == []


def test_no_touch_leads_to_a_sale_over_a_pause_or_from_too_long_before() -> None:
    sale = when("2026-06-30")

    def shares(*before: float, sales: tuple[float, ...] = (0,)) -> list[tuple[int, int, tuple[int, ...]]]:
        story = [
            Event(
                900 + place, "order.paid", sale - timedelta(days=days), "shop", "app", data={"order": place, "value": 1}
            )
            for place, days in enumerate(sales)
        ]
        kinds = ("ad.clicked", "web.visit")
        touched = [
            Touch(place, kinds[place % 2], f"c{place % 2}", sale - timedelta(days=days), "", "")
            for place, days in enumerate(before)
        ]
        found = journeys(orders(story, Purse())[0], touched, ())
        return [(one.touches, one.sought, one.counts) for one in found]

    assert shares(90, 60, 30) == [(3, 1, (2, 1))]
    assert shares(90.01, 61, 32, 3) == [(3, 2, (2, 1))]
    assert shares(40, 30.01) == []
    assert shares(50, 10, 5) == [(2, 2, (1, 1))]
    assert shares(3, 2, 1, 0, -1, sales=(0, 0, 2)) == [
        (2, 1, (1, 1)),
        (2, 1, (1, 1)),
    ]  # what is of an instant comes before its sale
    assert shares(9, sales=(8, 7)) == [(1, 1, (1,))]


def test_a_journey_ends_at_a_sale_or_after_thirty_days(workspace: Workspace, tell: Tell) -> None:
    who = person(workspace)
    tell("", customer=who)
    happen(
        wrote(who, "2026-01-20"),
        wrote(who, "2026-02-18"),  # 29 days: one journey, which began before the period asked for
        event(who, "store.visit", "2026-03-10", "store"),
        *sold(who, "1", "2026-03-11", 10, "store"),
        wrote(who, "2026-03-12"),  # another journey
        wrote(who, "2026-04-12", "instagram"),  # 31 days: another
        *sold(who, "2", "2026-05-13", 10, "app"),  # 31 days after the last touch: no journey's
    )
    derive_all()
    words = "from={}&to=2026-06-01&by=from_channel&by=month"
    given = ask(workspace, "cross_channel_conversion", words.format("2026-02-01"))
    assert {row.key: (row.numerator, row.denominator) for row in given.rows} == {
        ("instagram", "2026-04"): (0, 1), ("whatsapp", "2026-03"): (0, 1),
    }  # fmt: skip
    given = ask(workspace, "cross_channel_conversion", words.format("2026-01-01"))
    assert {row.key: (row.numerator, row.denominator) for row in given.rows} == {
        ("instagram", "2026-04"): (0, 1), ("whatsapp", "2026-01"): (1, 1), ("whatsapp", "2026-03"): (0, 1),
    }  # fmt: skip


def test_who_still_has_time_is_told_beside(workspace: Workspace) -> None:
    a, b, c = (person(workspace, name) for name in "ABC")
    happen(
        event(a, "ad.clicked", "2026-03-01", "instagram"),
        *sold(a, "1", "2026-04-02", 10),  # 32 days after the click
        event(b, "ad.clicked", "2026-03-25", "instagram"),
        event(b, "web.visit", "2026-03-26", "ecommerce"),
        event(c, "web.visit", "2026-03-27", "ecommerce"),
        *sold(c, "2", "2026-03-28", 10, "store", store="Centro"),
        event(c, "store.visit", "2026-03-29", "store"),
        *sold(c, "3", "2026-03-30", 10, "ecommerce", pickup=True),
    )
    derive_all()
    given = ask(workspace, "conversion_rate", f"{MARCH}&by=channel", as_of="2026-04-05")
    assert {row.key[0]: (row.numerator, row.denominator, row.censored) for row in given.rows} == {
        "ecommerce": (1, 2, 1), "instagram": (0, 2, 1), "store": (1, 1, 0),
    }  # fmt: skip
    assert (given.total.numerator, given.total.denominator, given.total.censored) == (1, 3, 1)
    store = ask(workspace, "online_to_offline", f"{MARCH}&store=Centro").total
    assert (store.numerator, store.denominator) == (1, 1)
    online = ask(workspace, "offline_to_online", f"{MARCH}&by=fulfilment")
    assert {row.key: (row.numerator, row.denominator) for row in online.rows} == {("pickup",): (1, 1)}


def test_people_convert_from_their_first_touch_and_by_channel_from_that_of_each(workspace: Workspace) -> None:
    who, other = person(workspace), person(workspace)
    happen(
        event(who, "ad.clicked", "2026-03-01", "instagram"), event(who, "web.visit", "2026-03-25 12:00", "ecommerce"),
        event(who, "store.visit", "2026-03-25 10:00", "store"), *sold(who, "1", "2026-04-10", 10),
        event(other, "web.visit", "2026-03-20 15:00", "ecommerce"), event(other, "store.visit", "2026-03-20 12:00", "store"),
        *sold(other, "2", "2026-03-20 13:00", 10),
    )  # fmt: skip
    derive_all()
    for cells in (True, False):
        for words, shares in {
            "": {(): (1, 2)},
            "&by=channel": {(): (1, 2), ("ecommerce",): (1, 2), ("instagram",): (0, 1), ("store",): (2, 2)},
            "&by=day": {(): (1, 2), ("2026-03-01",): (0, 1), ("2026-03-20",): (1, 1)},
            "&channel=ecommerce&channel=store": {(): (2, 2)},
            "&by=channel&channel=instagram": {(): (0, 1), ("instagram",): (0, 1)},
        }.items():
            given = answer(question(workspace, "conversion_rate", MARCH + words), cells=cells)
            assert {row.key: (row.numerator, row.denominator) for row in (*given.rows, given.total)} == shares, words
            seen = page(given.question._replace(by=())).observations
            assert (sum(one.counted is True for one in seen), len(seen)) == shares[()]


def test_a_receipt_of_journeys_recomputes_to_the_same(workspace: Workspace, tell: Tell) -> None:
    f11(workspace, tell)
    receipts = [
        write(ask(workspace, metric, words))
        for metric, words in (
            ("cross_channel_conversion", f"{MARCH}&by=from_channel"), ("conversion_rate", f"{MARCH}&by=channel"),
            ("arpu", MARCH), ("sales_by_channel", f"{MARCH}&by=channel&by=model"), ("assisted_conversions", MARCH),
        )
    ]  # fmt: skip
    late = person(workspace)
    happen(event(late, "store.visit", "2026-03-03", "store"), *sold(late, "late", "2026-03-04", 7, "app"))
    derive_all()
    for receipt in receipts:
        again = recompute(receipt)
        assert (again["as_of_mark"]["equal"], again["now"]["equal"]) == (True, False), receipt.metric
        assert str(late.pk) in {one["customer"] for one in again["now"]["changes"]}
