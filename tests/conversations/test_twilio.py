"""A shop at Twilio, all the way: people write, agents answer, statuses come back, wishes are kept, everybody is one person."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from pytest_django.fixtures import Settings

from conversations import pipeline, reply
from conversations.act import act
from conversations.channels import http
from conversations.channels.types import Credentials
from conversations.history import Actor
from conversations.intake import Intake
from conversations.models import Channel, Connection, Conversation, Customer, Delivery, Identity, Message, MessageStatus
from conversations.refusal import TooLate
from conversations.reply import Words
from hub.models import User
from simulator import Fault, RunningSimulator, Switches, TwilioNumber, running
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, new_shop, store
from tests.conversations.test_intake import at_the_door, database_url

pytestmark = pytest.mark.django_db(transaction=True)
SID, TOKEN, NUMBER = "AC1", "the-auth-token", "+551130040000"
ANA = "+5511987654321"


@pytest.fixture
def shop() -> Shop:
    """A number that takes WhatsApp and SMS over one connection."""
    shop = new_shop()
    source = Connection(workspace=shop.workspace, provider="twilio")
    source.keep(Credentials(account_sid=SID, auth_tokens=(TOKEN,)))
    source.save()
    one, _ = (
        Channel.objects.create(workspace=shop.workspace, connection=source, kind=kind, name=kind, address=NUMBER)
        for kind in ("twilio_whatsapp", "sms")
    )
    return Shop(shop.workspace, source, one)


@pytest.fixture
def agent(shop: Shop) -> User:
    return factories.member(shop.workspace)


@pytest.fixture
def door(settings: Settings) -> Iterator[str]:
    """The door, on a port of its own: what Twilio signs is its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = settings.PUBLIC_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
    intake = Intake(database_url(), url, 4 * 1024 * 1024)
    server = uvicorn.Server(uvicorn.Config(intake, lifespan="off", log_config=None, access_log=False))

    async def serve() -> None:
        await server.serve(sockets=[listener])
        await intake.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    yield url
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def sim(shop: Shop, door: str, settings: Settings) -> Iterator[RunningSimulator]:
    hook = f"{door}/webhooks/{shop.connection.pk}/"
    numbers = [
        TwilioNumber(account_sid=SID, auth_token=TOKEN, number=NUMBER, webhook_url=hook, channel=kind)
        for kind in ("whatsapp", "sms")
    ]
    with running(switches=Switches(pace=0, duplicates=1, late_seconds=0, read_share=1), twilio=numbers) as simulator:
        settings.TWILIO_API_URL = simulator.url
        yield simulator
        http.close_all()


def settle(sim: RunningSimulator) -> None:
    """Let everything arrive and be worked."""
    assert sim.drain()
    drain()


def answer(shop: Shop, agent: User, text: str, **words: Any) -> Message:
    talk, said = Conversation.objects.get(), Words(client_id=text, text=text, **words)
    message = act(shop.workspace.pk, lambda: reply.reply(shop.workspace, talk.pk, Actor(user=agent), said)).message
    while pipeline.send_pending():
        pass
    return message


@pytest.mark.parametrize(("kind", "last"), [("twilio_whatsapp", "read"), ("sms", "delivered")])
def test_it_works(sim: RunningSimulator, shop: Shop, agent: User, door: str, kind: str, last: str) -> None:
    number = sim.twilio.numbers[0 if kind == "twilio_whatsapp" else 1]
    sid = sim.text(number, ANA, "Oi, é da loja? 👋", name="Ana")
    settle(sim)
    heard = Message.objects.get()
    assert (heard.provider_id, heard.channel.kind, heard.text) == (sid, kind, "Oi, é da loja? 👋")
    assert sorted(Delivery.objects.values_list("outcome", flat=True)) == ["duplicate", "processed"]
    message = answer(shop, agent, "É sim!")
    (taken,) = sim.twilio.sent
    assert taken.fields == {
        "To": taken.person,
        "From": number.address,
        "Body": "É sim!",
        "StatusCallback": f"{door}/webhooks/{shop.connection.pk}/status/?uuid={message.pk}",
    }
    settle(sim)
    message.refresh_from_db()
    assert (message.status, message.provider_id) == (last, taken.sid)
    logged = MessageStatus.objects.filter(message=message).order_by("id").values_list("status", flat=True)
    assert set(logged) == {"sent", "delivered", last}


def test_a_status_is_known_by_our_id_before_the_answer_came(sim: RunningSimulator, shop: Shop, agent: User) -> None:
    sim.text(sim.twilio.numbers[1], ANA, "Oi")
    settle(sim)
    sim.switch(faults=[Fault(kind="lost_reply")])
    message = answer(shop, agent, "Chegou?")
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("unknown", None)
    settle(sim)
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("delivered", sim.twilio.sent[0].sid)
    assert len(sim.twilio.sent) == 1


def test_who_sends_stop_is_left_alone_until_start(sim: RunningSimulator, shop: Shop, agent: User) -> None:
    sms = sim.twilio.numbers[1]
    sim.text(sms, ANA, "Parar")
    settle(sim)
    assert Identity.objects.get().opted_out_at == Message.objects.get().sent_at
    with pytest.raises(TooLate):
        answer(shop, agent, "Mas olhe…")
    assert sim.twilio.sent == []
    sim.text(sms, ANA, "START")
    settle(sim)
    assert Identity.objects.get().opted_out_at is None
    answer(shop, agent, "Que bom!")
    assert len(sim.twilio.sent) == 1


