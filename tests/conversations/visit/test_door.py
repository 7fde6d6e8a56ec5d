"""What visitors write: stored before it is acknowledged, once however often it is sent, and only from a proven visitor."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from conversations import pipeline
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, Customer, Delivery, Identity, Message, Suggestion
from conversations.reply import Words, reply
from conversations.visit import limits
from tests import factories
from tests.conversations.conftest import drain
from tests.conversations.visit.conftest import Browser, Shop, new_shop


def answer(shop: Shop, text: str, client_id: str = "agent-1", **more: Any) -> Message:
    """Answer the only conversation, and let it leave."""
    talk = Conversation.objects.of(shop.workspace).get()
    actor = Actor(user=factories.member(shop.workspace, name="Júlia"))
    words = Words(client_id=client_id, text=text, **more)
    said = act(shop.workspace.pk, lambda: reply(shop.workspace, talk.pk, actor, words))
    while pipeline.send_pending():
        pass
    said.message.refresh_from_db()
    return said.message


def test_it_works(visitor: Browser, shop: Shop) -> None:
    sent = visitor.say("Meu pedido chegou errado")
    assert (sent.status_code, sent.json()) == (200, {"client_id": "message-1"})
    assert Delivery.objects.get().outcome == "pending"  # durable before anybody has read it
    drain()
    heard = Message.objects.get()
    assert (heard.text, heard.direction, heard.channel, heard.status) == (
        "Meu pedido chegou errado", "inbound", shop.channel, "delivered",
    )  # fmt: skip
    assert [(one.kind, one.verified) for one in Identity.objects.all()] == [("visitor", True)]

    said = answer(shop, "Sinto muito! Vou trocar.")
    assert (said.status, said.provider_id) == ("sent", str(said.pk))
    seen = visitor.history()
    assert [(one["mine"], one["text"], one["author"]) for one in seen] == [
        (True, "Meu pedido chegou errado", ""), (False, "Sinto muito! Vou trocar.", "Júlia"),
    ]  # fmt: skip

    for status in ("delivered", "read"):
        assert visitor.send("statuses", {"status": status, "messages": [str(said.pk)]}).json() == {
            "messages": [str(said.pk)]
        }
        drain()
        said.refresh_from_db()
        assert said.status == status
    before = Delivery.objects.count()
    again = visitor.send("statuses", {"status": "read", "messages": [str(said.pk)]})
    assert (again.json(), Delivery.objects.count()) == ({"messages": []}, before)


def test_it_keeps_a_message_once_however_often_it_is_sent(visitor: Browser) -> None:
    for _ in range(3):
        assert visitor.say("Oi", "message-1").status_code == 200
    visitor.say("Tudo bem?", "message-2")
    drain()
    assert list(Message.objects.in_order().values_list("text", flat=True)) == ["Oi", "Tudo bem?"]
    assert sorted(Delivery.objects.values_list("outcome", flat=True)) == ["duplicate"] * 2 + ["processed"] * 2


def test_it_keeps_the_same_id_of_two_visitors_apart(visitor: Browser, shop: Shop) -> None:
    other = Browser(shop)
    other.begin()
    visitor.say("Eu sou a Ana", "message-1")
    other.say("Eu sou o Rui", "message-1")
    drain()
    assert Customer.objects.count() == 2
    assert [one["text"] for one in visitor.history()] == ["Eu sou a Ana"]
    assert [one["text"] for one in other.history()] == ["Eu sou o Rui"]


REFUSED: list[tuple[str, Any, dict[str, str], int, str]] = [
    ("another site", {"text": "x"}, {"Origin": "https://evil.example"}, 403, "The chat is not reached from other sites."),
    ("no origin", {"text": "x"}, {"Origin": ""}, 403, "The chat is not reached from other sites."),
    ("no session", {"text": "x"}, {"Authorization": ""}, 401, "The session is missing or over."),
    ("a forged session", {"text": "x"}, {"Authorization": "Visitor eyJ2IjoxfQ:x:y"}, 401, "The session is missing or over."),
    ("nothing said", {"text": " \n"}, {}, 400, "The message is empty."),
    ("too long", {"text": "x" * 4001}, {}, 400, "A message takes at most 4000 characters."),
    ("too large", {"text": "x" * 70_000}, {}, 413, "The message is too large."),
    ("no id", {"text": "x", "client_id": "a b"}, {}, 400, "The request cannot be understood."),
    ("no object", b"[1]", {}, 400, "The request cannot be understood."),
    ("no json", b"\xff{", {}, 400, "The request cannot be understood."),
    ("somebody's file", {"text": "x", "files": ["made-up"]}, {}, 400, "The file is not here any more: choose it again."),
    ("six files", {"text": "x", "files": ["a"] * 6}, {}, 400, "A message takes at most 5 files."),
]  # fmt: skip


def test_it_refuses(visitor: Browser) -> None:
    for name, body, headers, status, sentence in REFUSED:
        given = {"client_id": "message-1", **body} if isinstance(body, dict) else body
        refused = visitor.send("messages", given, **headers)
        assert (refused.status_code, refused.json()["detail"]) == (status, sentence), name
        assert refused.headers["content-type"] == "application/problem+json"
    assert Delivery.objects.count() == 0


def test_it_takes_no_session_of_another_chat(visitor: Browser) -> None:
    stranger = Browser(new_shop())
    stranger.token = visitor.token
    assert stranger.say().status_code == 401
    assert stranger.ask("history").status_code == 401
    assert Delivery.objects.count() == 0


def test_it_says_when_to_come_back(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGES", limits.Limit(2, 30.0))
    assert [visitor.say(client_id=f"message-{n}").status_code for n in range(3)] == [200, 200, 429]
    refused = visitor.say(client_id="message-2")
    assert refused.json()["detail"] == "That was too much at once. It will be sent in a moment."
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert Delivery.objects.count() == 2


def test_it_counts_by_itself_while_valkey_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_valkey", lambda: redis.Redis(port=1, retry=limits.AT_ONCE))
    monkeypatch.setattr(limits, "_away_until", 0.0)
    few = limits.Limit(2, 10.0)
    waits = [limits.take(("test", "somebody", few)) for _ in range(3)]
    assert waits[:2] == [0.0, 0.0]
    assert 0 < waits[2] <= 10
    limits._memory.clear()


def test_it_lets_nobody_acknowledge_what_was_said_to_another(visitor: Browser, shop: Shop) -> None:
    visitor.say()
    drain()
    said = answer(shop, "Oi!")
    stranger = Browser(shop)
    stranger.begin()
    sent = stranger.send("statuses", {"status": "read", "messages": [str(said.pk)]})
    assert (sent.status_code, sent.json()) == (200, {"messages": []})
    assert Delivery.objects.count() == 1


def test_it_shows_a_visitor_no_note_and_nothing_that_has_not_left(visitor: Browser, shop: Shop) -> None:
    visitor.say()
    drain()
    answer(shop, "Cliente difícil", "note-1", private=True)
    talk = Conversation.objects.get()
    actor = Actor(user=factories.member(shop.workspace, name="Rui"))
    act(
        shop.workspace.pk,
        lambda: reply(shop.workspace, talk.pk, actor, Words(client_id="a", text="Ainda não saiu")),
    )
    assert [one["text"] for one in visitor.history()] == ["Olá"]


def test_it_tells_a_visitor_that_the_team_has_read(visitor: Browser) -> None:
    visitor.say()
    drain()
    assert [one["seen"] for one in visitor.history()] == [False]
    Conversation.objects.update(unread=0)
    assert [one["seen"] for one in visitor.history()] == [True]


def test_it_keeps_what_a_visitor_typed_about_themselves_as_unproven(shop: Shop) -> None:
    known = factories.customer(shop.workspace, name="Maria Lima")
    Identity.objects.create(
        workspace=shop.workspace, customer=known, kind="email", value="maria@example.com", verified=True
    )
    shop.channel.settings = shop.channel.settings | {"fields": ["name", "email"]}
    shop.channel.save()
    visitor = Browser(shop)
    visitor.begin()
    visitor.say(name=" Maria ", email="Maria@Example.com")
    drain()
    heard = Message.objects.get()
    assert heard.customer != known
    assert heard.customer.name == "Maria"
    assert heard.customer.merged_into is None
    typed = heard.customer.identities.get(kind="email")
    assert (typed.value, typed.verified, typed.scope) == ("maria@example.com", False, visitor.name)
    offered = Suggestion.objects.get()
    assert {offered.customer, offered.other} == {known, heard.customer}
    visitor.say("E mais isto", "message-2", name="Maria", email="Maria@Example.com")
    drain()
    assert (Identity.objects.filter(kind="email").count(), Message.objects.count()) == (2, 2)
