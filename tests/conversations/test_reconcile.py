"""What the door missed is asked for: it comes in once, in its order and at its time, however often it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from conversations import reconcile
from conversations.channels import http
from conversations.channels.twilio import listing
from conversations.channels.types import Credentials
from conversations.models import Attachment, Channel, Connection, Delivery, Exchange, Message
from conversations.reconcile import MARK, Reconciled
from hub.models import Workspace
from simulator import RunningSimulator, Switches, TwilioNumber, running
from tests import factories
from tests.conversations import replaying
from tests.conversations.conftest import Shop, drain

pytestmark = pytest.mark.django_db(transaction=True)
SID, TOKEN, NUMBER = "AC1", "the-auth-token", "+551130040000"
HOOK = "http://127.0.0.1:9/webhooks/0b4f/"
WHATSAPP = TwilioNumber(account_sid=SID, auth_token=TOKEN, number=NUMBER, webhook_url=HOOK)
SMS = TwilioNumber(account_sid=SID, auth_token=TOKEN, number=NUMBER, webhook_url=HOOK, channel="sms")
ANA = "+5511987654321"


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningSimulator]:
    with running(switches=Switches(duplicates=0), twilio=[WHATSAPP, SMS]) as simulator:
        yield simulator
        http.close_all()


@pytest.fixture
def sim(provider: RunningSimulator, settings: Any) -> RunningSimulator:
    provider.reset()
    settings.TWILIO_API_URL, settings.PUBLIC_URL = provider.url, "https://hub.example"
    return provider


@pytest.fixture
def shop() -> Shop:
    """A number that takes WhatsApp and SMS over one connection."""
    workspace = Workspace.objects.create(slug="aurora", name="Aurora")
    source = Connection(workspace=workspace, provider="twilio")
    source.keep(Credentials(account_sid=SID, auth_tokens=(TOKEN,)))
    source.save()
    one, _ = (
        Channel.objects.create(workspace=workspace, connection=source, kind=kind, name=kind, address=NUMBER)
        for kind in ("twilio_whatsapp", "sms")
    )
    return Shop(workspace, source, one)


def ask(later: float = 120) -> Reconciled:
    """Ask as if it were so many seconds later, and work what was found."""
    done = reconcile.reconcile(30, at=timezone.now() + timedelta(seconds=later))
    drain()
    return done


def test_it_works(sim: RunningSimulator, shop: Shop) -> None:
    sid = sim.text(WHATSAPP, ANA, "Alguém me ouve?", lost=True, files=[(b"\x89PNG", "image/png")])
    assert ask() == Reconciled(channels=2, found=1)
    message, delivery, file = Message.objects.get(), Delivery.objects.get(), Attachment.objects.get()
    assert (message.provider_id, message.text, message.kind, message.channel) == (
        sid, "Alguém me ouve?", "image", shop.channel,
    )  # fmt: skip
    assert message.sent_at.timestamp() == int(sim.twilio.messages[0].at)
    assert file.source_url == sim.twilio.messages[0].fields["MediaUrl0"]
    assert delivery.url == f"https://hub.example/webhooks/{shop.connection.pk}/?found=reconciliation"
    assert delivery.outcome == "processed"
    before = replaying.rows(shop.workspace)
    assert ask() == Reconciled(channels=2, found=0)
    assert replaying.rows(shop.workspace) == before
    assert Delivery.objects.count() == 1


def test_what_came_by_itself_is_not_brought_again(sim: RunningSimulator, shop: Shop) -> None:
    sim.text(SMS, ANA, "oi", lost=True)
    body = urlencode(sim.twilio.messages[0].fields).encode()
    webhook = {"workspace": shop.workspace, "connection": shop.connection, "body": body}
    Delivery.objects.create(**webhook)
    drain()
    assert ask().found == 0
    sim.text(SMS, ANA, "de novo", lost=True)
    assert ask().found == 1
    Delivery.objects.create(**webhook | {"body": urlencode(sim.twilio.messages[1].fields).encode()})
    drain()
    assert sorted(Delivery.objects.values_list("outcome", flat=True)) == ["duplicate", "processed", "processed"]
    assert list(Message.objects.order_by("seq").values_list("text", "channel__kind")) == [
        ("oi", "sms"),
        ("de novo", "sms"),
    ]


def test_it_reads_every_page_and_keeps_the_order(
    sim: RunningSimulator, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    for number in range(8):
        sim.text(WHATSAPP if number % 2 else SMS, ANA, f"mensagem {number}", lost=True)
    assert ask().found == 8
    said = Message.objects.order_by("seq").values_list("channel__kind", "text")
    assert [text for kind, text in said if kind == "sms"] == [f"mensagem {number}" for number in (0, 2, 4, 6)]
    assert [text for kind, text in said if kind != "sms"] == [f"mensagem {number}" for number in (1, 3, 5, 7)]
    assert Message.objects.values("conversation").distinct().count() == 1


def test_what_may_still_be_under_way_is_waited_for(sim: RunningSimulator, shop: Shop) -> None:
    sim.text(SMS, ANA, "agora mesmo", lost=True)
    assert ask(later=0).found == 0
    assert ask(later=90).found == 1


def test_a_channel_that_cannot_be_asked_keeps_its_mark_and_holds_up_no_other(sim: RunningSimulator, shop: Shop) -> None:
    sim.text(SMS, ANA, "oi", lost=True)
    Channel.objects.filter(pk=shop.channel.pk).update(settings={"color": "#ffffff", MARK: "2026-01-01T00:00:00+00:00"})
    other = Connection(workspace=shop.workspace, provider="twilio")
    other.keep(Credentials(account_sid=SID, auth_tokens=("wrong",)))
    other.save()
    Channel.objects.filter(pk=shop.channel.pk).update(connection=other)
    assert ask() == Reconciled(channels=1, found=1)
    shop.channel.refresh_from_db()
    assert shop.channel.settings == {"color": "#ffffff", MARK: "2026-01-01T00:00:00+00:00"}
    Channel.objects.filter(pk=shop.channel.pk).update(connection=shop.connection)
    assert ask() == Reconciled(channels=2, found=0)
    shop.channel.refresh_from_db()
    assert shop.channel.settings["color"] == "#ffffff"
    assert datetime.fromisoformat(shop.channel.settings[MARK]) > timezone.now()


class Odd(BaseHTTPRequestHandler):
    """A provider whose answer is no list."""

    def do_GET(self) -> None:
        """Answer with what is none."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_what_is_no_list_moves_no_mark(shop: Shop, settings: Any) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.TWILIO_API_URL = f"http://127.0.0.1:{server.server_port}"
        assert ask() == Reconciled()
        http.close_all()
        server.shutdown()
    assert list(Channel.objects.values_list("settings", flat=True)) == [{}, {}]


