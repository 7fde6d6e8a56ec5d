"""The collected webhooks of Instagram and Messenger: what is in them, as a reader written only for them says, is what we understand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from conversations.channels import http
from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.channels.types import (
    AccountNotice,
    Address,
    AnyItem,
    Credentials,
    Error,
    Invalid,
    MessageAnnounced,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageReceived,
    Outbound,
    ReactionChanged,
    SendRefused,
    SendUnknown,
    StatusChanged,
    StatusUpTo,
)
from tests.conversations.channels.bodies import parse, request
from tests.conversations.channels.corpus import INDEX, body, cases
from tests.conversations.channels.provider_server import Answer, serving

CASES = [*cases("instagram"), *cases("messenger")]
OUTCOMES = {"malformed": "invalid", "accepted_no_events": "ignored"}
KINDS: dict[str, tuple[type, ...]] = {
    "message": (MessageReceived,),
    "postback": (MessageReceived,),
    "referral": (MessageReceived,),
    "comment": (MessageReceived,),
    "echo": (MessageEchoed,),
    "edit": (MessageEdited,),
    "delete": (MessageDeleted,),
    "reaction": (ReactionChanged,),
    "read": (StatusChanged, StatusUpTo),
    "status": (StatusChanged,),
    "mention": (MessageAnnounced,),
    "handover": (AccountNotice,),
    "optin": (AccountNotice,),
    "unknown": (AccountNotice,),
}
FILES = {"image", "video", "audio", "file", "media", "story_mention"}
SHOWN = {"like_heart": "❤️", "sticker": "👍"}  # what has no words of its own is shown by a sign


def check(item: Any, event: dict[str, Any]) -> None:
    """Compare one item with one event, field by field."""
    assert type(item) in KINDS[event["kind"]]
    assert item.account == (
        event["recipient_id"] if "account_mismatch" in event.get("anomalies", ()) else event["account_id"]
    )
    assert item.at == datetime.fromisoformat(event["timestamp"])
    if "external_id" in event:
        assert item.provider_id == event["external_id"]
    person: Any = getattr(item, "sender", None) or getattr(item, "recipient", None) or getattr(item, "person", None)
    if event["kind"] == "echo":
        assert person.addresses[0].value in {event["sender_id"], event["recipient_id"]}
        assert (item.app_id, item.payload.get("is_self", False)) == (
            event.get("app_id", ""), event.get("is_self", False),
        )  # fmt: skip
    elif "sender_id" in event:
        assert (person.addresses[0].value, person.username) == (event["sender_id"], event.get("username", ""))
    assert item.lane == (person.addresses[0].value if person else "account")
    for word in ("reaction", "target", "status", "num_edit", "handover", "optin", "watermark"):
        if word in event:
            CHECKS[word](item, event)
    if isinstance(item, MessageReceived):
        check_message(item, event)


def check_message(item: MessageReceived, event: dict[str, Any]) -> None:
    context, interactive = event.get("context", {}), event.get("interactive", {})
    media = event.get("media", [])
    sign = next((SHOWN[word] for one in media for word in (one["type"], *one) if word in SHOWN), "")
    sticker = next(("👍" for one in media if "sticker_id" in one), sign)
    assert item.text == (event.get("text") or interactive.get("title") or sticker)
    assert item.reply_to == (context.get("reply_to") or event.get("parent_id"))
    assert (item.referral or {}) == event.get("referral", {})
    assert item.payload | interactive == item.payload
    assert item.payload.get("standby", False) is event.get("standby", False)
    if "story_id" in context:
        assert item.payload["story"] == {"id": context["story_id"], "url": context["story_url"]}
    if "media_id" in event:
        assert (item.payload["origin"], item.payload["media"]["id"]) == ("comment", event["media_id"])
    assert [file.url for file in item.attachments] == [one["url"] for one in media if held(one)]
    for one in media:
        known = item.payload | {"latitude": item.payload.get("latitude")}
        facts = {key: str(value) for key, value in one.items() if key not in {"type", "url"}}
        assert facts.items() <= {key: str(value) for key, value in known.items()}.items()
    if event.get("type"):
        assert item.kind == event["type"]


def held(media: dict[str, Any]) -> bool:
    """Whether a collected attachment is a file: those of shares only where Meta keeps files."""
    return "url" in media and (media["type"] in FILES or "fbsbx.com" in media["url"])


def check_reaction(item: ReactionChanged, told: dict[str, Any]) -> None:
    assert (item.target, item.emoji == "") == (told["target"], told["removed"])
    assert item.emoji == told.get("emoji", "")


def check_target(item: Any, event: dict[str, Any]) -> None:
    assert (item.target, item.outgoing) == (event["target"], False)


def check_status(item: StatusChanged, event: dict[str, Any]) -> None:
    assert item.status == event["status"]
    assert item.provider_id in event["external_ids"]


def check_edit(item: MessageEdited, event: dict[str, Any]) -> None:
    assert (item.text, item.payload["num_edit"]) == (event["text"], event["num_edit"])


def check_notice(item: AccountNotice, told: dict[str, Any], topic: str) -> None:
    assert (item.topic, item.known) == (topic, True)
    assert item.payload | {"type": told.get("type")} == item.payload | told | {"type": told.get("type")}


CHECKS: dict[str, Any] = {
    "reaction": lambda item, event: check_reaction(item, event["reaction"]),
    "target": check_target,
    "status": check_status,
    "num_edit": check_edit,
    "handover": lambda item, event: check_notice(item, event["handover"], event["handover"]["type"]),
    "optin": lambda item, event: check_notice(item, event["optin"], "optin"),
    "watermark": lambda item, event: None,  # the last item of its event: see below
}


def of_event(items: list[AnyItem], event: dict[str, Any]) -> list[AnyItem]:
    """Take the items of one event: a watermark comes beside the messages that its event names."""
    count = len(event.get("external_ids", ())) + (event["kind"] == "status")
    return [items.pop(0) for _ in range(max(1, count))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_it_understands_a_collected_body(case: dict[str, Any]) -> None:
    parsed, expected = parse(body(case)), case["expected"]
    if expected["outcome"] == "rejected_signature":
        return  # what is in it does not matter, and test_it_proves_a_collected_body says who refuses it
    assert parsed.outcome == OUTCOMES.get(expected["outcome"], "")
    items = list(parsed.items)
    for event in expected["events"]:
        first, *rest = of_event(items, event)
        if expected["outcome"] == "invalid_event":
            assert isinstance(first, Invalid)
            continue
        check(first, event)
        mark = [first, *rest][-1]
        if "watermark" in event:
            assert isinstance(mark, StatusUpTo)
            assert mark.until == datetime.fromisoformat(event["watermark"])
    assert items == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_it_proves_a_collected_body(case: dict[str, Any]) -> None:
    signature = case["signature"]
    headers = {signature["header"].lower(): signature["value"]}
    proven = PROVIDERS["meta"].verify(request(body(case), headers=headers), Credentials(app_secrets=("fb_app_secret",)))
    assert proven is (case["expected"]["outcome"] != "rejected_signature")


ENDS: dict[str, type[Exception]] = {"bad_status": SendRefused, "unparseable": SendUnknown}
ANSWERS = [answer for answer in INDEX.get("send_responses", ()) if answer["provider"] == "instagram"]


@pytest.mark.parametrize("collected", ANSWERS, ids=[answer["id"] for answer in ANSWERS])
def test_it_understands_a_collected_answer(collected: dict[str, Any], settings: Any) -> None:
    outbound = Outbound(account="1", to=(Address("igsid", "12345"),), our_id="our-1", text="oi")
    with serving() as server:
        settings.GRAPH_INSTAGRAM_URL = server.url
        server.answer = Answer(status=collected["http_status"], body=collected["body"].encode())
        if collected["class"] == "accepted":
            sent = CHANNELS["instagram"].send(outbound, Credentials(access_token="token"))
            assert sent.provider_id == collected["external_id"]
        else:
            with pytest.raises(ENDS[collected["class"]]) as caught:
                CHANNELS["instagram"].send(outbound, Credentials(access_token="token"))
            assert getattr(caught.value, "error", Error(code="", title="")).retryable is collected["retry"]
        http.close_all()
