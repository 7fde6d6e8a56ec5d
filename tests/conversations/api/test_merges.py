"""Joining customers over the API, taking them apart again, and saying that two are two."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from conversations.models import Conversation, Customer, Merge, Message, OutboxEntry, Suggestion
from hub.models import Role
from tests import factories
from tests.conversations.api.conftest import Shop
from tests.conversations.merging.street import broken

API = "/api/v1/customers"


class Two:
    """A second customer beside the shop's, who waits on Instagram."""

    def __init__(self, shop: Shop) -> None:
        self.api, self.place = shop.api, shop.place
        self.line = factories.channel(shop.place, "instagram")
        self.talk = factories.conversation(shop.place, customer=factories.customer(shop.place, name="Bia"))
        factories.message(self.talk, self.line, "Oi")
        self.ana, self.bia = shop.talk.customer, self.talk.customer

    def merge(self, **body: Any) -> Any:
        """Join the second into the first."""
        return self.api.post(f"{API}/{self.ana.pk}/merge", {"with": str(self.bia.pk)} | body, "json")


@pytest.fixture
def two(shop: Shop) -> Two:
    """Two customers who both wait."""
    return Two(shop)


def test_it_works(shop: Shop, two: Two) -> None:
    api, ana, bia = shop.api, str(two.ana.pk), str(two.bia.pk)
    answer = two.merge(reason="Same address")
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["survivor"], shown["absorbed"], shown["reason"]) == (ana, bia, "agent")
    assert (shown["absorbed_name"], shown["evidence"], shown["undone_at"]) == ("Bia", {"note": "Same address"}, None)
    person = api.get(f"{API}/{bia}").json()
    assert (person["id"], person["merged_into"], person["absorbed"]) == (ana, ana, [bia])
    assert {row["customer"] for row in person["identities"]} == {ana, bia}
    assert [row["id"] for row in api.get(API).json()["results"]] == [ana]
    assert [row["id"] for row in api.get(API, {"search": "bia"}).json()["results"]] == [ana]
    for asked in (ana, bia):
        found = api.get("/api/v1/conversations", {"customer": asked}).json()["results"]
        assert [(row["id"], row["customer"], row["unread"]) for row in found] == [(str(shop.talk.pk), ana, 2)]
        said = api.get("/api/v1/messages", {"customer": asked}).json()["results"]
        assert {(row["conversation"], row["customer"]) for row in said} == {(str(shop.talk.pk), ana)}
        told = api.get(f"{API}/{asked}/timeline").json()["results"]
        assert [entry.get("text") or entry["event"] for entry in told] == ["Hello", "Oi", "customer.merged"]
    assert api.get(f"/api/v1/conversations/{two.talk.pk}").json()["id"] == str(shop.talk.pk)
    assert len(api.get("/api/v1/messages", {"conversation": str(shop.talk.pk)}).json()["results"]) == 2
    assert api.get("/api/v1/queue").json()["waiting"] == 1
    assert [row["id"] for row in api.get("/api/v1/merges", {"customer": bia}).json()["results"]] == [shown["id"]]
    undone = api.post(f"/api/v1/merges/{shown['id']}/undo")
    assert (undone.status_code, undone.json()["undone_at"] is not None) == (200, True)
    assert api.get("/api/v1/queue").json()["waiting"] == 2
    assert {row["id"]: row["unread"] for row in api.get("/api/v1/conversations").json()["results"]} == {
        str(shop.talk.pk): 1, str(two.talk.pk): 1,
    }  # fmt: skip
    assert api.get(f"{API}/{bia}").json()["merged_into"] is None
    assert [entry.get("text") or entry["event"] for entry in api.get(f"{API}/{bia}/timeline").json()["results"]] == [
        "Oi", "customer.unmerged",
    ]  # fmt: skip


def test_what_is_said_to_an_address_goes_with_it_also_from_the_outbox(shop: Shop, two: Two) -> None:
    two.merge()
    words = {"text": "To Bia", "client_id": "1", "channel": str(two.line.pk)}
    sent = shop.api.post(f"/api/v1/conversations/{two.talk.pk}/messages", words, "json").json()
    note = {"text": "Both are one", "client_id": "2", "private": True}
    shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/messages", note, "json")
    assert sent["conversation"] == str(shop.talk.pk)
    shop.api.post(f"/api/v1/merges/{Merge.objects.get().pk}/undo")
    moved = Message.objects.get(pk=sent["id"])
    assert (moved.conversation_id, moved.customer) == (two.talk.pk, two.bia)
    assert OutboxEntry.objects.get(message=moved).conversation_id == two.talk.pk
    mine, hers = (Conversation.objects.get(pk=row.pk) for row in (shop.talk, two.talk))
    assert (mine.waiting_since is not None, mine.status, mine.unread) == (True, "waiting", 0)
    assert (hers.waiting_since, hers.status, hers.unread) == (None, "open", 0)
    assert Message.objects.get(text="Both are one").conversation == mine


def test_acts_on_a_folded_conversation_are_done_with_the_one_it_counts_as(shop: Shop, two: Two) -> None:
    two.merge()
    answer = shop.api.post(f"/api/v1/conversations/{two.talk.pk}/resolve").json()
    assert (answer["id"], answer["status"]) == (str(shop.talk.pk), "resolved")
    assert Conversation.objects.get(pk=two.talk.pk).status == "waiting"
    shop.api.post(f"/api/v1/merges/{Merge.objects.get().pk}/undo")
    assert set(Conversation.objects.values_list("status", flat=True)) == {"resolved"}


