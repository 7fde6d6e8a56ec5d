"""Every other field of a WhatsApp webhook: the paired phone, history, the address book, news about the account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from conversations.channels.types import (
    AccountNotice,
    Address,
    IdentityChanged,
    Invalid,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageImported,
    MessageReceived,
    Person,
    ReactionChanged,
    StatusChanged,
)
from tests.conversations.channels.bodies import items, only, parse
from tests.conversations.channels.test_whatsapp_kinds import MARIA

PHONE = Address("wa_id", "5511987654321")


def test_it_sees_what_the_paired_phone_said() -> None:
    assert only("echo_text") == MessageEchoed(
        account="700100200",
        lane="5511987654321",
        at=datetime(2026, 5, 28, 20, 26, 50, tzinfo=UTC),
        provider_id="wamid.echo1",
        recipient=MARIA,
        text="Respondi pelo celular",
    )


def test_it_sees_the_file_the_paired_phone_sent() -> None:
    echo = only("echo_image")
    assert (echo.kind, echo.text, echo.attachments[0].provider_ref) == ("image", "Foto", "m7")


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("echo_edit", MessageEdited, "wamid.echo0"),
        ("echo_revoke", MessageDeleted, "wamid.echo0"),
        ("echo_reaction", ReactionChanged, "wamid.in1"),
    ],
)
def test_it_sees_what_the_paired_phone_did_to_a_message(name: str, kind: type, target: str) -> None:
    item = only(name)
    assert isinstance(item, kind)
    assert (item.outgoing, item.target, item.sender, item.lane) == (True, target, MARIA, "5511987654321")


def test_it_sets_an_echo_to_nobody_aside() -> None:
    item = only("echo_to_nobody")
    assert isinstance(item, Invalid)
    assert item.reason == "missing_recipient"


def test_it_imports_both_sides_of_the_past() -> None:
    *messages, notice = items("history_chunk")
    assert all(isinstance(message, MessageImported) for message in messages)
    told = [(m.provider_id, m.outgoing, m.status, m.kind, m.person.addresses[0].value) for m in messages]
    assert told == [
        ("wamid.h1", False, None, "text", "5511987654321"),
        ("wamid.h2", True, "read", "text", "5511987654321"),
        ("wamid.h3", False, None, "unsupported", "5511987654321"),
        ("wamid.h4", True, "failed", "text", "5511987654321"),
        ("wamid.h5", False, None, "text", "BR.777"),
    ]
    assert notice.payload == {"metadata": {"phase": 0, "chunk_order": 2, "progress": 40}}


def test_it_imports_the_file_that_follows_its_placeholder() -> None:
    message = only("history_file")
    assert isinstance(message, MessageImported)
    assert (message.provider_id, message.kind, message.outgoing) == ("wamid.h3", "image", False)
    assert (message.attachments[0].provider_ref, message.person.name) == ("m8", "Maria Souza")


def test_it_notes_that_the_past_was_not_shared() -> None:
    notice = only("history_declined")
    assert (notice.topic, notice.payload["errors"][0]["code"]) == ("history", 2593109)


def test_it_reads_the_address_book() -> None:
    added, removed = items("address_book")
    assert (added.payload["action"], added.person) == ("add", Person(addresses=(PHONE,), name="Maria Souza"))
    assert added.at == datetime(2026, 5, 28, 20, 27, 0, tzinfo=UTC)
    assert (removed.payload["action"], removed.person.addresses[0].value) == ("remove", "5521999990000")


def test_it_follows_a_rotated_user_id() -> None:
    change = only("user_id_rotated")
    assert isinstance(change, IdentityChanged)
    assert change.previous == (Address("bsuid", "BR.81520"), Address("parent_bsuid", "BR.ENT.5"))
    assert change.current == (PHONE, Address("bsuid", "BR.81521"), Address("parent_bsuid", "BR.ENT.6"))
    assert change.lane == "5511987654321"


def test_it_joins_an_old_user_id_to_its_number_when_the_new_one_is_not_told() -> None:
    change = only("user_id_rotated_to_nothing")
    assert (change.previous, change.current) == ((Address("bsuid", "BR.81520"),), (PHONE,))


NOTICES: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "template_rejected_without_reason": ("message_template_status_update", None, {"event": "REJECTED"}),
    "account_restricted": ("account_update", None, {"event": "ACCOUNT_RESTRICTION"}),
    "quality_changed": ("phone_number_quality_update", None, {"event": "THROUGHPUT_UPGRADE"}),
    "username_approved": ("business_username_update", None, {"status": "approved"}),
    "flow_unavailable": ("flows", None, {"new_status": "THROTTLED"}),
    "group_suspended": ("group_status_update", "700100200", {"group_id": "grp-1", "type": "group_suspend"}),
}


@pytest.mark.parametrize(
    ("name", "topic", "account", "part"), [(name, *news) for name, news in NOTICES.items()], ids=NOTICES
)
def test_it_notes_news_about_the_account(name: str, topic: str, account: str | None, part: dict[str, Any]) -> None:
    notice = only(name)
    assert isinstance(notice, AccountNotice)
    assert (notice.topic, notice.account, notice.business_account, notice.known) == (topic, account, "440022", True)
    assert notice.payload | part == notice.payload
    assert notice.lane == "account"


@pytest.mark.parametrize(("name", "topic"), [("preferences_stop", "user_preferences"), ("call_connect", "calls")])
def test_it_notes_news_about_a_person_in_their_lane(name: str, topic: str) -> None:
    notice = only(name)
    assert (notice.topic, notice.person, notice.lane) == (topic, MARIA, "5511987654321")


def test_it_keeps_a_field_nobody_has_met_yet() -> None:
    notice = only("field_of_tomorrow")
    assert (notice.topic, notice.known, notice.payload) == ("quantum_update", False, {"state": "both"})


def test_it_notes_the_errors_of_a_channel_together() -> None:
    notice = only("channel_errors")
    assert (notice.topic, [error["code"] for error in notice.payload["errors"]]) == ("errors", [130429, 131031])


def test_it_spares_the_neighbors_of_what_is_broken() -> None:
    everything = items("bad_among_good")
    good = [(i.provider_id, i.account) for i in everything if isinstance(i, MessageReceived)]
    assert good == [
        ("wamid.ok1", "700100200"),
        ("wamid.ok5", "700100200"),
        ("wamid.ok6", "700100999"),
        ("wamid.ok7", None),
        ("wamid.ok8", "800"),
    ]
    assert [i.reason for i in everything if isinstance(i, Invalid)] == [
        "not_an_object",
        "not_an_object",
        "invalid_timestamp",
        "missing_id",
        "invalid_sender",
        "not_an_object",
    ]
    assert [i.status for i in everything if isinstance(i, StatusChanged)] == ["read"]


@pytest.mark.parametrize("value", [[], "text", 7, {"state": []}])
def test_it_keeps_an_unknown_field_of_any_shape(value: Any) -> None:
    change = {"field": "quantum_update", "value": value}
    (notice,) = parse({"object": "whatsapp_business_account", "entry": {"id": 1, "changes": change}}).items
    assert (notice.known, notice.business_account) == (False, "1")
