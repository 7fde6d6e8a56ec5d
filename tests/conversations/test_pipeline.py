"""From stored bodies to history, on real rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations import parse, pipeline, record
from conversations.models import (
    Attachment,
    Conversation,
    Customer,
    Delivery,
    FeedEvent,
    HistoryEvent,
    Identity,
    Item,
    Message,
    MessageStatus,
    ParkedItem,
    Reaction,
)
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, let_lanes_go, new_shop, rows_of, store
from tests.together import together

Arrive = Callable[..., list[str]]
NOW = int(time.time())
DAY = 86_400


def test_it_works(arrive: Arrive, shop: Shop) -> None:
    assert arrive(bodies.text("wamid.1", body="Quero trocar", at=NOW - 5)) == ["processed"]
    message = Message.objects.get()
    conversation = Conversation.objects.get()
    assert (message.text, message.direction, message.provider_id) == ("Quero trocar", "inbound", "wamid.1")
    assert message.sent_at.timestamp() == NOW - 5
    assert (conversation.status, conversation.unread, conversation.waiting_since) == ("waiting", 1, message.sent_at)
    assert conversation.last_message_id == message.pk
    assert conversation.channel_ids == [shop.channel.pk]
    shop.channel.refresh_from_db()
    assert shop.channel.last_inbound_at is not None
    assert abs(shop.channel.last_inbound_at - message.received_at) < timedelta(seconds=30)
    assert Customer.objects.get().name == "Ana Souza"
    assert list(HistoryEvent.objects.order_by("id").values_list("type", flat=True)) == [
        "conversation.opened",
        "message.received",
    ]
    assert list(FeedEvent.objects.order_by("seq").values_list("seq", "kind")) == [
        (1, "message.created"),
        (2, "conversation.created"),
    ]


def test_it_keeps_one_row_when_the_same_body_comes_twice(arrive: Arrive) -> None:
    body = bodies.text("wamid.1")
    assert arrive(body, body) == ["processed", "duplicate"]
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread == 1
    assert HistoryEvent.objects.filter(type="message.received").count() == 1


def test_it_reads_every_item_of_a_body(arrive: Arrive) -> None:
    body = bodies.several(bodies.text("wamid.1"), bodies.text("wamid.2", bodies.BRUNO), bodies.text("wamid.3"))
    assert arrive(body) == ["processed"]
    assert Customer.objects.count() == Conversation.objects.count() == 2
    ana = Identity.objects.get(value=bodies.ANA).customer
    assert list(ana.messages.in_order().values_list("provider_id", "seq")) == [("wamid.1", 1), ("wamid.3", 2)]


def test_it_keeps_the_order_of_one_second(arrive: Arrive) -> None:
    wamids = [f"wamid.{index}" for index in range(12)]
    arrive(bodies.messages(*(bodies.said(wamid, at=NOW) for wamid in wamids)))
    assert list(Message.objects.in_order().values_list("provider_id", flat=True)) == wamids


def test_it_knows_a_brazilian_number_with_and_without_the_ninth_digit(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", "5541988887777"), bodies.text("wamid.2", "554188887777"))
    assert Customer.objects.count() == 1
    assert Identity.objects.count() == 2


def test_it_applies_statuses_once_and_never_backwards(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"), bodies.echo("wamid.2"))
    assert arrive(bodies.statuses(("wamid.2", "read"))) == ["processed"]
    assert arrive(bodies.statuses(("wamid.2", "delivered")), bodies.statuses(("wamid.2", "read"))) == [
        "processed",
        "duplicate",
    ]
    assert Message.objects.get(provider_id="wamid.2").status == "read"
    assert set(MessageStatus.objects.values_list("status", flat=True)) == {"read", "delivered"}


def test_it_lets_a_later_delivery_clear_a_failure(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"), bodies.echo("wamid.2"))
    error = [{"code": 131026, "title": "Message undeliverable"}]
    arrive(bodies.statuses(("wamid.2", "failed"), errors=error))
    failed = Message.objects.get(provider_id="wamid.2")
    assert (failed.status, failed.error["code"]) == ("failed", "131026")
    assert Conversation.objects.get().waiting_since == Message.objects.get(provider_id="wamid.1").sent_at
    arrive(bodies.statuses(("wamid.2", "delivered")))
    failed.refresh_from_db()
    assert (failed.status, failed.error) == ("delivered", None)
    assert Conversation.objects.get().waiting_since is None
    assert list(
        HistoryEvent.objects.filter(type__in=["message.failed", "message.recovered"])
        .order_by("id")
        .values_list("type", flat=True)
    ) == ["message.failed", "message.recovered"]


def test_it_parks_what_comes_before_its_message(arrive: Arrive) -> None:
    early = [
        bodies.reaction("wamid.9", "wamid.1", "👍"),
        bodies.edit("wamid.8", "wamid.1", "Quero devolver"),
        bodies.revoke("wamid.7", "wamid.1"),
    ]
    assert arrive(*early) == ["processed"] * 3
    assert (ParkedItem.objects.count(), Message.objects.count()) == (3, 0)
    arrive(bodies.text("wamid.1", body="Quero trocar"))
    message = Message.objects.get()
    assert (message.text, message.earlier_texts[0]["text"]) == ("Quero devolver", "Quero trocar")
    assert message.deleted_at is not None
    assert Reaction.objects.get().emoji == "👍"
    assert ParkedItem.objects.count() == 0


def test_it_takes_a_reaction_back_and_ignores_an_older_one(arrive: Arrive) -> None:
    arrive(
        bodies.text("wamid.1"),
        bodies.reaction("wamid.2", "wamid.1", "❤️", NOW),
        bodies.reaction("wamid.3", "wamid.1", "", NOW + 1),
    )
    arrive(bodies.reaction("wamid.4", "wamid.1", "😀", NOW - 60))
    assert Reaction.objects.get().emoji == ""


def test_it_counts_a_reply_from_the_paired_phone(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW - 60), bodies.echo("wamid.2", at=NOW))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.waiting_since, conversation.unread) == ("open", None, 0)
    assert conversation.first_response_at == Message.objects.get(provider_id="wamid.2").sent_at
    assert Message.objects.get(provider_id="wamid.2").author_kind == "device"


def _resolve(ago: timedelta) -> Conversation:
    conversation = Conversation.objects.get()
    conversation.status, conversation.resolved_at = "resolved", timezone.now() - ago
    conversation.waiting_since = None
    conversation.save()
    return conversation


def test_it_reopens_within_the_window(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW - 3 * DAY))
    _resolve(timedelta(hours=23))
    arrive(bodies.text("wamid.2"))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.reopened_count, conversation.resolved_at) == ("waiting", 1, None)


def test_it_opens_a_new_conversation_after_the_window(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW - 3 * DAY))
    _resolve(timedelta(hours=25))
    arrive(bodies.text("wamid.2"))
    assert sorted(Conversation.objects.values_list("status", flat=True)) == ["resolved", "waiting"]


def test_it_reopens_for_what_was_said_while_the_conversation_was_being_closed(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW - 3600))
    _resolve(timedelta(minutes=1))
    assert arrive(bodies.text("wamid.2", at=NOW - 90)) == ["processed"]
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.reopened_count) == ("waiting", 2, 1)
    assert HistoryEvent.objects.get(type="conversation.reopened").occurred_at >= Message.objects.get(
        provider_id="wamid.2"
    ).sent_at + timedelta(seconds=60)


def test_it_shows_a_late_message_in_its_own_episode_and_calls_nobody(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW - 6 * DAY))
    over = _resolve(timedelta(days=5))
    arrive(bodies.text("wamid.late", at=NOW - 5 * DAY - 7200))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.resolved_at) == ("resolved", 1, over.resolved_at)
    assert Message.objects.get(provider_id="wamid.late").conversation_id == conversation.pk


def test_it_does_not_let_a_clock_that_runs_ahead_pin_a_message(arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", at=NOW + DAY), bodies.text("wamid.2", at=NOW + DAY - 60))
    early = Message.objects.get(provider_id="wamid.1")
    assert early.sent_at.timestamp() == NOW + DAY
    assert early.shown_at == early.received_at
    assert HistoryEvent.objects.get(message_id=early.pk).skewed
    assert list(Message.objects.in_order().values_list("provider_id", flat=True)) == ["wamid.1", "wamid.2"]


def test_it_keeps_files_as_waiting(arrive: Arrive) -> None:
    image = {"id": "media-1", "mime_type": "image/jpeg", "sha256": "x", "caption": "A nota"}
    arrive(bodies.messages(bodies.said("wamid.1", image=image)))
    attachment = Attachment.objects.get()
    assert (attachment.provider_ref, attachment.mime_type, attachment.state) == ("media-1", "image/jpeg", "pending")
    assert attachment.message.text == "A nota"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"{", "invalid"),
        (b"", "invalid"),
        (b"[]", "invalid"),
        (b'"text"', "invalid"),
        (b'{"object": "user"}', "invalid"),
        (b'{"object": "whatsapp_business_account", "entry": []}', "ignored"),
        (bodies.messages(bodies.said("wamid.1"), account="999"), "unroutable"),
        (
            bodies.messages(
                {"id": "wamid.1", "from": bodies.ANA, "timestamp": "asdf", "type": "text", "text": {"body": "x"}}
            ),
            "invalid",
        ),
        (bodies.envelope(bodies.value(surprise=1), field="never_heard_of"), "ignored"),
    ],
)
def test_it_names_the_outcome_of_what_it_cannot_use_and_stores_no_message(
    arrive: Arrive, body: bytes, outcome: str
) -> None:
    assert arrive(body) == [outcome]
    assert Delivery.objects.get().reason
    assert bytes(Delivery.objects.get().body) == body
    assert (Message.objects.count(), Customer.objects.count()) == (0, 0)


def test_it_loses_no_neighbour_of_a_bad_item(arrive: Arrive) -> None:
    bad = {"id": "wamid.0", "timestamp": "1", "type": "text", "text": {"body": "x"}}
    body = bodies.envelope(bodies.value(contacts=[], messages=[bad, bodies.said("wamid.1")]))
    assert arrive(body) == ["processed"]
    assert Message.objects.get().provider_id == "wamid.1"
    assert sorted(Item.objects.values_list("outcome", flat=True)) == ["invalid", "processed"]


def _poison(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    say = record.say

    def refuse(work: Any, item: Any, *rest: Any) -> Any:
        if item.text == word:
            message = "poisoned"
            raise RuntimeError(message)
        return say(work, item, *rest)

    monkeypatch.setattr(record, "say", refuse)


@pytest.mark.django_db(transaction=True)
def test_it_sets_poison_aside_and_the_lane_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = new_shop()
    with monkeypatch.context() as patch:
        _poison(patch, "veneno")
        poisoned, *_ = store(
            shop, bodies.text("wamid.1", body="veneno"), bodies.text("wamid.2"), bodies.text("wamid.3", bodies.BRUNO)
        )
        for _round in range(5):
            drain()
            let_lanes_go()
    assert set(Message.objects.values_list("provider_id", flat=True)) == {"wamid.2", "wamid.3"}
    quarantined = Item.objects.get(state="quarantined")
    assert (quarantined.attempts, quarantined.outcome, quarantined.reason) == (3, "failed", "RuntimeError: see the log")
    assert Delivery.objects.get(pk=poisoned).outcome == "failed"
    assert parse.replay([poisoned]) == 1
    drain()
    assert Delivery.objects.get(pk=poisoned).outcome == "processed"
    assert Message.objects.count() == 3


def test_it_replays_without_doing_anything_twice(arrive: Arrive) -> None:
    arrive(
        bodies.text("wamid.1"),
        bodies.echo("wamid.2"),
        bodies.statuses(("wamid.2", "read")),
        bodies.reaction("wamid.3", "wamid.1", "👍"),
    )
    before = _world()
    parse.replay(Delivery.objects.values_list("id", flat=True))
    drain()
    assert _world() == before


def _world() -> list[Any]:
    return [
        rows_of(Message, "provider_id", "text", "status", "seq", "edited_at", "deleted_at"),
        rows_of(MessageStatus, "message__provider_id", "status"),
        rows_of(Reaction, "message__provider_id", "by", "emoji"),
        rows_of(Conversation, "status", "unread", "last_seq", "waiting_since", "reopened_count"),
        rows_of(HistoryEvent, "type", "message_id", "occurred_at"),
        rows_of(Identity, "kind", "value"),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_same_body_many_times_at_once_is_one_message() -> None:
    shop = new_shop()
    body = bodies.text("wamid.1")
    store(shop, *([body] * 24))
    together(*([drain] * 4))
    let_lanes_go()
    drain()
    assert Message.objects.count() == Conversation.objects.count() == Customer.objects.count() == 1
    outcomes = sorted(Delivery.objects.values_list("outcome", flat=True))
    assert outcomes == ["duplicate"] * 23 + ["processed"]


@pytest.mark.django_db(transaction=True)
def test_two_numbers_of_one_person_that_write_first_at_once_are_one_customer() -> None:
    shop = new_shop()
    other = new_shop("second", "777")
    connection.close()
    store(shop, *(bodies.text(f"wamid.{index}") for index in range(50)))
    store(other, *(bodies.messages(bodies.said(f"wamid.{index}"), account="777") for index in range(50)))
    together(*([drain] * 4))
    let_lanes_go()
    drain()
    assert Customer.objects.count() == 2
    for one in (shop, other):
        conversation = Conversation.objects.get(workspace=one.workspace)
        places = list(Message.objects.filter(conversation=conversation).order_by("seq").values_list("seq", flat=True))
        assert places == list(range(1, 51))


@pytest.mark.django_db(transaction=True)
def test_several_workers_keep_the_order_of_every_customer() -> None:
    shop = new_shop()
    people = [f"55119{index:08d}" for index in range(20)]
    for start in range(0, 30, 5):
        store(
            shop,
            *(
                bodies.text(f"wamid.{who}.{turn:03d}", who, at=NOW)
                for turn in range(start, start + 5)
                for who in people
            ),
        )
        together(*([drain] * 3))
        let_lanes_go()
    drain()
    assert Message.objects.count() == 600
    for customer in Customer.objects.all():
        said = [message.provider_id for message in customer.messages.in_order()]
        assert said == sorted(said)
    seqs = list(FeedEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_pipeline_does_not_ask_the_database_more_for_more_messages(
    shop: Shop, django_assert_max_num_queries: Any
) -> None:
    store(shop, *(bodies.text(f"wamid.{index}", f"55119{index:08d}") for index in range(100)))
    with django_assert_max_num_queries(38):  # one of them only where the last answer about routing is old
        assert pipeline.parse_and_work() == (100, 100)


def test_it_shows_imported_history_at_its_time_and_calls_nobody(arrive: Arrive) -> None:
    old = bodies.history(
        bodies.said("wamid.h1", at=NOW - 90 * DAY),
        {**bodies.said("wamid.h2", "551140000000", at=NOW - 90 * DAY + 60), "to": bodies.ANA},
    )
    assert arrive(old) == ["processed"]
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.waiting_since) == ("resolved", 0, None)
    assert set(Message.objects.values_list("direction", "imported")) == {("inbound", True), ("outbound", True)}
    arrive(bodies.text("wamid.1"))
    assert sorted(Conversation.objects.values_list("status", flat=True)) == ["resolved", "waiting"]


def test_it_puts_the_file_of_imported_history_into_its_placeholder(arrive: Arrive) -> None:
    placeholder = bodies.said("wamid.h1", at=NOW - 9 * DAY, type="media_placeholder", media_placeholder={})
    image = bodies.said(
        "wamid.h1", at=NOW - 9 * DAY, image={"id": "media-1", "mime_type": "image/jpeg", "caption": "A nota"}
    )
    assert arrive(bodies.history(placeholder), bodies.history_media(image)) == ["processed", "processed"]
    message = Message.objects.get()
    assert (message.kind, message.text, message.attachments.get().provider_ref) == ("image", "A nota", "media-1")
    assert arrive(bodies.history_media(image)) == ["duplicate"]
    assert Attachment.objects.count() == 1
