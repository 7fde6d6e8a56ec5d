"""A shop that brings along its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from django.utils import translation

from conversations import outside
from hub.models import Workspace


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whoever brings history reads English."""
    with translation.override("en"):
        yield


PHONE = "+5511987650001"
_numbers = count(1)


def told(kind: str, at: str, channel: str = "whatsapp", **fields: Any) -> dict[str, Any]:
    """An event of a shop's: ``at`` is "day hh:mm" of March 2026 in São Paulo; other words are its data."""
    day, _, clock = at.partition(" ")
    source, key, customer = (
        fields.pop("source", "loja"),
        fields.pop("id", None),
        fields.pop("customer", {"phone": PHONE}),
    )
    return {
        "id": f"e{next(_numbers)}" if key is None else key,
        "source": source,
        "type": kind,
        "at": f"2026-03-{int(day):02d}T{clock}:00-03:00",
        "customer": customer,
        "channel": channel,
        "data": fields,
    }


def heard(at: str, text: str = "Oi", **fields: Any) -> dict[str, Any]:
    """Something the customer said."""
    return told("message.received", at, text=text, **fields)


def said(at: str, text: str = "Olá", **fields: Any) -> dict[str, Any]:
    """Something an agent said."""
    return told("message.sent", at, text=text, **{"author": "agent", "agent": "ana@loja.example"} | fields)


def resolved(at: str, **fields: Any) -> dict[str, Any]:
    """The end of a conversation."""
    return told("conversation.resolved", at, **{"by": "agent", "agent": "ana@loja.example"} | fields)


def taken(place: Workspace, events: Sequence[Any]) -> list[str]:
    """Take events in; return what became of each."""
    return [verdict.outcome for verdict in outside.take(place, events)]


@pytest.fixture
def place(db: None) -> Workspace:
    """The shop's workspace."""
    return Workspace.objects.create(slug="loja", name="Loja")
