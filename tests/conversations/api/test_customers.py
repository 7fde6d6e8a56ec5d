"""Finding people over the API, and everything that happened with them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import HistoryEvent, Identity
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1/customers"


def test_it_works(shop: Shop) -> None:
    person = shop.talk.customer
    identity = person.identities.get()
    shown = shop.api.get(f"{API}/{person.pk}").json()
    assert shown == {
        "id": str(person.pk),
        "name": person.name,
        "merged_into": None,
        "absorbed": [],
        "identities": [
            {
                "customer": str(person.pk),
                "kind": "wa_id",
                "value": identity.value,
                "channel_kind": "whatsapp",
                "username": "",
                "verified": True,
                "replaced_at": None,
            }
        ],
        "attributes": {},
        "created_at": person.created_at.isoformat(),
    }
    assert shop.api.get(API).json()["results"] == [shown]


@pytest.mark.parametrize("words", ["joana", "JOÃO", "joao DA", "João da", "98765-4321", "+55 (11) 98765", "joana_p"])
def test_it_finds_people_by_what_is_known_of_them(shop: Shop, words: str) -> None:
    wanted = factories.customer(shop.place, name="Joana João da Silva", phone="5511987654321")
    Identity.objects.create(workspace=shop.place, customer=wanted, kind="igsid", value="1", username="joana_p")
    found = shop.api.get(API, {"search": words}).json()["results"]
    assert [row["id"] for row in found] == [str(wanted.pk)]


@pytest.mark.parametrize("words", ["nobody", "%", "_", "' OR 1=1 --", "99999999"])
def test_it_finds_nobody_by_what_is_not_known(shop: Shop, words: str) -> None:
    assert shop.api.get(API, {"search": words}).json()["results"] == []


@pytest.mark.parametrize("words", ["", " ", "a\0b", "x" * 301])
def test_it_refuses_words_it_cannot_look_for(shop: Shop, words: str) -> None:
    answer = shop.api.get(API, {"search": words})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["search"])


def test_it_tells_one_story_over_all_channels(shop: Shop) -> None:
    api = shop.api
    person = shop.talk.customer
    api.post(f"/api/v1/conversations/{shop.talk.pk}/messages", {"text": "Hi", "client_id": "1"}, "json")
    api.post(f"/api/v1/conversations/{shop.talk.pk}/resolve")
    later = factories.conversation(shop.place, customer=person)
    factories.message(later, factories.channel(shop.place, "instagram"), "Again")
    story = api.get(f"{API}/{person.pk}/timeline").json()["results"]
    assert [(entry["type"], entry.get("text", entry.get("event"))) for entry in story] == [
        ("message", "Hello"),
        ("message", "Hi"),
        ("event", "conversation.resolved"),
        ("message", "Again"),
    ]
    assert [entry["channel_kind"] for entry in story] == ["whatsapp", "whatsapp", None, "instagram"]
    assert sorted(entry["at"] for entry in story) == [entry["at"] for entry in story]
    assert story[2]["actor"] == {"kind": "agent", "id": None, "name": ""}


def test_it_shows_what_came_from_elsewhere_without_a_message(shop: Shop) -> None:
    HistoryEvent.objects.create(
        workspace=shop.place,
        customer=shop.talk.customer,
        type="message.received",
        occurred_at=timezone.now(),
        source="pos",
    )
    story = shop.api.get(f"{API}/{shop.talk.customer_id}/timeline").json()["results"]
    assert [entry["type"] for entry in story] == ["message", "event"]


def test_it_walks_the_story_both_ways(shop: Shop) -> None:
    person, start = shop.talk.customer, timezone.now() - timedelta(hours=1)
    for number in range(5):
        at = start + timedelta(minutes=number // 2)  # some at the same time
        factories.message(shop.talk, shop.line, f"m{number}", sent_at=at)
        HistoryEvent.objects.create(workspace=shop.place, customer=person, type=f"e{number}", occurred_at=at)
    whole = [entry["id"] for entry in shop.api.get(f"{API}/{person.pk}/timeline").json()["results"]]
    assert len(whole) == 11
    for limit in (1, 2, 3, 4):
        seen, address, page = [], f"{API}/{person.pk}/timeline?limit={limit}", None
        while address:
            page = shop.api.get(address).json()
            seen += [entry["id"] for entry in page["results"]]
            address = page["next"]
        assert seen == whole
        back = [entry["id"] for entry in page["results"]]
        while page["previous"]:
            page = shop.api.get(page["previous"]).json()
            back = [entry["id"] for entry in page["results"]] + back
        assert back == whole


def test_it_reads_any_number_with_a_fixed_number_of_queries(shop: Shop) -> None:
    for number in range(3):
        factories.customer(shop.place)
        factories.message(shop.talk, shop.line, str(number))
        HistoryEvent.objects.create(
            workspace=shop.place, customer=shop.talk.customer, type="web.visit", occurred_at=timezone.now()
        )
    with CaptureQueriesContext(connection) as queries:
        assert len(shop.api.get(API).json()["results"]) == 4
    assert (
        len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 4
    )  # token, people, addresses, absorbed
    with CaptureQueriesContext(connection) as queries:
        assert len(shop.api.get(f"{API}/{shop.talk.customer_id}/timeline").json()["results"]) == 7
    # token, person, messages, files, reactions, events
    assert len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 6
