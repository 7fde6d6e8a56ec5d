"""Sending for Instagram and Messenger against the simulator: the exact request of each shape, each class of error, no secret on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conversations.channels import exchange, http
from conversations.channels.content import Buttons, Choice, Link, LocationRequest, Menu, Section, payload
from conversations.channels.registry import CHANNELS
from conversations.channels.types import (
    Address,
    Checked,
    Credentials,
    Outbound,
    OutboundFile,
    Person,
    SendRefused,
    SendUnknown,
    Sent,
)
from simulator import Fault, RunningSimulator, SocialAccount, SocialPerson, Switches, running

HOOK = "http://127.0.0.1:9/webhooks/0b4f/"
NOWHERE = "http://127.0.0.1:1"
IG_ID, PAGE_ID = "17841400000000321", "101234567890123"
TOKENS = {
    "instagram": "IGAAmadeUpTokenOfInstagram",
    "linked": "EAAmadeUpTokenOfThePage",
    "messenger": "EAAmadeUpTokenOfMessenger",
}
ACCOUNTS = {
    "instagram": SocialAccount(
        kind="instagram", account_id=IG_ID, access_token=TOKENS["instagram"], app_secret="s", webhook_url=HOOK
    ),
    "linked": SocialAccount(
        kind="instagram", account_id="17841400000000654", access_token=TOKENS["linked"], app_secret="s", webhook_url=HOOK,
        login="page", page_id="109876543210987",
    ),
    "messenger": SocialAccount(
        kind="messenger", account_id=PAGE_ID, access_token=TOKENS["messenger"], app_secret="s", webhook_url=HOOK
    ),
}  # fmt: skip
PATHS = {
    "instagram": f"v26.0/{IG_ID}/messages",
    "linked": "v26.0/me/messages",
    "messenger": f"v26.0/{PAGE_ID}/messages",
}
ANA = SocialPerson(id="1784500000000777", name="Ana Souza", username="ana.souza")
RESPONSE = {"messaging_type": "RESPONSE"}
HUMAN = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
LINK = "https://hub.example/files/foto.png?signature=very-secret"
each_way = pytest.mark.parametrize("way", ACCOUNTS)


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running(switches=Switches(statuses=False, per_second=0), social=ACCOUNTS.values()) as sim:
        yield sim
        http.close_all()


@pytest.fixture
def sim(simulator: RunningSimulator, settings: Any) -> RunningSimulator:
    simulator.reset()
    simulator.switch(statuses=False, per_second=0, faults=[])
    settings.GRAPH_API_URL = settings.GRAPH_INSTAGRAM_URL = simulator.url
    return simulator


def kind_of(way: str) -> str:
    return ACCOUNTS[way].kind


def credentials(way: str) -> Credentials:
    return Credentials(access_token=TOKENS[way])


def send(way: str, **said: Any) -> Sent:
    kind = kind_of(way)
    address = Address("psid" if kind == "messenger" else "igsid", ANA.id)
    fields: dict[str, Any] = {"account": ACCOUNTS[way].account_id, "to": (address,), "our_id": "our-1", **said}
    return CHANNELS[kind].send(Outbound(**fields), credentials(way))


def refusal(way: str, **said: Any) -> SendRefused:
    with pytest.raises(SendRefused) as caught:
        send(way, **said)
    return caught.value


def file(kind: Any, size: int = 9) -> OutboundFile:
    return OutboundFile(kind=kind, mime_type="x/y", filename="foto.png", size=size, stored_as="f", link=LINK)


def type_of(way: str) -> dict[str, str]:
    return {} if way == "instagram" else RESPONSE


@each_way
def test_it_works(sim: RunningSimulator, way: str) -> None:
    sent = send(way, text="Olá! 👍")
    (taken,) = sim.social.sent
    assert sent == Sent(provider_id=taken.id)
    assert taken.body == {"recipient": {"id": ANA.id}, **type_of(way), "message": {"text": "Olá! 👍"}}
    assert taken.path == PATHS[way]


def test_each_account_is_served_by_its_own_host(sim: RunningSimulator, settings: Any) -> None:
    settings.GRAPH_API_URL = NOWHERE
    send("instagram", text="oi")
    settings.GRAPH_API_URL, settings.GRAPH_INSTAGRAM_URL = sim.url, NOWHERE
    send("linked", text="oi")
    send("messenger", text="oi")
    assert refusal("instagram", text="oi").error.retryable is True
    send("linked", text="oi", options={"login": "page", "page_id": "109876543210987"})
    assert [one.path for one in sim.social.sent][1:] == [
        PATHS["linked"], PATHS["messenger"], "v26.0/109876543210987/messages",
    ]  # fmt: skip


QUESTION = Buttons(choices=(Choice(id="SIM", title="Sim"), Choice(id="NAO", title="Não")))
MENU = Menu(button="Lojas", sections=(Section(rows=(Choice(id="1", title="Centro"),)),))
REPLIES = [
    {"content_type": "text", "title": "Sim", "payload": "SIM"},
    {"content_type": "text", "title": "Não", "payload": "NAO"},
]
CARD = {
    "template_type": "button",
    "text": "Rastreie",
    "buttons": [{"type": "web_url", "url": "https://loja.example/p", "title": "Abrir"}],
}
SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "image", "attachments": (file("image"),)}, {"attachment": {"type": "image", "payload": {"url": LINK}}}),
    ({"kind": "audio", "attachments": (file("audio"),)}, {"attachment": {"type": "audio", "payload": {"url": LINK}}}),
    ({"kind": "video", "attachments": (file("video"),)}, {"attachment": {"type": "video", "payload": {"url": LINK}}}),
    (
        {"kind": "document", "attachments": (file("document"),)},
        {"attachment": {"type": "file", "payload": {"url": LINK}}},
    ),
    (
        {"kind": "interactive", "text": "Quer?", "payload": payload(QUESTION)},
        {"text": "Quer?", "quick_replies": REPLIES},
    ),
    (
        {"kind": "interactive", "text": "Qual?", "payload": payload(MENU)},
        {"text": "Qual?", "quick_replies": [{"content_type": "text", "title": "Centro", "payload": "1"}]},
    ),
    (
        {
            "kind": "interactive",
            "text": "Rastreie",
            "payload": payload(Link(title="Abrir", url="https://loja.example/p")),
        },
        {"attachment": {"type": "template", "payload": CARD}},
    ),
]


@each_way
def test_each_shape_is_asked_for_as_documented(sim: RunningSimulator, way: str) -> None:
    for said, _ in SHAPES:
        send(way, **said)
    head = {"recipient": {"id": ANA.id}, **type_of(way)}
    assert [taken.body for taken in sim.social.sent] == [head | {"message": message} for _, message in SHAPES]


@each_way
def test_answers_name_their_message_and_comments_are_answered_in_private(sim: RunningSimulator, way: str) -> None:
    send(way, text="este", reply_to="aWdfZAG1faXRlbTox")
    comment = sim.comment(ACCOUNTS[way], ANA, "Preço?")
    send(way, text="R$ 10", reply_to=comment, heard_at=datetime.now(UTC) - timedelta(hours=30))
    first, second = (taken.body for taken in sim.social.sent)
    assert first["reply_to"] == {"mid": "aWdfZAG1faXRlbTox"}
    assert second == {"recipient": {"comment_id": comment}, **type_of(way), "message": {"text": "R$ 10"}}
    assert refusal(way, text="de novo", reply_to=comment).error.code == "100/2534001"


@each_way
@pytest.mark.parametrize(("hours", "by_person", "tagged"), [(23, True, False), (25, True, True), (25, False, False)])
def test_only_a_person_writes_after_a_day_and_only_then_with_the_tag(
    sim: RunningSimulator, way: str, hours: int, by_person: bool, tagged: bool
) -> None:
    send(way, text="oi", heard_at=datetime.now(UTC) - timedelta(hours=hours), by_person=by_person)
    (taken,) = sim.social.sent
    assert {key: taken.body[key] for key in ("messaging_type", "tag") if key in taken.body} == (
        HUMAN if tagged else type_of(way)
    )


@each_way
def test_it_reacts_reads_and_types(sim: RunningSimulator, way: str) -> None:
    adapter, account, known = CHANNELS[kind_of(way)], ACCOUNTS[way].account_id, credentials(way)
    to = (Address(adapter.reaches[0], ANA.id),)
    adapter.react(account, to, "mid-1", "❤️", known)
    adapter.react(account, to, "mid-1", "🙏", known)
    adapter.react(account, to, "mid-1", "", known)
    adapter.mark_read(account, "mid-1", known, to)
    adapter.show_typing(account, to, "mid-1", known)
    bodies = [signal.body for signal in sim.social.signals]
    assert {signal.path for signal in sim.social.signals} == {PATHS[way]}
    assert all(body.pop("recipient") == {"id": ANA.id} for body in bodies)
    assert bodies == [
        {"sender_action": "react", "payload": {"message_id": "mid-1", "reaction": "love"}},
        {"sender_action": "react", "payload": {"message_id": "mid-1", "reaction": "🙏"}},
        {"sender_action": "unreact", "payload": {"message_id": "mid-1"}},
        {"sender_action": "mark_seen"},
        {"sender_action": "typing_on"},
    ]


BYTES = "This channel takes at most 1000 bytes of text; this text has 1001. Accents and emoji take more than one."
CHARACTERS = "This channel takes at most 2000 characters; this text has 2001."


@pytest.mark.parametrize(
    ("way", "said", "sentence"),
    [
        ("instagram", {"text": "á" * 500 + "x"}, BYTES),
        ("messenger", {"text": "á" * 2001}, CHARACTERS),
        ("instagram", {"text": " "}, "The message is empty."),
        ("instagram", {"text": "oi", "to": ()}, "The customer has no address on this channel."),
        (
            "instagram",
            {"text": "olha", "kind": "image", "attachments": (file("image"),)},
            "This kind of file takes no text beside it on this channel: send the text on its own.",
        ),
        (
            "instagram",
            {"kind": "image", "attachments": (file("image"), file("image"))},
            "This channel takes at most 1 files in one message.",
        ),
        (
            "messenger",
            {"kind": "image", "attachments": (file("image", 8 * 1024 * 1024 + 1),)},
            "foto.png has 8 MB; this channel takes at most 8 MB of this kind of file.",
        ),
        (
            "messenger",
            {"kind": "video", "attachments": (file("video", 26 * 1024 * 1024),)},
            "foto.png has 26 MB; this channel takes at most 25 MB of this kind of file.",
        ),
        ("messenger", {"kind": "template", "text": "x"}, "This kind of channel does not take this kind of message."),
        (
            "messenger",
            {
                "kind": "interactive",
                "text": "?",
                "payload": payload(Buttons(choices=(Choice(id="1", title="x" * 21),))),
            },
            "“xxxxxxxxxxxxxxxxxxxxx” is too long: a choice has at most 20 characters here.",
        ),
        (
            "messenger",
            {
                "kind": "interactive",
                "text": "?",
                "payload": payload(Buttons(choices=tuple(Choice(id=str(n), title=str(n)) for n in range(14)))),
            },
            "This channel takes one to 13 choices.",
        ),
        (
            "messenger",
            {"kind": "interactive", "text": "Onde?", "payload": payload(LocationRequest())},
            "This kind of question cannot be asked on this channel.",
        ),
        ("messenger", {"kind": "interactive", "text": "?", "payload": {}}, "The message does not say what it holds."),
    ],
)
def test_what_would_be_refused_is_not_asked(
    sim: RunningSimulator, way: str, said: dict[str, Any], sentence: str
) -> None:
    refused = refusal(way, **said)
    assert (refused.error.title, refused.error.retryable, sim.social.sent) == (sentence, False, [])


def test_a_text_as_long_as_allowed_goes(sim: RunningSimulator) -> None:
    send("instagram", text="á" * 500)
    send("messenger", text="á" * 2000)
    assert len(sim.social.sent) == 2


@each_way
@pytest.mark.parametrize(
    ("code", "subcode", "error_class"),
    [
        (10, 2534022, "window"), (10, 2018278, "window"), (100, 2534014, "permanent"), (190, 0, "channel"),
        (200, 2534041, "channel"), (551, 0, "permanent"), (100, 2534029, "permanent"), (10, 1893063, "channel"),
        (613, 2534040, "throttle"), (4, 0, "throttle"), (17, 0, "throttle"), (32, 0, "throttle"), (1, 0, "transient"),
        (2, 0, "transient"), (36000, 0, "permanent"), (100, 0, "permanent"), (99999, 0, "permanent"),
    ],
)  # fmt: skip
def test_each_error_has_its_class(sim: RunningSimulator, way: str, code: int, subcode: int, error_class: str) -> None:
    sim.switch(faults=[Fault(kind="error", code=code, subcode=subcode)])
    error = refusal(way, text="oi").error
    assert (error.code, error.error_class) == (f"{code}/{subcode}" if subcode else str(code), error_class)
    assert sim.social.sent == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="error", code=1, subcode=1357046),
        Fault(kind="server_error", status=503, body=False),
        Fault(kind="lost_reply"),
    ],
)
def test_what_may_have_left_is_unknown(sim: RunningSimulator, fault: Fault) -> None:
    sim.switch(faults=[fault])
    with pytest.raises(SendUnknown):
        send("instagram", text="oi")


def test_a_throttle_says_when_to_come_back(sim: RunningSimulator) -> None:
    sim.switch(faults=[Fault(kind="throttle", seconds=7)])
    refused = refusal("messenger", text="oi")
    assert (refused.error.error_class, refused.error.retryable, refused.retry_after) == ("throttle", True, 7.0)


def test_the_closed_window_is_refused_with_a_sentence(sim: RunningSimulator) -> None:
    sim.switch(window=True)
    error = refusal("instagram", text="oi").error
    assert error.title == "More than 24 hours have passed since the customer wrote: the message cannot be sent now."


def test_a_connection_is_checked_and_taught(sim: RunningSimulator) -> None:
    def check(way: str, account: str = "") -> Checked:
        adapter = CHANNELS[kind_of(way)]
        return adapter.check(account or ACCOUNTS[way].account_id, credentials(way), {})

    assert check("instagram") == Checked(
        name="Loja Novelo", learned={"login": "instagram", "username": "loja.novelo", "user_id": IG_ID}
    )
    assert check("linked").learned["login"] == "page"
    assert check("messenger") == Checked(name="Loja Novelo", learned={"user_id": PAGE_ID, "username": "loja.novelo"})
    with pytest.raises(SendRefused) as caught:
        check("instagram", "17841400000099999")
    assert (caught.value.error.code, caught.value.error.error_class) == ("another_account", "channel")


@each_way
def test_people_are_asked_for_by_their_number_once_they_wrote(sim: RunningSimulator, way: str) -> None:
    adapter, account = CHANNELS[kind_of(way)], ACCOUNTS[way]
    address = Address(adapter.reaches[0], ANA.id)

    def ask() -> Person | None:
        return adapter.profile(account.account_id, address, credentials(way), {})

    with pytest.raises(SendRefused) as caught:
        ask()
    assert caught.value.error.code in {"230", "100/33"}
    sim.write(account, ANA, "oi")
    username = "ana.souza" if account.kind == "instagram" else ""
    assert ask() == Person(addresses=(address,), name="Ana Souza", username=username)


def test_no_token_is_kept_on_record(sim: RunningSimulator) -> None:
    sim.switch(faults=[Fault(kind="error", code=190, times=1)])
    with exchange.recorded() as kept:
        for way in ACCOUNTS:
            with suppress(SendRefused):
                send(way, kind="image", attachments=(file("image"),))
    text = repr(kept)
    assert [one.status for one in kept] == [401, 200, 200]
    assert "very-secret" not in text
    assert not [token for token in TOKENS.values() if token in text]
