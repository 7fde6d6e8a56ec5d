"""What people did beside writing, derived: the same whatever the order, in steps or at once, joined or taken apart."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from operator import itemgetter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given, strategies as st

from conversations.models import Customer, HistoryEvent
from hub.models import Workspace
from metrics import facts
from metrics.aggregate import derive_pending
from metrics.models import CostFact, ExchangeRate, OrderFact, StalePerson, TouchFact
from metrics.persons import rows as persons
from metrics.persons.derive import derive
from metrics.persons.money import Purse, amount_of
from metrics.persons.records import TYPES, Event
from metrics.rebuild import differences, rebuild
from metrics.tasks import derive as wake_up
from tests.metrics.conftest import derive_all
from tests.metrics.happenings import event, happen, person, sold, when

START = datetime(2026, 3, 2, tzinfo=UTC)
VALUES = st.sampled_from([None, 0, 10, "12.50", 99.9, "no number", -3])
DATA = st.fixed_dictionaries(
    {},
    optional={
        "order": st.sampled_from(["1", "2", 3]), "cart": st.sampled_from(["1", "2"]), "link": st.just("1"),
        "opportunity": st.sampled_from(["1", "2"]), "benefit": st.just("b"), "survey": st.sampled_from(["csat", "nps", "other"]),
        "score": st.sampled_from([1, "5", 10, 11, 4.5, None]), "stage": st.sampled_from(["a", "b", "c", ""]), "value": VALUES,
        "amount": VALUES, "currency": st.sampled_from(["BRL", "usd", "", "EUR"]), "items": st.sampled_from([[], [1], {"a": 1}, [{"cost": 3, "quantity": "1.5"}, {"cost": "0.01"}], [{"cost": -1}]]),
        "eligible": st.booleans(), "pickup": st.booleans(), "promised_at": st.sampled_from(["2026-03-05", "soon", None]),
        "from": st.sampled_from(["2026-03-01", "x"]), "to": st.sampled_from(["2026-03-01", "2026-04-01T00:00:00Z"]),
        "request": st.just("r"),
    },
)  # fmt: skip
EVENTS = st.lists(
    st.builds(
        lambda name, minutes, channel, data: (name, START + timedelta(minutes=minutes), channel, data),
        st.sampled_from(TYPES), st.integers(0, 20_000), st.sampled_from(["whatsapp", "store", ""]), DATA,
    ),
    max_size=25,
)  # fmt: skip
PURSE = Purse("BRL", UTC, {"USD": [(START.date(), Decimal("5.5"))]})


@given(EVENTS, st.randoms(use_true_random=False))
def test_it_works(told: list[tuple[str, datetime, str, dict[str, Any]]], chance: random.Random) -> None:
    """Any story, however absurd: the order of arrival and repetitions change nothing, and the sums hold."""
    story = [
        Event(number, name, at, "shop", channel, data=data) for number, (name, at, channel, data) in enumerate(told)
    ]
    found = derive(story, PURSE)
    shuffled = story * 2
    chance.shuffle(shuffled)
    again = derive(shuffled, PURSE)
    for one, other in zip(found, again, strict=True):
        assert sorted(one, key=itemgetter(0)) == sorted(other, key=itemgetter(0))
        assert len({fact[0] for fact in one}) == len(one)
    for order in found.orders:
        if order.net is not None and order.paid_at and not order.excluded:
            moved = [money.amount or 0 for money in found.movements if money.order_id == order.id]
            assert sum(moved) == order.net >= 0
            goods = [money.goods for money in found.movements if money.order_id == order.id]
            assert len({one is None for one in goods}) == 1
            assert sum(one or 0 for one in goods) == 0 if order.net == 0 else sum(one or 0 for one in goods) >= 0
    sales = sorted(order.position for order in found.orders if order.position)
    assert sales == list(range(1, len(sales) + 1))
    assert all((one.elapsed or 0) >= 0 for one in found.opportunities)
    assert all((one.elapsed or 0) >= 0 for one in found.stages)
    assert all(cost.end_day > cost.first_day for cost in found.costs)


def test_amounts_are_read_as_sources_write_them() -> None:
    assert [amount_of(word) for word in (10, "12.50", 0.1, "1e3")] == [10, Decimal("12.5"), Decimal("0.1"), 1000]
    unread: list[Any] = [None, True, "", "ten", "NaN", "Infinity", -1, 10**14, [1], {}]
    assert [amount_of(word) for word in unread] == [None] * len(unread)


def everything(workspace: Workspace) -> facts.Rows:
    """Return all facts of people there are."""
    ids = [one for some in persons.everybody(workspace.pk) for one in some]
    return persons.kept(workspace.pk, persons.circle(workspace.pk, ids))


def from_scratch(workspace: Workspace) -> facts.Rows:
    """Derive all facts of people beside those there are."""
    ids = [one for some in persons.everybody(workspace.pk) for one in some]
    return persons.derived(workspace, persons.circle(workspace.pk, ids))


def a_shop(workspace: Workspace) -> tuple[list[Customer], list[HistoryEvent]]:
    """Return people, and all kinds of things that happen to them."""
    people = [person(workspace, name) for name in "ABCDE"]
    events = [event(workspace, "cost.recorded", "2026-03-01", "", kind="media", amount=31)]
    for number, who in enumerate(people):
        events += [
            event(who, "ad.clicked", f"2026-02-{number + 1:02}", "instagram"),
            event(who, "cart.updated", "2026-03-01", cart=f"c{number}", value=10, items=[number]),
            *sold(who, f"o{number}", f"2026-03-{number + 2:02}", 10 * number, coupon="X", items=[{"cost": 3}]),
            event(who, "order.refunded", "2026-03-10", order=f"o{number}", value=3),
            *sold(who, "shared", f"2026-03-{number + 12:02}", 7, currency="USD"),
            event(
                who, "opportunity.opened", "2026-03-01", opportunity=number, stage="a\tb\\", owner="ana@loja.example"
            ),
            event(who, "opportunity.won", "2026-03-04", opportunity=number, value=5),
            event(who, "benefit.exposed", "2026-03-01", benefit="b"),
            event(who, "survey.answered", "2026-03-05", survey="csat", score=5),
            event(who, "payment_link.sent", "2026-03-01", link=number, value=1),
        ]
    return people, events


@pytest.mark.parametrize("seed", range(2))
def test_step_by_step_equals_from_scratch(workspace: Workspace, seed: int) -> None:
    """History in any interleaving, people joined and taken apart between, another rate: as if derived at the end."""
    chance = random.Random(seed)
    people, waiting = a_shop(workspace)
    chance.shuffle(waiting)
    while waiting:
        with transaction.atomic():
            happen(*(waiting.pop() for _ in range(min(len(waiting), chance.randint(1, 9)))))
        if chance.random() < 0.4:
            one, other = chance.sample(people, 2)
            root = None if chance.random() < 0.5 else (other.merged_into_id or other.pk)
            if root != one.pk and not Customer.objects.filter(merged_into=one).exists():
                Customer.objects.filter(pk=one.pk).update(merged_into=root)
                one.merged_into_id = root
        if chance.random() < 0.2:
            day = f"2026-03-{chance.randint(1, 20):02}"
            rate = {"rate": chance.randint(1, 9)}
            ExchangeRate.objects.update_or_create(workspace=workspace, currency="USD", day=day, defaults=rate)
        if chance.random() < 0.5:
            derive_pending(limit=chance.choice([1, 3, 50]))
    derive_all()
    assert everything(workspace) == from_scratch(workspace)
    assert list(differences(workspace)) == []
    assert {len(rows) > 0 for table, rows in everything(workspace).items()} == {True}


def test_joined_people_buy_as_one_and_apart_again_as_two(workspace: Workspace) -> None:
    a, b = person(workspace, "A"), person(workspace, "B")
    happen(*sold(a, "1", "2026-03-02", 10), *sold(b, "2", "2026-03-01", 10))
    derive_all()
    Customer.objects.filter(pk=b.pk).update(merged_into=a)
    assert derive_all() == 2
    assert list(OrderFact.objects.order_by("number").values_list("customer_id", "position")) == [(a.pk, 2), (a.pk, 1)]
    Customer.objects.filter(pk=b.pk).update(merged_into=None)
    derive_all()
    assert list(OrderFact.objects.order_by("number").values_list("customer_id", "position")) == [(a.pk, 1), (b.pk, 1)]
    assert StalePerson.objects.count() == 0


def test_what_is_erased_counts_nowhere(workspace: Workspace) -> None:
    a, b = person(workspace, "A"), person(workspace, "B")
    happen(
        *sold(a, "1", "2026-03-02", 10), event(a, "store.visit", "2026-03-01", "store"), *sold(b, "2", "2026-03-03", 10),
        event(workspace, "cost.recorded", "2026-03-01", "", kind="media", amount=31),
    )  # fmt: skip
    derive_all()
    Customer.objects.get(pk=a.pk).delete()
    HistoryEvent.objects.filter(type="cost.recorded").delete()
    derive_all()
    assert (OrderFact.objects.get().number, TouchFact.objects.count(), CostFact.objects.count()) == ("2", 0, 0)
    HistoryEvent.objects.filter(type="order.paid").update(customer=person(workspace, "C"))
    derive_all()
    assert list(OrderFact.objects.exclude(paid_at=None).values_list("customer_id", "position")) == [
        (Customer.objects.get(name="C").pk, 1)
    ]
    workspace.delete()
    wake_up()
    assert (OrderFact.objects.count(), StalePerson.objects.count()) == (0, 0)


def test_a_check_finds_what_history_does_not_say_and_rebuilding_mends_it(workspace: Workspace) -> None:
    who = person(workspace)
    happen(*sold(who, "1", "2026-03-02", 10), event(who, "web.visit", "2026-03-01"))
    derive_all()
    OrderFact.objects.update(position=9)
    TouchFact.objects.all().delete()
    out = StringIO()
    with pytest.raises(CommandError, match=r"4 differences\."):
        call_command("rebuild_metrics", "--check", stdout=out)
    first, second, *of_cells = out.getvalue().splitlines()
    assert f"of customer {who.pk}: position is 9, should be 1" in first
    assert second.endswith(": is missing")
    assert of_cells == [
        "loja: cell sale channel ecommerce day 2026-03-02: members differ from its facts",
        "loja: cell touch channel whatsapp day 2026-03-01: n is 1, should be 0",
    ]
    rebuild(workspace)
    assert list(differences(workspace)) == []


def test_people_who_only_write_have_no_facts_of_their_own(workspace: Workspace) -> None:
    who = person(workspace)
    happen(event(who, "message.received", "2026-03-02", kind="text"))
    assert derive_all() == 0
    happen(event(who, "web.visit", "2026-03-02"))
    assert derive_all() == 1
    assert TouchFact.objects.get().at == when("2026-03-02")
