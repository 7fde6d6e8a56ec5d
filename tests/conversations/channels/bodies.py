"""Reads the payload files and makes requests of them, as a provider would send them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conversations.channels.registry import PROVIDERS
from conversations.channels.types import AnyItem, Parsed, RawRequest

PAYLOADS = Path(__file__).parents[1] / "payloads"


def request(body: bytes = b"", **more: Any) -> RawRequest:
    """A webhook with this body: POST to the hub's public address."""
    fields: dict[str, Any] = {"method": "POST", "url": "https://hub.example/hooks/1", "query": {}, "headers": {}}
    return RawRequest(**fields | {"body": body} | more)


def parse(body: Any) -> Parsed:
    """What Meta's body (bytes, or anything JSON) comes to."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PROVIDERS["meta"].parse(request(raw))


def items(name: str) -> tuple[AnyItem, ...]:
    """The items of a payload file of WhatsApp."""
    return parse((PAYLOADS / "whatsapp" / f"{name}.json").read_bytes()).items


def only(name: str) -> Any:
    """The one item of a payload file of WhatsApp."""
    (item,) = items(name)
    return item
