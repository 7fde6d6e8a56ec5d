"""Bots: told by signed webhook, heard until a person takes over and never after; who cannot be reached loses the conversation."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from conversations.api import bots as address
from conversations.bots import keeping, telling
from conversations.models import Bot, BotCall, Conversation, Exchange, HistoryEvent, Message
from conversations.refusal import Refused
from tests import factories
from tests.conversations import bodies
from tests.conversations.automation.conftest import hear
from tests.conversations.conftest import Shop

Say = Callable[..., None]
pytestmark = pytest.mark.django_db(transaction=True)


class Program(ThreadingHTTPServer):
    """A bot's own server: it notes what it is told and answers with ``status``."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.told: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Listener(BaseHTTPRequestHandler):
    """One call to the bot."""

    def do_POST(self) -> None:
        """Note what is told."""
        server: Any = self.server
        server.told.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def program(settings: Settings) -> Iterator[Program]:
    with Program() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.SIMULATOR_URL = server.url.removesuffix("/hook")
        yield server
        server.shutdown()


def tell() -> None:
    hear()
    while telling.tell_some():
        pass


def say(made: keeping.Made, talk: Conversation, text: str) -> Any:
    """Let the bot say something over the API."""
    api = factories.client(made.token)
    return api.post(f"/api/v1/conversations/{talk.pk}/messages", {"text": text, "client_id": text}, format="json")


def test_it_works(shop: Shop, said: Say, program: Program) -> None:
    made = keeping.create(shop.workspace, keeping.Plan(name="Luz", url=program.url))
    said(bodies.text("wamid.1", body="Oi"))
    tell()
    ((headers, body),) = program.told
    signed = hmac.new(made.secret.encode(), headers["X-Novelo-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["X-Novelo-Signature"] == f"sha256={signed.hexdigest()}"
    told = json.loads(body)
    assert (told["event"], told["message"]["text"], told["yours"]) == ("message.received", "Oi", True)
    talk = Conversation.objects.get()
    assert (talk.bot, talk.queued_at) == (made.bot, None)  # nobody is given what a bot holds
    assert Exchange.objects.get().status == 200
    answer = say(made, talk, "Olá, sou a Luz.")
    assert (answer.status_code, answer.json()["author"]) == (201, {"kind": "bot", "id": None, "name": "Luz"})
    talk.refresh_from_db()
    assert (talk.status, talk.first_response_at, talk.waiting_since is not None) == ("waiting", None, True)
    api = factories.client(made.token)
    handed = api.post(f"/api/v1/conversations/{talk.pk}/handoff", {"note": "Quer falar com gente"}, format="json")
    assert handed.status_code == 200
    event = HistoryEvent.objects.get(type="conversation.handoff")
    assert (event.actor_kind, event.data["by"]) == ("bot", "bot")
    talk.refresh_from_db()
    assert (talk.bot, talk.queued_at is not None) == (None, True)
    refused = say(made, talk, "Ainda estou aqui")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "This conversation is not the bot's: people have it.",
    )
    assert Message.objects.filter(direction="outbound").exclude(kind="note").count() == 1


@pytest.mark.parametrize("how", ["answer", "assign", "device"])
def test_it_falls_silent_when_a_person_takes_over(shop: Shop, said: Say, program: Program, how: str) -> None:
    made = keeping.create(shop.workspace, keeping.Plan(name="Luz", url=program.url))
    said(bodies.text("wamid.1"))
    talk = Conversation.objects.get()
    person = factories.member(shop.workspace, password=None)
    api = factories.client(factories.token(shop.workspace))
    if how == "answer":
        api.post(f"/api/v1/conversations/{talk.pk}/messages", {"text": "Sou eu", "client_id": "1"}, format="json")
    elif how == "assign":
        api.post(f"/api/v1/conversations/{talk.pk}/assign", {"assignee": person.email}, format="json")
    else:
        said(bodies.echo("wamid.2"))
    assert say(made, talk, "Posso ajudar?").status_code == 409
    if how == "assign":  # given back to the queue, it is still people's
        api.post(f"/api/v1/conversations/{talk.pk}/assign", {"assignee": None}, format="json")
        assert say(made, talk, "E agora?").status_code == 409
    assert not Message.objects.filter(author_kind="bot").exists()
    said(bodies.text("wamid.3"))
    tell()
    told = [json.loads(body)["event"] for _, body in program.told]
    assert told.count("message.received") <= 1
    assert Conversation.objects.get().bot is None


def test_who_cannot_be_reached_loses_the_conversation_after_three_tries(
    shop: Shop, said: Say, program: Program
) -> None:
    program.status = 500
    made = keeping.create(shop.workspace, keeping.Plan(name="Luz", url=program.url))
    said(bodies.text("wamid.1"), bodies.text("wamid.2"))
    for tries in (1, 2, 3):
        BotCall.objects.update(not_before=timezone.now())
        tell()
        assert len(program.told) == tries  # the second message waits behind the first
    assert set(BotCall.objects.values_list("state", flat=True)) == {"failed"}
    talk = Conversation.objects.get()
    assert (talk.bot, talk.queued_at is not None) == (None, True)
    assert Message.objects.filter(kind="note").count() == 1
    assert say(made, talk, "Voltei").status_code == 409


def test_secrets_are_shown_once_and_renewed(shop: Shop) -> None:
    api = factories.client(factories.token(shop.workspace))
    made = api.post("/api/v1/bots", {"name": "Luz", "url": "https://bot.example.com/x"}, format="json").json()
    assert made["secret"] not in str(api.get(f"/api/v1/bots/{made['id']}").json())
    fresh = api.post(f"/api/v1/bots/{made['id']}/rotate").json()
    assert fresh["secret"] != made["secret"]
    assert factories.client(made["token"]).get("/api/v1/conversations").status_code == 401
    assert factories.client(fresh["token"]).get("/api/v1/conversations").status_code == 200
    assert keeping.secret_of(Bot.objects.get()) == fresh["secret"]
    assert address.BotShape.shown(Bot.objects.get())["url"] == "https://bot.example.com/x"


@pytest.mark.parametrize(
    "url", ["http://bot.example.com/", "https://user:pw@bot.example.com/", "https://bot.example.com:22/", "x"]
)
def test_an_address_inside_or_in_the_clear_is_refused(shop: Shop, url: str) -> None:
    with pytest.raises(Refused):
        keeping.create(shop.workspace, keeping.Plan(name="Luz", url=url))
    assert not Bot.objects.exists()


def test_an_address_that_means_a_neighbor_is_never_dialed(shop: Shop, said: Say) -> None:
    keeping.create(shop.workspace, keeping.Plan(name="Luz", url="https://localhost/"))
    said(bodies.text("wamid.1"))
    tell()
    assert (Exchange.objects.get().error, BotCall.objects.get().state) == ("inside", "queued")
