"""What WhatsApp says became of a message: its words, its errors, its price."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conversations.channels.types import AccountNotice, Address, Error, Invalid, Person, StatusChanged
from tests.conversations.channels.bodies import only

PHONE = Person(addresses=(Address("wa_id", "5511987654321"),))
UTILITY = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"}


def test_it_brings_our_id_and_the_price_back() -> None:
    assert only("status_sent_with_our_id") == StatusChanged(
        account="700100200",
        lane="5511987654321",
        at=datetime(2026, 5, 28, 20, 26, 45, tzinfo=UTC),
        provider_id="wamid.out1",
        status="sent",
        our_id="0197-our-id",
        pricing=UTILITY,
        person=PHONE,
    )


def test_it_takes_a_played_voice_note_as_read_and_says_so() -> None:
    status = only("status_played")
    assert (status.status, status.word) == ("read", "played")


def test_it_explains_a_failure() -> None:
    assert only("status_failed").error == Error(
        code="131047",
        title="More than 24 hours have passed since the customer wrote: only a template may be sent.",
        detail="Re-engagement message · More than 24 hours have passed.",
        error_class="window",
    )


def test_it_explains_a_failure_that_says_only_its_code() -> None:
    error = only("status_failed_without_message").error
    assert (error.code, error.detail, error.error_class) == ("131026", "", "permanent")
    assert error.title == "The message could not be delivered to this number."


def test_it_explains_a_failure_that_says_nothing() -> None:
    assert only("status_failed_without_errors").error.title == "The provider did not accept the message."


def test_it_keeps_a_free_entry_point() -> None:
    pricing = only("status_free_entry_point").pricing
    assert (pricing["type"], pricing["conversation"]["origin"]) == ("free_entry_point", {"type": "referral_conversion"})


def test_it_learns_addresses_from_a_status_without_a_number() -> None:
    status = only("status_bsuid_only")
    bsuid, parent = Address("bsuid", "BR.81520"), Address("parent_bsuid", "BR.ENT.5")
    assert status.person == Person(addresses=(bsuid, parent), name="Maria Souza", username="maria.souza")
    assert status.lane == "BR.81520"


def test_it_names_the_group_and_its_participant() -> None:
    status = only("status_in_group")
    assert (status.group, status.person, status.lane) == ("grp-1", PHONE, "5511987654321")


@pytest.mark.parametrize("word", ["deleted", "warning"])
def test_it_only_notes_an_old_word(word: str) -> None:
    notice = only(f"status_{word}")
    assert isinstance(notice, AccountNotice)
    assert (notice.topic, notice.payload["status"], notice.person) == ("message_status", word, PHONE)


def test_it_only_notes_the_status_of_a_call() -> None:
    notice = only("status_of_call")
    assert (notice.topic, notice.payload["id"]) == ("call_status", "wacid.1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("status_unknown", "unknown_status"),
        ("status_without_id", "missing_id"),
        ("status_invalid_time", "invalid_timestamp"),
    ],
)
def test_it_sets_an_unusable_status_aside(name: str, reason: str) -> None:
    item = only(name)
    assert isinstance(item, Invalid)
    assert (item.reason, item.lane) == (reason, "5511987654321")
