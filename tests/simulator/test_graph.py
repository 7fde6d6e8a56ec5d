"""Graph takes what is documented, refuses the rest with documented errors, and statuses follow."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx2
import pytest

from simulator import BusinessNumber, Person, RunningSimulator, bodies
from tests.simulator.conftest import NUMBER_ID, SECRET, TOKEN, Caller, StandInHub

TEXT = {"type": "text", "text": {"body": "Bom dia"}}


def error(answer: httpx2.Response) -> dict[str, Any]:
    return dict(answer.json()["error"])


def test_it_works(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    answer = graph.send(**TEXT, biz_opaque_callback_data="our-1")
    assert answer.status_code == 200
    contact = {"input": "5511961000001", "wa_id": "5511961000001", "user_id": sim.sent[0].person.user_id}
    assert answer.json() == {
        "messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sim.sent[0].id}],
    }  # fmt: skip
    assert sim.drain()
    statuses = hub.items("statuses")
    assert sorted(item["status"] for item in statuses) == ["delivered", "read", "sent"]
    assert {item["id"] for item in statuses} == {sim.sent[0].id}
    assert {item["biz_opaque_callback_data"] for item in statuses} == {"our-1"}


def test_it_takes_every_documented_kind(graph: Caller, sim: RunningSimulator) -> None:
    reply = {"type": "reply", "reply": {"id": "1", "title": "Sim"}}
    rows = [{"id": "1", "title": "Centro", "description": "Rua das Flores"}]
    messages: list[dict[str, Any]] = [
        {"text": {"body": "x" * 4096}, "context": {"message_id": "wamid.A"}},
        {"type": "image", "image": {"link": "https://example.com/a.png", "caption": "olha"}},
        {"type": "audio", "audio": {"id": "1"}},
        {"type": "document", "document": {"id": "1", "filename": "a.pdf"}},
        {"type": "location", "location": {"latitude": -23.5, "longitude": "-46.6"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]},
        {"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": ""}},
        {"type": "template", "template": {"name": "oi", "language": {"code": "pt_BR"}}},
        {
            "type": "interactive",
            "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": [reply]}},
        },
        {
            "type": "interactive",
            "interactive": {
                "type": "list", "body": {"text": "?"}, "action": {"button": "Lojas", "sections": [{"rows": rows}]},
            },
        },
    ]  # fmt: skip
    assert [graph.send(**message).status_code for message in messages] == [200] * len(messages)
    assert [sent.kind for sent in sim.sent[:3]] == ["text", "image", "audio"]


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ({"text": {"body": "x" * 4097}}, 100, "at most 4096 characters"),
        ({"type": "text"}, 131008, "Required parameter is missing"),
        ({"type": "hologram"}, 100, "Param type must be one of"),
        ({"text": {"body": "a"}, "to": ""}, 100, "parameter to is required"),
        ({"text": {"body": "a"}, "to": "amanhã"}, 131009, "Parameter value is not valid"),
        ({"text": {"body": "a"}, "messaging_product": "sms"}, 100, "must be one of {WHATSAPP}"),
        ({"text": {"body": "a"}, "biz_opaque_callback_data": "x" * 513}, 100, "Invalid parameter"),
        ({"type": "image", "image": {"caption": "a"}}, 131008, "Required parameter is missing"),
        ({"type": "image", "image": {"link": "ftp://a/b"}}, 131009, "Parameter value is not valid"),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, "Parameter value is not valid"),
        ({"type": "template", "template": {"name": "oi"}}, 100, "Invalid parameter"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": [{}] * 4}},
            },
            131009,
            "Parameter value is not valid",
        ),
    ],
)
def test_it_refuses_what_is_wrong_and_keeps_nothing(
    graph: Caller, sim: RunningSimulator, message: dict[str, Any], code: int, words: str
) -> None:
    answer = graph.send(**message)
    assert answer.status_code == 400
    assert error(answer)["code"] == code
    assert words in error(answer)["message"]
    assert error(answer)["type"] == "OAuthException"
    assert error(answer)["fbtrace_id"].startswith("A")
    assert sim.sent == []


def test_it_refuses_a_body_that_is_not_json(sim: RunningSimulator) -> None:
    answer = httpx2.post(
        f"{sim.url}/v26.0/{NUMBER_ID}/messages",
        content=b"{",
        headers={"Authorization": f"Bearer {TOKEN}"},
        trust_env=False,
    )
    assert (answer.status_code, error(answer)["code"]) == (400, 100)
    assert sim.sent == []


def test_it_refuses_a_foreign_token(graph: Caller, sim: RunningSimulator) -> None:
    answer = graph.send(**TEXT, token="another")
    assert (answer.status_code, error(answer)["code"]) == (401, 190)
    assert sim.sent == []


def test_it_does_not_know_the_number_of_somebody_else(graph: Caller) -> None:
    answer = graph.post("/v26.0/999/messages", {"messaging_product": "whatsapp"})
    assert answer.status_code == 400
    assert (error(answer)["code"], error(answer)["error_subcode"]) == (100, 33)


def test_it_takes_read_receipts_and_typing(graph: Caller, sim: RunningSimulator) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"}
    assert graph.send(**read).json() == {"success": True}
    assert graph.send(**read, typing_indicator={"type": "text"}).json() == {"success": True}
    shown = graph.get("/_sim/sent").json()
    assert shown["sent"] == []
    assert [(receipt["message_id"], receipt["typing"]) for receipt in shown["receipts"]] == [
        ("wamid.A", False),
        ("wamid.A", True),
    ]
    assert graph.send(status="read").json()["error"]["code"] == 131008


def test_it_sends_to_a_bsuid_and_answers_without_a_hidden_number(
    graph: Caller, sim: RunningSimulator, number: BusinessNumber, hub: StandInHub
) -> None:
    zoe = Person(wa_id="5511961000009", name="Zoe", user_id="BR.42", username="zoe", phone_hidden=True)
    sim.say(number, zoe, bodies.text("oi"))
    answer = graph.send(**TEXT, to=None, recipient="BR.42")
    assert answer.json()["contacts"] == [{"input": "BR.42", "user_id": "BR.42"}]
    assert sim.drain()
    assert {(item.get("recipient_id"), item["recipient_user_id"]) for item in hub.items("statuses")} == {
        (None, "BR.42")
    }


def test_it_answers_with_the_number_as_whatsapp_knows_it(
    graph: Caller, sim: RunningSimulator, number: BusinessNumber
) -> None:
    sim.say(number, Person(wa_id="551161000007", name="Rui", user_id="BR.7"), bodies.text("oi"))
    answer = graph.send(**TEXT, to="+55 11 96100-0007")
    assert answer.json()["contacts"] == [{"input": "+55 11 96100-0007", "wa_id": "551161000007", "user_id": "BR.7"}]


def test_it_describes_the_number_and_its_subscriptions(graph: Caller) -> None:
    assert graph.get(f"/v26.0/{NUMBER_ID}").json()["display_phone_number"] == "551130040000"
    assert graph.post("/v26.0/208000000000001/subscribed_apps", {}).json() == {"success": True}
    assert len(graph.get("/v26.0/208000000000001/subscribed_apps").json()["data"]) == 1


def test_it_hands_out_files_by_an_address_that_needs_the_token(graph: Caller, sim: RunningSimulator) -> None:
    ref = sim.whatsapp.media.add(b"file bytes", "image/png")
    about = graph.get(f"/v26.0/{ref.id}?phone_number_id={NUMBER_ID}").json()
    assert about["sha256"] == hashlib.sha256(b"file bytes").hexdigest()
    assert (about["mime_type"], about["file_size"], about["id"]) == ("image/png", 10, ref.id)
    assert graph.get(about["url"]).content == b"file bytes"
    assert graph.get(about["url"], token="another").status_code == 401
    assert graph.get(about["url"] + "0").status_code == 404


def test_it_keeps_uploads(graph: Caller, sim: RunningSimulator) -> None:
    answer = httpx2.post(
        f"{sim.url}/v26.0/{NUMBER_ID}/media",
        data={"messaging_product": "whatsapp", "type": "image/png"},
        files={"file": ("a.png", b"\x89PNG\r\n bytes", "image/png")},
        headers={"Authorization": f"Bearer {TOKEN}"},
        trust_env=False,
    )
    stored = sim.whatsapp.media.get(answer.json()["id"])
    assert stored is not None
    assert (stored.data, stored.ref.mime_type, stored.ref.filename) == (b"\x89PNG\r\n bytes", "image/png", "a.png")


def test_it_lets_a_test_speak_for_a_customer(graph: Caller, sim: RunningSimulator, hub: StandInHub) -> None:
    said = graph.post("/_sim/say", {"from": "5511961000003", "name": "Lia", "text": "cadê meu pedido?"}).json()
    assert sim.drain()
    item = hub.items("messages")[0]
    assert (item["id"], item["from"], item["text"]) == (said["id"], "5511961000003", {"body": "cadê meu pedido?"})
    assert hub.headers[0]["x-hub-signature-256"].startswith("sha256=")
    assert SECRET.encode() not in hub.bodies[0]


def test_it_lists_templates_and_tells_when_one_changes(graph: Caller, sim: RunningSimulator, hub: StandInHub) -> None:
    first = graph.get("/v26.0/208000000000001/message_templates?limit=5").json()
    after = first["paging"]["cursors"]["after"]
    rest = graph.get(f"/v26.0/208000000000001/message_templates?limit=5&after={after}").json()
    assert (len(first["data"]), len(rest["data"]), "next" in rest["paging"]) == (5, 2, False)
    assert graph.get("/v26.0/999/message_templates").json()["error"]["code"] == 100
    sent = {"name": "retomar_conversa", "language": {"code": "pt_BR"}}
    filled = [{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}]
    assert graph.send(type="template", template=sent).json()["error"]["code"] == 132000
    assert graph.send(type="template", template=sent | {"components": filled}).status_code == 200
    french = sent | {"language": {"code": "fr"}}
    assert graph.send(type="template", template=french).json()["error"]["code"] == 132001
    graph.post("/_sim/template", {"name": "retomar_conversa", "status": "PAUSED", "language": "pt_BR"})
    assert graph.send(type="template", template=sent | {"components": filled}).json()["error"]["code"] == 132015
    assert sim.drain()
    told = [
        change
        for body in hub.bodies
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
        if change["field"] == "message_template_status_update"
    ]
    assert [(one["value"]["event"], one["value"]["message_template_name"]) for one in told] == [
        ("PAUSED", "retomar_conversa")
    ]


def test_it_weighs_what_is_uploaded(sim: RunningSimulator) -> None:
    def upload(mime: str, size: int) -> int:
        answer = httpx2.post(
            f"{sim.url}/v26.0/{NUMBER_ID}/media",
            data={"messaging_product": "whatsapp", "type": mime},
            files={"file": ("a", b"x" * size, mime)},
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        )
        return answer.status_code

    assert upload("image/png", 5 * 1024 * 1024) == 200
    assert upload("image/png", 5 * 1024 * 1024 + 1) == 400
    assert upload("image/gif", 1) == 400
    assert upload("application/pdf", 6 * 1024 * 1024) == 200


def test_it_forgets_on_reset(graph: Caller, sim: RunningSimulator) -> None:
    graph.post("/_sim/behaviour", {"statuses": False})
    graph.send(**TEXT)
    assert graph.post("/_sim/reset", {}).json() == {"reset": True}
    assert graph.get("/_sim/sent").json() == {"sent": [], "receipts": []}
    assert graph.get("/_sim/behaviour").json()["statuses"] is True
