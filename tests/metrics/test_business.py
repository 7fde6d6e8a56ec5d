"""Figures in working time: by the hours of whoever was responsible, set through the API, the same when rebuilt."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.hours import Period, Schedule
from hub.models import Role, Workspace
from metrics.aggregate import derive_pending
from metrics.derive import derive
from metrics.models import WaitFact
from metrics.rebuild import differences
from tests import factories
from tests.metrics.stories import story, write

MINUTE = 60_000_000
OFFICE = tuple(Period(day, time(9), time(18)) for day in range(5))
EVENING = tuple(Period(day, time(18), time(22)) for day in range(5))
WEEKDAYS = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(5)]
HOURS = {"zone": "America/Sao_Paulo", "periods": WEEKDAYS}


def test_it_works() -> None:
    told = story("C 17:50, A 1d 09:07")  # a Monday and a Tuesday, in UTC
    (wait,) = derive(told, {"": [Schedule(zone="UTC", periods=OFFICE)]}).waits
    assert (wait.elapsed, wait.business) == ((15 * 60 + 17) * MINUTE, 17 * MINUTE)
    (wait,) = derive(told).waits
    assert wait.business == wait.elapsed


def test_each_team_is_measured_by_its_own_hours_while_it_was_responsible() -> None:
    calendars = {
        "": [Schedule(zone="UTC", periods=OFFICE)],
        "night": [Schedule(zone="UTC", periods=EVENING)],
    }
    (wait,) = derive(story("C 17:30, assign 19:00 team=night, A 20:00"), calendars).waits
    assert wait.business == (30 + 60) * MINUTE
    (wait,) = derive(story("C 17:30, assign 19:00 team=nobody, A 20:00"), calendars).waits
    assert wait.business == 30 * MINUTE


@pytest.fixture
def place(transactional_db: None) -> Workspace:
    """A workspace with a customer who wrote on a Wednesday evening and was answered on Friday: fixture F1."""
    conversation = factories.conversation(factories.workspace())
    write(conversation, story("C 20:50, A 2d 12:07", datetime(2025, 11, 19, tzinfo=UTC)))
    while derive_pending():
        pass
    return conversation.workspace


def business(api: APIClient, **words: str) -> Any:
    """The answer in working time."""
    words = {"from": "2025-11-01", "to": "2025-12-01", "clock": "business", **words}
    return api.get("/api/v1/metrics/first_response_time", words).json()


def test_fixture_f1_through_the_api(place: Workspace) -> None:
    api = factories.client(factories.token(place, Role.ADMIN))
    assert business(api)["total"]["value"] == (39 * 60 + 17) * 60
    given = api.post("/api/v1/hours", HOURS | {"holidays": ["2025-11-20"]}, "json")
    assert (given.status_code, given.json()["holidays"]) == (201, ["2025-11-20"])
    while derive_pending():
        pass
    assert business(api)["total"]["value"] == 1020
    assert business(api, clock="elapsed")["total"]["value"] == (39 * 60 + 17) * 60
    evidence = api.get(
        "/api/v1/metrics/first_response_time/evidence",
        {"from": "2025-11-01", "to": "2025-12-01", "clock": "business"},
    ).json()["results"]
    assert [(one["seconds"], one["excluded_seconds"], one["excluded_reason"]) for one in evidence] == [
        (1020, (39 * 60 + 17) * 60 - 1020, "hours")
    ]
    assert not list(differences(place))
    assert api.delete(f"/api/v1/hours/{given.json()['id']}").status_code == 204
    assert not api.get("/api/v1/hours").json()["results"]
    while derive_pending():
        pass
    assert WaitFact.objects.get().business == (39 * 60 + 17) * MINUTE


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"zone": "America/Atlantis"}, "zone", "There is no time zone of this name: America/Atlantis."),
        ({"periods": [*WEEKDAYS, {"weekday": 0, "start": "17:00", "end": "19:00"}]}, "periods", "overlap"),
        ({"periods": [{"weekday": 6, "start": "22:00", "end": "10:00"}, *WEEKDAYS]}, "periods", "overlap"),
        ({"team": "00000000-0000-4000-8000-000000000000"}, "team", "There is no such team."),
        ({"holidays": ["2025-13-01"]}, "holidays", "date"),
    ],
)
def test_it_refuses_hours_that_cannot_be(place: Workspace, change: dict[str, Any], field: str, says: str) -> None:
    api = factories.client(factories.token(place, Role.ADMIN))
    answer = api.post("/api/v1/hours", HOURS | change, "json", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert says.lower() in str(answer.json()["errors"][field]).lower()
    assert not place.working_hours.exists()


def test_two_versions_cannot_begin_at_one_instant(place: Workspace) -> None:
    api = factories.client(factories.token(place, Role.ADMIN))
    assert api.post("/api/v1/hours", HOURS, "json").status_code == 201
    assert api.post("/api/v1/hours", HOURS, "json").status_code == 409
    assert place.working_hours.count() == 1
    assert place.working_hours.get().schedule == Schedule(
        zone="America/Sao_Paulo", periods=OFFICE, holidays=frozenset[date]()
    )
