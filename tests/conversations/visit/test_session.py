"""Who a visitor is: unnamed until the shop's site proves it, never by what somebody typed, forged or kept too long."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import msgspec
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from conversations.models import Customer, Delivery, Identity, Message
from conversations.visit import place, session as sessions
from tests.conversations.conftest import drain
from tests.conversations.visit.conftest import Browser, Shop, new_shop


def known_customer(shop: Shop, text: str = "Pedido 4512") -> Customer:
    """Maria, whom the shop knows as cliente-7, and who has chatted from another browser."""
    elsewhere = Browser(shop)
    elsewhere.begin(shop.token())
    elsewhere.say(text)
    drain()
    return Customer.objects.of(shop.workspace).get()


def test_it_works(visitor: Browser, shop: Shop) -> None:
    known_customer(shop)
    visitor.say("Quem fala é a Maria")
    drain()
    assert [one["text"] for one in visitor.history()] == ["Quem fala é a Maria"]

    said = visitor.begin(shop.token(email="Maria@Example.com", phone="+5511987654321")).json()
    assert (said["identified"], said["name"]) == (True, "Maria Lima")
    assert sorted(one["text"] for one in visitor.history()) == ["Pedido 4512", "Quem fala é a Maria"]
    drain()
    kinds = Identity.objects.filter(verified=True).values_list("kind", "value")
    assert {("external_id", "cliente-7"), ("email", "maria@example.com"), ("phone", "+5511987654321")} <= set(kinds)
    people = {one.merged_into_id or one.pk for one in Customer.objects.all()}
    assert len(people) == 1, "the two are one person from now on"
    assert {one.name for one in Customer.objects.all()} == {"Maria Lima"}


def test_it_stores_nothing_of_a_visitor_who_says_nothing(shop: Shop) -> None:
    assert Browser(shop).begin().status_code == 200
    assert Browser(shop).begin(shop.token()).status_code == 200
    assert (Delivery.objects.count(), Customer.objects.count(), Identity.objects.count()) == (0, 0, 0)


def unsigned(shop: Shop, algorithm: str) -> str:
    """A token that says of itself how it is to be believed."""
    parts = (
        {"alg": algorithm, "typ": "JWT"},
        {"sub": "cliente-7", "aud": str(shop.channel.pk), "exp": time.time() + 60},
    )
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."


WRONG: list[tuple[str, Any, str]] = [
    ("forged", lambda shop: shop.token("k" * 43), "The identity token is not signed with a key of this chat."),
    ("another shop's key", lambda shop: shop.token(new_shop().key), "The identity token is not signed with a key of this chat."),
    ("expired", lambda shop: shop.token(exp=int(time.time()) - 60), "The identity token has expired."),
    ("for ever", lambda shop: shop.token(exp=None), "The identity token must hold exp."),
    ("for a week", lambda shop: shop.token(exp=int(time.time()) + 7 * 86_400), "The identity token must expire within a day."),
    ("of tomorrow", lambda shop: shop.token(iat=int(time.time()) + 3600), "The identity token cannot be read."),
    ("for another chat", lambda shop: shop.token(aud=str(new_shop().channel.pk)), "The identity token is meant for another chat."),
    ("for no chat", lambda shop: shop.token(aud=None), "The identity token must hold aud."),
    ("of nobody", lambda shop: shop.token(sub=None), "The identity token must hold sub."),
    ("of an empty name", lambda shop: shop.token(sub=" "), "The identity token must hold sub."),
    ("unsigned", lambda shop: unsigned(shop, "none"), "The identity token cannot be read."),
    ("signed otherwise", lambda shop: unsigned(shop, "RS256"), "The identity token cannot be read."),
    ("signed longer", lambda shop: jwt.encode({"sub": "x"}, shop.key + shop.key, "HS512"), "The identity token cannot be read."),
    ("no token", lambda _: "Maria", "The identity token cannot be read."),
    ("too long", lambda shop: shop.token(name="x" * 5000), "The identity token cannot be read."),
    ("no address", lambda shop: shop.token(email="maria"), "The e-mail address in the identity token is none."),
    ("no number", lambda shop: shop.token(phone="11987654321"), "The telephone number in the identity token must be written like +5511987654321."),
]  # fmt: skip


def test_it_believes_no_token_but_a_true_one(visitor: Browser, shop: Shop) -> None:
    known_customer(shop)
    before = Delivery.objects.count()
    for name, made, sentence in WRONG:
        refused = visitor.begin(made(shop))
        assert (refused.status_code, refused.json()["detail"]) == (401, sentence), name
        assert visitor.history() == []
    assert Delivery.objects.count() == before
    assert visitor.say("Oi").status_code == 200, "they go on unnamed"
    drain()
    assert Message.objects.get(text="Oi").customer.identities.count() == 1


def test_it_believes_each_of_several_keys_while_they_are_changed(visitor: Browser, shop: Shop) -> None:
    source = shop.channel.connection
    assert source is not None
    source.keep(msgspec.structs.replace(source.credentials(), identity_keys=("n" * 43, shop.key)))
    source.save()
    assert visitor.begin(shop.token()).status_code == 200
    assert visitor.begin(shop.token("n" * 43)).status_code == 200


def test_it_gives_whoever_signs_in_next_a_talk_of_their_own(visitor: Browser, shop: Shop) -> None:
    visitor.begin(shop.token())
    visitor.say("Sou a Maria")
    first = visitor.begin(shop.token()).json()["visitor"]
    drain()
    second = visitor.begin(shop.token(sub="cliente-8", name="João")).json()["visitor"]
    assert first != second
    assert visitor.history() == []
    visitor.say("Sou o João")
    drain()
    assert {one.name for one in Customer.objects.filter(merged_into=None)} == {"Maria Lima", "João"}


def test_it_does_not_trust_an_older_window_after_somebody_signed_in(visitor: Browser, shop: Shop) -> None:
    unnamed = visitor.token
    visitor.begin(shop.token())
    visitor.say("Sou a Maria")
    drain()
    visitor.token = unnamed  # a window that still holds the session of before
    visitor.begin(shop.token(sub="cliente-8", name="João"))
    visitor.say("Sou o João")
    drain()
    assert Customer.objects.exclude(merged_into=None).count() == 0


def test_it_shows_an_unnamed_visitor_nothing_of_the_person_they_were_joined_with(visitor: Browser, shop: Shop) -> None:
    maria = known_customer(shop)
    visitor.say("Sem nome")
    drain()
    unnamed = Customer.objects.get(~Q(pk=maria.pk))
    unnamed.merged_into = maria
    unnamed.save()
    assert [one["text"] for one in visitor.history()] == ["Sem nome"]


def test_it_takes_no_session_that_is_too_old_or_was_changed(visitor: Browser, shop: Shop, monkeypatch: Any) -> None:
    assert visitor.ask("history").status_code == 200
    body, rest = visitor.token.split(":", 1)
    visitor.token = f"{body[:-4]}AAAA:{rest}"
    assert visitor.ask("history").status_code == 401
    visitor.begin()
    monkeypatch.setattr(sessions, "KEPT_SECONDS", -1)
    assert visitor.ask("history").status_code == 401


def test_it_listens_to_no_other_site(visitor: Browser) -> None:
    for origin in ("https://evil.example", "null", ""):
        given = {"Host": "hub.example", "Accept-Language": "en"} | ({"Origin": origin} if origin else {})
        visitor.pages = Client(headers=given)
        for path in ("session", "files?name=a.txt", "invitations"):
            refused = visitor.ask(path, {})
            assert (refused.status_code, refused.json()["detail"]) == (403, "The chat is not reached from other sites.")


def test_it_stops_who_tries_many_tokens(visitor: Browser, shop: Shop) -> None:
    answers = [visitor.begin(shop.token("k" * 43)) for _ in range(40)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_it_tells_of_a_chat_that_was_removed_only_that_it_is_not_there(visitor: Browser, shop: Shop) -> None:
    shop.channel.deleted_at = timezone.now()
    shop.channel.save()
    place._kept.clear()
    assert visitor.ask("history").status_code == 404
    assert visitor.say().status_code == 404
    assert Browser(shop).begin().status_code == 404
    assert Delivery.objects.count() == 0
