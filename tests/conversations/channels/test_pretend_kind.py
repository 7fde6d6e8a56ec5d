"""A kind of channel nobody has heard of works whole, for one folder and one line of the registry each: carrier pigeons."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import httpx2
import pytest

from conversations import pipeline
from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.channels.setup import Field, Setup
from conversations.channels.types import (
    Address,
    Checked,
    Credentials,
    Error,
    MessageReceived,
    Outbound,
    Parsed,
    Person,
    Provider,
    RawRequest,
    SendRefused,
    Sent,
)
from conversations.models import Customer, Message
from hub.models import Role
from tests import factories
from tests.conversations.conftest import drain
from tests.conversations.test_intake import at_the_door
from tests.pages import browser_of

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"


class Loft(Provider):
    """Who brings the pigeons in: a line of JSON each, signed with the loft's secret."""

    name = "loft"
    proves = "app_secrets"
    accepted = b"coo"
    accepted_type = b"text/plain"

    def challenge(self, request: RawRequest, credentials: Credentials) -> str | None:
        """Nobody shakes hands with a pigeon."""
        return None

    def verify(self, request: RawRequest, credentials: Credentials) -> bool:
        """Whether the ring on the leg is ours."""
        rings = [hmac.new(key.encode(), request.body, "sha256").hexdigest() for key in credentials.app_secrets]
        return any(hmac.compare_digest(ring, request.headers.get("x-ring", "")) for ring in rings)

    def parse(self, request: RawRequest) -> Parsed:
        """Read the note."""
        note = json.loads(request.body)
        said = MessageReceived(
            account=note["to"],
            lane=note["from"],
            at=datetime(2026, 3, 1, 12, tzinfo=UTC),
            provider_id=note["id"],
            sender=Person(addresses=(Address("pigeon", note["from"]),), name=note["name"]),
            text=note["text"],
        )
        return Parsed(items=(said,))


class Pigeon(Adapter):
    """Pigeons on the way out: they fly at once."""

    kind = "pigeon"
    title = "Carrier pigeon"
    provider = "loft"
    can_send = frozenset({"text"})
    text_limit = 40
    reaches = ("pigeon",)
    setup = Setup(
        mark=("lucide", "bird"),
        address=Field(name="address", title="Loft"),
        secrets=(Field(name="app_secrets", title="Ring", kind="secrets", required=True),),
        settings=(Field(name="grain", title="Grain", kind="choice", choices=(("corn", "Corn"), ("rye", "Rye"))),),
    )

    def __init__(self) -> None:
        self.flown: list[Outbound] = []

    def address_of(self, given: str) -> str:
        """Return the loft. Raises ``ValueError`` with a sentence."""
        if not given.startswith("loft "):
            raise ValueError("A loft is called like “loft 7”.")
        return given

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Let one fly."""
        self.flown.append(outbound)
        return Sent(provider_id=f"feather-{len(self.flown)}")

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Look whether the grain is there. Raises ``SendRefused``."""
        if not options.get("grain"):
            raise SendRefused(Error(code="hungry", title="There is no grain.", error_class="channel"))
        return Checked(name="Loft on the roof", learned={"nests": "12"})


@pytest.fixture
def pigeons() -> Iterator[Pigeon]:
    """The two lines of the registry."""
    pigeon = Pigeon()
    with patch.dict(CHANNELS, pigeon=pigeon), patch.dict(PROVIDERS, loft=Loft()):
        yield pigeon


def fly_in(address: str, secret: str, note: dict[str, str]) -> httpx2.Response:
    """Bring a note to the door."""
    body = json.dumps(note).encode()
    ring = hmac.new(secret.encode(), body, "sha256").hexdigest()
    way = "/webhooks/" + address.split("/webhooks/")[1]
    answer: httpx2.Response = at_the_door(lambda client, _: client.post(way, content=body, headers={"x-ring": ring}))
    return answer


