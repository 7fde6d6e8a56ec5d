"""A person who left traces everywhere: two channels, a shop's orders, files, notes, a draft, searches, figures, a merge."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from conversations import search, tasks
from conversations.channels.webchat.bodies import Said, write
from conversations.media import store as media
from conversations.models import (
    Attachment,
    Channel,
    Connection,
    Customer,
    Delivery,
    Draft,
    Exchange,
    Identity,
    ImportJob,
    Message,
)
from hub.models import Role, User
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import drain, new_shop, store

NUMBER, NAME, EMAIL = "5511976543210", "Zuleica Quaresmeira", "zuleica@quaresmeira.example"
SECRET, FILE, ORDER = "jabuticaba", "o laudo da paciente", "PED-88231"
# By what she is known or what was said, in every writing that may stand somewhere; 976543210 is the number without its country.
# Words without their endings, as search keeps them.
WORDS = ("976543210", "7654-3210", "zuleic", "quaresmeir", "laptop-of-hers", "jabuticab", FILE, ORDER, "wamid.z")
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)


@pytest.fixture(autouse=True)
def english(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Whoever erases reads English, and files lie in a folder of the test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with translation.override("en"):
        yield


class Company:
    """A company she wrote to, with another customer, and the program of an administrator."""

    def __init__(self, slug: str = "aurora", account: str = bodies.ACCOUNT) -> None:
        self.shop = new_shop(slug, account)
        self.place, self.account, self.minutes = self.shop.workspace, account, 0
        self.admin: User = factories.member(self.place, Role.ADMIN, name="Rita Chefe")
        self.api: APIClient = factories.client(factories.token(self.place, Role.ADMIN))
        source = Connection(workspace=self.place, provider="novelo", sealed_credentials=b"")
        source.save()
        self.chat = Channel.objects.create(workspace=self.place, connection=source, kind="webchat", name="Site")

    def later(self) -> datetime:
        """A minute after what was said before."""
        self.minutes += 1
        return START + timedelta(minutes=self.minutes)

    def arrives(self, wamid: str, text: str, sender: str = NUMBER, name: str = NAME) -> UUID:
        """Somebody writes on WhatsApp."""
        said = bodies.said(wamid, sender, int(self.later().timestamp()), text={"body": text})
        (delivery,) = store(self.shop, bodies.messages(said, account=self.account, name=name))
        drain()
        return delivery

    def on_the_site(self, text: str) -> None:
        """She writes in the chat, where nobody knows her by her number."""
        rows = [write(Said(visitor="laptop-of-hers", client_id=str(uuid4()), at=self.later(), text=text, name=NAME))]
        Delivery.objects.bulk_create(
            Delivery(workspace=self.place, connection=self.chat.connection, body=body) for body in rows
        )
        drain()

    def tells(self, *events: dict[str, Any]) -> list[str]:
        """The shop tells of orders."""
        answer = self.api.post("/api/v1/events", {"events": list(events)}, "json")
        return [one["outcome"] for one in answer.json()["results"]]

    def person(self) -> Customer:
        """Who has her number now."""
        return Customer.objects.of(self.place).people().get(identities__value=NUMBER)

    def erase(self, customer: UUID, **headers: str) -> Any:
        """Ask for the erasure of a person."""
        path = f"/api/v1/customers/{customer}/erase"
        return self.api.post(path, {"reason": "request"}, "json", headers=headers)


def order(kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    """Tell of her order."""
    customer = {"phone": f"+{NUMBER}", "email": EMAIL, "name": NAME}
    words = {"order": ORDER, "value": "120.50", "currency": "BRL", "note": f"deixar com {NAME}", **data}
    return {
        "id": f"{ORDER}/{kind}", "source": "loja", "type": f"order.{kind}", "at": at.isoformat(), "customer": customer,
        "channel": "ecommerce", "data": words,
    }  # fmt: skip


def she_was_here(company: Company) -> UUID:
    """Let her leave traces everywhere; return the conversation that is open."""
    company.arrives("wamid.z1", f"meu segredo é {SECRET}")
    company.arrives("wamid.b1", "bom dia a todos", "5511900000042", "Bruno Outro")
    company.on_the_site(f"sou eu de novo, {SECRET}")
    person, place = company.person(), company.place
    visitor = Identity.objects.of(place).get(kind="visitor").customer
    merged = company.api.post(
        f"/api/v1/customers/{person.pk}/merge", {"with": str(visitor.pk), "reason": f"{NAME} disse"}, "json"
    )
    assert merged.status_code == 201
    talk = company.api.get("/api/v1/conversations", {"customer": str(person.pk)}).json()["results"][0]["id"]
    path = f"/api/v1/conversations/{talk}"
    for text, private in ((f"Olá {NAME}", False), (f"{NAME} prefere a {SECRET}", True)):
        body = {"client_id": str(uuid4()), "text": text, "private": private}
        assert company.api.post(f"{path}/messages", body, "json").status_code == 201
    Draft.objects.create(workspace=place, conversation_id=talk, user=company.admin, text=f"Cara {NAME}")
    said = Message.objects.of(place).get(provider_id="wamid.z1")
    kept = media.keep(place.pk, "text/plain", io.BytesIO(f"{FILE} {NAME}".encode()))
    Attachment.objects.create(
        workspace=place, message=said, kind="document", filename=f"{NAME}.txt", state="stored", stored_as=kept.stored_as
    )
    Exchange.objects.create(
        workspace=place, connection=company.shop.connection, channel=company.shop.channel, method="POST",
        url="https://graph/messages", request=json.dumps({"to": NUMBER, "body": SECRET}), response="{}",
    )  # fmt: skip
    imported = media.keep(place.pk, "text/csv", io.BytesIO(f"nome,fone\n{NAME},+{NUMBER}\n".encode()))
    ImportJob.objects.create(
        workspace=place, kind="contacts", filename="contatos.csv", size=1, stored_as=imported.stored_as, state="done"
    )
    store(company.shop, bodies.statuses(("wamid.zzz", "read"), recipient=NUMBER))
    drain()
    told = [order("placed", company.later(), coupon="VERAO10"), order("paid", company.later(), coupon=NAME.upper())]
    assert company.tells(*told) == ["accepted", "accepted"]
    while search.follow():
        pass
    return UUID(talk)


def look_everywhere() -> None:
    """Let the worker look through journals and storage until nothing is left."""
    assert tasks.erase_traces(60.0) == {"more": False}