def test_what_only_twilio_was_told_is_learned_from_its_refusal(sim: RunningSimulator, shop: Shop, agent: User) -> None:
    sms = sim.twilio.numbers[1]
    sim.text(sms, ANA, "Oi")
    settle(sim)
    sim.text(sms, ANA, "STOP", lost=True)
    message = answer(shop, agent, "Olá!")
    message.refresh_from_db()
    assert (message.status, message.error["code"]) == ("failed", "21610")
    assert Identity.objects.get().opted_out_at is not None


def test_a_status_that_says_stop_is_learned_from_too(sim: RunningSimulator, shop: Shop, agent: User) -> None:
    sim.text(sim.twilio.numbers[1], ANA, "Oi")
    settle(sim)
    sim.switch(faults=[Fault(kind="undeliverable", code=21610)])
    message = answer(shop, agent, "Olá!")
    settle(sim)
    message.refresh_from_db()
    assert (message.status, message.error["code"]) == ("failed", "21610")
    assert Identity.objects.get().opted_out_at is not None


def test_the_newest_wish_counts_in_whichever_order_they_come(shop: Shop) -> None:
    wishes = [("STOP", "10"), ("START", "11"), ("Sair", "12")]
    for text, at in [wishes[2], wishes[0], wishes[1]]:
        form = {"MessageSid": f"SM{at}", "From": ANA, "To": NUMBER, "Body": text}
        body = urlencode({**form, "DateSent": f"Thu, 30 Jul 2026 {at}:00:00 +0000"}).encode()
        Delivery.objects.create(workspace=shop.workspace, connection=shop.connection, body=body)
        drain()
    left_alone_at = Identity.objects.get().opted_out_at
    assert left_alone_at is not None
    assert left_alone_at.hour == 12


def test_one_number_is_one_person_however_they_write(shop: Shop) -> None:
    """The Cloud API, Twilio's WhatsApp and SMS, with and without the ninth digit: one customer, one open conversation."""
    meta = Connection.objects.exclude(pk=shop.connection.pk).get()
    store(Shop(shop.workspace, meta, shop.channel), bodies.text("wamid.1", "551187654321"))
    drain()
    for sid, sender, ours in (("SM1", f"whatsapp:{ANA}", f"whatsapp:{NUMBER}"), ("SM2", ANA, NUMBER)):
        body = urlencode({"MessageSid": sid, "From": sender, "To": ours, "Body": "oi"}).encode()
        Delivery.objects.create(workspace=shop.workspace, connection=shop.connection, body=body)
        drain()
    assert (Customer.objects.count(), Conversation.objects.count(), Message.objects.count()) == (1, 1, 3)
    known = set(Identity.objects.values_list("kind", "value", "channel_kind"))
    assert known == {
        ("wa_id", "551187654321", "whatsapp"),
        ("wa_id", "5511987654321", "twilio_whatsapp"),
        ("phone", ANA, "sms"),
    }
    kinds = Message.objects.order_by("seq").values_list("channel__kind", flat=True)
    assert list(kinds) == ["whatsapp", "twilio_whatsapp", "sms"]


def test_a_status_without_a_number_finds_its_channel_by_its_message(shop: Shop) -> None:
    talk = factories.conversation(shop.workspace)
    fields = {"direction": "outbound", "author_kind": "agent", "status": "sent"}
    first = factories.message(talk, shop.channel, "um", provider_id="SM7", **fields)
    second = factories.message(talk, shop.channel, "dois", provider_id=None, **fields)
    status = {"workspace": shop.workspace, "connection": shop.connection}
    for query, sid in (("", "SM7"), (f"?uuid={second.pk}", "SM8"), ("?uuid=asdf", "SM9")):
        body = urlencode({"MessageSid": sid, "MessageStatus": "delivered"}).encode()
        Delivery.objects.create(**status, url=f"https://hub.example/webhooks/1/status/{query}", body=body)
    drain()
    for row, sid in ((first, "SM7"), (second, "SM8")):
        row.refresh_from_db()
        assert (row.status, row.provider_id) == ("delivered", sid)
    assert list(Delivery.objects.order_by("id").values_list("outcome", flat=True)) == [
        "processed", "processed", "unroutable",
    ]  # fmt: skip


def test_a_webhook_by_get_is_stored_when_it_is_signed(shop: Shop) -> None:
    query = urlencode({"MessageSid": "SM1", "From": ANA, "To": NUMBER, "Body": "oi"})
    path = f"/webhooks/{shop.connection.pk}/?{query}"
    mac = hmac.new(TOKEN.encode(), f"https://hub.example{path}".encode(), hashlib.sha1)
    signature = {"x-twilio-signature": base64.b64encode(mac.digest()).decode()}
    unsigned = at_the_door(lambda client, _: client.get(path))
    assert (unsigned.status_code, unsigned.text) == (401, "The signature is missing or wrong.")
    assert Delivery.objects.count() == 0
    assert at_the_door(lambda client, _: client.get(path, headers=signature)).status_code == 200
    drain()
    assert (Delivery.objects.get().method, Message.objects.get().text) == ("GET", "oi")
