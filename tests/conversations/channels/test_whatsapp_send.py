"""What leaves for WhatsApp, and what each answer, or none, means for the message."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from conversations.channels import http
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Address, Credentials, Outbound, SendRefused, SendUnknown, Sent
from tests.conversations.channels.provider_server import Answer, ProviderServer, serving

TOKEN = "EAAsecret0123456789token"
PHONE, BSUID = Address("wa_id", "5511987654321"), Address("bsuid", "BR.81520")
TAKEN = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "5511987654321", "wa_id": "551187654321", "user_id": "BR.81520"}],
    "messages": [{"id": "wamid.new", "message_status": "accepted"}],
}


@pytest.fixture
def graph(settings: Any) -> Iterator[ProviderServer]:
    with serving() as server:
        server.answer = Answer(body=TAKEN)
        settings.GRAPH_API_URL, settings.GRAPH_API_VERSION = server.url, "v26.0"
        yield server
        http.close_all()


def send(text: str = "Olá, Maria!", token: str = TOKEN, **more: Any) -> Sent:
    fields: dict[str, Any] = {"account": "700100200", "to": (PHONE, BSUID), "our_id": "our-1"} | more
    return CHANNELS["whatsapp"].send(Outbound(text=text, **fields), Credentials(access_token=token))


def refusal(**more: Any) -> SendRefused:
    with pytest.raises(SendRefused) as caught:
        send(**more)
    return caught.value


def error(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) Something", "type": "OAuthException", "code": code} | more}


@pytest.mark.parametrize("version", ["v25.0", "v26.0"])
def test_it_sends_a_text(graph: ProviderServer, settings: Any, version: str) -> None:
    settings.GRAPH_API_VERSION = version
    assert send() == Sent(provider_id="wamid.new", learned=(Address("wa_id", "551187654321"),))
    (asked,) = graph.asked
    assert asked.path == f"/{version}/700100200/messages"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5511987654321",
        "biz_opaque_callback_data": "our-1",
        "type": "text",
        "text": {"body": "Olá, Maria!", "preview_url": False},
    }


def test_it_sends_a_reply(graph: ProviderServer) -> None:
    send(reply_to="wamid.in1")
    assert graph.asked[0].body["context"] == {"message_id": "wamid.in1"}


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ((BSUID, PHONE), {"to": "5511987654321"}),
        ((BSUID, Address("phone", "5511987654321")), {"to": "+5511987654321"}),
        ((Address("parent_bsuid", "BR.ENT.5"), BSUID), {"recipient": "BR.81520"}),
    ],
)
def test_it_writes_to_the_strongest_address(graph: ProviderServer, to: Any, expected: dict[str, str]) -> None:
    send(to=to)
    body = graph.asked[0].body
    assert {key: body[key] for key in ("to", "recipient") if key in body} == expected


def test_it_learns_a_user_id_from_the_answer(graph: ProviderServer) -> None:
    assert send(to=(PHONE,)).learned == (Address("wa_id", "551187654321"), BSUID)


def test_it_sends_a_text_of_the_greatest_length(graph: ProviderServer) -> None:
    send(text="é" * 4096)
    assert len(graph.asked[0].body["text"]["body"]) == 4096


@pytest.mark.parametrize(
    ("more", "code", "error_class"),
    [
        ({"text": "x" * 4097}, "text_too_long", "permanent"),
        ({"text": " \n"}, "empty_text", "permanent"),
        ({"kind": "image"}, "no_file", "permanent"),
        ({"to": ()}, "no_address", "permanent"),
        ({"to": (Address("igsid", "1"),)}, "no_address", "permanent"),
        ({"token": ""}, "access_token", "channel"),
        ({"token": "sécret"}, "access_token", "channel"),
        ({"token": "a\r\nX-Evil: 1"}, "access_token", "channel"),
    ],
)
def test_it_refuses_before_asking(graph: ProviderServer, more: dict[str, Any], code: str, error_class: str) -> None:
    refused = refusal(**more).error
    assert (refused.code, refused.error_class, refused.retryable) == (code, error_class, False)
    assert graph.asked == []


def test_it_keeps_an_account_in_its_place(graph: ProviderServer) -> None:
    send(account="../me?x=1")
    assert graph.asked[0].path == "/v26.0/..%2Fme%3Fx%3D1/messages"


@pytest.mark.parametrize(
    ("status", "code", "more", "error_class"),
    [
        (403, 130429, {}, "throttle"),
        (400, 131056, {}, "throttle"),
        (400, 80007, {}, "throttle"),
        (429, 999999, {}, "throttle"),
        (500, 2, {}, "transient"),
        (500, 131000, {}, "transient"),
        (400, 131053, {}, "transient"),
        (400, 424242, {"is_transient": True}, "transient"),
        (503, 424242, {}, "transient"),
        (400, 424242, {}, "permanent"),
        (400, 131026, {}, "permanent"),
        (400, 131047, {}, "window"),
        (400, 131049, {}, "window"),
        (400, 131050, {}, "opt_out"),
        (404, 132001, {}, "template"),
        (403, 0, {}, "channel"),
        (401, 190, {"error_subcode": 463}, "channel"),
        (403, 200, {}, "channel"),
        (403, 299, {}, "channel"),
        (400, 100, {}, "permanent"),
        (400, 100, {"error_subcode": 33}, "channel"),
        (200, 131031, {}, "channel"),
    ],
)
def test_it_tells_refusals_apart(graph: ProviderServer, status: int, code: int, more: Any, error_class: str) -> None:
    graph.answer = Answer(status=status, body=error(code, **more))
    refused = refusal()
    assert (refused.error.error_class, refused.error.retryable) == (
        error_class,
        error_class in {"throttle", "transient"},
    )
    assert refused.error.code.split("/")[0] == str(code)
    assert refused.error.title


def test_it_says_what_the_provider_said(graph: ProviderServer) -> None:
    graph.answer = Answer(status=400, body=error(131047, error_data={"details": "24 hours have passed"}))
    refused = refusal().error
    assert refused.title == "More than 24 hours have passed since the customer wrote: only a template may be sent."
    assert refused.detail == "(#131047) Something · 24 hours have passed"


@pytest.mark.parametrize(
    ("answer", "code", "error_class"),
    [
        (Answer(status=429, body=b"slow down"), "http_429", "throttle"),
        (Answer(status=403, body=b"bad json"), "http_403", "permanent"),
        (Answer(status=404, body={"error": "gone"}), "http_404", "permanent"),
        (Answer(status=401, body=b""), "http_401", "channel"),
        (Answer(status=302, headers={"location": "https://example.com"}), "http_302", "channel"),
    ],
)
def test_it_reads_a_refusal_without_an_error(
    graph: ProviderServer, answer: Answer, code: str, error_class: str
) -> None:
    graph.answer = answer
    assert (refusal().error.code, refusal().error.error_class) == (code, error_class)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body=b"<html>"),
        Answer(status=502, body={"message": "bad gateway"}),
        Answer(status=408),
        Answer(hang_up=True),
        Answer(delay=0.4, body=TAKEN),
        Answer(body=b"bad json"),
        Answer(body=b""),
        Answer(body=[]),
        Answer(body={"messages": []}),
        Answer(body={"messages": [{}]}),
        Answer(body={"messages": [{"id": ""}]}),
        Answer(body={"messages": "wamid.new"}),
        Answer(body=b"x", headers={"content-encoding": "gzip"}),
    ],
    ids=str,
)
def test_it_never_guesses_after_the_request_was_written(
    graph: ProviderServer, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.2)
    graph.answer = answer
    with pytest.raises(SendUnknown) as caught:
        send()
    assert len(graph.asked) == 1
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_it_may_try_again_when_nobody_listens(settings: Any) -> None:
    settings.GRAPH_API_URL = "http://127.0.0.1:1"
    refused = refusal().error
    assert (refused.code, refused.error_class, refused.retryable) == ("ConnectError", "transient", True)
    http.close_all()


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("0", 0.0), ("9999999", 86_400.0), ("soon", None), ("-5", None), ("", None)]
)
def test_it_waits_as_long_as_it_is_told(graph: ProviderServer, header: str, seconds: float | None) -> None:
    graph.answer = Answer(status=429, body=error(130429), headers={"retry-after": header})
    assert refusal().retry_after == seconds


def test_it_waits_until_a_date_it_is_told(graph: ProviderServer) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    graph.answer = Answer(status=429, body=error(4), headers={"retry-after": until})
    assert refusal().retry_after == pytest.approx(90, abs=3)


def test_it_shows_no_secret_in_what_it_says(graph: ProviderServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    graph.answer = Answer(
        status=401, body=error(190, message=f"Malformed access token {TOKEN} or EAAanother0123456789")
    )
    refused = refusal()
    said = "".join(traceback.format_exception(refused)) + repr(refused.error) + caplog.text
    assert refused.error.detail == "Malformed access token … or …"
    assert "secret" not in said
    assert "EAA" not in said


def test_it_marks_as_read(graph: ProviderServer) -> None:
    graph.answer = Answer(body={"success": True})
    CHANNELS["whatsapp"].mark_read("700100200", "wamid.in1", Credentials(access_token=TOKEN))
    assert graph.asked[0].path == "/v26.0/700100200/messages"
    assert graph.asked[0].body == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in1"}


@pytest.mark.parametrize(
    ("answer", "code"), [(Answer(hang_up=True), "no_answer"), (Answer(status=400, body=error(131016)), "131016")]
)
def test_it_may_mark_as_read_again(graph: ProviderServer, answer: Answer, code: str) -> None:
    graph.answer = answer
    with pytest.raises(SendRefused) as caught:
        CHANNELS["whatsapp"].mark_read("700100200", "wamid.in1", Credentials(access_token=TOKEN))
    assert (caught.value.error.code, caught.value.error.retryable) == (code, True)


def test_it_keeps_one_client_with_limits_for_every_step() -> None:
    client = http.client("http://127.0.0.1:1")
    assert client is http.client("http://127.0.0.1:1")
    assert client.timeout == httpx2.Timeout(connect=5.0, read=20.0, write=20.0, pool=5.0)
    assert client.follow_redirects is False
    http.close_all()
