"""History from outside beside what is lived through here: it joins what it belongs to and changes nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations import triage
from conversations.history import Actor
from conversations.models import Conversation, Customer, HistoryEvent, Message
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop
from tests.conversations.outside.conftest import taken, told

type Arrive = Callable[..., list[str]]
NOW = timezone.now().replace(microsecond=0) - timedelta(hours=1)


def ago(kind: str, hours: float, channel: str = "email", **data: Any) -> dict[str, Any]:
    """An event about Ana, so many hours ago."""
    event = told(kind, "1 00:00", channel, customer={"whatsapp": bodies.ANA}, **data)
    return event | {"at": (NOW - timedelta(hours=hours)).isoformat()}


def live(name: str, hours: float) -> bytes:
    """Ana's own message by WhatsApp, so many hours ago."""
    return bodies.text(name, at=int((NOW - timedelta(hours=hours)).timestamp()))


def when(hours: float) -> datetime:
    """The time so many hours ago."""
    return NOW - timedelta(hours=hours)


def test_what_comes_here_goes_on_with_what_is_open_from_outside(shop: Shop, arrive: Arrive) -> None:
    place = shop.workspace
    taken(place, [ago("message.received", 72, text="Primeira")])
    before = Conversation.objects.of(place).get()
    arrive(live("w1", 0))
    talk = Conversation.objects.of(place).get()
    assert (talk.pk, talk.opened_at, talk.status, talk.messages.count()) == (before.pk, when(72), "waiting", 2)
    assert Customer.objects.of(place).count() == 1
    # Only now it is told that the first was over long ago: the same as if it had been told in time.
    taken(place, [ago("conversation.resolved", 71, by="agent")])
    old, ours = Conversation.objects.of(place).order_by("opened_at")
    assert (old.status, old.resolved_at, old.outside, old.messages.get().text) == (
        "resolved",
        when(71),
        True,
        "Primeira",
    )
    assert (ours.pk, ours.status, ours.opened_at, ours.outside) == (before.pk, "waiting", when(0), False)
    assert ours.messages.get().provider_id == "w1"
    assert HistoryEvent.objects.of(place).filter(conversation=ours, source="loja").count() == 0


def test_what_was_said_elsewhere_meanwhile_is_part_of_ours(shop: Shop, arrive: Arrive) -> None:
    place = shop.workspace
    arrive(live("w1", 5))
    events = [ago("message.received", 3, text="E por e-mail"), ago("message.received", 10, text="Antes")]
    assert taken(place, events) == ["accepted", "accepted"]
    talk = Conversation.objects.of(place).get()
    assert (talk.opened_at, talk.waiting_since, talk.unread, talk.outside) == (when(10), when(5), 2, False)
    assert talk.last_message is not None
    assert (talk.last_message.text, len(talk.channel_ids), talk.last_seq) == ("E por e-mail", 2, 3)
    taken(
        place,
        [ago("message.sent", 2, author="agent", agent="ana@loja.example"), ago("conversation.resolved", 1, by="agent")],
    )
    talk.refresh_from_db()
    assert (talk.status, talk.resolved_at, talk.first_response_at, talk.waiting_since) == (
        "resolved",
        when(1),
        when(2),
        None,
    )
    # Told late, it was over already: shown there, and nobody is called.
    taken(place, [ago("message.received", 1.5, text="Atrasada")])
    talk.refresh_from_db()
    assert (talk.status, talk.messages.count()) == ("resolved", 5)
    arrive(live("w2", 0))
    talk.refresh_from_db()
    assert (Conversation.objects.of(place).count(), talk.status, talk.reopened_count) == (1, "waiting", 1)


def test_what_people_do_here_with_a_conversation_from_outside_stays(shop: Shop) -> None:
    place = shop.workspace
    taken(place, [ago("message.received", 20), ago("message.received", 30, channel="whatsapp")])
    talk = Conversation.objects.of(place).get()
    triage.resolve(place, talk.pk, Actor(kind="system"))
    closed = Conversation.objects.of(place).get().resolved_at
    note = Message.objects.create(
        workspace=place, conversation=talk, customer=talk.customer, channel_id=talk.channel_ids[0], direction="outbound",
        author_kind="agent", kind="note", text="Ligar amanhã", sent_at=timezone.now(), seq=3, status="sent",
    )  # fmt: skip
    Conversation.objects.filter(pk=talk.pk).update(last_seq=3)
    taken(place, [ago("message.sent", 29, author="agent", agent="ana@loja.example"), ago("message.received", 100)])
    talk.refresh_from_db()
    assert (Conversation.objects.of(place).count(), talk.status, talk.resolved_at) == (1, "resolved", closed)
    assert (talk.opened_at, talk.messages.count(), talk.first_response_at) == (when(100), 5, when(29))
    assert note.conversation_id == talk.pk


@pytest.mark.parametrize("known", [True, False])
def test_teams_and_agents_are_ours_where_we_know_them(shop: Shop, known: bool) -> None:
    place = shop.workspace
    ana = factories.member(place, email="Ana@Loja.example") if known else None
    team = factories.team(place, "Vendas") if known else None
    events = [
        ago("message.received", 5),
        ago("conversation.assigned", 4, agent="ana@loja.example", team="Vendas", by="rule"),
        ago("conversation.snoozed", 3, until=(NOW + timedelta(days=3)).isoformat()),
    ]
    taken(place, events)
    talk = Conversation.objects.of(place).get()
    assert (talk.assignee, talk.team, talk.status) == (ana, team, "snoozed")
    assigned = HistoryEvent.objects.of(place).get(type="conversation.assigned")
    assert assigned.data == {"agent": "ana@loja.example", "team": "Vendas", "by": "rule"}
    assert (assigned.actor_kind, assigned.actor_email, assigned.conversation) == ("rule", "", talk)
