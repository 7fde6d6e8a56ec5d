"""The collected Twilio webhooks: what is in them, as a reader written only for them says, is what we understand."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.channels.types import (
    AccountNotice,
    Address,
    Credentials,
    Invalid,
    MessageReceived,
    Outbound,
    Parsed,
    RawRequest,
    SendRefused,
    StatusChanged,
)
from tests.conversations.channels.corpus import FOLDER, INDEX, body, cases
from tests.conversations.channels.provider_server import Answer, serving

CASES = cases("twilio")
VECTORS = [vector for vector in INDEX.get("signature_vectors", ()) if vector["scheme"] == "twilio"]
ANSWERS = [answer for answer in INDEX.get("send_responses", ()) if answer["provider"] == "twilio"]
OUTCOMES = {"malformed": "invalid", "accepted_no_events": "ignored"}
KINDS = {"button": "interactive"}
TWILIO = PROVIDERS["twilio"]


def ids(of: list[dict[str, Any]]) -> list[str]:
    return [case["id"] for case in of]


def received(case: dict[str, Any]) -> RawRequest:
    """A case as it was sent, to the address that was signed."""
    url, value = case["signature"]["url"], case["signature"]["value"]
    return RawRequest(
        method="POST",
        url=url,
        query=parse_qs(urlsplit(url).query, keep_blank_values=True),
        headers={"x-twilio-signature": value} if value else {},
        body=body(case),
        content_type=case["content_type"],
    )


def parse(case: dict[str, Any]) -> Parsed:
    return TWILIO.parse(received(case))


def check_message(item: MessageReceived, event: dict[str, Any]) -> None:
    sender = {one.kind: one.value for one in item.sender.addresses}
    number = event["sender"].get("phone", "")
    if event["sender"]["channel"] == "whatsapp":
        expected = {"wa_id": number.removeprefix("+"), "bsuid": event["sender"].get("user_id", "")}
        assert sender == {kind: value for kind, value in expected.items() if value}
        assert item.channel_kind == "twilio_whatsapp"
    else:
        assert (sender, item.channel_kind) == ({"phone": number}, "")
    assert item.sender.name == event["sender"].get("name", "")
    # What is base64 from end to end is shown unpacked and kept as it came.
    assert item.payload.get("packed", item.text) == event.get("text", "")
    assert item.reply_to == event.get("context", {}).get("reply_to")
    if "message_type" in event:
        assert item.kind == KINDS.get(event["message_type"], event["message_type"])
    files = [file for file in event.get("media", []) if file]
    assert [(file.url, file.mime_type) for file in item.attachments] == [
        (file["url"], file.get("mime_type", "")) for file in files
    ]
    pressed = event.get("interactive", {})
    assert item.payload.get("title") == pressed.get("title")
    assert item.payload.get("id", item.payload.get("payload")) == pressed.get("id", pressed.get("payload"))
    if place := event.get("location"):
        assert item.payload == {key: float(v) if key.endswith("tude") else v for key, v in place.items()}
    if referral := event.get("referral"):
        assert item.referral is not None
        assert sorted(item.referral.values()) == sorted(referral.values())
        assert item.referral["ctwa_clid"] == referral["CtwaClid"]


def check_status(item: StatusChanged, event: dict[str, Any], query: str) -> None:
    assert item.status == event["status"]
    codes = [str(error["code"]) for error in event.get("errors", [])]
    assert ([item.error.code] if item.error else []) == codes
    asked = parse_qs(query.lstrip("?")).get("uuid", [""])[0]
    assert item.our_id == (asked if len(asked) == 36 else None)


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_it_understands_a_collected_body(case: dict[str, Any]) -> None:
    parsed, expected = parse(case), case["expected"]
    if expected["outcome"] == "rejected_signature":
        return  # what is in it does not matter, and test_it_proves_a_collected_body says who refuses it
    assert parsed.outcome == OUTCOMES.get(expected["outcome"], "")
    assert len(parsed.items) == len(expected["events"])
    for item, event in zip(parsed.items, expected["events"], strict=True):
        own = event.get("sender" if event["kind"] == "status" else "recipient", {}).get("phone")
        assert item.account == own
        if "missing_message_sid" in event.get("anomalies", ()):
            assert isinstance(item, Invalid)
            assert item.reason == "missing_message_sid"
        elif expected["outcome"] == "unknown_status":
            assert isinstance(item, AccountNotice)
            assert item.known is False
        elif event["kind"] == "status":
            assert isinstance(item, StatusChanged)
            assert item.provider_id == event["external_id"]
            check_status(item, event, case.get("query", ""))
        else:
            assert isinstance(item, MessageReceived)
            assert item.provider_id == event["external_id"]
            check_message(item, event)


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_it_proves_a_collected_body(case: dict[str, Any]) -> None:
    right = case["expected"]["outcome"] != "rejected_signature"
    for tokens in (("6789",), ("new", "6789")):
        assert TWILIO.verify(received(case), Credentials(auth_tokens=tokens)) is right
    assert TWILIO.verify(received(case), Credentials(auth_tokens=("another",))) is False


@pytest.mark.parametrize("vector", VECTORS, ids=ids(VECTORS))
def test_it_judges_a_collected_signature(vector: dict[str, Any]) -> None:
    as_json = isinstance(vector["params"], str)
    raw = RawRequest(
        method="POST",
        url=vector["url"],
        query=parse_qs(urlsplit(vector["url"]).query),
        headers={vector["header"].lower(): vector["value"]},
        body=(vector["params"] if as_json else urlencode([tuple(pair) for pair in vector["params"]])).encode(),
        content_type="application/json" if as_json else "application/x-www-form-urlencoded",
    )
    assert TWILIO.verify(raw, Credentials(auth_tokens=(vector["token"],))) is bool(vector["valid"])


@pytest.mark.parametrize("collected", ANSWERS, ids=ids(ANSWERS))
def test_it_understands_a_collected_answer(collected: dict[str, Any], settings: Any) -> None:
    outbound = Outbound(account="+15005550006", to=(Address("phone", "+15551234567"),), our_id="our-1", text="oi")
    credentials = Credentials(account_sid="AC1", auth_tokens=("token",))
    with serving() as server:
        settings.TWILIO_API_URL = server.url
        server.answer = Answer(status=collected["http_status"], body=collected["body"].encode())
        if collected["class"] == "accepted":
            assert CHANNELS["sms"].send(outbound, credentials).provider_id == collected["external_id"]
            return
        with pytest.raises(SendRefused) as caught:
            CHANNELS["sms"].send(outbound, credentials)
        assert caught.value.error.retryable is collected["retry"]
        assert caught.value.error.stop is (collected["class"] == "contact_stopped")


def test_the_collection_is_there() -> None:
    assert FOLDER.is_dir()
    assert len(CASES) > 40