def test_an_episode_is_not_reopened_beside_one_of_the_same_person(shop: Shop, two: Two) -> None:
    shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/resolve")
    two.merge()
    assert shop.api.post(f"/api/v1/conversations/{shop.talk.pk}/reopen").status_code == 409
    assert Conversation.objects.get(pk=shop.talk.pk).status == "resolved"


def test_it_refuses_what_cannot_be_joined_and_changes_nothing(shop: Shop, two: Two) -> None:
    stranger = factories.customer(factories.workspace())
    path = f"{API}/{two.ana.pk}/merge"
    for body, status in (
        ({}, 400),
        ({"with": "x"}, 400),
        ({"with": str(two.ana.pk)}, 400),
        ({"with": str(uuid4())}, 404),
        ({"with": str(stranger.pk)}, 404),
    ):
        assert shop.api.post(path, body, "json").status_code == status, body
    assert shop.api.post(f"{API}/{stranger.pk}/merge", {"with": str(two.ana.pk)}, "json").status_code == 404
    assert not Merge.objects.exists()
    assert two.merge().status_code == 201
    again = two.merge()
    assert (again.status_code, again.json()["detail"]) == (409, "These two are one person already.")
    key = Merge.objects.get().pk
    assert shop.api.post(f"/api/v1/merges/{key}/undo").status_code == 200
    assert shop.api.post(f"/api/v1/merges/{key}/undo").json()["detail"] == "This was undone already."
    assert shop.api.post(f"/api/v1/merges/{uuid4()}/undo").status_code == 404
    other = factories.client(factories.token(stranger.workspace))
    assert other.post(f"/api/v1/merges/{key}/undo").status_code == 404
    assert Merge.objects.count() == 1


def test_agents_may_and_a_repeated_key_does_it_once(shop: Shop, two: Two) -> None:
    agent = factories.client(factories.token(shop.place, Role.AGENT))
    body, key = {"with": str(two.bia.pk)}, {"HTTP_IDEMPOTENCY_KEY": "k"}
    first, second = (agent.post(f"{API}/{two.ana.pk}/merge", body, "json", **key) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    done = [agent.post(f"/api/v1/merges/{first.json()['id']}/undo", HTTP_IDEMPOTENCY_KEY="u") for _ in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert Merge.objects.count() == 1


def test_suggestions_are_shown_dismissed_and_accepted_by_joining(shop: Shop, two: Two) -> None:
    def suggest(customer: Customer, other: Customer) -> Suggestion:
        evidence = {"address_kinds": ["wa_id", "phone"], "matched": "55", "names": ["", ""], "names_similar": False}
        return Suggestion.objects.create(workspace=shop.place, customer=customer, other=other, evidence=evidence)

    third = factories.customer(shop.place, name="Caio")
    first, second = suggest(two.ana, two.bia), suggest(two.bia, third)
    shown = shop.api.get(f"{API}/{two.bia.pk}/suggestions").json()["results"]
    assert [(row["id"], row["other"]["name"], row["state"]) for row in shown] == [
        (str(first.pk), two.ana.name, "open"),
        (str(second.pk), "Caio", "open"),
    ]
    answer = shop.api.post(f"/api/v1/suggestions/{second.pk}/dismiss")
    assert (answer.status_code, answer.json()["state"]) == (200, "dismissed")
    assert shop.api.post(f"/api/v1/suggestions/{second.pk}/dismiss").status_code == 200
    assert len(shop.api.get(f"{API}/{two.bia.pk}/suggestions").json()["results"]) == 1
    two.merge()
    assert Suggestion.objects.get(pk=first.pk).state == "accepted"
    assert shop.api.post(f"/api/v1/suggestions/{first.pk}/dismiss").status_code == 409
    stranger = factories.client(factories.token(factories.workspace()))
    assert stranger.post(f"/api/v1/suggestions/{first.pk}/dismiss").status_code == 404
    assert stranger.get(f"{API}/{two.ana.pk}/suggestions").status_code == 404


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_chains_are_undone_in_any_order(shop: Shop, two: Two, order: list[int]) -> None:
    third = factories.conversation(shop.place, customer=factories.customer(shop.place, name="Caio"))
    factories.message(third, two.line, "E eu")
    before = {row.pk: (row.status, row.unread, row.last_message_id) for row in Conversation.objects.all()}
    keys = [two.merge().json()["id"]]
    body = {"with": str(two.bia.pk)}
    keys.append(shop.api.post(f"{API}/{third.customer_id}/merge", body, "json").json()["id"])
    assert set(Customer.objects.of(shop.place).exclude(pk=third.customer_id).values_list("merged_into", flat=True)) == {
        third.customer_id
    }
    assert Conversation.objects.standing().get().unread == 3
    for index in order:
        assert shop.api.post(f"/api/v1/merges/{keys[index]}/undo").status_code == 200
        assert broken(two.place) == []
    assert {row.pk: (row.status, row.unread, row.last_message_id) for row in Conversation.objects.all()} == before
