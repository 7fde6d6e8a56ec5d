"""Marking conversations over the API: labels, priority, pending, unread; many at once, what undoes it, and who was faster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from conversations.models import Conversation, HistoryEvent, Label, SavedView
from hub.models import Role, Workspace
from tests import factories

BULK = "/api/v1/conversations/bulk"


@pytest.fixture
def place(db: None) -> Workspace:
    """A tenant."""
    return factories.workspace()


def label(place: Workspace, name: str) -> Label:
    """A label."""
    return Label.objects.create(workspace=place, name=name)


def told(row: Conversation) -> list[tuple[str, Any]]:
    """What history says happened to it, in order."""
    events = HistoryEvent.objects.filter(conversation=row).order_by("id")
    return [(event.type, {**event.data, "by": None}) for event in events]


def test_it_works(place: Workspace) -> None:
    api, row = factories.client(factories.token(place)), factories.conversation(place)
    swap, vip = label(place, "Swap"), label(place, "VIP")
    path = f"/api/v1/conversations/{row.pk}"
    answer = api.post(f"{path}/labels", {"add": [str(swap.pk), str(vip.pk)]}, format="json")
    assert [one["name"] for one in answer.json()["labels"]] == ["Swap", "VIP"]
    answer = api.post(f"{path}/labels", {"add": [str(swap.pk)], "remove": [str(vip.pk)]}, format="json")
    assert [one["name"] for one in answer.json()["labels"]] == ["Swap"]
    assert api.post(f"{path}/priority", {"priority": "high"}, format="json").json()["priority"] == 3
    assert api.post(f"{path}/unread").json()["unread"] == 1
    assert api.post(f"{path}/pending").json()["status"] == "pending"
    assert told(row) == [
        ("conversation.labeled", {"label": "Swap", "label_id": str(swap.pk), "by": None}),
        ("conversation.labeled", {"label": "VIP", "label_id": str(vip.pk), "by": None}),
        ("conversation.unlabeled", {"label": "VIP", "label_id": str(vip.pk), "by": None}),
        ("conversation.prioritized", {"priority": 3, "before": 0, "by": None}),
        ("conversation.pending", {"by": None}),
    ]


def test_it_refuses_what_is_not_here(place: Workspace) -> None:
    api, row = factories.client(factories.token(place)), factories.conversation(place)
    foreign = label(factories.workspace(), "Theirs")
    path = f"/api/v1/conversations/{row.pk}"
    answer = api.post(f"{path}/labels", {"add": [str(foreign.pk)]}, format="json")
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {"add": f"There is no label {foreign.pk} here."},
    )
    assert api.post(f"{path}/labels", {}, format="json").status_code == 400
    assert api.post(f"{path}/priority", {"priority": "huge"}, format="json").status_code == 400
    past = (timezone.now() - timedelta(minutes=1)).isoformat()
    answer = api.post(BULK, {"ids": [str(row.pk)], "do": "snooze", "until": past}, format="json")
    assert answer.json()["results"][0] | {"conversation": None} == {
        "id": str(row.pk), "outcome": "refused", "detail": "Must be in the future.", "conversation": None, "undo": None,
    }  # fmt: skip
    row.refresh_from_db()
    assert (row.label_ids, row.priority, row.status, told(row)) == ([], 0, "waiting", [])


@pytest.mark.parametrize(
    ("do", "fields", "back"),
    [
        ({"do": "resolve"}, {"status": "resolved"}, {"status": "waiting"}),
        ({"do": "pending"}, {"status": "pending"}, {"status": "waiting"}),
        ({"do": "priority", "priority": "urgent"}, {"priority": 4}, {"priority": 0}),
        ({"do": "snooze", "until": "2199-01-01T09:00:00Z"}, {}, {"status": "waiting"}),
        ({"do": "unread"}, {"unread": 1}, {"unread": 0}),
    ],
)
def test_it_does_the_same_to_many_and_takes_it_back(
    place: Workspace, do: dict[str, Any], fields: dict[str, Any], back: dict[str, Any]
) -> None:
    if "until" in do:
        do = do | {"until": (timezone.now() + timedelta(days=1)).isoformat()}
        fields = {"status": "snoozed"}
    api = factories.client(factories.token(place))
    since = timezone.now() - timedelta(hours=1)
    rows = [factories.conversation(place, waiting_since=since) for _ in range(3)]
    done = api.post(BULK, {"ids": [str(row.pk) for row in rows], **do}, format="json").json()["results"]
    assert [one["outcome"] for one in done] == ["done"] * 3
    assert [{name: one["conversation"][name] for name in fields} for one in done] == [fields] * 3
    again = api.post(BULK, {"each": [one["undo"] for one in done]}, format="json").json()["results"]
    assert [one["outcome"] for one in again] == ["done"] * 3
    assert [{name: one["conversation"][name] for name in back} for one in again] == [back] * 3
    assert [one["conversation"]["waiting_since"] for one in again] == [since.isoformat()] * 3


def test_it_tells_which_could_not_be_done_and_does_the_others(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    gone = factories.conversation(place, status="resolved", resolved_at=timezone.now())
    ours, foreign = factories.conversation(place), factories.conversation(factories.workspace())
    ids = [str(row.pk) for row in (gone, ours, foreign)]
    results = api.post(BULK, {"ids": ids, "do": "pending"}, format="json").json()["results"]
    assert [(one["outcome"], one["detail"]) for one in results] == [
        ("refused", "This conversation is resolved: reopen it first."),
        ("done", ""),
        ("refused", "There is no such conversation here."),
    ]
    assert results[2]["conversation"] is None


def test_it_does_not_undo_over_what_somebody_else_did(place: Workspace) -> None:
    api, row = factories.client(factories.token(place)), factories.conversation(place)
    ana, bea = factories.member(place, name="Ana"), factories.member(place, name="Bea")
    give = {"ids": [str(row.pk)], "do": "assign", "assignee": str(ana.pk)}
    undo = api.post(BULK, give, format="json").json()["results"][0]["undo"]
    api.post(f"/api/v1/conversations/{row.pk}/assign", {"assignee": str(bea.pk)}, format="json")
    refused = api.post(BULK, {"each": [undo]}, format="json").json()["results"][0]
    assert (refused["outcome"], refused["detail"]) == ("refused", "This conversation belongs to Bea by now.")
    assert refused["conversation"]["assignee"]["name"] == "Bea"
    resolved = api.post(BULK, {"ids": [str(row.pk)], "do": "resolve"}, format="json").json()["results"][0]
    api.post(f"/api/v1/conversations/{row.pk}/reopen")
    refused = api.post(BULK, {"each": [resolved["undo"]]}, format="json").json()["results"][0]
    assert refused["detail"] == "Somebody else has gone on with this conversation meanwhile."


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_wins_and_the_other_is_told() -> None:
    place = factories.workspace()
    row, secret = factories.conversation(place), factories.token(place)
    people = [factories.member(place, name=name) for name in ("Ana", "Bea")]
    ready = Barrier(2)

    def press(act: dict[str, Any]) -> dict[str, Any]:
        ready.wait(60)
        try:
            answer = factories.client(secret).post(BULK, {"ids": [str(row.pk)], **act}, format="json")
            return dict(answer.json()["results"][0])
        finally:
            connections.close_all()

    def both(acts: Callable[[int], dict[str, Any]]) -> list[str]:
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(press, map(acts, range(2))))
        return sorted(one["outcome"] for one in results)

    took = both(lambda n: {"do": "assign", "assignee": str(people[n].pk), "expected_assignee": None})
    assert took == ["done", "refused"]
    assert both(lambda n: {"do": "priority", "priority": ("low", "high")[n], "expected": "none"}) == ["done", "refused"]
    assert both(lambda _: {"do": "resolve"}) == ["done", "unchanged"]
    words = list(HistoryEvent.objects.order_by("id").values_list("type", flat=True))
    assert words == ["conversation.assigned", "conversation.prioritized", "conversation.resolved"]


def test_it_finds_by_label_priority_and_language_in_four_orders(place: Workspace) -> None:
    api, line = factories.client(factories.token(place)), factories.channel(place)
    vip, now = label(place, "VIP"), timezone.now()
    fields: list[dict[str, Any]] = [
        {"priority": 1, "language": "es", "due_at": now + timedelta(hours=1), "due_kind": "resolution"},
        {"priority": 4, "label_ids": [vip.pk]},
        {"priority": 0, "language": "pt-br", "label_ids": [vip.pk], "due_at": now, "due_kind": "next_response"},
    ]
    rows = [factories.conversation(place, opened_at=now - timedelta(days=n), **one) for n, one in enumerate(fields)]
    for n, row in enumerate(rows):
        factories.message(row, line, minutes_ago=10 * ((n + 1) % 3))

    def found(query: str) -> list[int]:
        places = {str(row.pk): n for n, row in enumerate(rows)}
        return [places[one["id"]] for one in api.get(f"/api/v1/conversations?{query}").json()["results"]]

    assert found("label=vip") == found(f"label={vip.pk}") == [2, 1]
    assert found("priority=low,urgent") == [0, 1]
    assert found("language=es") == [0]
    assert [found(f"sort={word}") for word in ("activity", "waiting", "priority", "due")] == [
        [2, 0, 1],
        [1, 0, 2],
        [1, 0, 2],
        [2, 0, 1],
    ]
    for order in ("waiting", "priority", "due"):
        first = api.get(f"/api/v1/conversations?sort={order}&limit=2").json()
        rest = api.get(first["next"]).json()
        assert [one["id"] for one in first["results"] + rest["results"]] == [
            str(rows[n].pk) for n in found(f"sort={order}")
        ]
    assert found("label=nothing") == []
    assert api.get("/api/v1/conversations?sort=luck").status_code == 400


def test_views_are_kept_by_whom_they_belong_to(place: Workspace) -> None:
    api, agent = factories.client(factories.token(place)), factories.client(factories.token(place, Role.AGENT))
    made = api.post(
        "/api/v1/views", {"name": "Urgent", "filters": {"priority": "urgent"}, "sort": "waiting"}, format="json"
    )
    assert made.status_code == 201
    view = made.json()
    assert (view["shared"], view["sort"], view["filters"]) == (True, "waiting", {"priority": "urgent"})
    again = api.post("/api/v1/views", {"name": "Urgent", "filters": {}}, format="json")
    assert again.json()["errors"] == {"name": "There is a view of this name already."}
    wrong = api.post("/api/v1/views", {"name": "Odd", "filters": {"priority": "huge"}}, format="json")
    assert wrong.status_code == 400
    assert agent.post("/api/v1/views", {"name": "Mine", "filters": {}}, format="json").status_code == 403
    assert agent.patch(f"/api/v1/views/{view['id']}", {"name": "X"}, format="json").status_code == 403
    assert [one["name"] for one in agent.get("/api/v1/views").json()["results"]] == ["Urgent"]
    assert api.patch(f"/api/v1/views/{view['id']}", {"name": "At once"}, format="json").json()["name"] == "At once"
    other = factories.client(factories.token(factories.workspace()))
    assert other.delete(f"/api/v1/views/{view['id']}").status_code == 404
    assert api.delete(f"/api/v1/views/{view['id']}").status_code == 204
    assert not SavedView.objects.exists()
