"""The queue over the API."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.models import Role
from tests import factories
from tests.conversations.api.conftest import Shop

NONE = {"waiting": 0, "longest_wait_seconds": None, "open": 0, "pending": 0, "snoozed": 0}


def test_it_works(shop: Shop) -> None:
    sales = factories.team(shop.place, "Sales")
    instagram = factories.channel(shop.place, "instagram")
    factories.message(factories.conversation(shop.place, team=sales), instagram, minutes_ago=10)
    later = timezone.now() + timedelta(hours=1)
    factories.message(factories.conversation(shop.place, status="snoozed", snoozed_until=later), instagram)
    factories.message(factories.conversation(shop.place, status="open", team=sales), shop.line)
    factories.message(factories.conversation(shop.place, status="resolved", resolved_at=timezone.now()), shop.line)
    factories.member(shop.place)
    found = shop.api.get("/api/v1/queue").json()
    assert (found["waiting"], found["open"], found["pending"], found["snoozed"]) == (2, 1, 0, 1)
    assert 600 <= found["longest_wait_seconds"] <= 605
    assert found["agents"] == {"online": 0, "busy": 0, "break": 0, "away": 0, "offline": 1}
    assert [
        (row["team"] and row["team"]["name"], row["waiting"], row["open"], row["snoozed"]) for row in found["teams"]
    ] == [
        ("Sales", 1, 1, 0),
        (None, 1, 0, 1),
    ]
    assert [(row["channel_kind"], row["waiting"], row["open"], row["snoozed"]) for row in found["channel_kinds"]] == [
        ("instagram", 1, 0, 1),
        ("whatsapp", 1, 1, 0),
    ]
    assert found["as_of"].endswith("+00:00")


def test_it_says_that_nobody_waits(db: None) -> None:
    found = factories.client(factories.token(factories.workspace(), Role.AGENT)).get("/api/v1/queue").json()
    assert found.pop("as_of")
    nobody = {"online": 0, "busy": 0, "break": 0, "away": 0, "offline": 0}
    everybody = {"team": None, **NONE, "agents": nobody}
    assert found == {**NONE, "agents": nobody, "teams": [everybody], "channel_kinds": []}


def test_it_reads_any_number_with_six_queries(shop: Shop) -> None:
    for number in range(3):
        team = factories.team(shop.place, f"Team {number}")
        factories.message(factories.conversation(shop.place, team=team), shop.line)
    with CaptureQueriesContext(connection) as queries:
        assert shop.api.get("/api/v1/queue").json()["waiting"] == 4
    assert (
        len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 6
    )  # token, cells, teams, who is there (3)
