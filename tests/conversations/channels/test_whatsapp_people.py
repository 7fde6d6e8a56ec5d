"""Who wrote: numbers, user ids, the names beside them, and the lane that keeps their items in order."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.channels.types import Address, Invalid, Person
from tests.conversations.channels.bodies import items, only, parse
from tests.conversations.channels.test_whatsapp_kinds import MARIA

BSUID, PARENT = Address("bsuid", "BR.81520"), Address("parent_bsuid", "BR.ENT.5")


def sender(message: dict[str, Any], *contacts: dict[str, Any]) -> Any:
    whole = {"id": "wamid.x", "timestamp": "1780000000", "type": "text", "text": {"body": "oi"}} | message
    value = {"metadata": {"phone_number_id": "1"}, "contacts": contacts, "messages": [whole]}
    envelope = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    (item,) = parse(envelope).items
    return item


def test_it_knows_a_person_by_number_and_user_id() -> None:
    assert only("text").sender == MARIA


def test_it_knows_a_person_by_the_user_id_alone() -> None:
    message = only("sender_bsuid_only")
    assert message.sender == Person(addresses=(BSUID, PARENT), name="Maria Souza", username="maria.souza")
    assert message.lane == "BR.81520"


def test_it_finds_a_user_id_where_the_number_belongs() -> None:
    assert only("sender_bsuid_in_from").sender == Person(addresses=(BSUID,), name="Maria Souza")


def test_it_ignores_a_user_id_of_a_wrong_form() -> None:
    assert only("sender_with_odd_user_id").sender.addresses == (Address("wa_id", "5511987654321"),)


def test_it_takes_an_odd_user_id_rather_than_losing_the_person() -> None:
    assert sender({}, {"user_id": "USER_77"}).sender.addresses == (Address("bsuid", "USER_77"),)


def test_it_sets_a_message_of_nobody_aside() -> None:
    item = only("sender_missing")
    assert isinstance(item, Invalid)
    assert (item.reason, item.lane, item.payload["id"]) == ("missing_sender", "account", "wamid.in1")


@pytest.mark.parametrize(
    "value", ["bla", "+", "5511 98765 4321 ramal 2", "1" * 21, ["5511"], {"a": 1}, "٥٥١١٩٨٧٦٥٤٣٢١"]
)
def test_it_sets_a_message_of_an_impossible_sender_aside(value: Any) -> None:
    item = sender({"from": value})
    assert isinstance(item, Invalid)
    assert item.reason == "invalid_sender"


def test_it_matches_names_by_address_and_never_by_position() -> None:
    first, second = items("contacts_in_other_order")
    assert (first.sender.name, second.sender.name) == ("Maria Souza", "João")
    assert (first.lane, second.lane) == ("5511987654321", "5521999990000")


def test_it_gives_nobody_the_name_of_another_number() -> None:
    assert only("sender_without_contact").sender == Person(addresses=(Address("wa_id", "5511987654321"),))


def test_it_lets_the_only_contact_complete_the_only_sender() -> None:
    completed = sender({"from_user_id": "BR.81520"}, {"wa_id": "5511987654321", "profile": {"name": "Maria"}})
    assert completed.sender == Person(addresses=(Address("wa_id", "5511987654321"), BSUID), name="Maria")


def test_it_keeps_one_lane_for_both_writings_of_a_brazilian_number() -> None:
    short, long = sender({"from": "551187654321"}), sender({"from": "5511987654321"})
    assert short.lane == long.lane == "5511987654321"
    assert short.sender.addresses == (Address("wa_id", "551187654321"),)


@pytest.mark.parametrize("profile", [None, 3, [], {"name": None}, {"name": ["x"]}, {"username": 0.5}])
def test_it_does_without_a_usable_profile(profile: Any) -> None:
    assert sender({"from": 5511987654321}, {"wa_id": "5511987654321", "profile": profile}).sender.name == ""


def test_it_cuts_a_name_to_what_a_row_holds() -> None:
    assert sender({"from": "1"}, {"wa_id": "1", "profile": {"name": "N" * 5000}}).sender.name == "N" * 160
