"""What Instagram is asked about a mention, exactly, and what each of its answers means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from conversations.channels import http
from conversations.channels.registry import CHANNELS
from conversations.channels.types import (
    Address,
    AttachmentRef,
    Credentials,
    MessageAnnounced,
    MessageReceived,
    SendRefused,
)
from tests.conversations.channels.provider_server import Answer, ProviderServer, serving

ACCOUNT, COMMENT, POST = "17841400000000321", "17900000000000400", "18000000000000501"
TOLD = datetime(2026, 11, 20, 15, tzinfo=UTC)
FIELDS = "id,caption,media_type,media_url,permalink,timestamp,username"


@pytest.fixture
def server(settings: Any) -> Iterator[ProviderServer]:
    with serving() as provider:
        settings.GRAPH_INSTAGRAM_URL = f"{provider.url}/instagram"
        settings.GRAPH_API_URL = f"{provider.url}/facebook"
        settings.GRAPH_API_VERSION = "v26.0"
        yield provider
        http.close_all()


def look_up(token: str = "IGAAtoken", **ids: str) -> MessageReceived | None:
    about = {"media_id": POST, **ids}
    announced = MessageAnnounced(
        account=ACCOUNT, lane="account", channel_kind="instagram", at=TOLD, payload=about,
        provider_id=ids.get("comment_id", POST),
    )  # fmt: skip
    return CHANNELS["instagram"].look_up(announced, Credentials(access_token=token), {"username": "loja.novelo"})


def test_it_works(server: ProviderServer) -> None:
    media = {"id": POST, "media_url": "https://scontent.example/1.mp4", "media_type": "VIDEO"}
    found = {
        "timestamp": "2026-11-20T12:00:01-0300",
        "text": "oi @loja",
        "id": COMMENT,
        "username": "Ana",
        "media": media,
    }
    server.answer = Answer(body={"mentioned_comment": found, "id": ACCOUNT})
    said = look_up(comment_id=COMMENT)
    assert said is not None
    (asked,) = server.asked
    assert (urlsplit(asked.path).path, asked.headers["authorization"]) == (
        f"/instagram/v26.0/{ACCOUNT}",
        "Bearer IGAAtoken",
    )
    assert parse_qs(urlsplit(asked.path).query) == {
        "fields": [f"mentioned_comment.comment_id({COMMENT}){{id,text,timestamp,username,media{{{FIELDS}}}}}"]
    }
    assert (said.at, said.text, said.lane) == (datetime(2026, 11, 20, 15, 0, 1, tzinfo=UTC), "oi @loja", "ana")
    assert (said.sender.addresses, said.sender.username) == ((Address("instagram", "ana"),), "Ana")
    assert said.attachments == (AttachmentRef(kind="video", url="https://scontent.example/1.mp4"),)


def test_a_caption_is_asked_for_as_what_it_is_and_through_the_page_at_its_host(server: ProviderServer) -> None:
    # The documented sample: an answer need not hold all that was asked for.
    server.answer = Answer(
        body={"mentioned_media": {"caption": "sede da loja!", "media_type": "IMAGE", "id": POST}, "id": "1"}
    )
    said = look_up(token="EAAtoken")
    assert said is not None
    path = urlsplit(server.asked[0].path)
    assert (path.path, parse_qs(path.query)["fields"]) == (
        f"/facebook/v26.0/{ACCOUNT}", [f"mentioned_media.media_id({POST}){{{FIELDS}}}"],
    )  # fmt: skip
    assert (said.kind, said.text, said.at, said.attachments) == ("share", "sede da loja!", TOLD, ())
    assert said.sender.addresses == (Address("ig_comment", POST),)
    server.answer = Answer(
        body={"mentioned_media": {"media_type": "STORY", "username": "ana", "caption": 5, "timestamp": "x"}}
    )
    story = look_up()
    assert story is not None
    assert (story.kind, story.text, story.at) == ("story", "5", TOLD)


def test_the_accounts_own_words_are_nothing(server: ProviderServer) -> None:
    server.answer = Answer(body={"mentioned_media": {"id": POST, "username": "Loja.Novelo"}})
    assert look_up() is None


GONE = {
    "code": 100,
    "error_subcode": 33,
    "message": f"Unsupported get request. Object with ID '{COMMENT}' does not exist",
}


@pytest.mark.parametrize(
    ("status", "body", "error_class", "asked"),
    [
        (400, {"error": GONE}, "permanent", 1),
        (200, {"id": ACCOUNT}, "permanent", 1),
        (400, {"error": {"code": 100, "message": "(#100) Tried accessing nonexisting field (username)"}}, "permanent", 2),
        (401, {"error": {"code": 190, "message": "expired"}}, "channel", 1),
        (403, {"error": {"code": 10, "message": "permission"}}, "channel", 1),
        (403, {"error": {"code": 200, "message": "permission"}}, "channel", 1),
        (429, b"slow down", "throttle", 1),
        (400, {"error": {"code": 4, "message": "limit"}}, "throttle", 1),
        (503, b"<html>", "transient", 1),
        (500, {"error": {"code": 2, "message": "service"}}, "transient", 1),
    ],
)  # fmt: skip
def test_a_refusal_says_whether_asking_again_may_help(
    server: ProviderServer, status: int, body: Any, error_class: str, asked: int
) -> None:
    server.answer = Answer(status=status, body=body, headers={"Retry-After": "7"})
    with pytest.raises(SendRefused) as caught:
        look_up(comment_id=COMMENT)
    assert (caught.value.error.error_class, len(server.asked)) == (error_class, asked)
    assert caught.value.retry_after == (
        7.0 if status == 429 else 7.0 if isinstance(body, dict) and "error" in body else None
    )


def test_other_kinds_of_channel_cannot() -> None:
    announced = MessageAnnounced(account="1", lane="account", provider_id="2")
    with pytest.raises(SendRefused):
        CHANNELS["webchat"].look_up(announced, Credentials(), {})