def test_a_kind_nobody_has_heard_of_works_whole(pigeons: Pigeon) -> None:
    place = factories.workspace()
    api = factories.client(factories.token(place, Role.ADMIN))
    line = {"kind": "pigeon", "name": "Roof", "address": "loft 7", "settings": {"grain": "corn"}}
    refused = api.post(f"{API}/channels", line | {"address": "roof", "connection": {"app_secrets": ["r"]}}, "json")
    assert refused.json()["errors"] == {"address": "A loft is called like “loft 7”."}
    refused = api.post(f"{API}/channels", line | {"connection": {"provider": "loft"}}, "json")
    assert refused.json()["errors"] == {"connection": "app_secrets must hold at least one secret."}
    opened = api.post(f"{API}/channels", line | {"connection": {"app_secrets": ["ring-1"]}}, "json").json()
    assert (opened["kind"], opened["provider"], opened["settings"]) == ("pigeon", "loft", {"grain": "corn"})
    turned = api.patch(f"{API}/channels/{opened['id']}", {"connection": {"app_secrets": ["ring-2", "ring-1"]}}, "json")
    assert turned.status_code == 200

    note = {"to": "loft 7", "from": "P-1", "name": "Ana", "id": "n-1", "text": "Is the shop open?"}
    assert fly_in(opened["webhook_url"], "forged", note).status_code == 401
    for ring in ("ring-1", "ring-2"):  # the old ring still counts; the same note twice is one message
        answer = fly_in(opened["webhook_url"], ring, note)
        assert (answer.status_code, answer.content) == (200, b"coo")
    drain()
    outcomes = [row["outcome"] for row in api.get(f"{API}/deliveries").json()["results"]]
    assert sorted(outcomes) == ["duplicate", "processed"]

    said = api.get(f"{API}/messages").json()["results"]
    assert [(one["channel_kind"], one["text"], one["provider_id"]) for one in said] == [
        ("pigeon", "Is the shop open?", "n-1")
    ]
    person = Customer.objects.get()
    assert (person.name, list(person.identities.values_list("kind", "value"))) == ("Ana", [("pigeon", "P-1")])

    way = f"{API}/conversations/{said[0]['conversation']}/messages"
    too_long = api.post(way, {"text": "coo " * 11, "client_id": "c-1"}, "json")
    assert too_long.status_code == 400
    replied = api.post(way, {"text": "Until six.", "client_id": "c-2"}, "json")
    assert (replied.status_code, replied.json()["status"]) == (201, "queued")
    while pipeline.send_pending():
        pass
    (flown,) = pigeons.flown
    assert (flown.account, flown.to, flown.text) == ("loft 7", (Address("pigeon", "P-1"),), "Until six.")
    sent = Message.objects.get(direction="outbound")
    assert (sent.status, sent.provider_id) == ("sent", "feather-1")


def test_a_kind_nobody_has_heard_of_is_tested_and_looked_after(pigeons: Pigeon) -> None:
    place = factories.workspace()
    api = factories.client(factories.token(place, Role.ADMIN))
    line = {"kind": "pigeon", "name": "Roof", "address": "loft 7", "connection": {"app_secrets": ["ring-1"]}}
    opened = api.post(f"{API}/channels", line, "json").json()
    ask = f"{API}/channels/{opened['id']}/check"
    hungry = api.post(ask).json()
    assert (hungry["works"], hungry["error"]) == (False, {"code": "hungry", "title": "There is no grain."})
    assert hungry["channel"]["health"]["last_error"] == {"code": "hungry", "title": "There is no grain."}
    api.patch(f"{API}/channels/{opened['id']}", {"settings": {"grain": "rye"}}, "json")
    key = {"Idempotency-Key": "once"}
    fed = api.post(ask, headers=key)
    assert (fed.json()["works"], fed.json()["name"]) == (True, "Loft on the roof")
    assert fed.json()["channel"]["settings"] == {"grain": "rye", "nests": "12"}
    assert api.post(ask, headers=key).headers["Idempotent-Replayed"] == "true"

    browser = browser_of(place)
    for path in ("", "new/", "new/pigeon/", f"{opened['id']}/", f"{opened['id']}/log/"):
        page = browser.get(f"/settings/channels/{path}")
        assert (page.status_code, "pigeon" in page.content.decode() or "Roof" in page.content.decode()) == (200, True)
    assert browser.get("/inbox/").status_code == 200
