"""The collected WhatsApp webhooks: what is in them, as a reader written only for them says, is what we understand.

Some carry documentation placeholders where numbers belong. Those senders are refused, and understood once they have numbers.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import (
    AccountNotice,
    AnyItem,
    Credentials,
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
from tests.conversations.channels.bodies import parse, request
from tests.conversations.channels.corpus import FOLDER, INDEX, body, cases

CASES = cases("whatsapp")
PLACEHOLDERS = [case for case in CASES if "placeholder_ids" in case.get("tags", ())]
VECTORS = [vector for vector in INDEX.get("signature_vectors", ()) if vector["scheme"].startswith("meta")]

OUTCOMES = {"malformed": "invalid", "accepted_no_events": "ignored"}
KINDS = {
    "message": MessageReceived,
    "status": StatusChanged,
    "reaction": ReactionChanged,
    "edit": MessageEdited,
    "delete": MessageDeleted,
    "echo": MessageEchoed,
    "history_message": MessageImported,
    "history_chunk": AccountNotice,
    "identity_update": IdentityChanged,
    "system": IdentityChanged,
    "channel_error": AccountNotice,
    "template_event": AccountNotice,
    "marketing_preference": AccountNotice,
    "group": AccountNotice,
}
MESSAGE_KINDS = {"button": "interactive", "media_placeholder": "unsupported"}
# Documentation placeholders, and numbers to stand for them; both in the body and in what is expected of it.
NUMBERS = {
    "SENDER_PHONE_NUMBER": "5500000001",
    "NEW_PHONE_NUMBER_ID": "5500000002",
    "OLD_PHONE_NUMBER_ID": "5500000003",
    "PHONE_NUMBER_ID": "5500000004",
    "PHONE_NUMBER": "5500000005",
    "WHATSAPP_ID": "5500000005",
}
# What the corpus reads by position and we by address: the only contact bears another number than the sender.
BY_POSITION = {"whatsapp/pywa_edited_message_image"}


def ids(of: list[dict[str, Any]]) -> list[str]:
    return [case["id"] for case in of]


def numbered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: numbered(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbered(one) for one in value]
    return NUMBERS.get(value, value) if isinstance(value, str) else value


def usable(sender: dict[str, Any], anomalies: list[str]) -> dict[str, str]:
    """What of the corpus's sender is an address or a name to us: no placeholder, no id of a wrong form beside a number."""
    number = sender.get("wa_id", "")
    known = {"name": sender.get("name", "")[:160], "username": sender.get("username", "").removeprefix("@")}
    if number.isdigit():
        known["wa_id"] = number
    if "<" not in sender.get("user_id", "<") and ("user_id_not_bsuid_format" not in anomalies or not number):
        known["bsuid"] = sender["user_id"]
    if "<" not in sender.get("parent_user_id", "<"):
        known["parent_bsuid"] = sender["parent_user_id"]
    return known


def told(person: Person) -> dict[str, str]:
    return {"name": person.name, "username": person.username} | {one.kind: one.value for one in person.addresses}


def check(item: AnyItem, event: dict[str, Any], *, by_position: bool = False) -> None:
    """Compare one item with one event, field by field."""
    assert type(item) is KINDS[event["kind"]]
    assert item.account == event.get("channel_id")
    if "timestamp" in event:
        assert item.at == datetime.fromisoformat(event["timestamp"])
    if "external_id" in event and hasattr(item, "provider_id"):
        assert item.provider_id == event["external_id"]
    if "sender" in event and hasattr(item, "sender"):
        expected, known = usable(event["sender"], event.get("anomalies", [])), told(item.sender)
        assert known.items() >= {("wa_id", expected["wa_id"])} if by_position else known | expected == known
    CHECKS.get(event["kind"], lambda item, event: None)(item, event)


def check_message(item: Any, event: dict[str, Any]) -> None:
    assert item.kind == MESSAGE_KINDS.get(event["type"], event["type"])
    assert item.text == event.get("text", "").replace("\x00", "\ufffd")
    context = event.get("context", {})
    assert item.reply_to == context.get("reply_to")
    if isinstance(item, MessageReceived):
        assert (item.group, item.forwarded) == (event.get("group_id"), context.get("forwarded", False))
        assert (item.referral or {}) | event.get("referral", {}) == (item.referral or {})
    for part in ("interactive", "location", "order"):
        assert item.payload | event.get(part, {}) == item.payload
    if "referred_product" in context:
        assert item.payload["referred_product"] == context["referred_product"]
    for card, expected in zip(item.payload.get("contacts", []), event.get("contacts", []), strict=True):
        assert card["name"]["formatted_name"] == expected["name"]
        assert [phone["phone"] for phone in card["phones"]] == expected["phones"]
    assert [error["code"] for error in item.payload.get("errors", [])] == [e["code"] for e in event.get("errors", [])]
    check_files(item, event)


def check_files(item: Any, event: dict[str, Any]) -> None:
    for file, expected in zip(item.attachments, event.get("media", []), strict=True):
        known = {"type": file.kind, "id": file.provider_ref, "mime_type": file.mime_type, "sha256": file.sha256}
        more = {"voice": file.voice, "filename": file.filename, "url": file.url}
        assert known | more | expected == known | more


