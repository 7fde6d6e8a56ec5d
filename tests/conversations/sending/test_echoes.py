"""One message told twice, by the answer to its send and by its echo, in every order they can come in."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connections

from conversations import deliver, outbox
from conversations.channels.types import Sent
from conversations.media.links import outbound_files
from conversations.models import Conversation, Delivery, HistoryEvent, Message, OutboxEntry, Reaction
from conversations.pipeline import outbound
from hub.models import User
from simulator import RunningSimulator
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, store
from tests.conversations.sending.conftest import answer, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def in_flight() -> deliver.Parcel:
    """Claim what waits as a worker does, and stop before its answer."""
    ((parcel,), _) = deliver.pack(outbox.claim(deliver.Sending().room), outbound_files)
    return parcel


def answered(parcel: deliver.Parcel, provider_id: str) -> None:
    outbound._record_all([deliver.Outcome(parcel, Sent(provider_id=provider_id))])


def ours() -> list[tuple[str, str, str | None]]:
    rows = Message.objects.filter(direction="outbound").order_by("seq")
    return [(row.author_kind, row.status, row.provider_id) for row in rows]


def test_it_works(shop: Shop, talk: Conversation, agent: User) -> None:
    """The echo is faster than the answer."""
    answer(shop, talk, agent)
    parcel = in_flight()
    store(shop, bodies.statuses(("wamid.out", "delivered")), bodies.echo("wamid.out", body=" Claro!\n"))
    drain()
    assert ours() == [("agent", "delivered", "wamid.out")]
    answered(parcel, "wamid.out")
    store(shop, bodies.echo("wamid.out", body="Claro!"))
    drain()
    assert ours() == [("agent", "delivered", "wamid.out")]
    assert [row.outcome for row in Delivery.objects.order_by("id")] == [
        "processed",
        "processed",
        "duplicate",
        "duplicate",
    ]
    assert HistoryEvent.objects.filter(type="message.sent").count() == 1


def test_a_provider_that_gives_one_id_to_several_has_taken_them_all(
    shop: Shop, talk: Conversation, agent: User
) -> None:
    for text in ("um", "dois", "três"):
        answer(shop, talk, agent, text, client_id=text)
        answered(in_flight(), "wamid.same")
    assert ours() == [("agent", "sent", "wamid.same"), ("agent", "sent", None), ("agent", "sent", None)]
    assert not OutboxEntry.objects.exclude(state="done").exists()


def test_it_ends_the_doubt_about_a_send(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "lost_reply"}])
    answer(shop, talk, agent, "sim", client_id="1")
    send_all()
    answer(shop, talk, agent, "sim", client_id="2")
    send_all()
    assert [status for _, status, _ in ours()] == ["unknown", "unknown"]
    store(
        shop, bodies.echo("wamid.a", body="sim"), bodies.echo("wamid.b", body="sim"), bodies.echo("wamid.c", body="sim")
    )
    drain()
    assert ours() == [
        ("agent", "sent", "wamid.a"),
        ("agent", "sent", "wamid.b"),
        ("device", "sent", "wamid.c"),
    ]


def test_it_leaves_alone_what_was_typed_on_the_telephone(shop: Shop, talk: Conversation, agent: User) -> None:
    """Ours still waits, or was tried long ago, or says something else: the words on the telephone are others."""
    answer(shop, talk, agent)
    store(shop, bodies.echo("wamid.phone", body="Claro!"))
    drain()
    in_flight()
    store(
        shop,
        bodies.echo("wamid.other", body="Não!"),
        bodies.echo("wamid.old", body="Claro!", at=int(time.time()) - 300),
    )
    drain()
    assert [author for author, _, _ in ours()] == ["agent", "device", "device", "device"]
    assert ours()[0] == ("agent", "queued", None)


def test_it_makes_one_of_a_copy_that_came_first(shop: Shop, talk: Conversation, agent: User) -> None:
    """The provider changed the words, so nobody could know before the answer named the id."""
    message = answer(shop, talk, agent)
    parcel = in_flight()
    store(shop, bodies.echo("wamid.out", body="Claro! (traduzido)"))
    store(shop, bodies.statuses(("wamid.out", "read")), bodies.reaction("wamid.r", "wamid.out", "🎉"))
    drain()
    assert [author for author, _, _ in ours()] == ["agent", "device"]
    answered(parcel, "wamid.out")
    assert ours() == [("agent", "read", "wamid.out")]
    assert Reaction.objects.get().message_id == message.pk
    talk.refresh_from_db()
    assert talk.last_message_id == message.pk
    taken_back = HistoryEvent.objects.get(type="message.failed")
    assert taken_back.data == {"code": "echo", "message": str(message.pk)}
    sent = HistoryEvent.objects.filter(type="message.sent").exclude(message_id=taken_back.message_id)
    assert [event.message_id for event in sent] == [message.pk]


@pytest.mark.parametrize("same_words", [True, False])
def test_they_race(shop: Shop, talk: Conversation, agent: User, same_words: bool) -> None:
    for turn in range(6):
        text = f"vez {turn}"
        answer(shop, talk, agent, text)
        parcel = in_flight()
        store(shop, bodies.echo(f"wamid.{turn}", body=text if same_words else f"{text}!"))
        start = threading.Barrier(2)

        def hear(start: threading.Barrier = start) -> None:
            start.wait()
            drain()
            connections.close_all()

        listener = threading.Thread(target=hear)
        listener.start()
        start.wait()
        answered(parcel, f"wamid.{turn}")
        listener.join()
        drain()
    assert ours() == [("agent", "sent", f"wamid.{turn}") for turn in range(6)]
