"""Every shape WhatsApp takes, asked of the simulator to the letter, and no secret in anything that is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django.fixtures import Settings

from conversations.channels import content, http
from conversations.channels.content import (
    Buttons,
    Choice,
    Contact,
    Contacts,
    Header,
    Link,
    Location,
    LocationRequest,
    Menu,
    Phone,
    Section,
    Template,
    TemplateButton,
    Value,
)
from conversations.channels.exchange import recorded
from conversations.channels.registry import CHANNELS
from conversations.channels.types import (
    AccountNotice,
    Address,
    AttachmentRef,
    Credentials,
    Outbound,
    OutboundFile,
    SendRefused,
    Sent,
    TemplateNews,
)
from simulator import BusinessNumber, RunningSimulator, running
from simulator.chance import seeded
from simulator.media import picture

TOKEN = "EAAmade0up0token0of0a0test"
ACCOUNT, WABA, ANA = "106540352242922", "208000000000001", "5511961000001"
WHATSAPP = CHANNELS["whatsapp"]
CREDENTIALS = Credentials(access_token=TOKEN)
TO = (Address("wa_id", ANA),)


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSimulator]:
    number = BusinessNumber(
        phone_number_id=ACCOUNT, access_token=TOKEN, app_secret="s", webhook_url="http://127.0.0.1:9/"
    )
    with running([number]) as simulator:
        yield simulator
    http.close_all()


@pytest.fixture
def sim(started: RunningSimulator, settings: Settings, tmp_path: Any) -> RunningSimulator:
    """Graph on a good day that sends no statuses."""
    started.reset()
    started.switch(statuses=False)
    settings.GRAPH_API_URL, settings.MEDIA_ROOT = started.url, str(tmp_path)
    return started


def send(kind: Any, text: str = "", said: content.Content | None = None, *files: OutboundFile, **more: Any) -> Sent:
    """Send one message, and see that nothing that is kept of it holds the token."""
    fields: dict[str, Any] = {"account": ACCOUNT, "to": TO, "our_id": "our-1"} | more
    outbound = Outbound(kind=kind, text=text, payload=content.payload(said), attachments=files, **fields)
    with recorded() as exchanges:
        try:
            return WHATSAPP.send(outbound, CREDENTIALS)
        finally:
            assert not any(TOKEN in repr(exchange) for exchange in exchanges)


def asked(sim: RunningSimulator) -> dict[str, Any]:
    """Return what the last message said, without the envelope that all have."""
    body = dict(sim.sent[-1].body)
    envelope = {key: body.pop(key) for key in ("messaging_product", "recipient_type", "to", "biz_opaque_callback_data")}
    assert envelope == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": ANA, "biz_opaque_callback_data": "our-1",
    }  # fmt: skip
    return body


def file(kind: Any, mime: str, data: bytes = b"bytes", *, name: str = "", **more: Any) -> OutboundFile:
    """A file in the storage."""
    stored = default_storage.save(f"of-a-test/{kind}", ContentFile(data))
    fields: dict[str, Any] = {"filename": name, "size": len(data), "link": "", "stored_as": stored} | more
    return OutboundFile(kind=kind, mime_type=mime, **fields)


def test_it_works(sim: RunningSimulator) -> None:
    sent = send("text", "Olá!", reply_to="wamid.A")
    assert sent.provider_id == sim.sent[-1].id
    assert asked(sim) == {
        "type": "text",
        "text": {"body": "Olá!", "preview_url": False},
        "context": {"message_id": "wamid.A"},
    }


@pytest.mark.parametrize(
    ("kind", "mime", "text", "more", "part"),
    [
        ("image", "image/png", "Olha só", {}, {"caption": "Olha só"}),
        ("video", "video/mp4", "", {}, {}),
        ("audio", "audio/ogg", "", {"voice": True}, {"voice": True}),
        ("audio", "audio/mpeg", "", {}, {}),
        ("document", "application/pdf", "A nota", {"name": "nota nº 1.pdf"}, {"caption": "A nota", "filename": "nota nº 1.pdf"}),
        ("sticker", "image/webp", "", {}, {}),
    ],
)  # fmt: skip
def test_it_brings_a_file_and_sends_it_by_its_id(
    sim: RunningSimulator, kind: str, mime: str, text: str, more: Any, part: dict[str, Any]
) -> None:
    data = picture(seeded("x", 1), 20, 20)
    send(kind, text, None, file(kind, mime, data, **more))
    said = asked(sim)
    media_id = said[kind].pop("id")
    assert said == {"type": kind, kind: part}
    stored = sim.whatsapp.media.get(media_id)
    assert stored is not None
    assert (stored.data, stored.ref.mime_type) == (data, mime)


def test_it_sends_a_file_that_lies_elsewhere_by_its_link(sim: RunningSimulator) -> None:
    link = OutboundFile(
        kind="image", mime_type="image/jpeg", filename="a.jpg", size=5, stored_as="", link="https://shop.example/a.jpg"
    )
    send("image", "", None, link)
    assert asked(sim) == {"type": "image", "image": {"link": "https://shop.example/a.jpg"}}


def test_it_sends_a_place_and_cards(sim: RunningSimulator) -> None:
    send("location", "", Location(latitude=-23.5, longitude=-46.6, name="Loja", address="Rua A, 1"))
    assert asked(sim) == {
        "type": "location",
        "location": {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Rua A, 1"},
    }
    card = Contact(
        name="Ana Souza", phones=(Phone(phone="+55 11 96100-0001"),), emails=("a@b.co",), organization="Loja"
    )
    send("contacts", "", Contacts(contacts=(card,)))
    assert asked(sim)["contacts"] == [{
        "name": {"formatted_name": "Ana Souza", "first_name": "Ana", "last_name": "Souza"},
        "phones": [{"phone": "+55 11 96100-0001", "type": "CELL"}],
        "emails": [{"email": "a@b.co", "type": "WORK"}],
        "org": {"company": "Loja"},
    }]  # fmt: skip


YES, NO = Choice(id="y", title="Sim"), Choice(id="n", title="Não")
QUESTIONS: list[tuple[content.Interactive, dict[str, Any]]] = [
    (
        Buttons(choices=(YES, NO), header="Pedido 1", footer="Loja Aurora"),
        {
            "type": "button",
            "header": {"type": "text", "text": "Pedido 1"},
            "footer": {"text": "Loja Aurora"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "y", "title": "Sim"}},
                    {"type": "reply", "reply": {"id": "n", "title": "Não"}},
                ]
            },
        },
    ),
    (
        Menu(
            button="Ver lojas",
            sections=(
                Section(title="Centro", rows=(Choice(id="1", title="Sé", description="Praça da Sé, 1"),)),
                Section(title="Sul", rows=(Choice(id="2", title="Moema"),)),
            ),
        ),
        {
            "type": "list",
            "action": {
                "button": "Ver lojas",
                "sections": [
                    {"title": "Centro", "rows": [{"id": "1", "title": "Sé", "description": "Praça da Sé, 1"}]},
                    {"title": "Sul", "rows": [{"id": "2", "title": "Moema"}]},
                ],
            },
        },
    ),
    (
        Link(title="Pagar", url="https://shop.example/pay"),
        {
            "type": "cta_url",
            "action": {"name": "cta_url", "parameters": {"display_text": "Pagar", "url": "https://shop.example/pay"}},
        },
    ),
    (LocationRequest(), {"type": "location_request_message", "action": {"name": "send_location"}}),
]


@pytest.mark.parametrize(("said", "part"), QUESTIONS)
def test_it_asks(sim: RunningSimulator, said: content.Interactive, part: dict[str, Any]) -> None:
    send("interactive", "Pode ser?", said)
    assert asked(sim) == {"type": "interactive", "interactive": part | {"body": {"text": "Pode ser?"}}}


def test_it_fills_a_template(sim: RunningSimulator) -> None:
    template = Template(
        name="pedido_enviado",
        language="pt_BR",
        header=Header(kind="text", values=(Value(name="1", text="4512"),)),
        values=(Value(name="1", text="Ana"), Value(name="2", text="4512")),
        buttons=(TemplateButton(kind="url", value="4512"), TemplateButton(kind="quick_reply", value="talk")),
    )
    send("template", "Olá, Ana!", template)
    text = [{"type": "text", "text": "4512"}]
    assert asked(sim) == {
        "type": "template",
        "template": {
            "name": "pedido_enviado",
            "language": {"code": "pt_BR"},
            "components": [
                {"type": "header", "parameters": text},
                {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, *text]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": text},
                {
                    "type": "button", "sub_type": "quick_reply", "index": "1",
                    "parameters": [{"type": "payload", "payload": "talk"}],
                },
            ],
        },
    }  # fmt: skip


def test_it_puts_files_places_codes_and_names_into_a_template(sim: RunningSimulator) -> None:
    nota = Template(
        name="nota_fiscal", language="pt_BR", values=(Value(name="1", text="9"),), header=Header(kind="document")
    )
    send("template", "", nota, file("document", "application/pdf", name="nota.pdf"))
    header = asked(sim)["template"]["components"][0]["parameters"][0]
    assert (header["type"], header["document"]["filename"]) == ("document", "nota.pdf")
    assert sim.whatsapp.media.get(header["document"]["id"]) is not None

    unknown = Template(
        name="nobody_listed_it",
        language="en",
        values=(Value(name="first_name", text="Ana"),),
        header=Header(kind="location", location=Location(latitude=1, longitude=2)),
        buttons=(TemplateButton(kind="copy_code", value="OFF10"), TemplateButton(kind="flow", value="f1")),
    )
    send("template", "", unknown)
    assert asked(sim)["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}}]},
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ana"}]},
        {
            "type": "button", "sub_type": "copy_code", "index": "0",
            "parameters": [{"type": "coupon_code", "coupon_code": "OFF10"}],
        },
        {
            "type": "button", "sub_type": "flow", "index": "1",
            "parameters": [{"type": "action", "action": {"flow_token": "f1"}}],
        },
    ]  # fmt: skip
    linked = Template(
        name="nobody_listed_it", language="en", header=Header(kind="image", link="https://shop.example/a.png")
    )
    send("template", "", linked)
    assert asked(sim)["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://shop.example/a.png"}}]}
    ]


def test_it_reacts_reads_and_types(sim: RunningSimulator) -> None:
    WHATSAPP.react(ACCOUNT, TO, "wamid.A", "👍", CREDENTIALS)
    assert sim.sent[-1].body == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": ANA, "type": "reaction",
        "reaction": {"message_id": "wamid.A", "emoji": "👍"},
    }  # fmt: skip
    WHATSAPP.react(ACCOUNT, TO, "wamid.A", "", CREDENTIALS)
    assert sim.sent[-1].body["reaction"] == {"message_id": "wamid.A", "emoji": ""}
    WHATSAPP.mark_read(ACCOUNT, "wamid.A", CREDENTIALS)
    WHATSAPP.show_typing(ACCOUNT, TO, "wamid.A", CREDENTIALS)
    told = {"phone_number_id": ACCOUNT, "message_id": "wamid.A"}
    assert sim.whatsapp.receipts == [told | {"typing": False}, told | {"typing": True}]


def many(count: int) -> tuple[Choice, ...]:
    return tuple(Choice(id=str(number), title=f"Opção {number}") for number in range(count))


@pytest.mark.parametrize(
    ("kind", "text", "said", "files", "code", "sentence"),
    [
        ("text", "x" * 4097, None, [], "text_too_long", "This channel takes at most 4096 characters; this text has 4097."),
        ("image", "", None, [], "no_file", "There is no file to send."),
        ("image", "", None, ["image/gif"], "file_type", "This channel does not take files of the type image/gif here: foto."),
        ("image", "", None, [("image/png", 6)], "file_too_large", "foto has 6 MB; this channel takes at most 5 MB of this kind of file."),
        ("image", "x" * 1025, None, ["image/png"], "caption_too_long", "This channel takes at most 1024 characters beside a file; this text has 1025."),
        ("audio", "x", None, ["audio/ogg; codecs=opus"], "no_caption", "This kind of file takes no text beside it on this channel: send the text on its own."),
        ("image", "", None, ["image/png", "image/png"], "too_many_files", "This channel takes at most 1 files in one message."),
        ("interactive", "", Buttons(choices=(YES,)), [], "empty_text", "The message is empty."),
        ("interactive", "?", Buttons(choices=()), [], "number_of_choices", "WhatsApp takes one to 3 buttons."),
        ("interactive", "?", Buttons(choices=many(4)), [], "number_of_choices", "WhatsApp takes one to 3 buttons."),
        ("interactive", "?", Buttons(choices=(YES, Choice(id="z", title="Sim"))), [], "choice_twice", "Two choices are called “Sim”: each needs its own title."),
        ("interactive", "?", Buttons(choices=(Choice(id="1", title="x" * 21),)), [], "part_too_long", f"“{'x' * 21}” is too long: WhatsApp takes at most 20 characters there."),
        ("interactive", "?", Menu(button="Ver", sections=(Section(rows=many(11)),)), [], "number_of_choices", "WhatsApp takes a list of one to 10 rows."),
        ("interactive", "?", Menu(button="Ver", sections=(Section(rows=many(1)), Section(rows=(YES,)))), [], "section_title", "A list of several sections needs a title for each."),
        ("interactive", "?", Link(title="Ir", url="javascript:alert(1)"), [], "bad_link", "The link must begin with https:// or http://."),
        ("interactive", "x" * 1025, LocationRequest(), [], "part_too_long", None),
        ("contacts", "", Contacts(contacts=()), [], "number_of_contacts", "WhatsApp takes one to 50 contacts in one message."),
        ("location", "", None, [], "no_payload", "The message does not say what it holds."),
        ("story", "", None, [], "unsupported_kind", "This kind of channel does not take this kind of message."),
    ],
)  # fmt: skip
def test_it_refuses_what_whatsapp_would_before_asking(
    sim: RunningSimulator, kind: str, text: str, said: Any, files: list[Any], code: str, sentence: str | None
) -> None:
    brought = [one if isinstance(one, tuple) else (one, 1) for one in files]
    attached = [
        OutboundFile(kind=kind, mime_type=mime, filename="foto", size=megabytes * 1024 * 1024, stored_as="x", link="")  # type: ignore[arg-type]
        for mime, megabytes in brought
    ]
    with pytest.raises(SendRefused) as caught:
        send(kind, text, said, *attached)
    assert caught.value.error.code == code
    assert sentence in {None, caught.value.error.title}
    assert sim.sent == []


# Every code of the documentation with what it means for the message.
CODES = {
    "throttle": (4, 80007, 130429, 131056, 133016, 613, 131048, 131064),
    "transient": (1, 2, 131000, 131016, 131057, 133004, 131053),
    "permanent": (33, 100, 131008, 131009, 131021, 131026, 131051, 131052, 131062, 131063, 130472, 135000, 137000),
    "window": (131047, 131049),
    "opt_out": (131050,),
    "template": (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
    "channel": (0, 3, 10, 190, 200, 299, 368, 131005, 131030, 131031, 131037, 131042, 131045, 130497),
}


def test_it_tells_every_documented_error_apart(sim: RunningSimulator) -> None:
    found: dict[str, list[int]] = {name: [] for name in CODES}
    for codes in CODES.values():
        for code in codes:
            sim.switch(faults=[{"kind": "error", "code": code}])
            with pytest.raises(SendRefused) as caught:
                send("text", "Olá")
            found[caught.value.error.error_class].append(code)
            assert caught.value.error.title
    assert {name: tuple(codes) for name, codes in found.items()} == CODES
    assert sim.sent == []


def test_it_may_try_again_when_a_file_did_not_arrive(sim: RunningSimulator, settings: Settings) -> None:
    with pytest.raises(SendRefused) as caught:
        send("image", "", None, file("image", "image/png", stored_as="gone"))
    assert (caught.value.error.code, caught.value.error.retryable) == ("file_gone", False)
    settings.GRAPH_API_URL = "http://127.0.0.1:1"
    with pytest.raises(SendRefused) as caught:
        send("image", "", None, file("image", "image/png"))
    assert caught.value.error.retryable


def test_it_finds_a_customers_file_and_shows_the_token_to_meta_alone(sim: RunningSimulator) -> None:
    ref = sim.whatsapp.media.add(b"file bytes", "image/png")
    found = WHATSAPP.locate(AttachmentRef(kind="image", provider_ref=ref.id), ACCOUNT, CREDENTIALS)
    assert found.url.startswith(f"{sim.url}/_media/")
    assert (dict(found.headers), found.hosts, found.sha256) == (
        {"Authorization": f"Bearer {TOKEN}"}, ("127.0.0.1",), ref.sha256,
    )  # fmt: skip
    elsewhere = {
        "https://lookaside.fbsbx.com/a": ("lookaside.fbsbx.com",),
        "https://mmg.whatsapp.net/a": ("mmg.whatsapp.net",),
        "https://fbsbx.com.evil.example/a": (),
        "https://evilfbsbx.com/a": (),
        "http://169.254.169.254/a": (),
    }
    for url, hosts in elsewhere.items():
        found = WHATSAPP.locate(AttachmentRef(kind="image", url=url), ACCOUNT, CREDENTIALS)
        assert (found.hosts, bool(found.headers)) == (hosts, bool(hosts)), url
    with pytest.raises(SendRefused) as caught:
        WHATSAPP.locate(AttachmentRef(kind="image", provider_ref="1"), ACCOUNT, CREDENTIALS)
    assert caught.value.error.code == "100/33"


def test_it_lists_templates_over_pages(sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from conversations.channels.whatsapp import templates

    monkeypatch.setattr(templates, "A_PAGE", "3")
    with recorded() as exchanges:
        found = WHATSAPP.templates(ACCOUNT, CREDENTIALS, {"business_account": WABA})
    assert len(exchanges) == 3
    assert not any(TOKEN in repr(exchange) for exchange in exchanges)
    assert [(one["name"], one["language"], one["status"]) for one in found][:3] == [
        ("retomar_conversa", "pt_BR", "approved"),
        ("retomar_conversa", "en_US", "approved"),
        ("pedido_enviado", "pt_BR", "approved"),
    ]
    assert len(found) == 7
    assert {one["status"] for one in found} == {"approved", "paused", "rejected"}
    with pytest.raises(SendRefused) as caught:
        WHATSAPP.templates(ACCOUNT, CREDENTIALS, {})
    assert caught.value.error.code == "business_account"


def test_it_asks_who_a_number_is(sim: RunningSimulator) -> None:
    checked = WHATSAPP.check(ACCOUNT, CREDENTIALS, {})
    assert (checked.name, checked.learned) == ("Loja Novelo", {"display_number": "551130040000"})
    with pytest.raises(SendRefused) as caught:
        WHATSAPP.check(ACCOUNT, Credentials(access_token="wrong"), {})
    assert caught.value.error.error_class == "channel"


def test_it_reads_what_becomes_of_a_template() -> None:
    said = {
        "event": "FLAGGED",
        "message_template_id": 7,
        "message_template_name": "a",
        "message_template_language": "en",
    }
    notice = AccountNotice(account=None, lane="", topic="message_template_status_update", payload=said)
    assert WHATSAPP.template_news(notice) == TemplateNews(status="approved", name="a", language="en", provider_id="7")
    assert WHATSAPP.template_news(AccountNotice(account=None, lane="", topic="calls", payload=said)) is None
