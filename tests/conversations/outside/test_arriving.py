"""The two doors for history from outside: the API and a file."""

from __future__ import annotations

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from conversations.channels.phone import match_key
from conversations.models import Conversation, FeedEvent, HistoryEvent, Identity, Message
from hub.models import Role, Workspace
from tests import factories
from tests.conversations.outside.conftest import PHONE, heard, resolved, said, told

ADDRESS = "/api/v1/events"


@pytest.mark.django_db
def test_it_works(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    events = [heard("2 09:00", id="a"), heard("2 09:00", id="a"), heard("9 09:00", id=""), said("2 09:10", id="b")]
    answer = api.post(ADDRESS, {"events": events}, "json")
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [
            {"id": "a", "outcome": "accepted"},
            {"id": "a", "outcome": "duplicate"},
            {"id": "", "outcome": "invalid", "error": "id: May not be empty.", "field": "id"},
            {"id": "b", "outcome": "accepted"},
        ]
    }
    talk = api.get("/api/v1/conversations").json()["results"][0]
    assert (talk["status"], talk["channel_kinds"], talk["channels"][0]["name"]) == (
        "open",
        ["whatsapp"],
        "WhatsApp (loja)",
    )
    assert talk["first_response_at"] == "2026-03-02T12:10:00+00:00"
    assert api.get("/api/v1/channels").json()["results"] == []
    found = api.get("/api/v1/messages?provider_id=b").json()["results"]
    assert [(one["author"]["kind"], one["author"]["name"], one["status"]) for one in found] == [
        ("agent", "ana@loja.example", "sent")
    ]
    assert FeedEvent.objects.count() == 0  # old history opens no page