def test_a_closed_channel_is_not_asked_about(sim: RunningSimulator, shop: Shop) -> None:
    Channel.objects.update(deleted_at=timezone.now())
    sim.text(SMS, ANA, "oi", lost=True)
    assert ask() == Reconciled()
    assert Delivery.objects.count() == 0


def test_nothing_is_asked_inside_a_transaction_and_the_log_holds_no_secret(
    sim: RunningSimulator, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = http.call, []

    def watched(*given: Any, **more: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return real(*given, **more)

    monkeypatch.setattr("conversations.channels.twilio.client.call", watched)
    sim.text(WHATSAPP, ANA, "foto", lost=True, files=[(b"\x89PNG", "image/png")])
    assert ask().found == 1
    assert seen == [False] * 5  # two lists of each channel and one of a file
    kept = "".join(f"{row.url}{row.request}{row.response}" for row in Exchange.objects.all())
    assert "Messages.json" in kept
    assert TOKEN not in kept


def test_what_became_of_a_message_is_asked_for_too(sim: RunningSimulator, shop: Shop) -> None:
    """A callback is tried once: without asking, a message would stay as it was when nobody heard."""
    talk, codes = factories.conversation(shop.workspace), {"delivered": 0, "sent": 0, "undelivered": 30005}
    rows = {}
    for word, code in codes.items():
        taken = sim.twilio.accept(WHATSAPP, {"To": f"whatsapp:{ANA}", "Body": word})
        taken.status, taken.error_code = word, code
        fields = {"direction": "outbound", "author_kind": "agent", "status": "sent", "provider_id": taken.sid}
        rows[word] = factories.message(talk, shop.channel, word, **fields)
    sim.twilio.accept(WHATSAPP, {"To": f"whatsapp:{ANA}", "Body": "sent by another system"}).status = "delivered"
    assert ask().found == 2
    for row in rows.values():
        row.refresh_from_db()
    assert {word: row.status for word, row in rows.items()} == {
        "delivered": "delivered", "sent": "sent", "undelivered": "failed",
    }  # fmt: skip
    assert rows["undelivered"].error["code"] == "30005"
    assert ask().found == 0
    assert Message.objects.count() == 3


def test_it_stops_when_time_is_up(sim: RunningSimulator, shop: Shop) -> None:
    sim.text(SMS, ANA, "oi", lost=True)
    assert reconcile.reconcile(0, at=timezone.now() + timedelta(minutes=2)) == Reconciled()
    assert ask().found == 1
