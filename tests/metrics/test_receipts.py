"""Receipts of history from outside: equal as of their mark whatever came or was joined since, and exact about what changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from conversations import merge, outside, thread
from conversations.history import Actor
from conversations.models import Customer
from hub.models import Workspace
from metrics.models import Receipt
from metrics.receipts import recompute, write
from tests.conversations.outside.conftest import heard, resolved, said, told
from tests.metrics.conftest import derive_all
from tests.metrics.happenings import ask

MARCH = "from=2026-03-01&to=2026-04-01"
ANA, BIA, CAIO = ({"phone": f"+551198765000{number}"} for number in range(1, 4))
ASKED = {
    "first_response_time": "", "reply_time": "&by=agent", "interaction_volume": "", "queue_wait": "", "sales_by_channel": "&by=channel",
    "spend_per_customer": "", "cac": "&by=kind", "cross_channel_conversion": "&by=to_channel", "channel_movement": "",
    "assisted_conversions": "", "csat": "&by=agent&by=team&by=channel",
}  # fmt: skip
RULE = Actor(kind="rule")


def bring(workspace: Workspace, *events: dict[str, Any]) -> None:
    """Let a shop tell these events."""
    with transaction.atomic():
        assert {verdict.outcome for verdict in outside.take(workspace, events)} == {"accepted"}
    derive_all()


def paid(at: str, order: str, value: int, customer: dict[str, str], channel: str = "ecommerce") -> dict[str, Any]:
    """Say that somebody paid an order."""
    return told("order.paid", at, channel, order=order, value=value, currency="BRL", customer=customer)


def answered(at: str, customer: dict[str, str], score: int = 5) -> dict[str, Any]:
    """Say that somebody answered what was asked elsewhere, which names neither agent nor conversation."""
    return told("survey.answered", at, survey="csat", score=score, customer=customer)


def spent(at: str, kind: str, amount: int, first: str, past: str) -> dict[str, Any]:
    """Say what something cost, from a day to before another."""
    event = told("cost.recorded", at, customer=None, amount=amount, currency="BRL", **{"from": first, "to": past})
    return {**event, "data": {**event["data"], "kind": kind}}


def shop(workspace: Workspace) -> None:
    """Tell of three people: Ana's and Bia's conversations overlap, Caio writes and buys beside them."""
    bring(
        workspace,
        heard("2 09:00", customer=ANA), said("2 09:10", customer=ANA), resolved("2 12:00", customer=ANA),
        heard("2 10:00", channel="instagram", customer=BIA), heard("2 10:30", channel="instagram", customer=BIA),
        said("2 11:00", channel="instagram", customer=BIA), heard("3 09:00", customer=CAIO), said("3 09:05", customer=CAIO),
        paid("4 10:00", "a", 100, ANA), paid("5 10:00", "b", 50, BIA), paid("6 10:00", "c", 70, CAIO),
        spent("2 09:00", "media", 90, "2026-03-01", "2026-03-04"), *(answered("3 10:00", one) for one in (ANA, BIA, CAIO)),
    )  # fmt: skip


def receipts(workspace: Workspace) -> dict[str, Receipt]:
    """Return the proof of some figures of every kind."""
    return {name: write(ask(workspace, name, MARCH + words)) for name, words in ASKED.items()}


def changes(of: dict[str, Receipt], *names: str) -> dict[str, list[Any]]:
    """Prove every figure as of its mark; return what changed since of those named."""
    again = {name: recompute(receipt) for name, receipt in of.items()}
    assert [name for name, one in again.items() if not one["as_of_mark"]["equal"]] == []
    assert [name for name, one in again.items() if not one["now"]["equal"] and not one["now"]["changes"]] == []
    return {name: again[name]["now"]["changes"] for name in names}


def person(workspace: Workspace, address: dict[str, str]) -> Customer:
    """Return the customer of a number."""
    return Customer.objects.of(workspace).get(identities__value__endswith=address["phone"][-8:])


def test_it_works(workspace: Workspace) -> None:
    """What comes late changes whose it is of, and nothing as of the mark, though it makes two conversations one."""
    shop(workspace)
    bring(workspace, heard("10 09:00", customer=CAIO), resolved("10 09:30", customer=CAIO))
    before = receipts(workspace)
    bring(
        workspace, resolved("3 09:30", customer=CAIO), told("store.visit", "7 10:00", "store", customer=CAIO, store="x")
    )
    found = changes(before, "first_response_time", "channel_movement", "sales_by_channel", "cac")
    caio = person(workspace, CAIO)
    assert caio.conversations.count() == 2
    later = str(caio.conversations.order_by("-opened_at")[0].pk)
    why = ["conversation.resolved"]
    assert found["first_response_time"] == [{"conversation": later, "because": why}]  # nobody answered that one
    assert found["channel_movement"] == [{"customer": str(caio.pk), "because": [*why, "store.visit"]}]
    assert (found["sales_by_channel"], found["cac"]) == ([], [])


def test_people_are_who_they_were_as_of_the_mark(workspace: Workspace) -> None:
    shop(workspace)
    ana, bia = person(workspace, ANA), person(workspace, BIA)
    apart = receipts(workspace)
    with transaction.atomic():
        row = merge.join(workspace, merge.Ask(ana.pk, bia.pk, "agent"), RULE).merge
    derive_all()
    found = changes(apart, "spend_per_customer", "first_response_time", "sales_by_channel")
    assert found["spend_per_customer"] == [{"customer": str(bia.pk), "because": ["customer.merged"]}]
    assert {why for one in found["first_response_time"] for why in one["because"]} == {"customer.merged"}
    assert found["sales_by_channel"] == []
    assert row is not None
    joined = receipts(workspace)
    with transaction.atomic():
        merge.undo(workspace, row.pk, RULE, thread.episode_for)
    derive_all()
    assert changes(joined, "spend_per_customer") == {
        "spend_per_customer": [{"customer": str(bia.pk), "because": ["customer.unmerged"]}]
    }
    assert changes(apart, "spend_per_customer", "queue_wait") == {"spend_per_customer": [], "queue_wait": []}


def test_who_was_erased_is_missing_as_of_the_mark_too_and_that_is_said(workspace: Workspace) -> None:
    shop(workspace)
    shown = write(ask(workspace, "spend_per_customer", MARCH))
    person(workspace, CAIO).delete()
    derive_all()
    again = recompute(shown)
    values = [again[when]["total"]["value"] for when in ("as_of_mark", "now")]
    assert values == [75, 75]  # Ana's 100 and Bia's 50, without his 70
    assert again["as_of_mark"]["equal"] is False
    assert again["now"]["changes"] == [{"customer": None, "because": ["history.erased_or_moved"]}]


def test_a_question_planned_before_is_asked_of_the_history_too(workspace: Workspace) -> None:
    """Plans are kept a connection: they must not go on reading the facts of now once those of the mark stand before them."""
    shop(workspace)
    words, name = "from=2026-03-01&to=2026-04-01", "predicted_lifetime_value"
    receipt = write(ask(workspace, name, words))
    assert recompute(receipt)["now"][
        "equal"
    ]  # the first of a connection: from here on it has a place for tables of its own
    assert ask(workspace, name, words).total.n == 3
    bring(workspace, paid("7 10:00", "d", 500, BIA))
    again = recompute(receipt)
    assert (again["as_of_mark"]["equal"], again["now"]["equal"]) == (True, False)


def test_costs_that_come_late_are_told_of_nobody_and_answers_of_their_conversation(workspace: Workspace) -> None:
    shop(workspace)
    before = receipts(workspace)
    bring(workspace, spent("9 09:00", "tools", 30, "2026-03-02", "2026-03-03"), answered("9 10:00", ANA, 1))
    talk = str(person(workspace, ANA).conversations.get().pk)
    assert changes(before, "cac", "csat") == {
        "cac": [{"customer": None, "because": ["cost.recorded"]}],
        "csat": [{"conversation": talk, "because": ["survey.answered"]}],
    }
