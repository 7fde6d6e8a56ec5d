"""Goals: pace by working time, forecasts tested on the past, changes that stay visible, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conversations.models import HistoryEvent
from hub.access import Caller
from hub.models import Role, WorkingHours, Workspace
from metrics.goals import keeping
from metrics.goals.forecast import Bounds, Stretch, forecast, is_beyond
from metrics.goals.keeping import Wanted
from metrics.goals.standing import standings
from metrics.models import Goal
from tests import factories
from tests.metrics.conftest import Tell, derive_all

ZONE = ZoneInfo("America/Sao_Paulo")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKDAYS = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(5)]
TARGET = {
    "metric": "interaction_volume", "target": 20, "direction": "at_least", "start": "2026-03-02",
    "reason": "More talk, more sales",
}  # fmt: skip


def caller(place: Workspace) -> Caller:
    """A supervisor of the workspace."""
    return Caller(place, Role.SUPERVISOR, user=factories.member(place, Role.SUPERVISOR))


def goal(place: Workspace, **fields: Any) -> Goal:
    """A goal that was set in time, kept as it is: what is past cannot be set any more."""
    usual = {
        "metric": "interaction_volume", "version": 1, "target": 20, "direction": "at_least", "start": date(2026, 3, 2),
        "deadline": date(2026, 3, 13), "reason": "why not",
    }  # fmt: skip
    return Goal.objects.create(workspace=place, **(usual | fields))


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    WorkingHours.objects.create(workspace=workspace, zone=ZONE.key, periods=WEEKDAYS)
    for day in range(3):
        for _number in range(4):
            tell("C 15:00, A 15:05", day=MONDAY + timedelta(days=day))
    derive_all()
    one = goal(workspace)
    # Two weeks of five days of nine hours; it is Thursday evening of the first: 36 of 90 working hours are over.
    (seen,) = standings(workspace, [one], datetime(2026, 3, 5, 20, tzinfo=ZONE))
    assert (seen.value, seen.n, seen.elapsed, seen.expected) == (12, 12, 0.4, 8)
    assert (seen.pace, seen.state, seen.forecast, seen.history) == (1.5, "on_pace", None, 3)
    assert seen.receipt
    # What is left, 8, in 8 days and 4 hours of the calendar.
    assert seen.needed == pytest.approx(8 / (8 + 4 / 24))
    after = standings(workspace, [one], datetime(2026, 3, 14, tzinfo=ZONE))[0]
    assert (after.state, after.elapsed, after.forecast) == ("missed", 1, None)


def test_what_comes_before_anything_is_expected_is_not_behind(workspace: Workspace, tell: Tell) -> None:
    WorkingHours.objects.create(workspace=workspace, zone=ZONE.key, periods=WEEKDAYS)
    tell("C 15:00, A 15:05", day=MONDAY + timedelta(days=5))
    derive_all()
    one = goal(workspace, start=date(2026, 3, 7))
    (seen,) = standings(workspace, [one], datetime(2026, 3, 8, 20, tzinfo=ZONE))  # a Sunday
    assert (seen.value, seen.expected, seen.pace, seen.state) == (1, 0, None, "on_pace")


def test_a_level_is_awaited_between_baseline_and_target(workspace: Workspace, tell: Tell) -> None:
    for minutes in ("04", "06", "08"):
        tell(f"C 15:00, A 15:{minutes}")
    derive_all()
    one = goal(workspace, metric="first_response_time", target=240, direction="at_most", baseline=600)
    (seen,) = standings(workspace, [one], datetime(2026, 3, 8, tzinfo=ZONE))
    assert (seen.value, seen.n, seen.elapsed, seen.expected) == (360, 3, 0.5, 420)
    assert seen.pace == pytest.approx(420 / 360)
    assert seen.state == "on_pace"


def test_a_forecast_continues_a_line_and_knows_its_error() -> None:
    rising = [10.0 + 2 * week for week in range(12)]
    found = forecast(rising, Stretch(0, 4, total=True), Bounds(), so_far=100)
    assert found is not None
    assert (found.method, found.tests, found.tested_ahead) == ("linear", 4, 4)
    assert found.value == pytest.approx(100 + 34 + 36 + 38 + 40)
    assert found.error == pytest.approx(0, abs=1e-9)
    assert found.chance(200, at_least=True) == pytest.approx(1)
    noisy = forecast([10.0, 12, 9, 11, 10, 13, 8, 12, 9, 11], Stretch(0, 2, total=True), Bounds())
    assert noisy is not None
    assert noisy.low < noisy.value < noisy.high
    assert noisy.chance(noisy.value, at_least=True) == pytest.approx(0.5)
    assert noisy.chance(noisy.low, at_least=True) == pytest.approx(0.9)
    assert forecast(rising[:7], Stretch(0, 4, total=True), Bounds()) is None
    eight = forecast(rising[:8], Stretch(0, 4, total=True), Bounds())
    assert eight is not None
    assert eight.tests == 3


def test_what_is_left_is_the_rest_of_this_period_and_the_next_ones() -> None:
    week = [10.0, 10, 10, 10, 10, 0, 0]  # from Monday on; it is Friday, 18:00, and a weekend is left
    left = forecast(week * 4, Stretch(4.75, 7, total=True), Bounds(), season=7, so_far=47)
    assert left is not None
    assert (left.method, left.value, left.low, left.high) == ("naive", 49.5, 49.5, 49.5)


def test_a_level_is_that_of_all_its_weeks() -> None:
    rising = [0.50 + 0.02 * week for week in range(12)]
    found = forecast(
        rising, Stretch(-2, 2, total=False), Bounds(0, 1)
    )  # two weeks are known, this one and the next are not
    assert found is not None
    assert found.value == pytest.approx((0.70 + 0.72 + 0.74 + 0.76) / 4)
    assert found.chance(0.75, at_least=True) == pytest.approx(0)
    beyond = forecast(rising, Stretch(26, 30, total=False), Bounds(0, 1))
    assert beyond is not None
    assert (beyond.value, beyond.high) == (1, 1)


def test_what_there_is_already_is_certain() -> None:
    weeks = [10.0, 30, 5, 25, 10, 40, 0, 20, 15]
    found = forecast(weeks, Stretch(0.5, 2, total=True), Bounds(), so_far=100)
    assert found is not None
    assert found.sigma > 0
    assert (found.chance(100, at_least=True), found.chance(99, at_least=False)) == (1, 0)
    assert 0 < found.chance(120, at_least=True) < 1


def test_a_target_beyond_the_past_is_told() -> None:
    past = [float(value) for value in range(1, 21)]  # P95 19.05, P5 1.95 by type 7
    assert is_beyond(past, 19.1, at_least=True) is True
    assert is_beyond(past, 19, at_least=True) is False
    assert is_beyond(past, 1.9, at_least=False) is True
    assert is_beyond(past[:7], 100, at_least=True) is None


def test_a_change_is_an_event_and_the_old_target_stays(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=datetime.now(UTC).replace(hour=0, minute=0) - timedelta(days=2))
    derive_all()
    who, today = caller(workspace), timezone.localdate(timezone=ZONE)
    wanted = Wanted(
        metric="first_response_time", target=60, start=today, deadline=today + timedelta(days=30), reason=" Faster "
    )
    row = keeping.set_goal(who, wanted)
    assert (row.direction, row.baseline, row.reason, row.owner) == ("at_most", 120, "Faster", who.user)
    keeping.change(who, row.pk, {"target": 90.0, "reason": "Faster"})
    keeping.change(who, row.pk, {"target": 90.0})
    closed = keeping.change(who, row.pk, {"closed": True})
    assert [one["fields"] for one in closed.changes] == [
        {"target": [60, 90]},
        {"closed_at": [None, closed.closed_at and closed.closed_at.isoformat()]},
    ]
    events = HistoryEvent.objects.of(workspace).filter(type__startswith="goal.").order_by("id")
    assert [one.type for one in events] == ["goal.set", "goal.changed", "goal.changed"]
    assert events[0].data["target"] == 60
    assert events[1].data["fields"] == {"target": [60, 90]}


def test_the_api_sets_shows_and_changes(workspace: Workspace) -> None:
    api = factories.client(factories.token(workspace, Role.SUPERVISOR))
    end = (timezone.localdate(timezone=ZONE) + timedelta(days=40)).isoformat()
    body = {**TARGET, "start": timezone.localdate(timezone=ZONE).isoformat(), "deadline": end}
    made = api.post("/api/v1/goals", {**body, "filters": {"channel": ["whatsapp"]}}, "json")
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["metric"], shown["direction"], shown["filters"]) == (
        "interaction_volume@1", "at_least", {"channel": ["whatsapp"]},
    )  # fmt: skip
    assert (shown["standing"]["state"], shown["standing"]["value"]) == ("behind", 0)
    changed = api.patch(f"/api/v1/goals/{shown['id']}", {"target": 30}, "json").json()
    assert changed["changes"][0]["fields"] == {"target": [20, 30]}
    (listed,) = api.get("/api/v1/goals").json()["results"]
    assert (listed["id"], listed["standing"]["receipt"]) == (shown["id"], shown["standing"]["receipt"])
    assert api.patch(f"/api/v1/goals/{shown['id']}", {"closed": True}, "json").json()["standing"]["state"] == "closed"
    assert api.patch(f"/api/v1/goals/{shown['id']}", {"target": 40}, "json").status_code == 409
    agent = factories.client(factories.token(workspace, Role.AGENT))
    assert agent.get("/api/v1/goals").status_code == 403


REFUSED = [
    ("metric", "mood", "There is no metric mood."),
    ("target", "many", "valid number"),
    ("target", -1, "not below 0"),
    ("target", 0, "reached before it begins"),
    ("direction", "sideways", "at_least, at_most"),
    ("deadline", "2026-03-01", "before the start"),
    ("deadline", "2026-03-03", "lies in the past"),
    ("deadline", "2200-01-01", "five years"),
    ("start", "1998-01-01", "1999"),
    ("owner", "01980000-0000-7000-8000-000000000000", "Nobody of the workspace"),
    ("reason", " ", "blank"),
    ("clock", "sundial", "elapsed"),
    ("filters", {"agent": ["a"]}, "channel, team"),
    ("filters", {"channel": ["a\0"]}, "characters that cannot be kept"),
]


def test_it_refuses_with_the_field(workspace: Workspace) -> None:
    api = factories.client(factories.token(workspace))
    end = (timezone.localdate() + timedelta(days=40)).isoformat()
    for field, value, says in REFUSED:
        answer = api.post("/api/v1/goals", {**TARGET, "deadline": end, field: value}, "json")
        assert answer.status_code == 400, (field, value)
        assert list(answer.json()["errors"]) == [field], answer.json()
        assert says in str(answer.json()["errors"][field]), answer.json()
    silent = api.post("/api/v1/goals", {**TARGET, "deadline": end, "direction": None}, "json")
    assert list(silent.json()["errors"]) == ["direction"]
    assert not Goal.objects.of(workspace).exists()
    assert not HistoryEvent.objects.of(workspace).exists()


def test_a_return_may_be_more_than_all_costs_and_a_share_no_more_than_everybody(workspace: Workspace) -> None:
    api = factories.client(factories.token(workspace, Role.SUPERVISOR))
    end = (timezone.localdate() + timedelta(days=40)).isoformat()
    answers = [
        api.post("/api/v1/goals", {**TARGET, "deadline": end, "metric": name, "target": 1.5}, "json")
        for name in ("roi", "csat")
    ]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert answers[1].json()["errors"] == {"target": "A share lies between 0 % and 100 %."}
    assert [goal.metric for goal in Goal.objects.of(workspace)] == ["roi"]
