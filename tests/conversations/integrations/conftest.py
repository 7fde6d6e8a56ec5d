"""A shop that is connected, and what it takes to let its store's webhooks come in by the door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import Credentials
from conversations.models import Connection, Delivery, HistoryEvent
from hub.models import Workspace
from tests import factories
from tests.conversations.conftest import drain
from tests.conversations.test_intake import at_the_door

PAYLOADS = Path(__file__).parents[1] / "payloads"
SECRETS = ("a-new-secret", "an-old-secret")

type Delivered = Callable[..., tuple[str, str]]


def body(folder: str, name: str) -> bytes:
    """A body a store would send, written here."""
    return (PAYLOADS / folder / f"{name}.json").read_bytes()


def connected(provider: str, place: Workspace | None = None, **settings: Any) -> Connection:
    """A connection of a store, with two secrets in force."""
    row = Connection(workspace=place or factories.workspace(), provider=provider, settings=settings)
    row.keep(Credentials(app_secrets=SECRETS))
    row.save()
    return row


def sent(row: Connection, content: bytes, headers: dict[str, str]) -> int:
    """Post to the connection's webhook; return the answer's status."""

    async def talk(client: httpx2.AsyncClient, _: Any) -> int:
        answer = await client.post(f"/webhooks/{row.pk}/", content=content, headers=headers)
        return answer.status_code

    status: int = at_the_door(talk)
    return status


def base64_signature(content: bytes, secret: str = SECRETS[0]) -> str:
    """What Shopify and WooCommerce sign with."""
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def shopify(topic: str, content: bytes, secret: str = SECRETS[0]) -> dict[str, str]:
    """The headers of a webhook of Shopify."""
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64_signature(content, secret),
        "X-Shopify-Webhook-Id": "b54557e4-1042",
        "X-Shopify-Shop-Domain": "aurora.myshopify.example",
        "Content-Type": "application/json",
    }


def woocommerce(topic: str, content: bytes) -> dict[str, str]:
    """The headers of a webhook of WooCommerce."""
    return {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": base64_signature(content),
        "X-WC-Webhook-Delivery-ID": "36e520eb",
        "Content-Type": "application/json",
    }


def come(row: Connection, content: bytes, headers: dict[str, str]) -> tuple[str, str]:
    """Store a webhook as the door does, and let it be worked; return its outcome and why."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in PROVIDERS[row.provider].keeps}
    Delivery.objects.create(
        workspace=row.workspace, connection=row, body=content, headers=kept, content_type="application/json"
    )
    drain()
    last = Delivery.objects.filter(connection=row).latest("id")
    return last.outcome, last.reason


def story(row: Connection) -> list[dict[str, Any]]:
    """What history knows from this connection, in the order it happened: without what every event has."""
    rows = HistoryEvent.objects.filter(workspace=row.workspace).exclude(source="novelo").order_by("occurred_at", "id")
    return [
        {"type": one.type, "at": at_of(one.occurred_at), "id": one.external_id, "channel": one.channel_kind, **one.data}
        for one in rows
    ]


def at_of(moment: datetime) -> str:
    """A time as this test writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def changed(content: bytes, **fields: Any) -> bytes:
    """A body with other fields."""
    return json.dumps(json.loads(content) | fields).encode()


@pytest.fixture
def store(db: None) -> Connection:
    """A shop on Shopify."""
    return connected("shopify", source="shopify")
