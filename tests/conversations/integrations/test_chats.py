"""Exports of chats: how phones and Chatwoot write them down, and the conversations they become."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.utils import translation

from conversations.imports import jobs
from conversations.models import Conversation, Message
from conversations.refusal import Refused
from hub.models import Workspace
from tests import factories
from tests.conversations.integrations.bringing import brought, taken, told
from tests.conversations.integrations.conftest import at_of

pytestmark = pytest.mark.django_db
ANDROID = (
    "01/03/2026 09:00 - As mensagens e ligações são protegidas com criptografia de ponta a ponta.\n"
    "01/03/2026 09:01 - Mariana Teixeira: Oi, vocês têm a camisa azul?\nNo tamanho M\n"
    "01/03/2026 09:05 - Loja Aurora: Temos: 89,90\n"
    "01/03/2026 09:06 - Mariana Teixeira: ok\n01/03/2026 09:06 - Mariana Teixeira: ok\n"
    "01/03/2026 09:07 - Mariana Teixeira: <Mídia oculta>\n"
)


@pytest.fixture
def place() -> Workspace:
    """A shop in São Paulo."""
    return factories.workspace(slug="aurora")


def test_it_works(place: Workspace) -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("IMG-1.jpg", b"x")
        archive.writestr("_chat.txt", ANDROID)
    job = brought(place, "whatsapp", "Conversa.zip", bundle.getvalue())
    assert job.options["authors"] == [("Mariana Teixeira", 4), ("Loja Aurora", 1)]
    with translation.override("en"), pytest.raises(Refused, match="one customer is left"):
        jobs.start(job, job.options)
    with translation.override("en"), pytest.raises(Refused, match="WhatsApp number"):
        jobs.start(job, {**job.options, "us": ["Loja Aurora"]})
    chosen = {"us": ["Loja Aurora"], "phone": "11 98765-4321"}
    assert taken(job, **chosen) == (5, 0, 0)
    talk = Conversation.objects.of(place).get()
    assert talk.customer.name == "Mariana Teixeira"
    said = Message.objects.of(place).order_by("seq").values_list("author_kind", "kind", "text", "imported")
    assert list(said) == [
        ("customer", "text", "Oi, vocês têm a camisa azul?\nNo tamanho M", True),
        ("agent", "text", "Temos: 89,90", True),
        ("customer", "text", "ok", True),
        ("customer", "text", "ok", True),
        ("customer", "document", "<Mídia oculta>", True),
    ]
    assert at_of(talk.opened_at) == "2026-03-01T12:01:00Z"
    assert taken(
        brought(place, "whatsapp", "longer.txt", ANDROID + "02/03/2026 08:00 - Mariana Teixeira: oi\n"), **chosen
    ) == (1, 5, 0)


def test_a_chat_of_an_iphone_says_nothing_for_the_customer_and_a_minute_keeps_its_order(place: Workspace) -> None:
    mark, narrow = "\u200e", "\u202f"
    iphone = (
        f"[12/31/25, 9:41:05{narrow}PM] ~{narrow}Mariana: {mark}Messages and calls are end-to-end encrypted. Only people…\r\n"
        f"[12/31/25, 9:41:07{narrow}PM] ~{narrow}Mariana: Oi\u2028tudo bem?\r\n"
        f"{mark}[12/31/25, 9:42:00{narrow}PM] ~{narrow}Mariana: {mark}GIF omitted\r\n"
        f"[12/31/25, 9:43:00{narrow}PM] ~{narrow}Mariana: {mark}Missed voice call, {mark}Tap to call back\r\n"
        f"[1/1/26, 12:05:00{narrow}AM] Loja: {mark}Location: https://maps.example/?q=1,2\r\n"
    ).encode()
    chosen = {"us": ["Loja"], "phone": "11 98765-4321"}
    job = brought(place, "whatsapp", "_chat.txt", iphone)
    assert job.options["authors"] == [("Mariana", 2), ("Loja", 1)]
    assert taken(job, **chosen) == (3, 0, 0)
    said = Message.objects.of(place).order_by("seq").values_list("kind", "text", "sent_at")
    assert [(kind, text, at_of(at)) for kind, text, at in said] == [
        ("text", "Oi\u2028tudo bem?", "2026-01-01T00:41:07Z"),
        ("video", "GIF omitted", "2026-01-01T00:42:00Z"),
        ("location", "Location: https://maps.example/?q=1,2", "2026-01-01T03:05:00Z"),
    ]
    minute = "".join(
        f"02/03/2026 08:00 - {who}: {n}\n" for n, who in enumerate(["Ivo", "Loja", "Ivo", "Ivo", "Loja", "Ivo"])
    )
    assert taken(brought(place, "whatsapp", "minute.txt", minute), us=["Loja"], phone="11 91234-0002") == (6, 0, 0)
    talk = Message.objects.of(place).filter(customer__name="Ivo").order_by("seq").values_list("text", flat=True)
    assert list(talk) == ["0", "1", "2", "3", "4", "5"]


def test_a_damaged_zip_is_refused_and_breaks_nothing(place: Workspace) -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_chat.txt", ANDROID * 50)
    damaged = bytearray(bundle.getvalue())
    damaged[60:100] = b"\xff" * 40
    with translation.override("en"), pytest.raises(Refused, match="The zip cannot be read"):
        brought(place, "whatsapp", "x.zip", bytes(damaged))


def test_a_chatwoot_export_becomes_conversations(place: Workspace) -> None:
    sender = {"id": 9, "name": "Bruno Lima", "phone_number": "+5511912340009", "email": None, "identifier": None}
    messages = [
        {"id": 1, "content": "Olá", "message_type": 0, "created_at": 1772362800, "private": False, "sender": {"name": "Bruno Lima", "type": "contact"}},
        {"id": 2, "content": "Oi, Bruno", "message_type": 1, "created_at": 1772362860, "private": False, "sender": {"type": "user", "email": "lia@loja.example"}},
        {"id": 3, "content": "nota", "message_type": 1, "created_at": 1772362870, "private": True, "sender": {"type": "user"}},
        {"id": 4, "content": "Assigned to Lia", "message_type": 2, "created_at": 1772362880, "private": False},
        {"id": 5, "content": None, "message_type": 0, "created_at": 1772362890, "private": False, "attachments": [{"file_type": "image"}]},
        {"id": 6, "content": "?", "message_type": 0, "created_at": None, "private": False},
    ]  # fmt: skip
    talk = {
        "id": 77, "status": "resolved", "updated_at": 1772363000.5, "last_activity_at": 1772362900, "messages": messages,
        "meta": {"sender": sender, "channel": "Channel::Whatsapp", "assignee": {"email": "lia@loja.example"}},
    }  # fmt: skip
    export = json.dumps({"data": {"meta": {}, "payload": [talk]}})
    assert taken(brought(place, "chatwoot", "export.json", export)) == (4, 0, 1)
    assert [(kind, at, key) for kind, at, key, _data in told(place)] == [
        ("message.received", "2026-03-01T11:00:00Z", "message/1"),
        ("message.sent", "2026-03-01T11:01:00Z", "message/2"),
        ("message.received", "2026-03-01T11:01:30Z", "message/5"),
        ("conversation.resolved", "2026-03-01T11:01:40Z", "conversation/77/resolved"),
    ]
    assert Conversation.objects.of(place).get().status == "resolved"
    assert taken(brought(place, "chatwoot", "export.jsonl", json.dumps(talk))) == (0, 4, 1)


def test_messages_alone_are_one_conversation_and_a_second_keeps_its_order(place: Workspace) -> None:
    messages = [
        {
            "id": number,
            "content": str(number),
            "message_type": number % 2,
            "created_at": 1772362800,
            "conversation_id": 5,
        }
        for number in (8, 9, 10, 12)
    ]
    contact = {"id": 3, "name": "Ivo", "phone_number": "+5511912340002", "email": None, "identifier": None}
    listed = json.dumps({"meta": {"labels": [], "contact": contact}, "payload": messages})
    assert taken(brought(place, "chatwoot", "messages.json", listed)) == (4, 0, 0)
    said = Message.objects.of(place).order_by("seq").values_list("direction", "text")
    assert list(said) == [("inbound", "8"), ("outbound", "9"), ("inbound", "10"), ("inbound", "12")]
