"""Who is joined with whom, and why: proof joins at once, everything else is suggested to people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations.channels.types import Address, IdentityChanged, Person
from conversations.models import (
    Conversation,
    Customer,
    FeedEvent,
    HistoryEvent,
    Identity,
    Invitation,
    Merge,
    Message,
    Suggestion,
)
from tests import factories
from tests.conversations.merging.street import Street, broken


@pytest.fixture
def street(db: None) -> Street:
    """A street on which Ana and Bia have written, each by her own address."""
    street = Street()
    street.hear("ana")
    street.now += timedelta(minutes=1)
    street.hear("bia")
    return street


def both(*kinds: str, proof: Any = "", **more: Any) -> Person:
    """Somebody who shows Bia's address and Ana's."""
    known = {"wa_id": Address("wa_id", "bia-1"), "visitor": Address("visitor", "ana-1")}
    return Person(addresses=tuple(known[kind] for kind in kinds), proof=proof, **more)


def people(street: Street) -> int:
    return Customer.objects.of(street.place).people().count()


def known_as(street: Street, who: str, kind: str, value: str) -> None:
    """Let an address be somebody's already."""
    Identity.objects.create(workspace=street.place, customer=street.customer(who), kind=kind, value=value)


def test_it_works(street: Street) -> None:
    """Three channels, one person: joined by token, by link and by hand, one timeline, one open conversation."""
    known_as(street, "ana", "email", "ana@example.com")
    sender = Person(
        addresses=(Address("visitor", "caio-1"), Address("email", "ana@example.com")), name="Ana Lima", proof="token"
    )
    street.hear("caio", sender=Person(addresses=(Address("visitor", "caio-1"),)))
    street.hear("caio", sender=sender)
    merge = Merge.objects.get()
    assert (merge.reason, merge.survivor, merge.absorbed) == ("token", street.customer("ana"), street.customer("caio"))
    Invitation.objects.create(
        workspace=street.place, customer=street.customer("caio"), channel=street.lines["whatsapp"], code="K7TQ2M",
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    street.hear("bia", "Oi! (#k7tq2m)")
    assert [row.reason for row in Merge.objects.order_by("pk")] == ["token", "link"]
    assert people(street) == 1
    assert Conversation.objects.standing().unresolved().get().customer == street.customer("ana")
    assert set(Message.objects.of_person(street.customer("bia").pk).values_list("channel__kind", flat=True)) == {
        "instagram", "whatsapp", "webchat",
    }  # fmt: skip
    assert Invitation.objects.get().used_at is not None
    assert broken(street.place) == []
    told = HistoryEvent.objects.filter(type="customer.merged").order_by("pk")
    assert [(event.data["reason"], event.data["name"]) for event in told] == [("token", ""), ("link", "Bia")]
    assert {"customer.updated", "conversation.updated"} <= set(FeedEvent.objects.values_list("kind", flat=True))


def test_without_proof_two_customers_are_suggested_once(street: Street) -> None:
    known_as(street, "ana", "phone", "5511987654321")
    sender = Person(addresses=(Address("wa_id", "bia-1"), Address("phone", "5511987654321")), name="Bia")
    street.hear("bia", sender=sender)
    street.hear("bia", sender=sender)
    row = Suggestion.objects.get()
    assert (row.customer, row.other, row.state) == (street.customer("ana"), street.customer("bia"), "open")
    assert row.evidence == {
        "address_kinds": ["wa_id", "phone"],
        "matched": "5511987654321",
        "written": "5511987654321",
        "names": ["Bia", "Ana"],
        "names_similar": False,
    }
    assert HistoryEvent.objects.filter(type="identity.suggested").count() == 1
    assert people(street) == 2
    assert not Merge.objects.exists()


def test_names_that_look_alike_speak_for_it(street: Street) -> None:
    Customer.objects.filter(name="Ana").update(name="BEATRIZ DA SILVA")
    Customer.objects.filter(name="Bia").update(name="Beatríz Silva")
    known_as(street, "ana", "email", "b@example.com")
    street.hear("bia", sender=Person(addresses=(Address("wa_id", "bia-1"), Address("email", "b@example.com"))))
    assert Suggestion.objects.get().evidence["names_similar"] is True


def test_a_changed_number_that_is_somebodys_proves_that_they_are_one(street: Street) -> None:
    known_as(street, "ana", "wa_id", "5511900000009")
    change = IdentityChanged(
        account=None,
        lane="",
        at=street.now,
        previous=(Address("wa_id", "bia-1"),),
        current=(Address("wa_id", "5511900000009"),),
    )
    with street.at_once():
        street.work(change, kind="whatsapp")
    assert Merge.objects.get().reason == "provider"
    assert (people(street), broken(street.place)) == (1, [])


def test_two_writings_of_a_number_are_one_person_and_two_who_exist_are_suggested(street: Street) -> None:
    def number(kind: str, value: str) -> Person:
        return Person(addresses=(Address(kind, value),))

    street.hear("bia", sender=number("wa_id", "554188887777"))
    street.hear("caio", sender=number("phone", "+55 41 98888-7777"))  # of another channel and kind
    assert (
        Identity.objects.get(value="+55 41 98888-7777").customer == Identity.objects.get(value="554188887777").customer
    )
    street.hear("bia", sender=number("wa_id", "554132345678"))
    street.hear("bia", sender=number("wa_id", "5541932345678"))  # a landline takes no ninth digit
    assert people(street) == 5
    old, new = factories.customer(street.place, name="Old"), factories.customer(street.place, name="New")
    for row, value in ((old, "5215512345678"), (new, "525512345678")):
        Identity.objects.create(
            workspace=street.place, customer=row, kind="wa_id", value=value, match_key="525512345678"
        )
    street.hear("caio", sender=number("phone", "+52 1 55 1234 5678"))
    assert Message.objects.latest("pk").customer == new  # the normalized writing stands in for one not known yet
    assert (Suggestion.objects.get().customer, Suggestion.objects.get().other) == (old, new)


@pytest.mark.parametrize("text", ["#K7TQ2M9", "K7TQ2M", "#k7tq2", "# K7TQ2M"])
def test_words_that_are_no_invitation_join_nobody(street: Street, text: str) -> None:
    soon = timezone.now() + timedelta(hours=1)
    given = {"workspace": street.place, "customer": street.customer("ana"), "expires_at": soon}
    Invitation.objects.create(**given, channel=street.lines["whatsapp"], code="K7TQ2M")
    Invitation.objects.create(**given, channel=street.lines["instagram"], code="K7TQ2M9")  # of another channel
    street.hear("bia", text)
    assert not Merge.objects.exists()
    Invitation.objects.update(expires_at=timezone.now())
    street.hear("bia", "#K7TQ2M")
    assert (Merge.objects.exists(), Invitation.objects.exclude(used_at=None).exists()) == (False, False)


def test_an_invitation_joins_once(street: Street) -> None:
    soon = timezone.now() + timedelta(hours=1)
    Invitation.objects.create(
        workspace=street.place, customer=street.customer("ana"), channel=street.lines["whatsapp"], code="K7TQ2M", expires_at=soon
    )  # fmt: skip
    street.hear("bia", "#K7TQ2M")
    street.hear("bia", "#K7TQ2M", sender=Person(addresses=(Address("wa_id", "dora-1"),)))
    assert Merge.objects.get().absorbed == street.customer("bia")


def test_what_people_took_apart_no_machine_joins_again(street: Street) -> None:
    known_as(street, "ana", "email", "a@example.com")
    sender = Person(addresses=(Address("wa_id", "bia-1"), Address("email", "a@example.com")), proof="token")
    street.hear("bia", sender=sender)
    street.part(Merge.objects.get().pk)
    street.hear("bia", sender=sender)
    assert Merge.objects.get().undone_at is not None
    assert (people(street), broken(street.place)) == (2, [])
    assert street.join("ana", "bia") is not None  # people may


def test_the_younger_conversation_counts_as_part_of_the_older(street: Street) -> None:
    ana, bia = street.live("ana"), street.live("bia")
    assert ana
    assert bia
    before = street.story("ana"), street.story("bia")
    key = street.join("bia", "ana")  # whoever stands for both
    assert key
    ana.refresh_from_db()
    bia.refresh_from_db()
    assert (ana.folded_into, bia.folded_into) == (None, ana)
    assert (ana.unread, ana.last_message, ana.channel_ids) == (
        2,
        bia.last_message,
        [*ana.channel_ids[:1], *bia.channel_ids],
    )
    assert street.customer("ana").merged_into == street.customer("bia")
    street.part(key)
    assert (street.story("ana"), street.story("bia")) == before


def test_identifying_costs_no_query_more_than_before(street: Street, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(17):
        street.hear("bia")
    assert not connection.needs_rollback
