"""Finding conversations over the API, and moving them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response

from conversations.models import Conversation, FeedEvent, HistoryEvent
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1/conversations"


def move(shop: Shop, verb: str, **body: Any) -> Response:
    return shop.api.post(f"{API}/{shop.talk.pk}/{verb}", body, "json")


def told() -> list[str]:
    return list(HistoryEvent.objects.order_by("id").values_list("type", flat=True))


def found(shop: Shop, query: str) -> set[str]:
    answer = shop.api.get(f"{API}?{query}")
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


def test_it_works(shop: Shop) -> None:
    row = shop.api.get(f"{API}/{shop.talk.pk}").json()
    message = shop.talk.last_message
    assert message is not None
    assert row == {
        "id": str(shop.talk.pk),
        "customer": str(shop.talk.customer_id),
        "customer_name": shop.talk.customer.name,
        "folded_into": None,
        "status": "waiting",
        "assignee": None,
        "team": None,
        "channels": [{"id": str(shop.line.pk), "kind": "whatsapp", "name": shop.line.name}],
        "channel_kinds": ["whatsapp"],
        "last_channel": str(shop.line.pk),
        "opened_at": shop.talk.opened_at.isoformat(),
        "first_response_at": None,
        "waiting_since": message.sent_at.isoformat(),
        "snoozed_until": None,
        "resolved_at": None,
        "reopened_count": 0,
        "last_inbound_at": message.sent_at.isoformat(),
        "last_message_at": message.sent_at.isoformat(),
        "last_message": {
            "id": str(message.pk),
            "direction": "inbound",
            "author_kind": "customer",
            "kind": "text",
            "text": "Hello",
            "status": "delivered",
            "sent_at": message.sent_at.isoformat(),
            "deleted_at": None,
        },
        "unread": 1,
        "route_reason": None,
        "labels": [],
        "priority": 0,
        "language": None,
        "attributes": {},
        "bot": None,
        "due": None,
        "mentions": [],
    }
    assert shop.api.get(API).json()["results"] == [row]


def test_it_resolves_once(shop: Shop) -> None:
    first, second = move(shop, "resolve"), move(shop, "resolve")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["status"] == "resolved"
    assert first.json()["resolved_at"]
    assert first.json()["waiting_since"] is None
    assert told() == ["conversation.resolved"]
    assert list(FeedEvent.objects.values_list("kind", flat=True)) == ["conversation.updated"]


def test_it_reopens_once(shop: Shop) -> None:
    move(shop, "resolve")
    first, second = move(shop, "reopen"), move(shop, "reopen")
    assert first.json() == second.json()
    assert (first.json()["status"], first.json()["reopened_count"], first.json()["resolved_at"]) == ("open", 1, None)
    assert told() == ["conversation.resolved", "conversation.reopened"]


def test_it_refuses_to_reopen_beside_a_newer_one(shop: Shop) -> None:
    move(shop, "resolve")
    factories.conversation(shop.place, customer=shop.talk.customer)
    answer = move(shop, "reopen")
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "A newer conversation of this customer is open: go on there.",
    )
    assert shop.api.get(f"{API}/{shop.talk.pk}").json()["status"] == "resolved"
    assert told() == ["conversation.resolved"]


def test_it_snoozes_and_takes_up_again(shop: Shop) -> None:
    until = timezone.now() + timedelta(hours=2)
    snoozed = move(shop, "snooze", until=until.isoformat()).json()
    assert (snoozed["status"], snoozed["snoozed_until"]) == ("snoozed", until.isoformat())
    assert HistoryEvent.objects.get().data == {"until": until.isoformat(), "by": "agent"}
    reopened = move(shop, "reopen").json()
    assert (reopened["status"], reopened["snoozed_until"], reopened["reopened_count"]) == ("waiting", None, 0)
    assert told() == ["conversation.snoozed", "conversation.unsnoozed"]


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2020-01-01T00:00:00Z", "Must be in the future."),
        ("2999-01-01T00:00:00Z", "May be at most a year away."),
        ("2027-01-01T00:00:00", "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."),
        ("0001-01-01T00:00:00+14:00", "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."),
        ("tomorrow", "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."),
        (1_900_000_000, "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."),
        ([], "Must be a time in ISO-8601 with an offset, like 2026-03-01T12:00:00-03:00."),
        (None, "This field may not be null."),
    ],
)
def test_it_refuses_a_time_it_cannot_wait_for(shop: Shop, until: Any, sentence: str) -> None:
    answer = move(shop, "snooze", until=until)
    said = answer.json()["errors"]["until"]
    assert (answer.status_code, said if isinstance(said, str) else said[0]) == (400, sentence)
    assert shop.api.get(f"{API}/{shop.talk.pk}").json()["status"] == "waiting"
    assert told() == []


def test_it_refuses_to_snooze_what_is_resolved(shop: Shop) -> None:
    move(shop, "resolve")
    answer = move(shop, "snooze", until=(timezone.now() + timedelta(hours=1)).isoformat())
    assert (answer.status_code, answer.json()["detail"]) == (409, "This conversation is resolved: reopen it first.")
    assert told() == ["conversation.resolved"]


def test_it_assigns_by_address_and_id(shop: Shop) -> None:
    ana = factories.member(shop.place, email="ana@example.com", name="Ana")
    team = factories.team(shop.place, "Sales")
    row = move(shop, "assign", assignee="ANA@example.com", team="Sales").json()
    assert row["assignee"] == {"id": str(ana.pk), "email": "ana@example.com", "name": "Ana"}
    assert row["team"] == {"id": str(team.pk), "name": "Sales"}
    assert move(shop, "assign", assignee=str(ana.pk), team=str(team.pk)).json() == row
    event = HistoryEvent.objects.get()
    assert (event.type, event.data["agent"], event.data["team"], event.data["by"]) == (
        "conversation.assigned",
        "ana@example.com",
        "Sales",
        "agent",
    )


def test_it_keeps_the_team_when_only_the_assignee_changes(shop: Shop) -> None:
    factories.member(shop.place, email="ana@example.com")
    move(shop, "assign", team=factories.team(shop.place).name)
    assert move(shop, "assign", assignee="ana@example.com").json()["team"]["name"] == "Support"
    assert move(shop, "assign", assignee=None).json()["assignee"] is None
    assert told() == ["conversation.assigned"] * 3


def test_it_lets_only_the_first_take_it(shop: Shop) -> None:
    factories.member(shop.place, email="ana@example.com", name="Ana")
    factories.member(shop.place, email="bruno@example.com")
    assert move(shop, "assign", assignee="ana@example.com", expected_assignee=None).status_code == 200
    late = move(shop, "assign", assignee="bruno@example.com", expected_assignee=None)
    assert (late.status_code, late.json()["detail"]) == (409, "This conversation belongs to Ana by now.")
    assert move(shop, "assign", assignee="ana@example.com", expected_assignee=None).status_code == 200
    assert told() == ["conversation.assigned"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "assignee"),
        ({"assignee": ""}, "assignee"),
        ({"assignee": 5}, "assignee"),
        ({"assignee": ["ana@example.com"]}, "assignee"),
        ({"assignee": "nobody@example.com"}, "assignee"),
        ({"assignee": str(uuid4())}, "assignee"),
        ({"assignee": "gone@example.com"}, "assignee"),
        ({"assignee": "stranger@example.com"}, "assignee"),
        ({"team": "Nowhere"}, "team"),
        ({"team": {}}, "team"),
    ],
)
def test_it_refuses_somebody_who_is_not_here(shop: Shop, body: dict[str, Any], field: str) -> None:
    factories.member(factories.workspace(), email="stranger@example.com")
    factories.member(shop.place, email="gone@example.com", is_active=False)
    answer = move(shop, "assign", **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    shop.talk.refresh_from_db()
    assert (shop.talk.assignee, shop.talk.team) == (None, None)
    assert told() == []


def test_it_marks_as_seen(shop: Shop) -> None:
    assert move(shop, "seen").json()["unread"] == 0
    assert move(shop, "seen").status_code == 200
    assert FeedEvent.objects.count() == 1
    assert told() == []


def test_it_filters(shop: Shop) -> None:
    ana = factories.member(shop.place, email="ana@example.com")
    team = factories.team(shop.place, "Sales")
    other = factories.conversation(shop.place, status="open", assignee=ana, team=team)
    factories.message(other, factories.channel(shop.place, "instagram"))
    mine, waiting = {str(other.pk)}, {str(shop.talk.pk)}
    for query in (
        "status=open",
        "assignee=ana@example.com",
        f"assignee={ana.pk}",
        f"team={team.pk}",
        "team=Sales",
        "channel_kind=instagram",
        f"customer={other.customer_id}",
        "status=open&channel_kind=instagram&team=Sales",
    ):
        assert found(shop, query) == mine, query
    for query in ("status=waiting", "assignee=none", "team=none", "channel_kind=whatsapp"):
        assert found(shop, query) == waiting, query
    assert found(shop, "status=open,waiting") == found(shop, "status=open&status=waiting") == mine | waiting
    assert found(shop, "status=open&channel_kind=whatsapp") == set()
    assert found(shop, f"team={uuid4()}") == found(shop, "assignee=nobody@example.com") == set()


def test_it_knows_who_me_is(shop: Shop) -> None:
    ana = factories.member(shop.place)
    Conversation.objects.update(assignee=ana)
    shop.api.credentials()
    shop.api.force_login(ana)
    assert found(shop, "assignee=me") == {str(shop.talk.pk)}
    shop.api.force_login(factories.member(shop.place))
    assert found(shop, "assignee=me") == set()


@pytest.mark.parametrize(
    "query",
    [
        "status=", "status=closed", "status=open,", "assignee=", "assignee=%20", "assignee=me", "assignee=ana", "team=",
        "channel_kind=", "channel_kind=fax", "customer=", "customer=1", "customer=%00", "assignee=a@b%00", "limit=-1",
        "limit=x", "limit=", "cursor=", "cursor=W10=", "cursor=WyI%2BIiwgMSwgMl0=", "customer=null",
        "customer=23611d25-91c5-4a29-851d-ac47d9127377&customer=5c05e04a-9784-4a9d-bc24-e496b2081fad",
    ],
)  # fmt: skip
def test_it_never_widens_a_filter_it_cannot_read(shop: Shop, query: str) -> None:
    answer = shop.api.get(f"{API}?{query}")
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_it_says_which_words_are_allowed(shop: Shop) -> None:
    said = shop.api.get(f"{API}?status=closed").json()["errors"]
    assert said == {"status": "Must be one of: waiting, open, pending, snoozed, resolved."}


def test_it_gives_at_most_two_hundred(shop: Shop) -> None:
    assert shop.api.get(f"{API}?limit=100000").status_code == 200


def test_it_walks_conversations_nobody_spoke_in_too(shop: Shop) -> None:
    silent = {str(factories.conversation(shop.place).pk) for _ in range(3)}
    loud = factories.conversation(shop.place)
    factories.message(loud, shop.line)
    seen, address, last = [], f"{API}?limit=2", None
    while address:
        last = shop.api.get(address).json()
        seen += [row["id"] for row in last["results"]]
        address = last["next"]
    assert set(seen[:3]) == silent  # nothing said yet comes first
    assert seen[3:] == [str(loud.pk), str(shop.talk.pk)]
    back = []
    while last["previous"]:
        last = shop.api.get(last["previous"]).json()
        back = [row["id"] for row in last["results"]] + back
    assert back == seen[:4]


def test_it_lists_any_number_with_three_queries(shop: Shop) -> None:
    for _ in range(4):
        factories.message(factories.conversation(shop.place), factories.channel(shop.place))
    with CaptureQueriesContext(connection) as queries:
        assert len(shop.api.get(API).json()["results"]) == 5
    assert len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 3  # token, conversations, channels


def test_who_has_no_name_goes_by_their_telephone_number(shop: Shop) -> None:
    nameless = factories.customer(shop.place, phone="5511987650009", name="")
    talk = factories.conversation(shop.place, customer=nameless)
    shown = shop.api.get(f"/api/v1/conversations/{talk.pk}").json()
    assert shown["customer_name"] == "+55 11 98765-0009"
