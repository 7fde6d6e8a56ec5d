"""What is refused and what is taken: each refusal names the field and the reason, and changes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from conversations import outside
from conversations.models import Channel, Customer, HistoryEvent
from conversations.models.message import KINDS
from conversations.outside.reading import TYPES, read
from conversations.refusal import Refused
from hub.models import Workspace
from tests.conversations.outside.conftest import told

ALLOWED_ORDER = {"order": "A1", "value": 10, "currency": "BRL"}
TIME = "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."
NUMBER = "Must be a telephone number with its country, like +5511987654321."
ALLOWED_KINDS = f"Must be one of: {', '.join(kind for kind in KINDS if kind != 'note')}."
MONEY = "Must be an amount of money, like 199.90."
# One change that makes a good event a bad one, then the field and the sentence.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"id": None}, "id", "Must be given."),
    ({"id": 7}, "id", "Must be text."),
    ({"id": " "}, "id", "May not be empty."),
    ({"id": "x" * 256}, "id", "May hold at most 255 characters."),
    ({"id": "a\0"}, "id", "Holds characters that cannot be kept."),
    ({"id": "\ud800"}, "id", "Holds characters that cannot be kept."),
    ({"type": "order.eaten"}, "type", "There is no such type of event."),
    ({"type": "conversation.opened"}, "type", "There is no such type of event."),
    ({"source": None}, "source", "Must be given."),
    ({"source": "Novelo"}, "source", "“novelo” is reserved for what happens here."),
    ({"at": "2026-03-01T12:00:00"}, "at", TIME),
    ({"at": "yesterday"}, "at", TIME),
    ({"at": 1772366400}, "at", TIME),
    ({"at": "0001-01-01T00:00:00Z"}, "at", "Must not be before 1970."),
    ({"customer": None}, "customer", "Must be given."),
    ({"customer": "Bia"}, "customer", "Must be an object."),
    ({"customer": {"name": "Bia"}}, "customer", "Needs one of: external_id, phone, email, whatsapp, instagram."),
    ({"customer": {"phone": "11 98765-0001"}}, "customer.phone", NUMBER),
    ({"customer": {"whatsapp": "+0"}}, "customer.whatsapp", NUMBER),
    ({"customer": {"email": "bia"}}, "customer.email", "Must be an e-mail address."),
    ({"customer": {"instagram": "bia souza"}}, "customer.instagram", "Must be the name of an Instagram account."),
    ({"customer": {"external_id": 9}}, "customer.external_id", "Must be text."),
    ({"channel": "Store 1"}, "channel", "Must be 1 to 20 small letters, like whatsapp or store."),
    ({"type": "message.received", "channel": None}, "channel", "Must be given."),
    ({"data": []}, "data", "Must be an object."),
    ({"data": {}}, "data.order", "Must be given."),
    ({"data": ALLOWED_ORDER | {"value": -1}}, "data.value", "May not be negative."),
    ({"data": ALLOWED_ORDER | {"value": "10,00"}}, "data.value", MONEY),
    ({"data": ALLOWED_ORDER | {"value": True}}, "data.value", MONEY),
    ({"data": ALLOWED_ORDER | {"value": 1e30}}, "data.value", "Is too large to be an amount of money."),
    ({"data": ALLOWED_ORDER | {"value": float("inf")}}, "data.value", "Must be a number."),
    ({"data": ALLOWED_ORDER | {"currency": "R$"}}, "data.currency", "Must be a currency of ISO 4217, like BRL."),
    ({"data": ALLOWED_ORDER | {"currency": "XXX"}}, "data.currency", "Must be a currency of ISO 4217, like BRL."),
    ({"data": ALLOWED_ORDER | {"items": "two"}}, "data.items", "Must be a list, or how many."),
    ({"data": ALLOWED_ORDER | {"pickup": "yes"}}, "data.pickup", "Must be true or false."),
    ({"data": ALLOWED_ORDER | {"promised_at": "2026-03-01"}}, "data.promised_at", TIME),
    ({"data": ALLOWED_ORDER | {"note": "x" * 70_000}}, "data", "Is too large."),
    ({"type": "survey.answered", "data": {"survey": "csat", "score": 6}}, "data.score", "Must be a whole number from 1 to 5."),
    ({"type": "survey.answered", "data": {"survey": "csat", "score": 0}}, "data.score", "Must be a whole number from 1 to 5."),
    ({"type": "survey.answered", "data": {"survey": "nps", "score": 11}}, "data.score", "Must be a whole number from 0 to 10."),
    ({"type": "survey.answered", "data": {"survey": "nps", "score": 7.5}}, "data.score", "Must be a whole number from 0 to 10."),
    ({"type": "survey.answered", "data": {"survey": "nps"}}, "data.score", "Must be given."),
    ({"type": "survey.sent", "data": {"survey": "ces"}}, "data.survey", "Must be one of: csat, nps."),
    ({"type": "message.sent", "data": {}}, "data.author", "Must be given."),
    ({"type": "message.sent", "data": {"author": "customer"}}, "data.author", "Must be one of: agent, bot, campaign, system."),
    ({"type": "message.sent", "data": {"author": "agent", "agent": "Ana"}}, "data.agent", "Must be an e-mail address."),
    ({"type": "message.received", "data": {"kind": "note"}}, "data.kind", ALLOWED_KINDS),
    ({"type": "conversation.resolved", "data": {"by": "fate"}}, "data.by", "Must be one of: agent, bot, rule."),
    ({"type": "benefit.exposed", "data": {"benefit": "frete"}}, "data.eligible", "Must be given."),
]  # fmt: skip
COST = {"kind": "media", "amount": "10.00", "currency": "BRL", "from": "2026-03-01", "to": "2026-03-31"}


def order(**changes: Any) -> dict[str, Any]:
    """A good event, but for ``changes``."""
    return told("order.paid", "2 09:00", "store", **ALLOWED_ORDER) | changes


@pytest.mark.django_db
def test_it_refuses_what_is_wrong_with_field_and_reason_and_takes_its_neighbors(place: Workspace) -> None:
    for changes, field, sentence in BAD:
        with pytest.raises(Refused) as refusal:
            read(order(**changes))
        assert (refusal.value.field, refusal.value.sentence) == (field, sentence), changes
    verdicts = outside.take(place, ["no object", None, *(order(**bad) for bad, _, _ in BAD)])
    assert {one.outcome for one in verdicts} == {"invalid"}
    assert (verdicts[0].id, verdicts[0].error) == (None, "event: Must be an object.")
    assert not Customer.objects.of(place).exists()
    assert not Channel.objects.of(place).exists()
    mixed = outside.take(place, [order(data={}), order(id="good"), order(at="x", id="bad")])
    assert [one.outcome for one in mixed] == ["invalid", "accepted", "invalid"]
    assert (mixed[2].id, mixed[2].field, mixed[2].error) == ("bad", "at", f"at: {TIME}")
    assert HistoryEvent.objects.of(place).get().external_id == "good"


def test_costs_are_about_nobody_and_end_after_they_begin() -> None:
    cost = read({"id": "1", "source": "ads", "type": "cost.recorded", "at": "2026-03-31T12:00:00Z", "data": COST})
    assert (cost.addresses, cost.data) == ((), COST)
    for wrong, field, sentence in (
        ({"to": "2026-02-28"}, "data.to", "Must not be before “from”."),
        ({"from": "March"}, "data.from", "Must be a day like 2026-03-01, or a time with an offset."),
        ({"kind": "love"}, "data.kind", "Must be one of: media, salaries, messages, tools, other."),
        ({"amount": None}, "data.amount", "Must be given."),
    ):
        with pytest.raises(Refused, match=sentence) as refusal:
            read(
                {
                    "id": "1",
                    "source": "ads",
                    "type": "cost.recorded",
                    "at": "2026-03-31T12:00:00Z",
                    "data": COST | wrong,
                }
            )
        assert refusal.value.field == field


def test_money_keeps_its_digits_and_numbers_stay_numbers() -> None:
    for given, kept in (
        (19.9, "19.9"),
        ("19.90", "19.90"),
        (Decimal("19.90"), "19.90"),
        (0, "0"),
        (1234567, "1234567"),
        (0.1 + 0.2, "0.300000"),
        (1e-9, "0.000000"),
    ):
        data = read(order(data=ALLOWED_ORDER | {"value": given, "currency": "brl", "points": 12.5})).data
        assert data == {"order": "A1", "value": kept, "currency": "BRL", "points": 12.5}


def test_every_type_of_the_contract_is_understood() -> None:
    assert len(TYPES) == 31  # those of the contract, and customer.updated of contact lists
    assert read(told("message.sent", "2 09:00", agent="ANA@loja.example")).data == {
        "author": "agent",
        "agent": "ana@loja.example",
    }
    assert read(told("conversation.resolved", "2 09:00")).data == {"by": "agent"}
    assert read(told("message.received", "2 09:00", text="")).text == ""
    assert (
        read(order(customer={"instagram": "@Bia.Souza", "phone": "", "email": None})).addresses[0].value == "bia.souza"
    )


@pytest.mark.django_db
def test_refusals_speak_the_readers_language(place: Workspace) -> None:
    with translation.override("pt-br"):
        (verdict,) = outside.take(place, [order(at="x")])
    assert verdict.error == "at: Precisa ser um horário ISO-8601 com fuso, como 2026-03-01T12:00:00-03:00."


@pytest.mark.django_db
def test_nobody_gets_back_more_than_they_paid(place: Workspace) -> None:
    def refund(key: str, value: str, **changes: Any) -> dict[str, Any]:
        return told("order.refunded", "4 09:00", "store", id=key, order="A1", value=value, currency="BRL") | changes

    assert (
        outside.take(place, [refund("r0", "500", source="elsewhere")])[0].outcome == "accepted"
    )  # its order is not known yet
    first = outside.take(
        place, [refund("r1", "60.00"), order(data=ALLOWED_ORDER | {"value": "100.00"}), refund("r2", "40.01")]
    )
    assert [one.outcome for one in first] == ["accepted", "accepted", "invalid"]
    assert first[2].error == "data.value: Would give back 100.01 of an order of 100.00 BRL."
    second = outside.take(place, [refund("r1", "60.00"), refund("r3", "40.00"), refund("r4", "0.01")])
    assert [one.outcome for one in second] == ["duplicate", "accepted", "invalid"]
    assert HistoryEvent.objects.of(place).filter(type="order.refunded").count() == 3
