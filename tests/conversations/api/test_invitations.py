"""Inviting a person elsewhere: the link, and that whoever follows it is the same person in the same conversation."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.channels.types import Credentials
from conversations.connect import Plan, open_channel
from conversations.models import Channel, Connection, Conversation, Customer, Delivery, Invitation
from hub.models import Workspace
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import drain

pytestmark = pytest.mark.django_db


def whatsapp(place: Workspace) -> Channel:
    """A number people can go on with."""
    source = Connection(workspace=place, provider="meta")
    source.keep(Credentials(app_secrets=("a",), access_token="b"))
    source.save()
    return Channel.objects.create(
        workspace=place, connection=source, kind="whatsapp", name="Loja", address=bodies.ACCOUNT,
        settings={"display_number": "+55 11 4000-0000"},
    )  # fmt: skip


def test_it_works() -> None:
    place = factories.workspace()
    chat = open_channel(place, Plan(kind="webchat", name="Site")).channel
    talk = factories.conversation(place)
    factories.message(talk, chat, "Olá")
    line = whatsapp(place)
    api = factories.client(factories.token(place, "agent"))
    address = f"/api/v1/conversations/{talk.pk}/invitations"
    keyed: dict[str, Any] = {"headers": {"Idempotency-Key": "once"}}
    made = api.post(address, {"channel": str(line.pk)}, "json", **keyed)
    assert made.status_code == 201
    row = Invitation.objects.get()
    assert (row.customer, row.channel, made.json()["code"]) == (talk.customer, line, row.code)
    assert made.json()["url"].startswith("https://wa.me/551140000000?text=")
    assert made.json()["url"].endswith(f"%23{row.code}")
    assert api.post(address, {"channel": str(line.pk)}, "json", **keyed).json() == made.json()

    Delivery.objects.create(
        workspace=place, connection=line.connection, body=bodies.text("wamid.1", body=f"Hello! #{row.code}")
    )
    drain()
    assert len({one.merged_into_id or one.pk for one in Customer.objects.of(place)}) == 1
    (left,) = Conversation.objects.of(place).filter(folded_into=None)
    assert (left.pk, set(left.channel_ids)) == (talk.pk, {chat.pk, line.pk})
    row.refresh_from_db()
    assert row.used_at is not None


def test_it_refuses_a_channel_that_has_no_such_links() -> None:
    place = factories.workspace()
    talk = factories.conversation(place)
    chat = open_channel(place, Plan(kind="webchat", name="Site")).channel
    api = factories.client(factories.token(place))
    address = f"/api/v1/conversations/{talk.pk}/invitations"
    for wrong, sentence in (
        (chat, "Nobody can be invited to this channel: it has no telephone number on WhatsApp."),
        (whatsapp(factories.workspace()), "There is no such channel."),
    ):
        refused = api.post(address, {"channel": str(wrong.pk)}, "json")
        assert (refused.status_code, refused.json()["errors"]) == (400, {"channel": sentence})
    assert Invitation.objects.count() == 0
