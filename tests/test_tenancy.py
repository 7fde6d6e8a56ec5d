"""Nobody reaches another workspace: every address of the API, with a stranger's token and every id there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from conversations.models import FeedEvent, HistoryEvent, Item
from hub.models import Role, Workspace
from tests import factories

METHODS = ("get", "post", "put", "patch", "delete")
FILTERS = ("customer", "conversation", "channel", "connection", "assignee", "team")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Everything a body may ask for; a stranger must not even learn that a body is wrong.
BODY = {
    "text": "x", "client_id": "stranger", "until": "2026-12-31T00:00:00Z", "assignee": None, "name": "x", "kind": "webchat",
}  # fmt: skip


def addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield every address of the API's views, with its view class."""
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, address)
        elif isinstance(entry, URLPattern) and address.startswith("/api/v1/") and hasattr(entry.callback, "cls"):
            yield address, entry.callback.cls


def furnished() -> Workspace:
    """A workspace with one row of everything."""
    place = factories.workspace()
    factories.member(place, email=f"owner-{place.slug}@example.com")
    factories.team(place)
    factories.token(place)
    line = factories.channel(place)
    talk = factories.conversation(place)
    said = factories.message(talk, line)
    received = factories.delivery(place, line.connection)
    Item.objects.create(workspace=place, delivery=received, channel=line, body={})
    HistoryEvent.objects.create(
        workspace=place,
        customer=talk.customer,
        conversation=talk,
        type="conversation.resolved",
        occurred_at=said.sent_at,
    )
    return place


def ids_of(place: Workspace) -> dict[str, list[str]]:
    """Every UUID that belongs to ``place``, by the kind of its row."""
    people = place.memberships.values_list("user", flat=True)
    found = {"workspace": [str(place.pk)], "user": sorted(map(str, people))}
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        if "workspace" in names and isinstance(model._meta.pk, models.UUIDField):
            keys = model._base_manager.filter(workspace=place).values_list("pk", flat=True)
            found[str(model._meta.model_name)] = sorted(map(str, keys))
    return {kind: keys for kind, keys in found.items() if keys}


def asked_for(ids: dict[str, list[str]], word: str, *, every: bool) -> list[str]:
    """The ids that an address or filter asks for by this word; of other kinds one, or all where ``every`` is to be tried."""
    kind = word.removesuffix("_id")
    fit = ids.get({"agent": "user", "assignee": "user"}.get(kind, kind), [])
    others = [key for keys in ids.values() for key in keys if key not in fit]
    return fit + others if every else fit + others[:1]


# Thousands of requests: a run of every day asks for what an address is about, and for one id of another kind.
every_id = pytest.mark.parametrize(
    "every", [pytest.param(False, id="what is asked for"), pytest.param(True, id="every id", marks=pytest.mark.long)]
)


def snapshot(place: Workspace) -> dict[str, list[Any]]:
    """Every row of ``place``, whole."""
    return {
        model._meta.label: sorted(model._base_manager.filter(workspace=place).values_list(), key=repr)
        for model in apps.get_models()
        if "workspace" in {field.name for field in model._meta.get_fields()}
    }


@every_id
@pytest.mark.django_db
def test_it_walks_every_address_with_a_strangers_token(*, every: bool) -> None:
    place = furnished()
    stranger = factories.client(factories.token(factories.workspace(), Role.ADMIN))
    before, ids, walked = snapshot(place), ids_of(place), 0
    assert len(ids) >= 9
    for address, view in addresses():
        words = PARAMETER.findall(address)
        for key in asked_for(ids, words[0], every=every) if words else ():
            asked = PARAMETER.sub(key, address)
            for method in (name for name in METHODS if hasattr(view, name)):
                answer = getattr(stranger, method)(asked, BODY, "json") if method != "get" else stranger.get(asked)
                assert answer.status_code == 404, f"{method} {asked}: {answer.status_code}"
                walked += 1
    assert walked >= 100
    assert snapshot(place) == before


@pytest.mark.django_db
def test_it_shows_a_stranger_nothing_in_any_list() -> None:
    place = furnished()
    stranger = factories.client(factories.token(factories.workspace(), Role.ADMIN))
    ids = [key for keys in ids_of(place).values() for key in keys]
    for address, view in addresses():
        if PARAMETER.search(address) or not hasattr(view, "get"):
            continue
        answer = stranger.get(address)
        assert not any(key in answer.content.decode() for key in ids), address


@every_id
@pytest.mark.django_db
def test_it_shows_a_stranger_nothing_through_a_filter(*, every: bool) -> None:
    place = furnished()
    stranger = factories.client(factories.token(factories.workspace(), Role.ADMIN))
    ids = ids_of(place)
    for address, view in addresses():
        if PARAMETER.search(address) or not hasattr(view, "get"):
            continue
        open_to_all = stranger.get(address).json().get("results", [])  # a catalogue; nobody's rows
        tried = [(name, key) for name in FILTERS for key in asked_for(ids, name, every=every)]
        for name, key in tried:
            results = stranger.get(f"{address}?{name}={key}").json().get("results", [])
            assert [row for row in results if row not in open_to_all] == [], f"{address}?{name}={key}"


@pytest.mark.django_db
def test_it_takes_no_strangers_row_in_a_body() -> None:
    theirs, mine = furnished(), furnished()
    api = factories.client(factories.token(mine, Role.ADMIN))
    talk = api.get("/api/v1/conversations").json()["results"][0]["id"]
    before = snapshot(theirs), FeedEvent.objects.count()
    for key in (key for keys in ids_of(theirs).values() for key in keys):
        for verb, body in (
            ("messages", {"text": "x", "client_id": "1", "channel": key}),
            ("messages", {"text": "x", "client_id": "1", "reply_to": key}),
            ("messages", {"text": "x", "client_id": "1", "private": True, "channel": key}),
            ("assign", {"assignee": key}),
            ("assign", {"team": key}),
        ):
            answer = api.post(f"/api/v1/conversations/{talk}/{verb}", body, "json")
            assert answer.status_code == 400, f"{verb} {body}"
        opened = {"kind": "whatsapp", "name": "x", "address": "1", "connection": {"id": key}}
        assert api.post("/api/v1/channels", opened, "json").status_code == 400
    assert (snapshot(theirs), FeedEvent.objects.count()) == before


@pytest.mark.django_db
def test_it_answers_alike_for_what_is_not_yours_and_what_is_not_there() -> None:
    place = furnished()
    stranger = factories.client(factories.token(factories.workspace(), Role.ADMIN))
    row = next(iter(factories.Conversation.objects.of(place)))
    theirs = stranger.get(f"/api/v1/conversations/{row.pk}")
    nobodys = stranger.get(f"/api/v1/conversations/{UUID(int=1)}")
    assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())