def check_status(item: StatusChanged, event: dict[str, Any]) -> None:
    pricing = item.pricing or {}
    assert item.status == event["status"]
    assert item.our_id == event.get("callback_data")
    assert pricing.get("category") == event["pricing"].get("category")
    assert pricing.get("billable") == event["pricing"].get("billable")
    assert pricing.get("conversation", {}).get("id") == event["conversation"].get("id")
    number = event["recipient"]["wa_id"]
    assert (item.lane, item.person is not None) == (number, number.isdigit())
    if "errors" in event:
        assert item.error is not None
        assert item.error.code == str(event["errors"][0]["code"])
        assert item.error.detail.startswith(event["errors"][0]["title"])
    else:
        assert item.error is None


def check_reaction(item: ReactionChanged, event: dict[str, Any]) -> None:
    assert (item.target, item.emoji) == (event["reaction"]["target"], event["reaction"].get("emoji", ""))


def check_edit(item: MessageEdited, event: dict[str, Any]) -> None:
    assert (item.target, item.kind, item.text) == (event["target"], event["new_type"], event["text"])
    check_files(item, event)


def check_echo(item: MessageEchoed, event: dict[str, Any]) -> None:
    assert item.text == event["text"]
    assert told(item.recipient) | usable(event["recipient"], []) | {"name": item.recipient.name} == told(item.recipient)


def check_history(item: MessageImported, event: dict[str, Any]) -> None:
    assert item.kind == MESSAGE_KINDS.get(event["type"], event["type"])
    assert (item.text, item.lane) == (event.get("text", ""), event["thread_id"])
    assert item.outgoing is (event["sender"]["wa_id"] != event["thread_id"])


def check_identity(item: IdentityChanged, event: dict[str, Any]) -> None:
    if event["kind"] == "system":
        assert item.text == event["text"]
        assert [one.value for one in item.current] == [event["system"]["wa_id"]]
        assert event["system"]["customer"] in {one.value for one in item.previous}
    else:
        assert [one.value for one in item.previous] == [event["user_id"]["previous"]]
        assert [one.value for one in item.current] == [event["wa_id"], event["user_id"]["current"]]


def check_notice(item: AccountNotice, event: dict[str, Any]) -> None:
    topic = {"channel_error": "errors", "history_chunk": "history", "marketing_preference": "user_preferences"}
    assert item.topic == topic.get(event["kind"], event.get("field"))
    held = item.payload | {"template_id": str(item.payload.get("message_template_id"))}
    for key in ("metadata", "group_id", "type", "template_id", "new_category", "value", "category", "wa_id"):
        assert held.get(key) == event.get(key, held.get(key))


CHECKS: dict[str, Any] = {
    "message": check_message,
    "status": check_status,
    "reaction": check_reaction,
    "edit": check_edit,
    "delete": lambda item, event: None,
    "echo": check_echo,
    "history_message": check_history,
    "identity_update": check_identity,
    "system": check_identity,
    "history_chunk": check_notice,
    "channel_error": check_notice,
    "template_event": check_notice,
    "marketing_preference": check_notice,
    "group": check_notice,
}


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_it_understands_a_collected_body(case: dict[str, Any]) -> None:
    parsed, expected = parse(body(case)), case["expected"]
    if expected["outcome"] == "rejected_signature":
        return  # what is in it does not matter, and test_it_proves_a_collected_body says who refuses it
    assert parsed.outcome == OUTCOMES.get(expected["outcome"], "")
    assert len(parsed.items) == len(expected["events"])
    for item, event in zip(parsed.items, expected["events"], strict=True):
        anomalies = set(event.get("anomalies", ()))
        if expected["outcome"] == "invalid_event":
            assert isinstance(item, Invalid)
        elif event["kind"] == "status" and "unknown_status" in anomalies:
            assert isinstance(item, AccountNotice)
        elif isinstance(item, Invalid | AccountNotice) and "sender_not_numeric" in anomalies:
            assert case in PLACEHOLDERS
        else:
            check(item, event, by_position=case["id"] in BY_POSITION)


@pytest.mark.parametrize("case", PLACEHOLDERS, ids=ids(PLACEHOLDERS))
def test_it_understands_a_collected_body_once_it_has_numbers(case: dict[str, Any]) -> None:
    parsed, expected = parse(numbered(json.loads(body(case)))), numbered(case["expected"])
    for item, event in zip(parsed.items, expected["events"], strict=True):
        check(item, event)


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_it_proves_a_collected_body(case: dict[str, Any]) -> None:
    signature = case["signature"]
    headers = {signature["header"].lower(): signature["value"]}
    proven = PROVIDERS["meta"].verify(request(body(case), headers=headers), Credentials(app_secrets=("fb_app_secret",)))
    assert proven is (case["expected"]["outcome"] != "rejected_signature")


@pytest.mark.parametrize("vector", VECTORS, ids=ids(VECTORS))
def test_it_judges_a_collected_signature(vector: dict[str, Any]) -> None:
    raw = (FOLDER / vector["file"]).read_bytes()
    headers = {vector["header"].lower(): vector["value"]}
    proven = PROVIDERS["meta"].verify(request(raw, headers=headers), Credentials(app_secrets=(vector["secret"],)))
    assert proven is bool(vector["valid"])
