"""Everything an agent may say, from the API to the provider: as it was asked for, and with no secret in the log of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from conversations import pipeline
from conversations.models import Channel, Conversation, Exchange, Message, OutboxEntry
from hub.models import Workspace
from simulator import BusinessNumber, RunningSimulator, running
from simulator.chance import seeded
from simulator.media import picture
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "EAAaccess0token0of0a0test"


@pytest.fixture
def place() -> Workspace:
    return factories.workspace()


@pytest.fixture
def line(place: Workspace) -> Channel:
    settings = {"business_account": "208000000000001"}
    return factories.channel(place, connection=factories.connection(place, access_token=TOKEN), settings=settings)


@pytest.fixture
def provider(line: Channel, settings: Settings, tmp_path: Any) -> Iterator[RunningSimulator]:
    number = BusinessNumber(
        phone_number_id=line.address, access_token=TOKEN, app_secret="s", webhook_url="http://127.0.0.1:9/"
    )
    with running([number]) as simulator:
        simulator.switch(statuses=False)
        settings.GRAPH_API_URL, settings.MEDIA_ROOT = simulator.url, str(tmp_path)
        yield simulator


@pytest.fixture
def talk(place: Workspace, line: Channel) -> Conversation:
    row = factories.conversation(place)
    factories.message(row, line, provider_id="wamid.in")
    return row


def say(api: APIClient, talk: Conversation, **body: Any) -> dict[str, Any]:
    """Say something over the API and let it leave."""
    body = {"client_id": str(Message.objects.count())} | body
    answer = api.post(f"/api/v1/conversations/{talk.pk}/messages", body, "json")
    assert answer.status_code == 201, answer.content
    while pipeline.send_pending():
        pass
    return dict(api.get(f"/api/v1/messages/{answer.json()['id']}").json())


def test_it_works(place: Workspace, line: Channel, talk: Conversation, provider: RunningSimulator) -> None:
    api = factories.client(factories.token(place))
    data = picture(seeded("x", 1), 40, 30)
    upload = {"file": SimpleUploadedFile("foto.png", data, "image/png"), "channel": str(line.pk)}
    brought = api.post("/api/v1/attachments", upload, format="multipart").json()
    said = say(api, talk, text="Olha", attachments=[brought["id"]])
    assert (said["status"], said["kind"], said["provider_id"]) == ("sent", "image", provider.sent[-1].id)
    sent = provider.sent[-1].body["image"]
    stored = provider.whatsapp.media.get(sent.pop("id"))
    assert sent == {"caption": "Olha"}
    assert stored is not None
    assert (stored.data, stored.ref.mime_type) == (data, "image/png")

    assert api.post(f"/api/v1/channels/{line.pk}/templates/sync").json()["found"] == 7
    template = {
        "name": "pedido_enviado",
        "parameters": ["Ana", "45"],
        "header": {"parameters": ["45"]},
        "buttons": ["45"],
    }
    assert say(api, talk, template=template)["text"] == "Olá, Ana! O seu pedido 45 saiu para entrega."
    parts = provider.sent[-1].body["template"]["components"]
    assert [part["type"] for part in parts] == ["header", "body", "button"]

    choices = [{"id": "y", "title": "Sim"}, {"id": "n", "title": "Não"}]
    say(api, talk, text="Pode ser?", interactive={"kind": "buttons", "buttons": choices})
    assert provider.sent[-1].body["interactive"]["action"]["buttons"][1]["reply"] == {"id": "n", "title": "Não"}
    say(api, talk, location={"latitude": -23.5, "longitude": -46.6})
    assert provider.sent[-1].body["location"] == {"latitude": -23.5, "longitude": -46.6}

    heard = Message.objects.get(direction="inbound")
    assert api.post(f"/api/v1/messages/{heard.pk}/reactions", {"emoji": "👍"}, "json").status_code == 200
    while pipeline.send_pending():
        pass
    assert provider.sent[-1].body["reaction"] == {"message_id": "wamid.in", "emoji": "👍"}
    assert not OutboxEntry.objects.exclude(state="done").exists()
    kept = Exchange.objects.all()
    assert len(kept) >= 7
    assert not any(TOKEN in f"{one.url}{one.request}{one.response}{one.error}" for one in kept)