@pytest.mark.django_db
def test_what_cannot_be_kept_is_refused_alone(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    odd = [
        heard("2 09:00", id="\ud800"),
        heard("2 09:00", id="a\0"),
        {"id": "b", "\udfff": 1},
        heard("2 09:00", id="c"),
        heard("2 09:00", id="d", weight="ENDLESS"),
    ]
    body = json.dumps({"events": odd}).replace('"ENDLESS"', "1e999")
    answer = api.generic("POST", ADDRESS, body, "application/json")
    assert [(one["id"], one["outcome"], one.get("error")) for one in answer.json()["results"]] == [
        ("?", "invalid", "id: Holds characters that cannot be kept."),
        ("a?", "invalid", "id: Holds characters that cannot be kept."),
        ("b", "invalid", "event: Holds characters that cannot be kept."),
        ("c", "accepted", None),
        ("d", "invalid", "data.weight: Must be a number."),
    ]


@pytest.mark.django_db
def test_the_timeline_shows_all_of_it_in_one_order(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    rui = factories.member(place, email="rui@loja.example", name="Rui")
    visit = told("store.visit", "2 11:00", "store", store="Centro")
    events = [
        resolved("2 10:00", agent="rui@loja.example"), visit, said("2 09:10", agent="rui@loja.example"), heard("2 09:00"),
        told("message.sent", "1 08:00", "fax_machine", author="campaign", text="Promoção"),
        told("survey.answered", "3 09:00", survey="nps", score=9, agent="ana@loja.example"),
        told("order.paid", "3 10:00", "ecommerce", order="1", value="10.50", currency="BRL", items=2),
    ]  # fmt: skip
    api.post(ADDRESS, {"events": events}, "json")
    customer = api.get("/api/v1/customers").json()["results"][0]
    shown = api.get(f"/api/v1/customers/{customer['id']}/timeline").json()["results"]
    assert [(one["type"], one.get("event"), one["channel_kind"]) for one in shown] == [
        ("message", None, "fax_machine"), ("message", None, "whatsapp"), ("message", None, "whatsapp"),
        ("event", "conversation.resolved", "whatsapp"), ("event", "store.visit", "store"), ("event", "survey.answered", "whatsapp"),
        ("event", "order.paid", "ecommerce"),
    ]  # fmt: skip
    assert shown[2]["author"] == {"kind": "agent", "id": str(rui.pk), "name": "Rui"}
    assert shown[3]["actor"] == {"kind": "agent", "id": str(rui.pk), "name": "Rui"}
    assert shown[5]["data"] == {"survey": "nps", "score": 9, "agent": "ana@loja.example"}
    assert (shown[6]["data"], shown[6]["conversation"]) == (
        {"order": "1", "value": "10.50", "currency": "BRL", "items": 2},
        None,
    )
    talk = api.get("/api/v1/conversations").json()["results"][0]
    assert talk["channel_kinds"] == ["fax_machine", "whatsapp"]
    assert api.get(f"/api/v1/conversations/{talk['id']}/ways").status_code == 200
    assert "conversation.resolved" in {row.type for row in HistoryEvent.objects.of(place)}


@pytest.mark.django_db
def test_it_refuses_what_is_no_list_of_events(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    bodies: list[tuple[Any, str]] = [
        ({}, "Must be a list of events."),
        ([], "Must be a list of events."),
        ({"events": {}}, "Must be a list of events."),
        ({"events": [heard("2 09:00")] * 1001}, "May hold at most 1000 events at once."),
    ]
    for body, sentence in bodies:
        answer = api.post(ADDRESS, body, "json")
        assert (answer.status_code, answer.json()["errors"]) == (400, {"events": sentence})
    answer = api.post(ADDRESS, '{"events": [', content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "The body is not valid JSON in UTF-8.")
    assert api.post(ADDRESS, b" " * (5 * 1024 * 1024 + 1), content_type="application/json").status_code == 413
    assert not HistoryEvent.objects.of(place).exists()
    low = factories.client(factories.token(place, Role.SUPERVISOR))
    assert low.post(ADDRESS, {"events": [heard("2 09:00")]}, "json").status_code == 403


@pytest.mark.django_db
def test_a_key_makes_it_happen_once_and_places_do_not_meet(place: Workspace) -> None:
    api, other = (factories.client(factories.token(one)) for one in (place, factories.workspace()))
    body = {"events": [heard("2 09:00", id="a")]}
    for _ in range(2):
        assert api.post(ADDRESS, body, "json", HTTP_IDEMPOTENCY_KEY="k").json()["results"][0]["outcome"] == "accepted"
    assert other.post(ADDRESS, body, "json").json()["results"][0]["outcome"] == "accepted"  # unique in a workspace
    assert [Message.objects.of(one).count() for one in (place,)] == [1]
    assert len({row.workspace_id for row in Conversation.objects.filter(last_message__provider_id="a")}) == 2


@pytest.mark.django_db
def test_a_file_is_imported_and_run_again_goes_on(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "history.jsonl"
    lines = [
        json.dumps(heard("2 09:00", id="a")),
        "",
        "{no",
        json.dumps(heard("2 10:00", id="b", customer={})),
        json.dumps(said("2 11:00")),
    ]
    file.write_text("\ufeff" + "\r\n".join(lines))
    out = StringIO()
    call_command("import_history", str(file), workspace="loja", stdout=out)
    assert out.getvalue().splitlines() == [
        "line 3: The line is not valid JSON in UTF-8.",
        "line 4: customer: Needs one of: external_id, phone, email, whatsapp, instagram.",
        "2 accepted, 0 duplicate, 2 invalid",
    ]
    good = "\n".join([lines[0], lines[4], json.dumps(resolved("2 12:00"))]).encode()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(good)))
    out = StringIO()
    call_command("import_history", "-", workspace="loja", stdout=out)
    assert out.getvalue() == "1 accepted, 2 duplicate, 0 invalid\n"
    assert Conversation.objects.of(place).get().status == "resolved"
    for file_name, slug, sentence in (
        ("none.jsonl", "loja", "none.jsonl: No such file"),
        (str(file), "nowhere", "no workspace nowhere"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("import_history", file_name, workspace=slug, stdout=out)


@pytest.mark.django_db
def test_people_are_known_as_on_their_channels(place: Workspace) -> None:
    api = factories.client(factories.token(place))
    live = factories.customer(place, phone="551187650001", name="")  # as WhatsApp writes it, without the ninth digit
    land = factories.customer(place, phone="551133330001")
    for identity in Identity.objects.of(place):
        Identity.objects.filter(pk=identity.pk).update(match_key=match_key(identity.value))
    ways = [
        {"phone": PHONE, "name": "Bia"},
        {"whatsapp": "5511987650001"},
        {"phone": "+551133330001"},
        {"phone": "+5511933330001"},
    ]
    events = [told("store.visit", "2 09:00", "store", customer=who, id=str(n)) for n, who in enumerate(ways)]
    api.post(ADDRESS, {"events": events}, "json")
    owners = list(HistoryEvent.objects.of(place).order_by("external_id").values_list("customer", flat=True))
    assert owners[:3] == [live.pk, live.pk, land.pk]
    assert owners[3] not in owners[:3]  # a mobile is no landline with a nine before it
    live.refresh_from_db()
    assert live.name == "Bia"
