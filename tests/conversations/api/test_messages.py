"""Saying something over the API, and finding what was said."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from conversations import ways
from conversations.models import FeedEvent, HistoryEvent, Message, OutboxEntry
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1"
SHAPE = {
    "id", "conversation", "customer", "channel", "channel_kind", "direction", "author", "kind", "text", "payload",
    "attachments", "provider_id", "sent_at", "received_at", "reply_to", "referral", "status", "error", "reactions",
    "edited_at", "deleted_at", "client_id", "seq",
}  # fmt: skip


def say(shop: Shop, **body: Any) -> Response:
    return shop.api.post(
        f"{API}/conversations/{shop.talk.pk}/messages", {"text": "Hi", "client_id": "c1"} | body, "json"
    )


def nothing_changed(shop: Shop) -> bool:
    seq = shop.talk.last_seq
    shop.talk.refresh_from_db()
    counts = [model.objects.count() for model in (OutboxEntry, HistoryEvent, FeedEvent)]
    return shop.talk.last_seq == seq and shop.talk.status == "waiting" and counts == [0, 0, 0]


def test_it_works(shop: Shop) -> None:
    answer = say(shop, text="How can I help?")
    assert answer.status_code == 201
    said = answer.json()
    assert set(said) == SHAPE
    assert (said["text"], said["status"], said["direction"], said["kind"]) == (
        "How can I help?",
        "queued",
        "outbound",
        "text",
    )
    assert (said["channel"], said["channel_kind"]) == (str(shop.line.pk), "whatsapp")
    assert said["author"] == {"kind": "agent", "id": None, "name": "tests"}
    assert said["sent_at"].endswith("+00:00")
    entry = OutboxEntry.objects.get()
    assert (str(entry.message_id), entry.position, entry.state) == (said["id"], 2, "queued")


def test_it_moves_the_conversation_on(shop: Shop) -> None:
    said = say(shop).json()
    shop.talk.refresh_from_db()
    assert (shop.talk.status, shop.talk.waiting_since, shop.talk.unread, shop.talk.last_seq) == ("open", None, 0, 2)
    assert str(shop.talk.last_message_id) == said["id"]
    assert shop.talk.first_response_at.isoformat() == said["sent_at"]


def test_it_tells_history_and_the_feed(shop: Shop) -> None:
    said = say(shop).json()
    event = HistoryEvent.objects.get()
    assert (event.type, str(event.message_id), event.actor_kind) == ("message.sent", said["id"], "agent")
    assert event.data == {"author": "agent", "kind": "text", "by": "agent"}
    told = list(FeedEvent.objects.order_by("seq").values_list("seq", "kind", "conversation_id"))
    assert told == [(1, "message.created", shop.talk.pk), (2, "conversation.updated", shop.talk.pk)]


def test_it_gives_the_conversation_to_the_member_who_answers(shop: Shop) -> None:
    ana = factories.member(shop.place, email="ana@example.com", name="Ana")
    shop.api.credentials(HTTP_ACCEPT_LANGUAGE="en")
    shop.api.force_login(ana)
    said = say(shop).json()
    assert said["author"] == {"kind": "agent", "id": str(ana.pk), "name": "Ana"}
    shop.talk.refresh_from_db()
    assert shop.talk.assignee == ana
    assert list(HistoryEvent.objects.order_by("id").values_list("type", "actor_email")) == [
        ("conversation.assigned", "ana@example.com"),
        ("message.sent", "ana@example.com"),
    ]


def test_it_leaves_the_conversation_with_whom_has_it(shop: Shop) -> None:
    bruno = factories.member(shop.place)
    shop.talk.assignee = bruno
    shop.talk.save()
    shop.api.credentials()
    shop.api.force_login(factories.member(shop.place))
    say(shop)
    shop.talk.refresh_from_db()
    assert shop.talk.assignee == bruno


def test_it_keeps_the_first_response(shop: Shop) -> None:
    first = say(shop).json()["sent_at"]
    say(shop, client_id="c2")
    shop.talk.refresh_from_db()
    assert shop.talk.first_response_at.isoformat() == first


def test_it_returns_the_same_message_for_the_same_client_id(shop: Shop) -> None:
    first, second = say(shop), say(shop, text="Something else")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert OutboxEntry.objects.count() == 1


def test_it_keeps_a_note_in_the_house(shop: Shop) -> None:
    answer = say(shop, private=True, text="Careful: VIP")
    assert (answer.status_code, answer.json()["kind"], answer.json()["status"]) == (201, "note", "sent")
    shop.talk.refresh_from_db()
    assert (shop.talk.status, shop.talk.unread, shop.talk.first_response_at) == ("waiting", 1, None)
    assert OutboxEntry.objects.count() == HistoryEvent.objects.count() == 0


def test_it_keeps_a_note_when_nothing_could_be_sent(shop: Shop) -> None:
    Message.objects.update(sent_at="2026-01-01T00:00:00Z")
    assert say(shop, private=True).status_code == 201


def test_it_quotes_a_message(shop: Shop) -> None:
    quoted = Message.objects.get()
    assert say(shop, reply_to=str(quoted.pk)).json()["reply_to"] == str(quoted.pk)
    assert Message.objects.get(client_id="c1").reply_to_provider_id == quoted.provider_id


def test_it_answers_where_the_customer_wrote_last(shop: Shop) -> None:
    other = factories.channel(shop.place)
    factories.message(shop.talk, other)
    assert say(shop).json()["channel"] == str(other.pk)


def test_it_answers_on_the_wanted_channel(shop: Shop) -> None:
    other = factories.channel(shop.place)
    factories.message(shop.talk, other)
    assert say(shop, channel=str(shop.line.pk)).json()["channel"] == str(shop.line.pk)


def test_it_refuses_free_text_when_the_window_is_closed(shop: Shop) -> None:
    Message.objects.update(sent_at="2026-01-01T00:00:00Z")
    answer = say(shop)
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (
        answer.json()["detail"]
        == "The customer's last message here is more than 24 hours old: only a template can be sent."
    )
    assert nothing_changed(shop)


def test_it_refuses_a_text_over_the_limit(shop: Shop) -> None:
    answer = say(shop, text="x" * 4097)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"text": "This channel takes at most 4096 characters; this text has 4097."}
    assert nothing_changed(shop)


def test_it_refuses_a_channel_that_cannot_send(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "CHANNELS", {})
    answer = say(shop)
    assert answer.json()["errors"] == {"channel": "Messages cannot be sent on this kind of channel yet: whatsapp."}
    assert nothing_changed(shop)


def test_it_refuses_a_channel_that_was_removed(shop: Shop) -> None:
    assert shop.api.delete(f"{API}/channels/{shop.line.pk}").status_code == 204
    answer = say(shop)
    assert answer.json()["errors"] == {"channel": "This channel was removed: choose another one."}
    assert Message.objects.count() == 1


def test_it_refuses_a_channel_that_does_not_know_the_customer(shop: Shop) -> None:
    answer = say(shop, channel=str(factories.channel(shop.place, "instagram").pk))
    assert answer.json()["errors"] == {"channel": "This customer has no address on this channel."}
    assert nothing_changed(shop)


def test_it_refuses_to_answer_in_an_old_conversation_beside_an_open_one(shop: Shop) -> None:
    old = factories.conversation(
        shop.place, customer=shop.talk.customer, status="resolved", resolved_at="2026-01-02T00:00:00Z"
    )
    answer = shop.api.post(f"{API}/conversations/{old.pk}/messages", {"text": "Hi", "client_id": "c"}, "json")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "A newer conversation of this customer is open: answer there."
    assert nothing_changed(shop)


WRONG = [
    ({"text": 7}, "text"),
    ({"text": ["a"]}, "text"),
    ({"text": {"$gt": ""}}, "text"),
    ({"text": True}, "text"),
    ({"text": " \n"}, "text"),
    ({"text": None}, "text"),
    ({"text": "a\0b"}, "text"),
    ({"client_id": None}, "client_id"),
    ({"client_id": ""}, "client_id"),
    ({"client_id": 1}, "client_id"),
    ({"client_id": "x" * 101}, "client_id"),
    ({"private": "yes"}, "private"),
    ({"private": 1}, "private"),
    ({"private": []}, "private"),
    ({"channel": "x"}, "channel"),
    ({"channel": 5}, "channel"),
    ({"channel": {"id": 1}}, "channel"),
    ({"channel": str(uuid4())}, "channel"),
    ({"reply_to": "x"}, "reply_to"),
    ({"reply_to": str(uuid4())}, "reply_to"),
    ({"attachments": [{"url": "x"}]}, "attachments"),
    ({"attachments": [str(uuid4())]}, "attachments"),
    ({"attachments": 5}, "attachments"),
    ({"template": {"name": "x"}}, "text"),
    ({"template": {"name": "x"}, "text": None}, "template"),
    ({"template": {}, "text": None}, "template"),
    ({"template": "x", "text": None}, "template"),
    ({"interactive": {"kind": "dance"}}, "interactive"),
    ({"interactive": {"kind": "buttons", "buttons": []}}, "interactive"),
    ({"interactive": {"kind": "buttons", "buttons": [{"title": 1}]}}, "interactive"),
    ({"location": {"latitude": 91, "longitude": 0}, "text": None}, "location"),
    ({"location": {"latitude": "nan", "longitude": 0}, "text": None}, "location"),
    ({"location": {"latitude": True, "longitude": 0}, "text": None}, "location"),
    ({"contacts": [{"phones": []}], "text": None}, "contacts"),
    ({"contacts": [None], "text": None}, "contacts"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_it_refuses_what_is_no_message(shop: Shop, body: dict[str, Any], field: str) -> None:
    answer = say(shop, **body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert nothing_changed(shop)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"7", b"null", b"{", b"\xff", b'{"text": NaN}', b'{"text":' + b"[" * 100_000, b"1" * 5000],
)
def test_it_refuses_what_is_no_object(shop: Shop, body: bytes) -> None:
    answer = shop.api.generic("POST", f"{API}/conversations/{shop.talk.pk}/messages", body, "application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert nothing_changed(shop)


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400])
def test_it_refuses_numbers_beyond_measure(shop: Shop, number: bytes) -> None:
    body = b'{"client_id": "c", "location": {"latitude": ' + number + b', "longitude": 2}}'
    answer = shop.api.generic("POST", f"{API}/conversations/{shop.talk.pk}/messages", body, "application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "A number in the body is too large.")
    assert nothing_changed(shop)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"text": "\ud800", "client_id": "c"}', "text"),
        (rb'{"text": "a\u0000", "client_id": "c"}', "text"),
        (rb'{"text": "x", "client_id": "c", "template": {"name": ["\udfff"]}}', "template"),
        (rb'{"text": "x", "client_id": "c", "contacts": [{"name": {"\u0000": 1}}]}', "contacts"),
        (rb'{"text": "x", "client_id": "c", "\udc00": 1}', "?"),
        (rb'["\ud800"]', "non_field_errors"),
    ],
)
def test_it_refuses_what_no_column_can_hold(shop: Shop, body: bytes, field: str) -> None:
    answer = shop.api.generic("POST", f"{API}/conversations/{shop.talk.pk}/messages", body, "application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert nothing_changed(shop)


def test_it_takes_a_whole_character_of_two_halves(shop: Shop) -> None:
    body = rb'{"text": "\ud83d\ude00", "client_id": "c"}'
    answer = shop.api.generic("POST", f"{API}/conversations/{shop.talk.pk}/messages", body, "application/json")
    assert (answer.status_code, answer.json()["text"]) == (201, "\N{GRINNING FACE}")


def test_it_refuses_forms_and_too_much(shop: Shop) -> None:
    address = f"{API}/conversations/{shop.talk.pk}/messages"
    assert shop.api.post(address, {"text": "x"}, "multipart").status_code == 415
    large = b'{"text": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    assert shop.api.generic("POST", address, large, "application/json").status_code == 413
    assert nothing_changed(shop)


def test_it_finds_messages(shop: Shop) -> None:
    wanted = Message.objects.get()
    other = factories.message(factories.conversation(shop.place), factories.channel(shop.place))
    for query in (
        f"provider_id={wanted.provider_id}",
        f"channel={shop.line.pk}",
        f"conversation={shop.talk.pk}",
        f"customer={shop.talk.customer_id}",
        f"customer={shop.talk.customer_id}&channel={shop.line.pk}&provider_id={wanted.provider_id}",
    ):
        found = shop.api.get(f"{API}/messages?{query}").json()["results"]
        assert [row["id"] for row in found] == [str(wanted.pk)], query
    assert (
        shop.api.get(f"{API}/messages?provider_id={wanted.provider_id}&channel={other.channel_id}").json()["results"]
        == []
    )
    assert shop.api.get(f"{API}/messages/{other.pk}").json()["id"] == str(other.pk)


@pytest.mark.parametrize(
    "query", ["provider_id=", "channel=x", "channel=", "customer=1", "conversation=%00", "limit=0", "cursor=x"]
)
def test_it_refuses_a_filter_it_cannot_read(shop: Shop, query: str) -> None:
    answer = shop.api.get(f"{API}/messages?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_it_walks_a_list_both_ways(shop: Shop) -> None:
    for number in range(6):
        factories.message(shop.talk, shop.line, str(number))
    pages, address = [], f"{API}/messages?conversation={shop.talk.pk}&limit=3"
    while address:
        page = shop.api.get(address).json()
        pages.append([row["text"] for row in page["results"]])
        last, address = page, page["next"]
    assert pages == [["5", "4", "3"], ["2", "1", "0"], ["Hello"]]
    middle = shop.api.get(last["previous"]).json()
    assert [row["text"] for row in middle["results"]] == ["2", "1", "0"]
    first = shop.api.get(middle["previous"]).json()
    assert ([row["text"] for row in first["results"]], first["previous"]) == (["5", "4", "3"], None)


def test_it_reads_any_number_of_messages_with_four_queries(shop: Shop) -> None:
    for number in range(5):
        factories.message(shop.talk, shop.line, str(number))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(shop.api.get(f"{API}/messages").json()["results"]) == 6
    assert (
        len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 4
    )  # token, messages, files, reactions
