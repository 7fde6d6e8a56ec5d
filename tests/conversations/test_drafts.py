"""What was begun is kept on the server for its owner alone, on every machine, and nothing newer is overwritten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.live import reader, rights
from conversations.models import Draft, FeedEvent, Mention, Message
from hub.models import User
from tests import factories
from tests.conversations.api.conftest import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def ana(shop: Shop) -> User:
    user = factories.member(shop.place, email="ana@example.com", name="Ana")
    shop.api.credentials(HTTP_ACCEPT_LANGUAGE="en")
    shop.api.force_login(user)
    return user


def keep(shop: Shop, **body: Any) -> Any:
    return shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/drafts", {"text": "", **body}, "json")


def say(shop: Shop, **body: Any) -> Any:
    given = {"client_id": f"c{Message.objects.count()}", **body}
    return shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/messages", given, "json")


def test_it_works(shop: Shop, ana: User) -> None:
    first = keep(shop, text="Olá, já").json()
    assert (first["text"], first["private"], first["version"]) == ("Olá, já", False, 1)
    assert keep(shop, text="Olá, já vou", version=1).json()["version"] == 2
    assert keep(shop, text="só nós", private=True).json()["version"] == 1
    late = keep(shop, text="outra janela", version=1)
    assert (late.status_code, late.json()["draft"]["text"]) == (409, "Olá, já vou")
    shown = shop.api.get(f"/api/v1/conversations/{shop.talk.pk}/drafts").json()["results"]
    assert {row["text"] for row in shown} == {"Olá, já vou", "só nós"}
    assert say(shop, text="Olá, já vou ").status_code == 201
    assert [row.text for row in Draft.objects.all()] == ["só nós"]
    assert keep(shop, text=" ", private=True, version=1).json()["version"] == 0
    assert Draft.objects.count() == 0


def test_nobody_else_sees_or_hears_of_it(shop: Shop, ana: User) -> None:
    keep(shop, text="segredo")
    events = list(FeedEvent.objects.filter(kind="draft.updated"))
    (shown,) = reader.show(shop.place, events)
    assert json.loads(shown.text.decode().split("data: ")[1])["drafts"][0]["text"] == "segredo"
    bea = factories.member(shop.place, email="bea@example.com")
    place = str(shop.place.pk)

    assert shown.reaches(rights.ear_of(("session", "k", str(ana.pk), place, "agent")))
    assert not shown.reaches(rights.ear_of(("session", "k", str(bea.pk), place, "admin")))
    assert not shown.reaches(rights.ear_of(("token", "t", "admin")))
    shop.api.force_login(bea)
    assert shop.api.get(f"/api/v1/conversations/{shop.talk.pk}/drafts").json()["results"] == []


def test_a_note_names_members_who_see_it_when_they_open_it(shop: Shop, ana: User) -> None:
    bea = factories.member(shop.place, email="bea@example.com", name="Bea")
    stranger = factories.member(factories.workspace())
    refused = say(shop, text="@Bea", private=True, mentions=[str(bea.pk), str(stranger.pk)])
    assert (refused.status_code, refused.json()["errors"]["mentions"]) == (400, "There is no such member here.")
    assert say(shop, text="@Bea", mentions=[str(bea.pk)]).status_code == 400
    assert (Mention.objects.count(), Message.objects.count()) == (0, 1)
    note = say(shop, text="@Bea, veja", private=True, mentions=[str(bea.pk), str(ana.pk)]).json()
    assert note["payload"] == {"mentions": [{"id": str(bea.pk), "name": "Bea"}, {"id": str(ana.pk), "name": "Ana"}]}
    assert [row.user for row in Mention.objects.filter(seen_at=None)] == [bea]
    shop.api.force_login(bea)
    shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/seen")
    assert not Mention.objects.filter(seen_at=None).exists()


def test_an_answer_comes_too_late_when_somebody_else_was_faster(shop: Shop, ana: User) -> None:
    seen = shop.talk.last_seq
    assert say(shop, text="Ana aqui").status_code == 201
    bea = factories.member(shop.place, email="bea@example.com", name="Bea")
    shop.api.force_login(bea)
    late = say(shop, text="Bea aqui", seen_seq=seen)
    assert (late.status_code, late.json()["detail"]) == (409, "Ana has answered meanwhile.")
    assert [row["text"] for row in late.json()["newer"]] == ["Ana aqui"]
    assert say(shop, text="nota", seen_seq=seen, private=True).status_code == 201
    assert say(shop, text="Bea aqui", seen_seq=seen, anyway=True).status_code == 201
    assert say(shop, text="de novo", seen_seq=seen + 1).status_code == 201  # nobody but herself spoke since
