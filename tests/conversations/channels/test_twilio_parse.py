"""What Twilio's forms say, field by field, and what of them is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import (
    AccountNotice,
    Address,
    Credentials,
    Invalid,
    MessageReceived,
    Parsed,
    RawRequest,
    ReactionChanged,
    StatusChanged,
)
from tests.conversations.channels.test_contract import understood

TWILIO = PROVIDERS["twilio"]
URL = "https://hub.example/webhooks/0199aaaa-0000-7000-8000-000000000001/"
WHATSAPP = {
    "MessageSid": "SM1", "AccountSid": "AC1", "From": "whatsapp:+5511987654321", "To": "whatsapp:+551130040000",
    "Body": "oi", "NumMedia": "0", "ProfileName": "Maria Silva", "WaId": "5511987654321", "MessageType": "text",
}  # fmt: skip
SMS = {"MessageSid": "SM1", "AccountSid": "AC1", "From": "+15551234567", "To": "+15005550006", "Body": "oi"}
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/"


def request(fields: Any, path: str = "", **more: Any) -> RawRequest:
    """A form as the door hands it on."""
    url = URL + path
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return RawRequest(
        **{"method": "POST", "url": url, "query": parse_qs(urlsplit(url).query), "headers": {}, "body": body} | more
    )


def parse(fields: Any, path: str = "") -> Parsed:
    return TWILIO.parse(request(fields, path))


def only(fields: Any, path: str = "") -> Any:
    (item,) = parse(fields, path).items
    return item


def test_it_works() -> None:
    item = only(WHATSAPP)
    assert isinstance(item, MessageReceived)
    assert (item.account, item.channel_kind, item.lane, item.at) == (
        "+551130040000", "twilio_whatsapp", "5511987654321", None,
    )  # fmt: skip
    assert (item.provider_id, item.kind, item.text, item.payload) == ("SM1", "text", "oi", {})
    assert (item.sender.addresses, item.sender.name) == ((Address("wa_id", "5511987654321"),), "Maria Silva")


def test_whatsapp_is_told_from_sms_by_what_only_it_has() -> None:
    assert only(SMS).channel_kind == ""
    assert only(SMS).sender.addresses == (Address("phone", "+15551234567"),)
    assert only({**SMS, "WaId": "15551234567"}).channel_kind == "twilio_whatsapp"
    assert only({**SMS, "To": "whatsapp:+15005550006"}).channel_kind == "twilio_whatsapp"
    assert only({**SMS, "From": "AMAZON"}).sender.addresses == (Address("phone", "AMAZON"),)
    assert only({**SMS, "From": "28500"}).sender.addresses == (Address("phone", "28500"),)


def test_the_number_twilio_writes_from_comes_before_whatsapps_own() -> None:
    item = only({**WHATSAPP, "WaId": "551187654321", "ExternalUserId": "whatsapp:BR.99"})
    assert item.sender.addresses == (
        Address("wa_id", "5511987654321"), Address("wa_id", "551187654321"), Address("bsuid", "BR.99"),
    )  # fmt: skip
    assert (item.sender.proof, item.lane) == ("provider", "5511987654321")
    assert only({**WHATSAPP, "From": "whatsapp:+551187654321"}).lane == "5511987654321"
    hidden = only({**WHATSAPP, "From": "whatsapp:BR.99", "WaId": "", "ExternalUserId": "whatsapp:BR.99"})
    assert (hidden.sender.addresses, hidden.lane, hidden.sender.proof) == ((Address("bsuid", "BR.99"),), "BR.99", "")


@pytest.mark.parametrize(
    ("more", "kind", "text", "payload"),
    [
        (
            {"MessageType": "location", "Body": "", "Latitude": "-23.5", "Longitude": "-46.6", "Label": "MASP"},
            "location", "", {"latitude": -23.5, "longitude": -46.6, "name": "MASP"},
        ),
        ({"Latitude": "nan", "Longitude": "1"}, "text", "oi", {}),
        ({"Latitude": "91", "Longitude": "1"}, "text", "oi", {}),
        (
            {"MessageType": "interactive", "ButtonText": "Sim", "ButtonPayload": "yes", "Body": "Sim"},
            "interactive", "Sim", {"kind": "button_reply", "title": "Sim", "id": "yes"},
        ),
        (
            {"MessageType": "button", "ButtonText": "Parar", "ButtonPayload": "stop", "Body": ""},
            "interactive", "Parar", {"kind": "template_button", "title": "Parar", "payload": "stop"},
        ),
        (
            {"MessageType": "interactive", "ListId": "2via", "ListTitle": "Segunda via", "Body": ""},
            "interactive", "Segunda via", {"kind": "list_reply", "title": "Segunda via", "id": "2via"},
        ),
        ({"Body": "a\x00b"}, "text", "a\ufffdb", {}),
        ({"Body": "  dois  "}, "text", "  dois  ", {}),
        ({"Body": ""}, "text", "", {}),
    ],
)  # fmt: skip
def test_it_reads_what_was_said(more: dict[str, str], kind: str, text: str, payload: dict[str, Any]) -> None:
    item = only({**WHATSAPP, **more})
    assert (item.kind, item.text, item.payload) == (kind, text, payload)


def test_what_a_form_cannot_hold_is_kept_raw() -> None:
    item = only({**WHATSAPP, "MessageType": "order", "Body": "", "OrderId": "9"})
    assert (item.kind, item.text, item.payload["OrderId"]) == ("unsupported", "", "9")


def test_it_reads_files_whatever_their_number_is_said_to_be() -> None:
    for count in ("1", "3", "0", "abc", ""):
        files = only(
            {**SMS, "NumMedia": count, "MediaUrl0": MEDIA + "ME7", "MediaContentType0": "image/jpeg"}
        ).attachments
        assert [(one.kind, one.url, one.mime_type, one.provider_ref) for one in files] == [
            ("image", MEDIA + "ME7", "image/jpeg", "ME7")
        ]
    many = {f"MediaUrl{number}": f"{MEDIA}ME{number}" for number in range(14)}
    assert len(only({**SMS, "NumMedia": "14", **many}).attachments) == 10


@pytest.mark.parametrize(
    ("mime_type", "word", "kind", "file", "voice"),
    [
        ("audio/ogg; codecs=opus", "audio", "audio", "audio", True),
        ("audio/mpeg", "audio", "audio", "audio", False),
        ("image/webp", "sticker", "sticker", "sticker", False),
        ("video/mp4", "video", "video", "video", False),
        ("application/pdf", "document", "document", "document", False),
        ("text/vcard", "contacts", "contacts", "document", False),
        ("", "", "document", "file", False),
    ],
)
def test_each_file_has_its_kind(mime_type: str, word: str, kind: str, file: str, voice: bool) -> None:
    item = only(
        {**WHATSAPP, "MessageType": word, "Body": "", "MediaUrl0": MEDIA + "ME7", "MediaContentType0": mime_type}
    )
    (attachment,) = item.attachments
    assert (item.kind, attachment.kind, attachment.voice) == (kind, file, voice)


def test_a_document_bears_its_name() -> None:
    named = {**WHATSAPP, "MessageType": "document", "MediaUrl0": MEDIA + "ME7", "MediaContentType0": "application/pdf"}
    assert only({**named, "Body": "contrato.pdf"}).attachments[0].filename == "contrato.pdf"
    assert only({**named, "Body": "segue o contrato"}).attachments[0].filename == ""


def test_it_reads_what_surrounds_a_message() -> None:
    item = only({
        **WHATSAPP, "OriginalRepliedMessageSid": "MM9", "FrequentlyForwarded": "true", "ReferralSourceId": "12",
        "ReferralCtwaClid": "ARA", "ReferralHeadline": "Fale conosco", "ReferralNumMedia": "0", "FutureField": "x",
    })  # fmt: skip
    assert (item.reply_to, item.forwarded, item.payload) == ("MM9", True, {"frequently_forwarded": True})
    assert item.referral == {"source_id": "12", "ctwa_clid": "ARA", "headline": "Fale conosco"}
    plain = only(WHATSAPP)
    assert (plain.reply_to, plain.forwarded, plain.referral) == (None, False, None)


def test_a_reaction_aims_at_its_message() -> None:
    item = only({**WHATSAPP, "MessageType": "reaction", "Body": "👍", "OriginalRepliedMessageSid": "SM0"})
    assert isinstance(item, ReactionChanged)
    assert (item.target, item.emoji, item.provider_id) == ("SM0", "👍", "SM1")


def test_only_sms_is_unpacked_from_base64() -> None:
    packed = base64.b64encode("Bom dia, é você? Às 15h “sim".encode()[:-1]).decode()
    while len(packed) % 4:
        packed += "="
    item = only({**SMS, "Body": packed})
    assert (item.text, item.payload) == ("Bom dia, é você? Às 15h “si", {"packed": packed})
    assert only({**WHATSAPP, "Body": packed}).text == packed
    for said in ("Obrigado", "SGVsbG8gd29ybGQ=", "a" * 40, base64.b64encode(bytes(range(30))).decode()):
        assert (only({**SMS, "Body": said}).text, only({**SMS, "Body": said}).payload) == (said, {})


@pytest.mark.parametrize(
    "said", ["STOP", "stop", " Parar. ", "“Sair”", "BAJA", "no más", "descadastrar", "¡Alto!", "Stop  all"]
)
def test_a_word_alone_asks_to_be_left_alone(said: str) -> None:
    assert only({**SMS, "Body": said}).consent == "stop"
    assert only({**WHATSAPP, "Body": said}).consent == ""  # there such a word may be an answer


@pytest.mark.parametrize("said", ["quero parar de pagar", "stop it", "não", "", "cancelar pedido 12"])
def test_words_among_others_ask_nothing(said: str) -> None:
    assert only({**SMS, "Body": said}).consent == ""


def test_what_twilio_says_of_consent_counts() -> None:
    assert only({**SMS, "Body": "Começar"}).consent == "start"
    assert only({**SMS, "Body": "chega", "OptOutType": "STOP"}).consent == "stop"
    assert only({**WHATSAPP, "OptOutType": "START"}).consent == "start"
    assert only({**SMS, "Body": "STOP", "OptOutType": "HELP"}).consent == ""


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"MessageSid"}, "missing_message_sid"),
        ({"To"}, "missing_recipient"),
        ({"From"}, "missing_sender"),
    ],
)
def test_a_form_without_what_it_needs_is_set_aside(missing: set[str], reason: str) -> None:
    item = only({name: value for name, value in SMS.items() if name not in missing})
    assert isinstance(item, Invalid)
    assert (item.reason, item.payload["Body"]) == (reason, "oi")
    assert isinstance(only({**WHATSAPP, "From": "whatsapp:foo_bar", "WaId": ""}), Invalid)
    for form in ({**SMS, "MessageSid": "", "SmsMessageSid": "SM2"}, {**SMS, "MessageSid": "", "SmsSid": "SM2"}):
        assert only(form).provider_id == "SM2"


@pytest.mark.parametrize(
    ("word", "status", "kept"),
    [
        ("accepted", "queued", "accepted"), ("scheduled", "queued", "scheduled"), ("queued", "queued", ""),
        ("sending", "sending", ""), ("sent", "sent", ""), ("partially_delivered", "sent", "partially_delivered"),
        ("delivered", "delivered", ""), ("read", "read", ""), ("undelivered", "failed", "undelivered"),
        ("failed", "failed", ""), ("canceled", "failed", "canceled"), ("DELIVERED", "delivered", ""),
    ],
)  # fmt: skip
def test_each_status_word_has_its_meaning(word: str, status: str, kept: str) -> None:
    form = {
        "MessageSid": "SM1",
        "MessageStatus": word,
        "From": "whatsapp:+551130040000",
        "To": "whatsapp:+5511987654321",
    }
    for path in ("status/", ""):
        item = only(form, path)
        assert isinstance(item, StatusChanged)
        assert (item.account, item.channel_kind, item.lane) == ("+551130040000", "twilio_whatsapp", "5511987654321")
        assert (item.provider_id, item.status, item.word) == ("SM1", status, kept)
        assert (item.error is not None) is (status == "failed")


def test_a_status_brings_back_our_own_id() -> None:
    ours = "019a0719-ac96-7eb9-a837-cac215164834"
    form = {"MessageSid": "SM1", "MessageStatus": "sent"}
    assert only(form, f"status/?uuid={ours}").our_id == ours
    for wrong in ("asdf", "", ours + "0"):
        item = only(form, f"status/?uuid={wrong}")
        assert (item.our_id, item.provider_id) == (None, "SM1")


def test_a_status_says_why_it_failed() -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorMessage": "unsubscribed"}
    error = only({**form, "ErrorCode": "21610"}).error
    assert (error.code, error.error_class, error.stop, error.detail) == ("21610", "opt_out", True, "unsubscribed")
    assert only({**form, "ErrorCode": "63016"}).error.error_class == "window"
    for code, shown in (("", "unknown"), ("abc", "unknown"), ("12345678901", "unknown"), ("77777", "77777")):
        error = only({**form, "ErrorCode": code}).error
        assert (error.code, error.error_class, error.stop) == (shown, "permanent", False)


def test_words_nobody_knows_are_news_and_no_status_says_nothing() -> None:
    item = only({"MessageSid": "SM1", "MessageStatus": "teleported"})
    assert isinstance(item, AccountNotice)
    assert (item.topic, item.known) == ("message_status", False)
    assert parse({"MessageSid": "SM1", "From": "+1", "To": "+2"}, "status/").outcome == "ignored"
    assert isinstance(only({"MessageStatus": "sent"}), Invalid)
    # What came in may say so by the words of a status, and is a message wherever it was sent to.
    assert isinstance(only({**SMS, "SmsStatus": "received"}, "status/"), MessageReceived)


def test_a_message_fetched_later_has_its_time() -> None:
    assert only({**SMS, "DateSent": "Thu, 30 Jul 2026 20:12:31 +0000"}).at == datetime(
        2026, 7, 30, 20, 12, 31, tzinfo=UTC
    )
    assert only({**SMS, "DateSent": "yesterday"}).at is None


def test_a_body_that_is_no_form_is_invalid() -> None:
    large = urlencode({**SMS, "Odd": "x" * 300_000}).encode()
    for body in (b"", b"\xff\xfe", b'{"Body": "hi"}', b"&".join(b"a=%d" % number for number in range(600)), large):
        assert parse(body).outcome == "invalid"
    item = only(urlencode(SMS).encode() + b"&Body=ignored&Odd=%ff%fe")
    assert item.text == "oi"


field = st.sampled_from(
    sorted({*WHATSAPP, "MediaUrl0", "Latitude", "Longitude", "ErrorCode", "MessageStatus", "DateSent"})
)


@settings(max_examples=150, deadline=None)
@given(fields=st.dictionaries(field, st.text(max_size=40) | st.sampled_from(["1e400", "whatsapp:+", "Ⅷ", "²"])))
def test_it_survives_any_fields(fields: dict[str, str]) -> None:
    encoded = urlencode(
        {name: value.encode("utf-8", "surrogatepass") for name, value in {**WHATSAPP, **fields}.items()}
    )
    understood(TWILIO, encoded.encode())


def signed(url: str, fields: list[tuple[str, str]], token: str = "token", digest: str = "sha1") -> dict[str, str]:
    names = sorted({name for name, _ in fields})
    text = url + "".join(n + v for n in names for v in sorted({value for name, value in fields if name == n}))
    mac = hmac.new(token.encode(), text.encode(), getattr(hashlib, digest))
    return {"x-twilio-signature": base64.b64encode(mac.digest()).decode()}


def proven(raw: RawRequest, *tokens: str) -> bool:
    return TWILIO.verify(raw, Credentials(auth_tokens=tokens or ("token",)))


def test_it_believes_address_and_fields_together() -> None:
    fields = [("Body", "Olá & adeus"), ("Empty", ""), ("Same", "2"), ("Same", "1"), ("Same", "1")]
    path = "status/?uuid=1&b=%C3%A9"
    right = request(fields, path, headers=signed(URL + path, fields))
    assert proven(right) is True
    assert proven(right, "other", "token") is True
    assert proven(right, "other") is False
    assert proven(request(fields[:-3], path, headers=right.headers)) is False
    assert proven(request(fields, "status/?uuid=2&b=%C3%A9", headers=right.headers)) is False
    assert proven(request([pair for pair in fields if pair[1]], path, headers=right.headers)) is False
    assert proven(request(fields, path, headers=signed("http" + (URL + path)[5:], fields))) is False
    assert TWILIO.verify(right, Credentials()) is False
    assert proven(request(b"&".join([b"a"] * 600), headers=signed(URL, [("a", "")]))) is False


def test_it_believes_an_address_with_and_without_its_usual_port() -> None:
    fields = [("Body", "oi")]
    with_port = URL.replace("hub.example", "hub.example:443")
    assert proven(request(fields, headers=signed(with_port, fields))) is True
    other = URL.replace("hub.example", "hub.example:8443")
    assert proven(request(fields, url=other, headers=signed(URL, fields))) is True
    assert proven(request(fields, headers=signed(other, fields))) is False


def test_it_believes_a_webhook_by_get_and_reads_it_from_the_address() -> None:
    path = "?" + urlencode(SMS, quote_via=quote)
    raw = request(b"", path, method="GET", headers=signed(URL + path, []))
    assert proven(raw) is True
    (item,) = TWILIO.parse(raw).items
    assert isinstance(item, MessageReceived)
    assert (item.provider_id, item.account, item.text) == ("SM1", "+15005550006", "oi")
    assert TWILIO.challenge(raw, Credentials(auth_tokens=("token",))) is None


def test_it_believes_json_by_its_digest() -> None:
    body = b'{"property": "value"}'
    path = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = signed(URL + path, [])
    assert proven(request(body, path, headers=headers, content_type="application/json")) is True
    assert proven(request(body + b" ", path, headers=headers, content_type="application/json")) is False
    assert proven(request(b"\xff", path, headers=headers, content_type="application/json")) is False
    # Without a digest nothing of a body would be proven.
    assert proven(request(body, headers=signed(URL, []), content_type="application/json")) is False


def test_it_believes_the_newer_digest_where_twilio_names_it() -> None:
    fields = [("Body", "oi")]
    named = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    newer = signed(URL, fields, digest="sha256")
    assert proven(request(fields, headers=newer | named)) is True
    assert proven(request(fields, headers=newer)) is False
