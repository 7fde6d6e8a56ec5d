"""Sending through Twilio against the simulator: the exact form of each shape, each class of error, nothing secret on record."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest

from conversations.channels import exchange, http
from conversations.channels.content import Header, Location, Template, TemplateButton, Value, payload
from conversations.channels.fetching import fetch
from conversations.channels.registry import CHANNELS
from conversations.channels.twilio.errors import TWILIO
from conversations.channels.types import (
    Address,
    AttachmentRef,
    Credentials,
    Outbound,
    OutboundFile,
    SendRefused,
    SendUnknown,
    Sent,
)
from simulator import Fault, RunningSimulator, Switches, TwilioNumber, running

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "the-first-auth-token"
CREDENTIALS = Credentials(account_sid=SID, auth_tokens=(TOKEN, "the-secondary-token"))
HOOK = "http://127.0.0.1:9/webhooks/0b4f/"
WHATSAPP = TwilioNumber(account_sid=SID, auth_token=TOKEN, number="+551130040000", webhook_url=HOOK)
SMS = TwilioNumber(account_sid=SID, auth_token=TOKEN, number="+15005550006", webhook_url=HOOK, channel="sms")
ANA, HER_ID = Address("wa_id", "5511987654321"), Address("bsuid", "BR.1234567890")
CONTENT = "HX" + "0" * 31 + "1"
LINK = "https://hub.example/files/foto.png?signature=very-secret-signature"
PHOTO = OutboundFile(
    kind="image", mime_type="image/png", filename="foto.png", size=9, stored_as="f/foto.png", link=LINK
)


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningSimulator]:
    with running(switches=Switches(statuses=False, per_second=0), twilio=[WHATSAPP, SMS]) as simulator:
        yield simulator
        http.close_all()


@pytest.fixture
def sim(provider: RunningSimulator, settings: Any) -> RunningSimulator:
    provider.reset()
    settings.TWILIO_API_URL = provider.url
    return provider


def send(kind: str = "twilio_whatsapp", /, **said: Any) -> Sent:
    number = WHATSAPP if kind == "twilio_whatsapp" else SMS
    fields: dict[str, Any] = {"account": number.number, "to": (ANA, HER_ID), "our_id": "our-1", **said}
    return CHANNELS[kind].send(Outbound(**fields), CREDENTIALS)


def refusal(kind: str = "twilio_whatsapp", /, **said: Any) -> SendRefused:
    with pytest.raises(SendRefused) as caught:
        send(kind, **said)
    return caught.value


def test_it_works(sim: RunningSimulator) -> None:
    sent = send(text="Olá! São R$ 5, às 15h. 👍", status_url="https://hub.example/webhooks/1/status/?uuid=our-1")
    (taken,) = sim.twilio.sent
    assert sent == Sent(provider_id=taken.sid)
    assert taken.fields == {
        "To": "whatsapp:+5511987654321",
        "From": "whatsapp:+551130040000",
        "Body": "Olá! São R$ 5, às 15h. 👍",
        "StatusCallback": "https://hub.example/webhooks/1/status/?uuid=our-1",
    }


LOCATION = Location(latitude=-23.561684, longitude=-46.625378, name="MASP", address="Av. Paulista, 1578")


@pytest.mark.parametrize(
    ("kind", "said", "form"),
    [
        ("sms", {"text": "oi", "to": (Address("phone", "+15551234567"), ANA)}, {"To": "+15551234567", "Body": "oi"}),
        # Dialed as a telephone, a Brazilian mobile has its ninth digit and a Mexican one no 1.
        ("sms", {"text": "oi", "to": (Address("wa_id", "551187654321"),)}, {"To": "+5511987654321", "Body": "oi"}),
        ("sms", {"text": "oi", "to": (Address("wa_id", "5215512345678"),)}, {"To": "+525512345678", "Body": "oi"}),
        ("sms", {"text": "oi", "to": (Address("phone", "28500"),)}, {"To": "28500", "Body": "oi"}),
        ("sms", {"kind": "image", "attachments": (PHOTO, PHOTO)}, {"To": "+5511987654321", "MediaUrl": [LINK, LINK]}),
        ("twilio_whatsapp", {"text": "oi", "to": (HER_ID,)}, {"To": "whatsapp:BR.1234567890", "Body": "oi"}),
        (
            "twilio_whatsapp",
            {"text": "oi", "to": (Address("phone", "+5511987654321"),)},
            {"To": "whatsapp:+5511987654321", "Body": "oi"},
        ),
        (
            "twilio_whatsapp",
            {"kind": "image", "text": "esta", "attachments": (PHOTO,)},
            {"To": "whatsapp:+5511987654321", "Body": "esta", "MediaUrl": [LINK]},
        ),
        (
            "twilio_whatsapp",
            {"kind": "location", "payload": payload(LOCATION)},
            {
                "To": "whatsapp:+5511987654321",
                "Body": "MASP, Av. Paulista, 1578",
                "PersistentAction": ["geo:-23.561684,-46.625378|MASP, Av. Paulista, 1578"],
            },
        ),
        (
            "twilio_whatsapp",
            {"text": "oi", "options": {"messaging_service": "MG123"}},
            {"To": "whatsapp:+5511987654321", "Body": "oi", "MessagingServiceSid": "MG123"},
        ),
    ],
)
def test_each_shape_has_its_form(sim: RunningSimulator, kind: str, said: dict[str, Any], form: dict[str, Any]) -> None:
    send(kind, **said)
    (taken,) = sim.twilio.sent
    sender = "whatsapp:+551130040000" if kind == "twilio_whatsapp" else "+15005550006"
    assert taken.fields == {"From": sender, **form}


def content(**types: Any) -> dict[str, Any]:
    return {
        "sid": CONTENT,
        "account_sid": SID,
        "friendly_name": "pedido_pronto",
        "language": "pt_BR",
        "variables": {"1": "Maria", "2": "abc.png", "3": "42"},
        "types": {"twilio/text": {"body": "Oi {{1}}"}, **types},
        "approval_requests": {"name": "pedido_pronto", "category": "UTILITY", "status": "approved"},
    }


CARD = {
    "body": "Oi {{1}}, seu pedido está pronto.",
    "media": ["https://cdn.example/{{2}}"],
    "actions": [
        {"type": "QUICK_REPLY", "title": "Obrigada", "id": "ok"},
        {"type": "URL", "title": "Ver", "url": "https://loja.example/p/{{3}}"},
    ],
}


def test_it_sends_a_template_by_its_id_or_its_name(sim: RunningSimulator) -> None:
    sim.twilio.contents = [content(**{"twilio/card": CARD})]
    given = (Value(name="1", text="Ana"),)
    send(kind="template", payload=payload(Template(name=CONTENT, language="pt_BR", values=given)))
    buttons = (TemplateButton(kind="quick_reply"), TemplateButton(kind="url", value="42"))
    header = Header(kind="image", link="https://cdn.example/foto.png")
    by_name = Template(name="pedido_pronto", language="pt_BR", values=given, header=header, buttons=buttons)
    send(kind="template", payload=payload(by_name))
    first, second = (taken.fields for taken in sim.twilio.sent)
    assert (first["ContentSid"], first["ContentVariables"]) == (CONTENT, '{"1": "Ana"}')
    assert (second["ContentSid"], second["ContentVariables"]) == (CONTENT, '{"1": "Ana", "2": "foto.png", "3": "42"}')
    assert "Body" not in second
    with exchange.recorded() as kept:
        send(kind="template", payload=payload(by_name))
    assert [one.method for one in kept] == ["POST"]  # what it looks like is known by now
    unknown = Template(name="nunca_visto", language="pt_BR")
    assert refusal(kind="template", payload=payload(unknown)).error.error_class == "template"


def test_it_lists_templates_in_the_shape_of_the_house(sim: RunningSimulator) -> None:
    sim.twilio.contents = [content(**{"twilio/card": CARD})]
    assert CHANNELS["twilio_whatsapp"].templates(WHATSAPP.number, CREDENTIALS, {}) == [
        {
            "id": CONTENT,
            "name": "pedido_pronto",
            "language": "pt_BR",
            "category": "utility",
            "status": "approved",
            "reason": "",
            "components": [
                {"type": "HEADER", "format": "IMAGE"},
                {
                    "type": "BODY",
                    "text": "Oi {{1}}, seu pedido está pronto.",
                    "example": {"body_text": [["Maria"]]},
                },
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {"type": "QUICK_REPLY", "text": "Obrigada"},
                        {"type": "URL", "text": "Ver", "url": "https://loja.example/p/{{3}}"},
                    ],
                },
            ],
        }
    ]


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("twilio_whatsapp", {"text": " "}, "empty_text"),
        ("twilio_whatsapp", {"text": "a" * 1601}, "text_too_long"),
        ("twilio_whatsapp", {"text": "oi", "to": (Address("igsid", "1"),)}, "no_address"),
        ("sms", {"text": "oi", "to": (HER_ID,)}, "no_address"),
        ("sms", {"kind": "location", "payload": payload(LOCATION)}, "unsupported_kind"),
        ("twilio_whatsapp", {"kind": "location", "payload": {"latitude": "north"}}, "no_payload"),
        ("sms", {"kind": "image", "attachments": (PHOTO,) * 11}, "too_many_files"),
    ],
)
def test_it_refuses_before_asking_anybody(sim: RunningSimulator, kind: str, said: dict[str, Any], code: str) -> None:
    assert refusal(kind, **said).error.code == code
    assert sim.twilio.sent == []


def test_every_code_has_its_class(sim: RunningSimulator) -> None:
    for code, (error_class, title) in TWILIO.items():
        sim.switch(faults=[Fault(kind="error", code=code)])
        error = refusal(text="oi").error
        assert (error.code, error.error_class, error.title) == (str(code), error_class, title)
        assert error.stop is (code == 21610)
    sim.switch(faults=[Fault(kind="error", code=99999)])
    unknown = refusal(text="oi").error
    assert (unknown.code, unknown.error_class, unknown.retryable) == ("99999", "permanent", False)


def test_a_throttle_says_when_to_come_back(sim: RunningSimulator) -> None:
    sim.switch(faults=[Fault(kind="throttle", seconds=7)])
    refused = refusal(text="oi")
    assert (refused.error.code, refused.error.error_class, refused.retry_after) == ("20429", "throttle", 7.0)


def test_it_does_not_know_what_came_of_a_send_without_an_answer(sim: RunningSimulator) -> None:
    for fault in (
        Fault(kind="lost_reply"),
        Fault(kind="server_error"),
        Fault(kind="server_error", status=503, body=False),
    ):
        sim.switch(faults=[fault])
        with pytest.raises(SendUnknown):
            send(text="oi")
    assert len(sim.twilio.sent) == 1  # the one whose answer was lost


def test_it_knows_that_nothing_left_when_nobody_is_there(settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    refused = refusal(text="oi")
    assert (refused.error.error_class, refused.error.retryable) == ("transient", True)


def test_it_needs_account_and_token(sim: RunningSimulator) -> None:
    outbound = Outbound(account=SMS.number, to=(ANA,), our_id="our-1", text="oi")
    for secrets in (Credentials(), Credentials(account_sid=SID), Credentials(account_sid="../x", auth_tokens=("a",))):
        with pytest.raises(SendRefused) as caught:
            CHANNELS["sms"].send(outbound, secrets)
        assert caught.value.error.error_class == "channel"
    wrong = Credentials(account_sid=SID, auth_tokens=("wrong",))
    with pytest.raises(SendRefused) as caught:
        CHANNELS["sms"].check(SMS.number, wrong, {})
    assert (caught.value.error.code, caught.value.error.error_class) == ("20003", "channel")
    assert sim.twilio.sent == []


def test_who_sent_stop_is_not_written_to(sim: RunningSimulator) -> None:
    sim.text(SMS, "+15551234567", "STOP", lost=True)
    to = (Address("phone", "+15551234567"),)
    assert refusal("sms", text="oi", to=to).error.stop is True
    sim.text(SMS, "+15551234567", "START", lost=True)
    send("sms", text="oi", to=to)


def test_it_checks_account_and_number(sim: RunningSimulator) -> None:
    assert CHANNELS["sms"].check(SMS.number, CREDENTIALS, {}).name == "Loja Novelo"
    assert CHANNELS["twilio_whatsapp"].check(WHATSAPP.number, CREDENTIALS, {}).name == "Loja Novelo"
    with pytest.raises(SendRefused) as caught:
        CHANNELS["sms"].check("+19999999999", CREDENTIALS, {})
    assert caught.value.error.code == "no_number"


def test_it_shows_typing_and_marks_as_read(sim: RunningSimulator) -> None:
    CHANNELS["twilio_whatsapp"].show_typing(WHATSAPP.number, (ANA,), "SM1", CREDENTIALS)
    CHANNELS["twilio_whatsapp"].mark_read(WHATSAPP.number, "SM2", CREDENTIALS, (ANA,))
    CHANNELS["sms"].mark_read(SMS.number, "SM3", CREDENTIALS, (ANA,))
    assert sim.twilio.typing == [
        {"channel": "WHATSAPP", "messageId": "SM1"},
        {"channel": "WHATSAPP", "messageId": "SM2"},
    ]


def test_it_fetches_a_file_by_a_redirect_and_proves_itself_to_twilio_alone(sim: RunningSimulator) -> None:
    sid = sim.text(WHATSAPP, "+5511987654321", files=[(b"\x89PNG...", "image/png")], lost=True)
    url = sim.twilio.messages[-1].fields["MediaUrl0"]
    channel = CHANNELS["twilio_whatsapp"]
    download = channel.locate(AttachmentRef(kind="image", url=url), WHATSAPP.number, CREDENTIALS)
    assert download.hosts == ("127.0.0.1",)
    into = io.BytesIO()
    fetch(download, into, 1000)
    assert (into.getvalue(), sid in url) == (b"\x89PNG...", True)
    for url in ("https://evil.example/a", "https://nottwilio.com/a", "http://api.twilio.com/a"):
        elsewhere = channel.locate(AttachmentRef(kind="image", url=url), "", CREDENTIALS)
        assert (elsewhere.headers, elsewhere.hosts) == ({}, ())
    for nothing in ("cat.jpg", "ftp://x/y"):
        with pytest.raises(SendRefused):
            channel.locate(AttachmentRef(kind="image", url=nothing), "", CREDENTIALS)


def test_no_secret_is_on_record(sim: RunningSimulator) -> None:
    with exchange.recorded() as kept:
        send(kind="image", text="esta", attachments=(PHOTO,))
        sim.switch(faults=[Fault(kind="error", code=20003)])
        refusal(text="oi")
    assert [one.status for one in kept] == [201, 401]
    written = "".join(f"{one.url}{one.request}{one.response}{one.error}" for one in kept)
    assert "Body=esta" in written
    for secret in (TOKEN, "very-secret-signature", LINK, quote_plus(LINK)):
        assert secret not in written


def test_a_number_is_kept_without_what_stands_around_it() -> None:
    assert CHANNELS["twilio_whatsapp"].address_of(" whatsapp:+55 (11) 3004-0000 ") == "+551130040000"
    assert CHANNELS["sms"].address_of("38438") == "38438"
    for wrong in ("", "551130040000", "abc", "+0"):
        with pytest.raises(ValueError, match=r"\+5511987654321"):
            CHANNELS["twilio_whatsapp"].address_of(wrong)
