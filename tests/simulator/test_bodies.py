"""What the simulator writes has the documented shape."""

from __future__ import annotations

import pytest

from simulator import BusinessNumber, Person, bodies
from simulator.bodies import Content, MediaRef

ANA = Person(wa_id="5511961000001", name="Ana Lima", user_id="BR.123456789012345678", username="ana.lima")
NUMBER = BusinessNumber(phone_number_id="111", access_token="t", app_secret="s", webhook_url="http://127.0.0.1:1/")
PICTURE = MediaRef(id="987", mime_type="image/png", sha256="ab" * 32)


def made(content: Content, **more: object) -> dict[str, object]:
    return bodies.message(content, message_id="wamid.A", sender=ANA, at=1795303003.9, **more)  # type: ignore[arg-type]


def test_it_works() -> None:
    change = bodies.Change(number=NUMBER, holds="messages", item=made(bodies.text("oi")), contact=ANA.contact())
    assert bodies.envelope([[[change]]]) == {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "208000000000001",
                "changes": [
                    {
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": "551130040000", "phone_number_id": "111"},
                            "contacts": [
                                {
                                    "profile": {"name": "Ana Lima", "username": "ana.lima"},
                                    "wa_id": "5511961000001",
                                    "user_id": "BR.123456789012345678",
                                }
                            ],
                            "messages": [
                                {
                                    "from": "5511961000001",
                                    "from_user_id": "BR.123456789012345678",
                                    "id": "wamid.A",
                                    "timestamp": "1795303003",
                                    "type": "text",
                                    "text": {"body": "oi"},
                                }
                            ],
                        },
                        "field": "messages",
                    }
                ],
            }
        ],
    }


def test_it_hides_the_number_of_a_person_with_a_user_name() -> None:
    hidden = Person(wa_id="5511961000001", name="Ana", user_id="BR.1", username="ana", phone_hidden=True)
    item = bodies.message(bodies.text("oi"), message_id="wamid.A", sender=hidden, at=1)
    assert "from" not in item
    assert item["from_user_id"] == "BR.1"
    assert hidden.contact() == {"profile": {"name": "Ana", "username": "ana"}, "user_id": "BR.1"}


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        (bodies.image(PICTURE, "olha"), "image", {"id": "987", "mime_type": "image/png", "sha256": "ab" * 32, "caption": "olha"}),
        (bodies.audio(PICTURE), "audio", {"id": "987", "mime_type": "image/png", "sha256": "ab" * 32, "voice": True}),
        (bodies.location(-23.5, -46.6), "location", {"latitude": -23.5, "longitude": -46.6}),
        (bodies.button("Sim", "YES"), "button", {"text": "Sim", "payload": "YES"}),
        (bodies.button_reply("b1", "Sim"), "interactive", {"type": "button_reply", "button_reply": {"id": "b1", "title": "Sim"}}),
        (
            bodies.list_reply("r1", "Loja", "centro"),
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "r1", "title": "Loja", "description": "centro"}},
        ),
        (bodies.reaction("wamid.B", "👍"), "reaction", {"message_id": "wamid.B", "emoji": "👍"}),
        (bodies.reaction("wamid.B", ""), "reaction", {"message_id": "wamid.B"}),
        (bodies.revoke("wamid.B"), "revoke", {"original_message_id": "wamid.B"}),
        (
            bodies.edit("wamid.B", bodies.text("novo")),
            "edit",
            {
                "original_message_id": "wamid.B",
                "message": {"context": {"id": "M0"}, "type": "text", "text": {"body": "novo"}},
            },
        ),
    ],
)  # fmt: skip
def test_it_writes_every_kind(content: Content, kind: str, body: dict[str, object]) -> None:
    item = made(content)
    assert item["type"] == kind
    assert item[kind] == body


def test_it_writes_files_with_their_names() -> None:
    ref = MediaRef(id="1", mime_type="application/pdf", sha256="cd" * 32, filename="comprovante.pdf")
    assert made(bodies.document(ref))["document"] == {
        "id": "1", "mime_type": "application/pdf", "sha256": "cd" * 32, "filename": "comprovante.pdf",
    }  # fmt: skip


def test_it_says_what_the_api_cannot_show() -> None:
    item = made(bodies.unsupported("poll_creation"))
    assert item["type"] == "unsupported"
    assert item["unsupported"] == {"type": "poll_creation"}
    assert item["errors"][0]["code"] == 131051  # type: ignore[index]


def test_it_carries_the_answered_message_and_the_ad() -> None:
    ad = bodies.ad_referral("42", "Verão", "Fale com a gente")
    item = made(bodies.text("oi"), reply_to=("551130040000", "wamid.Z"), referral=ad)
    assert item["context"] == {"from": "551130040000", "id": "wamid.Z"}
    assert item["referral"]["source_type"] == "ad"  # type: ignore[index]
    assert item["referral"]["ctwa_clid"] == "ARA42"  # type: ignore[index]


def test_it_prices_a_status_and_omits_the_conversation() -> None:
    item = bodies.status("sent", message_id="wamid.O", recipient=ANA, at=7, callback_data="our-1")
    assert item == {
        "id": "wamid.O",
        "status": "sent",
        "timestamp": "7",
        "recipient_id": "5511961000001",
        "recipient_user_id": "BR.123456789012345678",
        "biz_opaque_callback_data": "our-1",
        "pricing": {
            "billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "contacts"),
    [
        ("sent", [{"profile": {"name": "Ana Lima"}, "wa_id": "5511961000001", "user_id": "BR.123456789012345678"}]),
        ("read", [ANA.contact()]),
        ("failed", None),
    ],
)
def test_it_shows_the_user_name_only_once_delivered_and_nobody_when_failed(
    word: bodies.StatusWord, contacts: list[object] | None
) -> None:
    item = bodies.status(word, message_id="wamid.O", recipient=ANA, at=7)
    assert bodies.value([bodies.status_change(NUMBER, item, ANA)]).get("contacts") == contacts
