"""Every kind of message a WhatsApp customer can write, and what the house makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from conversations.channels.types import Address, AttachmentRef, MessageReceived, Person
from tests.conversations.channels.bodies import items, only, parse

MARIA = Person(
    addresses=(Address("wa_id", "5511987654321"), Address("bsuid", "BR.81520")),
    name="Maria Souza",
    username="maria.souza",
)
AT = datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)


def test_it_understands_a_text() -> None:
    assert only("text") == MessageReceived(
        account="700100200", lane="5511987654321", at=AT, provider_id="wamid.in1", sender=MARIA, text="Bom dia! 👋"
    )


TABLE: dict[str, dict[str, Any]] = {
    "text_reply": {"text": "Sim, esse mesmo", "reply_to": "wamid.out9", "payload": {}},
    "text_frequently_forwarded": {"forwarded": True, "payload": {"frequently_forwarded": True}, "reply_to": None},
    "text_product_enquiry": {
        "text": "Tem no tamanho M?",
        "reply_to": "wamid.out9",
        "payload": {"referred_product": {"catalog_id": "c1", "product_retailer_id": "sku-7"}},
    },
    "text_in_group": {"group": "grp-1", "sender": MARIA, "lane": "5511987654321"},
    "sticker_animated": {"kind": "sticker", "payload": {"animated": True}, "text": ""},
    "location_live": {
        "kind": "location",
        "payload": {"latitude": -23.55, "longitude": -46.63, "live": True},
        "text": "",
    },
    "location_without_type": {
        "kind": "location",
        "payload": {
            "latitude": -23.5,
            "longitude": -46.6,
            "name": "Loja Centro",
            "address": "Rua A, 10",
            "live": False,
        },
    },
    "contacts_empty": {"kind": "contacts", "payload": {"contacts": []}, "text": ""},
    "button_of_template": {
        "kind": "interactive",
        "text": "Confirmar",
        "payload": {"kind": "template_button", "title": "Confirmar", "payload": "CONFIRM-42"},
        "reply_to": "wamid.out2",
    },
    "list_reply": {
        "kind": "interactive",
        "text": "Amanhã 10h",
        "payload": {"kind": "list_reply", "id": "slot-3", "title": "Amanhã 10h", "description": "Unidade Centro"},
    },
    "form_reply": {
        "text": "Sent",
        "payload": {"kind": "nfm_reply", "name": "flow", "body": "Sent", "response": {"flow_token": "t-1", "nota": 9}},
    },
    "form_reply_broken": {
        "text": "Sent",
        "payload": {"kind": "nfm_reply", "name": "flow", "body": "Sent", "response": '{"flow_token":'},
    },
    "form_reply_without_answers": {
        "text": "Rua A, 10",
        "payload": {"kind": "nfm_reply", "name": "address_message", "body": "Rua A, 10", "response": None},
    },
    "call_permission_reply": {
        "kind": "interactive",
        "text": "",
        "reply_to": "wamid.out4",
        "payload": {
            "kind": "call_permission_reply",
            "response": "accept",
            "expiration_timestamp": 1780600000,
            "response_source": "user_action",
            "is_permanent": False,
        },
    },
    "payment_notification": {
        "kind": "interactive",
        "payload": {"kind": "payment_notification", "reference_id": "ord-1", "status": "captured"},
    },
    "order": {
        "kind": "order",
        "text": "Pode entregar hoje?",
        "payload": {
            "catalog_id": "c1",
            "items": [{"product_retailer_id": "sku-7", "quantity": 2, "item_price": 79.9, "currency": "BRL"}],
        },
    },
}


@pytest.mark.parametrize(("name", "expected"), TABLE.items(), ids=TABLE)
def test_it_understands_a_kind(name: str, expected: dict[str, Any]) -> None:
    message = only(name)
    assert isinstance(message, MessageReceived)
    assert {field: getattr(message, field) for field in expected} == expected


FILES: dict[str, tuple[str, AttachmentRef]] = {
    "image_with_url": (
        "Chegou assim",
        AttachmentRef(
            kind="image",
            provider_ref="m1",
            url="https://lookaside.example/m1",
            mime_type="image/jpeg",
            size=20480,
            sha256="a" * 64,
        ),
    ),
    "audio_voice_note": (
        "",
        AttachmentRef(kind="audio", provider_ref="m2", mime_type="audio/ogg; codecs=opus", sha256="b" * 64, voice=True),
    ),
    "voice_of_old": ("", AttachmentRef(kind="audio", provider_ref="m3", mime_type="audio/ogg", voice=True)),
    "document_with_filename": (
        "",
        AttachmentRef(
            kind="document",
            provider_ref="m4",
            mime_type="application/pdf",
            filename="Comprovante nº 7 – João.pdf",
            sha256="c" * 64,
        ),
    ),
    "video_not_fetched": ("", AttachmentRef(kind="video", mime_type="video/mp4", unavailable="131052")),
    "image_without_image": ("", AttachmentRef(kind="image", unavailable="400")),
}


@pytest.mark.parametrize(("name", "text", "attachment"), [(name, *file) for name, file in FILES.items()], ids=FILES)
def test_it_understands_a_file(name: str, text: str, attachment: AttachmentRef) -> None:
    message = only(name)
    assert (message.kind, message.text, message.attachments) == (attachment.kind, text, (attachment,))


@pytest.mark.parametrize(
    "name",
    [
        "text_without_body",
        "interactive_of_unknown_type",
        "unsupported_edit",
        "unsupported_poll",
        "word_of_tomorrow",
    ],
)
def test_it_keeps_what_it_cannot_show_as_a_visible_placeholder(name: str) -> None:
    message = only(name)
    assert (message.kind, message.text, message.sender) == ("unsupported", "", MARIA)
    assert message.payload["id"] == "wamid.in1"


def test_it_shows_an_answer_without_its_part_beside_the_error_of_the_channel() -> None:
    message, notice = items("interactive_without_part")
    assert (message.kind, message.payload["type"]) == ("unsupported", "interactive")
    assert (notice.topic, notice.payload["errors"][0]["code"]) == ("errors", 131000)


def test_it_keeps_the_click_on_an_ad() -> None:
    referral = only("text_from_ad").referral
    assert (referral["source_type"], referral["ctwa_clid"]) == ("ad", "ARAkLkA8rmlFeiCktEJQ")


def test_it_keeps_the_payment_as_given() -> None:
    assert only("payment_method").payload == {
        "kind": "payment_method",
        "payment_method": "pix",
        "payment_timestamp": 1780000000,
        "reference_id": "ord-1",
        "last_four_digits": "",
    }


@pytest.mark.parametrize("part", [None, 5, "x", [], [1], {}, {"body": []}, {"body": True}], ids=repr)
@pytest.mark.parametrize(
    "word", ["text", "image", "location", "contacts", "button", "interactive", "order", "voice", "template"]
)
def test_it_never_loses_a_message_with_a_broken_part(word: str, part: Any) -> None:
    message = {"from": "5511987654321", "id": "wamid.x", "timestamp": "1780000000", "type": word, word: part}
    value = {"metadata": {"phone_number_id": "1"}, "messages": [message]}
    envelope = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    (item,) = parse(envelope).items
    assert isinstance(item, MessageReceived)
    assert item.kind in {word, "unsupported", "audio", "interactive"}
