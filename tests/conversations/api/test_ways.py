"""Where a person can be answered: on which channels, until when, and why not on the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.response import Response

from conversations import tasks
from conversations.models import Channel, Conversation, Customer, FeedEvent, Identity, Message, OutboxEntry, Template
from conversations.ways import ways_of
from simulator import BusinessNumber, RunningSimulator, running
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1"
HOUR = timedelta(hours=1)


def ways(shop: Shop) -> dict[str, dict[str, Any]]:
    """Return the ways by the name of their channel."""
    answer = shop.api.get(f"{API}/conversations/{shop.talk.pk}/ways")
    assert answer.status_code == 200
    return {way["name"]: way for way in answer.json()["results"]}


def say(shop: Shop, **body: Any) -> Response:
    return shop.api.post(
        f"{API}/conversations/{shop.talk.pk}/messages", {"client_id": "c1", "text": "Oi"} | body, "json"
    )


def heard(shop: Shop, hours_ago: float, line: Channel | None = None, **fields: Any) -> Message:
    """Let the customer have written."""
    at = timezone.now() - hours_ago * HOUR
    message = factories.message(shop.talk, line or shop.line, sent_at=at, **fields)
    Message.objects.filter(pk=message.pk).update(received_at=at)
    return message


def known(shop: Shop, kind: str, value: str, customer: Customer | None = None, **fields: Any) -> Identity:
    return Identity.objects.create(
        workspace=shop.place, customer=customer or shop.talk.customer, kind=kind, value=value, **fields
    )


def test_it_works(shop: Shop) -> None:
    way = ways(shop)[shop.line.name]
    assert {key: way[key] for key in ("channel", "kind", "open", "closed", "why", "templates", "default")} == {
        "channel": str(shop.line.pk),
        "kind": "whatsapp",
        "open": True,
        "closed": "",
        "why": "",
        "templates": True,
        "default": True,
    }
    said = Message.objects.get()
    assert datetime.fromisoformat(way["closes_at"]) == said.shown_at + 24 * HOUR
    assert datetime.fromisoformat(way["heard_at"]) == said.shown_at
    assert "template" in way["can"]
    assert "text" in way["can"]
    assert way["address"] == shop.talk.customer.identities.get().value
    assert (way["limits"]["text"], way["limits"]["unit"]) == (4096, "characters")
    assert way["limits"]["files"]["image"] == {
        "max_bytes": 5 * 1024 * 1024, "mime_types": ["image/jpeg", "image/png"], "caption": True,
    }  # fmt: skip


def test_it_says_why_a_channel_is_closed(shop: Shop) -> None:
    Message.objects.update(sent_at=timezone.now() - 25 * HOUR)
    far = factories.channel(shop.place, "instagram", name="far")
    fresh = factories.channel(shop.place, name="fresh")
    stopped = factories.channel(
        shop.place, name="stopped", stopped_at=timezone.now(), stop_reason={"code": "190", "title": "No access."}
    )
    factories.channel(factories.workspace(), name="somebody else's")
    factories.channel(shop.place, name="gone", deleted_at=timezone.now())
    found = ways(shop)
    assert {name: (way["open"], way["closed"], way["why"], way["can"]) for name, way in found.items()} == {
        shop.line.name: (False, "window", "The customer's last message here is more than 24 hours old: only a template can be sent.", ["template"]),
        "fresh": (False, "window", "The customer has not written here yet: only a template can be sent.", ["template"]),
        "stopped": (False, "window", "The customer has not written here yet: only a template can be sent.", ["template"]),
        "far": (False, "address", "This customer has no address on this channel.", []),
    }  # fmt: skip
    assert {name for name, way in found.items() if way["waits"]} == {"stopped"}
    assert list(found) == [shop.line.name, "fresh", "stopped", "far"]
    for line, status in ((fresh, 409), (stopped, 409), (far, 400)):
        answer = say(shop, channel=str(line.pk))
        assert answer.status_code == status
        sentence = answer.json()["detail"] if status == 409 else answer.json()["errors"]["channel"]
        assert sentence == found[line.name]["why"]
    assert OutboxEntry.objects.count() == FeedEvent.objects.count() == 0


def test_it_keeps_what_is_said_while_a_channel_is_stopped(shop: Shop) -> None:
    Channel.objects.update(stopped_at=timezone.now(), stop_reason={"code": "190", "title": "No access."})
    way = ways(shop)[shop.line.name]
    sentence = "This channel is stopped: No access. What you send leaves when it works again."
    assert (way["open"], way["closed"], way["waits"]) == (True, "", sentence)
    assert say(shop).json()["status"] == "queued"
    assert OutboxEntry.objects.get().state == "queued"
    Channel.objects.update(stopped_at=None)
    assert ways(shop)[shop.line.name]["waits"] == ""


def test_it_writes_first_with_a_template_where_it_may(shop: Shop) -> None:
    fresh = factories.channel(shop.place, name="fresh")
    body = [{"type": "BODY", "text": "Olá!"}]
    Template.objects.create(
        workspace=shop.place, channel=fresh, name="oi", language="pt_BR", status="approved", components=body
    )
    said = say(shop, channel=str(fresh.pk), text=None, template={"name": "oi"}).json()
    assert (said["kind"], said["text"], said["channel"]) == ("template", "Olá!", str(fresh.pk))
    shop.talk.refresh_from_db()
    assert shop.talk.channel_ids == [shop.line.pk, fresh.pk]
    assert Conversation.objects.count() == 1


def test_it_leaves_alone_who_asked_for_it(shop: Shop) -> None:
    shop.talk.customer.identities.update(opted_out_at=timezone.now())
    way = ways(shop)[shop.line.name]
    assert (way["closed"], way["templates"]) == ("opted_out", False)
    answer = say(shop, text=None, template={"name": "x", "language": "en"})
    assert (answer.status_code, answer.json()["detail"]) == (409, way["why"])
    assert way["why"] == "The customer asked not to be written to on this channel."


@pytest.mark.parametrize(("answered_after", "hours", "open_"), [(1, 50, True), (30, 50, False), (1, 73, False)])
def test_an_advertisement_leaves_three_days_when_it_was_answered_in_one(
    shop: Shop, answered_after: float, hours: float, open_: bool
) -> None:
    Message.objects.all().delete()
    brought = heard(shop, hours, referral={"source_id": "1"})
    ours = heard(shop, hours - answered_after, direction="outbound")
    assert ways(shop)[shop.line.name]["open"] is open_
    if open_:
        closes_at = datetime.fromisoformat(ways(shop)[shop.line.name]["closes_at"])
        assert abs(closes_at - (brought.sent_at + 72 * HOUR)) < timedelta(seconds=5)
        assert say(shop).status_code == 201
        Message.objects.filter(pk=ours.pk).update(kind="note")
        assert ways(shop)[shop.line.name]["open"] is False


def test_people_have_longer_than_machines_on_instagram(shop: Shop) -> None:
    line = factories.channel(shop.place, "instagram", name="insta")
    known(shop, "igsid", "77", scope=line.address)
    heard(shop, 30, line)
    machine = next(way for way in ways_of(shop.place, shop.talk, by_person=False) if way.channel == line)
    person = next(way for way in ways_of(shop.place, shop.talk, by_person=True) if way.channel == line)
    assert (machine.open, person.open) == (False, True)
    assert machine.why == "The customer's last message here is more than 24 hours old."
    assert person.closes_at is not None
    assert timedelta(days=5) < person.closes_at - timezone.now() < timedelta(days=6)
    assert say(shop, channel=str(line.pk)).status_code == 409  # a token is a machine
    shop.api.credentials(HTTP_ACCEPT_LANGUAGE="en")
    shop.api.force_login(factories.member(shop.place))
    assert say(shop, channel=str(line.pk)).status_code == 201


def test_it_reaches_a_person_through_whoever_they_were_joined_with(shop: Shop) -> None:
    other = factories.customer(shop.place)
    line = factories.channel(shop.place, "instagram", name="insta")
    identity = known(shop, "igsid", "77", other, scope=line.address)
    assert ways(shop)["insta"]["closed"] == "address"
    other.merged_into = shop.talk.customer
    other.save()
    Message.objects.filter(pk=heard(shop, 1, line).pk).update(customer=other, identity=identity)
    way = ways(shop)["insta"]
    assert (way["open"], way["address"], way["default"]) == (True, "77", False)
    said = say(shop, channel=str(line.pk)).json()
    message = Message.objects.get(pk=said["id"])
    assert (message.customer, message.identity, message.conversation) == (other, identity, shop.talk)


@pytest.fixture
def provider(shop: Shop, settings: Any) -> Any:
    number = BusinessNumber(
        phone_number_id=shop.line.address, access_token="access", app_secret="s", webhook_url="http://127.0.0.1:9/"
    )
    with running([number]) as simulator:
        simulator.switch(statuses=False)
        settings.GRAPH_API_URL = simulator.url
        yield simulator


def test_it_shows_that_somebody_types(shop: Shop, provider: RunningSimulator) -> None:
    Message.objects.update(provider_id="wamid.in")
    before = Message.objects.count(), FeedEvent.objects.count()
    assert shop.api.post(f"{API}/conversations/{shop.talk.pk}/typing").status_code == 202
    tasks.typing(str(shop.talk.pk))
    assert provider.whatsapp.receipts == [
        {"phone_number_id": shop.line.address, "message_id": "wamid.in", "typing": True}
    ]
    assert (Message.objects.count(), FeedEvent.objects.count()) == before
    Message.objects.update(sent_at=timezone.now() - 25 * HOUR)
    tasks.typing(str(shop.talk.pk))
    assert len(provider.whatsapp.receipts) == 1


def test_it_keeps_the_templates_a_provider_lists(shop: Shop, provider: RunningSimulator) -> None:
    address = f"{API}/channels/{shop.line.pk}/templates"
    untold = shop.api.post(f"{address}/sync").json()
    assert (untold["works"], untold["error"]["code"]) == (False, "business_account")
    Channel.objects.filter(pk=shop.line.pk).update(settings={"business_account": "208000000000001"})
    assert shop.api.post(f"{address}/sync").json() == {
        "works": True, "error": None, "found": 7, "changed": 7, "gone": 0,
    }  # fmt: skip
    shown = shop.api.get(address).json()["results"]
    sent = next(one for one in shown if one["name"] == "pedido_enviado")
    assert {key: sent[key] for key in ("parameters", "header", "usable", "why", "category")} == {
        "parameters": ["1", "2"],
        "header": {"kind": "text", "text": "Pedido {{1}}", "parameters": ["1"]},
        "usable": True,
        "why": "",
        "category": "utility",
    }
    assert [one["needs_value"] for one in sent["buttons"]] == [True, False]
    paused = shop.api.get(f"{address}?status=paused").json()["results"]
    assert [(one["name"], one["usable"], one["why"]) for one in paused] == [
        ("carrinho_esquecido", False, "This template is paused because of its quality.")
    ]
    provider.whatsapp.templates.templates[:] = provider.whatsapp.templates.templates[1:]
    provider.whatsapp.templates.templates[0]["status"] = "DISABLED"
    assert shop.api.post(f"{address}/sync").json() == {
        "works": True, "error": None, "found": 6, "changed": 1, "gone": 1,
    }  # fmt: skip
    assert len(shop.api.get(address).json()["results"]) == 6
    assert tasks.list_templates() == {"channels": 0, "templates": 0}
    Template.objects.update(synced_at=timezone.now() - 7 * HOUR)
    assert tasks.list_templates() == {"channels": 1, "templates": 6}
    web = factories.channel(shop.place, "webchat")
    answer = shop.api.post(f"{API}/channels/{web.pk}/templates/sync")
    assert answer.json()["errors"] == {"channel": "This kind of channel has no templates."}
    assert shop.api.get(f"{API}/channels/{web.pk}/templates").json()["results"] == []
