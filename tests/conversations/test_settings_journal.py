"""The journal of webhooks on its pages: what came, what fits nowhere, and sending it through again, one or many."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from conversations.models import Channel, Delivery, Item, Message
from conversations.reasons import in_words
from hub.models import Workspace
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import drain
from tests.pages import browser_of, part, text


@pytest.fixture
def place(db: None) -> Workspace:
    """A workspace."""
    return factories.workspace()


@pytest.fixture
def admin(place: Workspace) -> Client:
    """Its administrator in a browser, who reads English."""
    return browser_of(place)


def outcomes(place: Workspace) -> list[str]:
    """Return what came of each delivery, oldest first."""
    return list(Delivery.objects.of(place).order_by("id").values_list("outcome", flat=True))


def settled(place: Workspace, line: Channel, outcome: str, **fields: Any) -> Delivery:
    """Make a delivery that was worked."""
    return factories.delivery(place, line.connection, outcome=outcome, parsed=True, **fields)


def test_it_works(admin: Client, place: Workspace) -> None:
    line = factories.channel(place, name="Vendas", address="555")
    lost = factories.delivery(place, line.connection, body=bodies.text("wamid.1"))
    drain()
    page = text(admin.get("/settings/unrouted/"))
    assert f"Vendas · No channel of this connection has the address {bodies.ACCOUNT}." in page
    assert "Send 1 through again" in page
    inside = admin.get(reverse("settings_delivery", args=[lost.pk]), headers={"hx-request": "true"})
    assert (part(inside), "wamid.1" in text(inside), "MessageReceived" in text(inside)) == (True, True, True)
    Channel.objects.update(address=bodies.ACCOUNT)  # mended
    line_of_it = admin.post(reverse("settings_replay", args=[lost.pk]), headers={"hx-request": "true"})
    assert (part(line_of_it), "Waiting" in text(line_of_it)) == (True, True)
    drain()
    followed = admin.get(reverse("settings_delivery", args=[lost.pk]) + "?row", headers={"hx-request": "true"})
    assert ("Processed" in text(followed), b'hx-trigger="load' in followed.content) == (True, False)
    assert Message.objects.get().provider_id == "wamid.1"
    assert "Everything found its place" in text(admin.get("/settings/unrouted/"))


def test_it_sends_many_through_again(admin: Client, place: Workspace) -> None:
    line = factories.channel(place)
    rows = [settled(place, line, outcome) for outcome in ("unroutable", "invalid", "failed", "failed", "processed")]
    theirs = settled(factories.workspace(), factories.channel(factories.workspace()), "failed")
    replay = reverse("settings_replay_many")
    chosen = {"delivery": [str(rows[0].pk), str(rows[4].pk), str(theirs.pk), "nonsense"]}
    said = admin.post(replay, chosen, follow=True)
    assert "1 is on its way through again." in text(said)
    assert outcomes(place) == ["pending", "invalid", "failed", "failed", "processed"]
    assert "Nothing was chosen." in text(admin.post(replay, {}, follow=True))
    assert "2 are on their way through again." in text(
        admin.post(replay, {"all": "1", "outcome": "failed"}, follow=True)
    )
    assert outcomes(place) == ["pending", "invalid", "pending", "pending", "processed"]
    theirs.refresh_from_db()
    assert theirs.outcome == "failed"


def test_it_narrows_and_turns_pages(admin: Client, place: Workspace) -> None:
    line, other = factories.channel(place, name="Vendas"), factories.channel(place, name="Suporte")
    for _ in range(51):
        settled(place, line, "processed")
    odd = settled(place, other, "invalid", reason="not_json", body=b"\xff\x00<b>")
    journal = "/settings/deliveries/"
    first = admin.get(journal)
    assert first.context["rows"][0]["row"] == odd
    rest = admin.get(journal + first.context["next"])
    assert (len(first.context["rows"]), len(rest.context["rows"]), rest.context["next"]) == (50, 2, "")
    assert [one["row"] for one in admin.get(f"{journal}?outcome=invalid").context["rows"]] == [odd]
    assert [one["source"] for one in admin.get(f"{journal}?connection={other.connection_id}").context["rows"]] == [
        "Suporte"
    ]
    assert admin.get(f"{journal}?outcome=lost&connection=x&before=x").status_code == 200
    whole = admin.get(reverse("settings_delivery", args=[odd.pk]))
    assert (part(whole), "\\xff" in text(whole), b"&lt;b&gt;" in whole.content) == (False, True, True)
    assert admin.post(reverse("settings_replay", args=[odd.pk])).headers["location"] == reverse(
        "settings_delivery", args=[odd.pk]
    )


def test_a_part_that_fits_no_channel_is_seen_and_tried_again_alone(admin: Client, place: Workspace) -> None:
    line = factories.channel(place, name="Vendas", address=bodies.ACCOUNT)
    whole = json.loads(bodies.text("wamid.1"))
    whole["entry"] += json.loads(bodies.messages(bodies.said("wamid.2"), account="999"))["entry"]
    row = factories.delivery(place, line.connection, body=json.dumps(whole).encode())
    drain()
    assert outcomes(place) == ["processed"]
    assert "1 part fits no channel" in text(admin.get("/settings/unrouted/?outcome=unroutable"))
    api = factories.client(factories.token(place))
    found = api.get("/api/v1/deliveries?outcome=unroutable").json()["results"]
    assert ([one["id"] for one in found], api.get("/api/v1/deliveries?outcome=failed").json()["results"]) == (
        [str(row.pk)],
        [],
    )
    parts = list(Item.objects.of(place).order_by("id").values_list("pk", flat=True))
    replay = f"/api/v1/deliveries/{row.pk}/replay"
    again = api.post(f"{replay}?only=unroutable", headers={"idempotency-key": "a"})
    assert (again.status_code, again.json()["outcome"]) == (200, "processed")  # it still fits nowhere
    factories.channel(place, address="999", connection=line.connection)
    page = admin.get(reverse("settings_delivery", args=[row.pk]), headers={"hx-request": "true"})
    assert "Send only what fits no channel" in text(page)
    assert api.post(f"{replay}?only=failed", headers={"idempotency-key": "b"}).status_code == 400
    assert api.post(f"{replay}?only=unroutable", headers={"idempotency-key": "c"}).json()["outcome"] == "pending"
    drain()
    assert outcomes(place) == ["processed"]
    assert list(Message.objects.order_by("provider_id").values_list("provider_id", flat=True)) == ["wamid.1", "wamid.2"]
    assert list(Item.objects.of(place).order_by("id").values_list("pk", flat=True)) == parts  # the rest was left alone
    assert "Everything found its place" in text(admin.get("/settings/unrouted/"))


def test_reasons_are_in_words_of_the_reader() -> None:
    assert in_words("not_json") == gettext("The body is no JSON.")
    assert in_words("No channel of this connection has the address 1.") == gettext(
        "No channel of this connection has the address %(what)s."
    ).replace("%(what)s", "1")
    assert in_words("Nobody wrote this.") == "Nobody wrote this."
