"""Who is there: said, seen by signs of life, and by stillness; every change told, over the API and to the feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from conversations import presence
from conversations.act import act
from conversations.models import FeedEvent, HistoryEvent, Message
from conversations.presence import SILENCE, State, true_now
from hub.models import AuditEntry, Membership, Role, Team
from tests import factories
from tests.conversations.routing.conftest import Shop, signed_in

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
TEN = timedelta(minutes=10)


def told() -> list[tuple[str, str, str, str]]:
    rows = HistoryEvent.objects.filter(type="presence.changed").order_by("id")
    return [(row.data["from"], row.data["to"], row.data["reason"], row.data["by"]) for row in rows]


def test_it_works(shop: Shop) -> None:
    ana = shop.agent("Ana", online=False, skills=["refunds"], languages=["es"])
    api = signed_in(ana)
    assert api.get("/api/v1/me/presence").json() == {"presence": "offline", "reason": "", "since": None}
    assert api.put("/api/v1/me/presence", {"presence": "online"}, format="json").status_code == 200
    shop.talk()
    shop.work()
    paused = api.put("/api/v1/me/presence", {"presence": "break", "reason": "lunch"}, format="json").json()
    assert (paused["presence"], paused["reason"]) == ("break", "lunch")
    assert told() == [("offline", "online", "", "agent"), ("online", "break", "lunch", "agent")]
    event = HistoryEvent.objects.filter(type="presence.changed").latest("id")
    assert (event.customer, event.conversation, event.actor, event.data["agent"]) == (None, None, ana, ana.email)
    assert FeedEvent.objects.filter(kind="agent.updated", subject_id=ana.pk).count() == 2
    (row,) = api.get("/api/v1/agents").json()["results"]
    assert {**row, "since": ""} == {
        "id": str(ana.pk), "email": "ana@example.com", "name": "Ana", "role": "agent",
        "teams": [{"id": str(shop.team.pk), "name": "Support"}], "presence": "break", "reason": "lunch", "since": "",
        "load": {"weight": 1, "capacity": 6}, "skills": ["refunds"], "languages": ["es"],
    }  # fmt: skip
    queue = api.get("/api/v1/queue").json()
    assert queue["agents"] == {"online": 0, "busy": 0, "break": 1, "away": 0, "offline": 0}
    assert queue["teams"][0]["agents"] == queue["agents"]


def test_silence_and_stillness_decide_what_is_true() -> None:
    online = State("online", NOW - timedelta(hours=1))
    assert true_now(online, NOW, NOW, TEN, NOW) == online
    assert true_now(online, NOW, NOW - TEN, TEN, NOW) == State("away", NOW)
    assert true_now(State("busy", NOW), NOW, NOW - TEN, TEN, NOW).presence == "busy"
    seen = NOW - timedelta(minutes=5)
    assert true_now(online, seen, NOW, TEN, NOW) == State("offline", seen + SILENCE)
    assert true_now(State("break", NOW, "lunch"), seen, NOW, TEN, NOW).presence == "offline"


def test_who_falls_silent_is_offline_since_then_and_back_at_the_next_sign(shop: Shop) -> None:
    ana = shop.agent("Ana", online=False)
    api = signed_in(ana)
    sign = lambda **body: api.post("/api/v1/me/presence/sign", body, format="json").json()["presence"]  # noqa: E731
    assert sign() == "online"  # an open screen is enough for who never said otherwise
    gone = timezone.now() - timedelta(minutes=30)
    Membership.objects.filter(user=ana).update(seen_at=gone, presence_since=gone - TEN)
    assert shop.work(by_clock=True)["gone"] == 1
    row = Membership.objects.get(user=ana)
    assert (row.presence, row.presence_since) == ("offline", gone + SILENCE)
    assert shop.work(by_clock=True)["gone"] == 0
    assert sign(idle_seconds=5) == "online"
    assert sign(idle_seconds=601) == "online"  # another screen of theirs was touched a moment ago
    Membership.objects.filter(user=ana).update(settings={"input_at": (timezone.now() - TEN).isoformat()})
    assert sign(idle_seconds=601) == "away"
    assert sign(idle_seconds=0) == "online"
    # The clock stood still meanwhile: what nobody noticed is told when they come back, at its time.
    Membership.objects.filter(user=ana).update(seen_at=timezone.now() - timedelta(minutes=5))
    assert sign() == "online"
    assert [(before, after) for before, after, _reason, _by in told()] == [
        ("offline", "online"), ("online", "offline"), ("offline", "online"), ("online", "away"), ("away", "online"),
        ("online", "offline"), ("offline", "online"),
    ]  # fmt: skip
    assert api.put("/api/v1/me/presence", {"presence": "offline"}, format="json").json()["presence"] == "offline"
    assert sign() == "offline"  # who said so stays so


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"presence": "away"}, "presence"),
        ({"presence": "asleep"}, "presence"),
        ({"presence": "break", "reason": "x" * 81}, "reason"),
        ({"presence": "busy", "reason": "lunch"}, "reason"),
        ({}, "presence"),
    ],
)
def test_a_presence_nobody_can_choose_is_refused_and_changes_nothing(
    shop: Shop, body: dict[str, str], field: str
) -> None:
    ana = shop.agent("Ana")
    answer = signed_in(ana).put("/api/v1/me/presence", body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert Membership.objects.get(user=ana).presence == "online"
    assert len(told()) == 1


def test_a_program_is_nobody(shop: Shop) -> None:
    answer = factories.client(factories.token(shop.place)).get("/api/v1/me/presence")
    assert (answer.status_code, answer.json()["detail"]) == (403, "A token is nobody: sign in as a member.")


def test_an_administrator_sets_what_somebody_may_carry_and_it_is_noted(shop: Shop) -> None:
    ana, boss = shop.agent("Ana"), factories.member(shop.place, Role.ADMIN, name="Boss")
    path, body = f"/api/v1/agents/{ana.pk}", {"capacity": 2, "skills": ["Refunds "], "languages": ["es"], "teams": []}
    assert signed_in(ana).patch(path, body, format="json").status_code == 403
    found = signed_in(boss).patch(path, body, format="json").json()
    assert (found["load"]["capacity"], found["skills"], found["languages"], found["teams"]) == (
        2,
        ["refunds"],
        ["es"],
        [],
    )
    assert AuditEntry.objects.get().changes["capacity"] == [6, 2]
    refused = signed_in(boss).patch(path, {"capacity": -1}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["capacity"])
    assert Membership.objects.get(user=ana).capacity == 2


def test_teams_are_made_changed_and_dissolved(shop: Shop) -> None:
    ana = shop.agent("Ana")
    api = factories.client(factories.token(shop.place))
    made = api.post("/api/v1/teams", {"name": "Care", "members": [str(ana.pk)]}, format="json")
    assert (made.status_code, made.json()["members"]) == (201, [str(ana.pk)])
    path = f"/api/v1/teams/{made.json()['id']}"
    changed = api.patch(path, {"routing": {"method": "round_robin", "silent_minutes": 3}}, format="json").json()
    assert (changed["routing"]["method"], changed["routing"]["silent_minutes"]) == ("round_robin", 3)
    refused = api.patch(path, {"routing": {"overflow_minutes": 5, "overflow_team": changed["id"]}}, format="json")
    assert (refused.status_code, refused.json()["errors"]) == (
        400, {"overflow_team": "The teams would pass conversations round in a circle."}
    )  # fmt: skip
    assert api.get(path).json() == changed
    assert api.delete(path).status_code == 204
    assert Team.objects.count() == 1


def test_rules_are_set_whole_or_refused_by_their_number(shop: Shop) -> None:
    api = factories.client(factories.token(shop.place))
    rule = {"name": "Spanish", "if": {"language": "es", "hours": "open"}, "then": {"team": str(shop.team.pk)}}
    everybody = {"method": "round_robin", "sticky": True, "silent_minutes": 3, "gone_minutes": None}
    body = {"rules": [rule], "everybody": everybody, "break_reasons": ["Café", " Café "]}
    kept = api.patch("/api/v1/routing", body, format="json").json()
    assert (
        kept
        == {"rules": [rule], "everybody": everybody, "break_reasons": ["Café"]}
        == api.get("/api/v1/routing").json()
    )
    assert AuditEntry.objects.get().action == "routing.changed"
    for wrong, field, sentence in (
        ({"rules": [rule, {"if": {}, "then": {}}]}, "rules", "Rule 2 does nothing."),
        ({"rules": [{"if": {"moon": "full"}, "then": {"priority": 1}}]}, "rules", "Rule 1 is not understood."),
        ({"rules": [{"then": {"priority": 9}}]}, "rules", "The priority of rule 1 must be 0 to 4."),
        ({"rules": [{"then": {"team": str(shop.place.pk)}}]}, "rules", "Rule 1 names a team that is not here."),
        ({"rules": [{"then": {"agent": str(shop.place.pk)}}]}, "rules", "Rule 1 names a person who is not here."),
        ({"everybody": {"method": "dice"}}, "everybody", "There is no such way of giving out conversations."),
        ({"everybody": {"silent_minutes": -1}}, "everybody", "Must be a number of minutes from 0 to 1440."),
    ):
        refused = api.patch("/api/v1/routing", {**wrong, "break_reasons": []}, format="json")
        assert (refused.status_code, refused.json()["errors"]) == (400, {field: sentence})
    assert api.get("/api/v1/routing").json() == kept


def test_a_hand_over_carries_its_note_and_says_when_it_is_too_much(shop: Shop) -> None:
    ana, bia = shop.agent("Ana"), shop.agent("Bia", capacity=0)
    talk = shop.talk(assignee=ana, queued_at=None)
    path = f"/api/v1/conversations/{talk.pk}/assign"
    answer = signed_in(ana).post(path, {"assignee": bia.email, "note": "She wants a refund."}, format="json").json()
    assert (answer["assignee"]["email"], answer["warning"]) == (bia.email, "Bia now has 1 of 0.")
    note = Message.objects.get(kind="note")
    assert (note.text, note.author) == ("She wants a refund.", ana)
    talk.refresh_from_db()
    assert (talk.route_reason["rule"], talk.route_reason["by"]) == ("hand", "Ana")
    late = signed_in(ana).post(
        path, {"assignee": ana.email, "expected_assignee": ana.email, "note": "No"}, format="json"
    )
    assert (late.status_code, late.json()["detail"]) == (409, "This conversation belongs to Bia by now.")
    stranger = factories.member(factories.workspace())
    refused = signed_in(ana).post(path, {"assignee": stranger.email, "note": "Hm"}, format="json")
    assert (refused.status_code, refused.json()["errors"]) == (400, {"assignee": "There is no such member here."})
    assert Message.objects.get(kind="note") == note
    back = signed_in(ana).post(path, {"assignee": None, "team": "Support"}, format="json").json()
    talk.refresh_from_db()
    assert (back["assignee"], talk.queued_at, talk.route_reason["rule"]) == (None, talk.waiting_since, "returned")


def test_nobody_is_shown_to_another_workspace(shop: Shop) -> None:
    ana = shop.agent("Ana")
    other = factories.client(factories.token(factories.workspace()))
    assert other.get("/api/v1/agents").json() == {"next": None, "previous": None, "results": []}
    assert other.patch(f"/api/v1/agents/{ana.pk}", {"capacity": 1}, format="json").status_code == 404
    assert other.get(f"/api/v1/teams/{shop.team.pk}").status_code == 404


def test_two_screens_that_say_something_at_once_leave_one_truth(shop: Shop) -> None:
    ana = shop.agent("Ana")
    for word in ("busy", "busy", "online"):
        act(shop.place.pk, lambda word=word: presence.say(shop.place, ana.pk, word))  # type: ignore[misc]
    assert [after for _before, after, _reason, _by in told()] == ["online", "busy", "online"]
