"""One person on three channels, joined by token, by link and by hand: one timeline, one conversation, one customer in the figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conversations.channels.types import Credentials
from conversations.channels.webchat.bodies import Body, Identity, Named, Said, write
from conversations.models import Channel, Connection, Customer, Invitation
from hub.models import Role
from metrics.aggregate import derive_pending
from metrics.rebuild import differences
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, new_shop, store

pytestmark = pytest.mark.django_db(transaction=True)

GRAM, ANA = "17841400000000321", "1784500000000777"
START = datetime.now(UTC) - timedelta(hours=1)


class Company:
    """A shop that is written to by WhatsApp, Instagram and the chat on its site."""

    def __init__(self) -> None:
        self.whatsapp = new_shop()
        place = self.whatsapp.workspace
        gram = Channel.objects.create(
            workspace=place, connection=self.whatsapp.connection, kind="instagram", name="Aurora", address=GRAM
        )
        self.instagram = Shop(place, self.whatsapp.connection, gram)
        source = Connection(workspace=place, provider="novelo")
        source.keep(Credentials(identity_keys=("a-key-of-the-site",)))
        source.save()
        chat = Channel.objects.create(workspace=place, connection=source, kind="webchat", name="Site")
        self.webchat = Shop(place, source, chat)
        self.api: APIClient = factories.client(factories.token(place, Role.ADMIN))
        self.place, self.minutes = place, 0

    def later(self) -> datetime:
        """A minute after what was said before."""
        self.minutes += 1
        return START + timedelta(minutes=self.minutes)

    def on_instagram(self, mid: str, text: str) -> None:
        """Ana writes on Instagram."""
        said = {
            "sender": {"id": ANA},
            "recipient": {"id": GRAM},
            "timestamp": int(self.later().timestamp() * 1000),
            "message": {"mid": mid, "text": text},
        }
        store(
            self.instagram, json.dumps({"object": "instagram", "entry": [{"id": GRAM, "messaging": [said]}]}).encode()
        )
        drain()

    def on_whatsapp(self, wamid: str, text: str) -> None:
        """Ana writes on WhatsApp."""
        store(self.whatsapp, bodies.text(wamid, bodies.ANA, text, at=int(self.later().timestamp())))
        drain()

    def on_the_site(self, *said: Body) -> None:
        """A visitor does something in the chat."""
        store(self.webchat, *(write(one) for one in said))
        drain()

    def figures(self) -> dict[str, Any]:
        """How many conversations and people there were, in all."""
        while derive_pending():
            pass
        assert not list(differences(self.place))
        asked = {"from": "2020-01-01", "to": "2040-01-01"}
        total = self.api.get("/api/v1/metrics/interaction_volume", asked).json()["total"]
        return {"conversations": total["n"], "messages": total["inbound"], "people": total["people"]}

    def open_conversations(self) -> list[dict[str, Any]]:
        """Everything that waits, as the API lists it."""
        return self.api.get("/api/v1/conversations", {"status": "waiting"}).json()["results"]  # type: ignore[no-any-return]

    def timeline(self, customer: str) -> list[str]:
        """The texts of a person's messages, in order."""
        entries = self.api.get(f"/api/v1/customers/{customer}/timeline").json()["results"]
        return [entry["text"] for entry in entries if entry["type"] == "message"]

    def people(self) -> list[str]:
        """The people of the API's list."""
        return [row["id"] for row in self.api.get("/api/v1/customers").json()["results"]]


def test_three_channels_become_one_person_and_come_apart_again() -> None:
    company = Company()
    company.on_instagram("m-1", "do Instagram")
    company.on_whatsapp("wamid.1", "do WhatsApp")
    company.on_the_site(
        Said(visitor="laptop", client_id="1", at=company.later(), text="do site"),
        Named(visitor="laptop", at=company.later(), identity=Identity(external_id="c-7")),
        Said(
            visitor="phone", client_id="1", at=company.later(), text="do celular", identity=Identity(external_id="c-7")
        ),
    )
    assert len(company.people()) == 3  # the token has made one of the two visitors
    assert company.figures() == {"conversations": 3, "messages": 4, "people": 3}

    visitor = Customer.objects.get(identities__value="laptop")
    Invitation.objects.create(
        workspace=company.place, customer=visitor, channel=company.whatsapp.channel, code="K7PQ2M",
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    company.on_whatsapp("wamid.2", "sigo por aqui #k7pq2m")
    assert len(company.people()) == 2

    gram = Customer.objects.get(identities__kind="igsid")
    person = next(key for key in company.people() if key != str(gram.pk))
    merged = company.api.post(f"/api/v1/customers/{person}/merge", {"with": str(gram.pk)}, "json")
    assert merged.status_code == 201
    company.on_instagram("m-2", "de novo do Instagram")

    assert company.people() == [person]
    told = ["do Instagram", "do WhatsApp", "do site", "do celular", "sigo por aqui #k7pq2m", "de novo do Instagram"]
    assert company.timeline(person) == company.timeline(str(gram.pk)) == told
    (only,) = company.open_conversations()
    assert (only["customer"], sorted(only["channel_kinds"])) == (person, ["instagram", "webchat", "whatsapp"])
    assert company.figures() == {"conversations": 1, "messages": 6, "people": 1}

    merge = UUID(merged.json()["id"])
    assert company.api.post(f"/api/v1/merges/{merge}/undo").status_code == 200
    assert set(company.people()) == {person, str(gram.pk)}
    assert company.timeline(str(gram.pk)) == ["do Instagram", "de novo do Instagram"]
    assert company.timeline(person) == [text for text in told if "Instagram" not in text]
    assert {row["customer"] for row in company.open_conversations()} == {person, str(gram.pk)}
    assert company.figures() == {"conversations": 2, "messages": 6, "people": 2}
