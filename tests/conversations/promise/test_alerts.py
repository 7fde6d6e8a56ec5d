"""Alerts and their settings: one incident while it holds, told to supervisors alone; nonsense is refused at its field; pages and API."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from conversations import feed, tasks
from conversations.live import reader, rights
from conversations.models import AlertRule, Conversation, HistoryEvent, Incident, KioskLink, SlaPolicy
from hub.models import AuditEntry, Membership, Role, User, Workspace
from metrics.wallboard import past
from metrics.wallboard.past import Share
from metrics.wallboard.targets import Targets, targets
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place() -> Workspace:
    return factories.workspace()


@pytest.fixture
def chief(place: Workspace, client: Client) -> User:
    """An administrator who is signed in and reads English."""
    user = factories.member(place, Role.ADMIN, name="Júlia Andrade", language="en")
    client.force_login(user)
    return user


def waits(place: Workspace, minutes: float, **fields: Any) -> Conversation:
    at = timezone.now() - timedelta(minutes=minutes)
    return factories.conversation(place, opened_at=at, queued_at=at, waiting_since=at, **fields)


def refused(client: Client, address: str, **typed: Any) -> str:
    answer = client.post(address, {"act": "create", **typed})
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_works(place: Workspace, chief: User, client: Client) -> None:
    api = factories.client(factories.token(place))
    made = api.post("/api/v1/alert_rules", {"kind": "depth", "threshold": 2}, format="json")
    assert made.status_code == 201
    first = waits(place, 9)
    assert tasks.watch()["opened"] == 0
    second = waits(place, 3)
    assert [tasks.watch()["opened"] for _ in range(2)] == [1, 0]
    found = api.get("/api/v1/incidents?state=open").json()["results"]
    assert [(one["rule"]["kind"], one["cause"]["value"], one["cause"]["conversation"]) for one in found] == [
        ("depth", 2, str(first.pk))
    ]
    taken = client.post(f"/api/v1/incidents/{found[0]['id']}/take", content_type="application/json")
    assert taken.status_code == 200, taken.content
    assert taken.json()["taken_by"]["name"] == "Júlia Andrade"

    shown = reader.show(place, [line for line in feed.after(place.pk, 0) if line.kind == "incident.updated"])
    heard = [shown[0].reaches(rights.ear_of(("session", "key", "user", "place", role))) for role in Role.values]
    assert heard == [False, True, True]

    Conversation.objects.filter(pk=second.pk).update(assignee=chief)
    assert tasks.watch()["closed"] == 1
    again = client.post(f"/api/v1/incidents/{found[0]['id']}/take", content_type="application/json")
    assert (again.status_code, again.json()["detail"]) == (409, "This alert is over.")
    Conversation.objects.filter(pk=second.pk).update(assignee=None)
    assert tasks.watch()["opened"] == 1
    assert Incident.objects.count() == 2


def test_many_who_look_at_once_open_one_incident(place: Workspace) -> None:
    AlertRule.objects.create(workspace=place, kind="oldest_wait", threshold=60)
    waits(place, 5)

    def look() -> None:
        tasks.watch()
        connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Incident.objects.count() == 1


def test_nonsense_is_refused_at_its_field_and_nothing_is_kept(place: Workspace, chief: User, client: Client) -> None:
    usual = {"name": "Chat", "clock": "business", "position": "0", "active": "on"}
    zero = refused(client, "/settings/sla/", **usual, first_response="0")
    assert "Must be longer than nothing" in zero
    assert "Promise at least one thing." in refused(client, "/settings/sla/", **usual)
    assert "Cannot be shorter" in refused(client, "/settings/sla/", **usual, first_response="10", resolution="5")
    for number in ("0", "-3"):
        assert "Must be at least 1" in refused(client, "/settings/alerts/", kind="depth", threshold=number)
    assert "Must be a whole number." in refused(client, "/settings/alerts/", kind="depth", threshold="2.5")
    assert "Must be in the future." in client.post("/settings/kiosk/", {"name": "Hall", "days": "0"}).content.decode()
    assert [model.objects.count() for model in (SlaPolicy, AlertRule, KioskLink)] == [0, 0, 0]
    assert not AuditEntry.objects.exists()

    assert "Made: Chat." in refused(client, "/settings/sla/", **usual, first_response="10")
    assert SlaPolicy.objects.get().first_response == 600
    behind = refused(client, "/settings/sla/", **usual | {"name": "Late", "position": "5"}, next_response="10")
    assert "stands before it and fits all of the same" in behind
    again = refused(client, "/settings/sla/", **usual | {"position": "-1"}, first_response="1")
    assert "Must lie between 0 and 10000." in again
    SlaPolicy.objects.update(position=7)
    assert "There is a policy of this name already." in refused(client, "/settings/sla/", **usual, first_response="1")
    refused(client, "/settings/alerts/", kind="oldest_wait", threshold="2.5", active="on")
    assert AlertRule.objects.get().threshold == 150
    api = factories.client(factories.token(place, Role.AGENT))
    assert api.post("/api/v1/sla_policies", {"name": "No"}, format="json").status_code == 403
    wrong = factories.client(factories.token(place)).post(
        "/api/v1/sla_policies", {"name": "API", "first_response": 0}, format="json"
    )
    assert (wrong.status_code, [*wrong.json()["errors"]]) == (400, ["first_response"])


def test_the_board_is_the_supervisors_and_a_link_ends(place: Workspace, chief: User, client: Client) -> None:
    waits(place, 4)
    page = client.get("/wallboard/")
    assert page.status_code == 200
    state = client.get("/wallboard/state/").json()
    assert [one["value"] for one in state["tiles"] if one["key"] == "queue"] == [1]
    assert [len(client.get(f"/wallboard/drawer/{key}/").json()["conversations"]) for key in ("queue", "sla")] == [1, 0]
    assert client.get("/wallboard/drawer/nothing/").status_code == 404
    made = client.post("/settings/kiosk/", {"name": "Hall", "days": "3"}).content.decode()
    address = made.partition("/wallboard/kiosk/")[2].partition("/")[0]
    stranger = Client()
    wall = stranger.get(f"/wallboard/kiosk/{address}/")
    assert (wall.status_code, wall.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "Júlia" not in wall.content.decode()
    assert stranger.get(f"/wallboard/kiosk/{address}/state/").json()["agents"] == []
    KioskLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert stranger.get(f"/wallboard/kiosk/{address}/").status_code == 410
    client.force_login(factories.member(place, Role.AGENT))
    assert [client.get(path).status_code for path in ("/wallboard/", "/wallboard/state/", "/settings/sla/")] == [
        403
    ] * 3


def test_a_share_is_of_the_hour_before() -> None:
    now = timezone.now()
    told = [(now - timedelta(minutes=minutes), kept) for minutes, kept in ((1, True), (59, False), (61, False))]
    assert past.share(told, now) == Share(1, 2)
    assert past.share([], now).value is None


def test_one_of_two_sees_to_an_alert_on_its_page(place: Workspace, chief: User, client: Client) -> None:
    AlertRule.objects.create(workspace=place, kind="oldest_wait", threshold=60)
    waits(place, 3)
    tasks.watch()
    incident = Incident.objects.get()
    assert "See to it" in client.get("/settings/alerts/").content.decode()
    taken = client.post(f"/settings/alerts/{incident.pk}/take/", follow=True).content.decode()
    assert ("Júlia Andrade sees to it" in taken, "See to it" in taken) == (True, False)
    client.force_login(factories.member(place, Role.ADMIN, language="en"))
    late = client.post(f"/settings/alerts/{incident.pk}/take/", follow=True).content.decode()
    assert "Júlia Andrade sees to it already." in late
    incident.refresh_from_db()
    assert incident.taken_by == chief
    stranger = factories.member(factories.workspace(), Role.ADMIN)
    client.force_login(stranger)
    assert client.post(f"/settings/alerts/{incident.pk}/take/").status_code == 404


def test_the_boards_targets_are_set_on_their_page_or_follow_the_alerts(
    place: Workspace, chief: User, client: Client
) -> None:
    AlertRule.objects.create(workspace=place, kind="oldest_wait", threshold=90)
    page = client.get("/settings/board/").content.decode()
    assert "Empty: 1.5, the limit of an alert." in page
    assert targets(place) == Targets(longest=90)
    typed = {"queue": "7", "longest": "2.5", "serving": "", "agents": "3", "sla": "82.5", "abandonment": "0"}
    for wrong, sentence in (
        ({"sla": "101"}, "Must be a share from 0 % to 100 %."),
        ({"agents": "0"}, "Must be a whole number from 1 to 10000."),
        ({"queue": "-1"}, "Must be a whole number from 0 to 100000."),
        ({"longest": "soon"}, "Enter a number."),
    ):
        assert sentence in client.post("/settings/board/", typed | wrong).content.decode()
    assert not AuditEntry.objects.exists()
    assert "Saved." in client.post("/settings/board/", typed, headers={"HX-Request": "true"}).content.decode()
    place.refresh_from_db()
    assert targets(place) == Targets(queue=7, longest=150, agents=3, sla=0.825, abandonment=0.0)
    tiles = {one["key"]: one["target"] for one in client.get("/wallboard/state/").json()["tiles"]}
    assert tiles == {"queue": 7, "longest": 150, "serving": None, "agents": 3, "sla": 0.825, "abandonment": 0.0}
    assert AuditEntry.objects.get().action == "board.changed"
    client.post("/settings/board/", dict.fromkeys(typed, ""))
    place.refresh_from_db()
    assert targets(place) == Targets(longest=90)


def test_the_line_of_available_people_follows_who_was_there_and_had_room(place: Workspace) -> None:
    end = timezone.now()
    ticks = [end - timedelta(minutes=minutes) for minutes in (30, 20, 10, 0)]
    assert past.available(place, ticks, {}) == (None,) * 4
    for name, capacity, said in (("ana", 1, ((40, "online"), (15, "break"))), ("bia", 2, ((25, "online"),))):
        user = factories.member(place, email=f"{name}@example.com")
        Membership.objects.filter(user=user).update(capacity=capacity)
        for minutes, state in said:
            HistoryEvent.objects.create(
                workspace=place, type="presence.changed", occurred_at=end - timedelta(minutes=minutes),
                actor_kind="agent", actor_id=user.pk, actor_email=user.email, data={"to": state},
            )  # fmt: skip
    place.settings = {"weights": {"sms": 2}}
    carried = {"bia@example.com": [((end - timedelta(minutes=12), end - timedelta(minutes=5)), "sms")]}
    assert past.available(place, ticks, carried) == (1.0, 2.0, 0.0, 1.0)
