"""Messages that are not something said: reactions, edits, deletions, changed identities."""

from __future__ import annotations

import pytest

from conversations.channels.types import (
    AccountNotice,
    Address,
    IdentityChanged,
    Invalid,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
)
from tests.conversations.channels.bodies import only
from tests.conversations.channels.test_whatsapp_kinds import AT, MARIA

COMMON = {"account": "700100200", "lane": "5511987654321", "at": AT, "provider_id": "wamid.in1", "sender": MARIA}
PHONE, BSUID = Address("wa_id", "5511987654321"), Address("bsuid", "BR.81520")
NEW_PHONE = Address("wa_id", "5511912345678")


def test_it_sees_a_reaction() -> None:
    assert only("reaction") == ReactionChanged(**COMMON, target="wamid.out5", emoji="👍🏽")


def test_it_sees_a_reaction_taken_back() -> None:
    assert only("reaction_taken_back") == ReactionChanged(**COMMON, target="wamid.out5", emoji="")


def test_it_sees_an_edited_text() -> None:
    assert only("edit_text") == MessageEdited(**COMMON, target="wamid.in0", text="Às 11h, desculpe")


def test_it_sees_an_edited_image_with_its_file() -> None:
    edit = only("edit_of_image")
    assert (edit.kind, edit.text, edit.attachments[0].provider_ref) == ("image", "Esta", "m9")


def test_it_sees_a_deletion() -> None:
    assert only("revoke") == MessageDeleted(**COMMON, target="wamid.in0")


@pytest.mark.parametrize("name", ["reaction_without_target", "revoke_without_target"])
def test_it_sets_aside_what_aims_at_nothing(name: str) -> None:
    item = only(name)
    assert isinstance(item, Invalid)
    assert (item.reason, item.lane) == ("missing_target", "5511987654321")


def test_it_follows_a_person_to_a_new_number() -> None:
    change = only("system_number_changed")
    assert isinstance(change, IdentityChanged)
    assert (change.previous, change.current) == ((PHONE, BSUID), (NEW_PHONE, Address("bsuid", "BR.99999")))
    assert (change.lane, change.text) == ("5511987654321", "Maria mudou de 5511987654321 para 5511912345678")


def test_it_follows_a_person_whose_new_number_already_writes() -> None:
    change = only("system_customer_changed_number")
    assert (change.previous, change.current) == ((PHONE,), (NEW_PHONE,))


def test_it_follows_a_rotated_user_id() -> None:
    change = only("system_user_id_changed")
    assert (change.previous, change.current) == ((BSUID,), (Address("bsuid", "BR.81521"),))


def test_it_reports_a_changed_security_code() -> None:
    notice = only("system_identity_changed")
    assert isinstance(notice, AccountNotice)
    assert (notice.topic, notice.person, notice.lane) == ("customer_identity_changed", MARIA, "5511987654321")
