"""What people do beside writing, in short words, as rows of history."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from conversations.models import Customer, HistoryEvent
from hub.models import Workspace
from metrics.query import Answer, Freshness, answer, fresh as as_fresh
from metrics.question import Question, metric_named, read

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_NUMBERS = count(1)


def when(word: str) -> datetime:
    """Return ``"2026-01-05"`` (noon) or ``"2026-01-05 10:30"`` as an instant in São Paulo."""
    return datetime.fromisoformat(word if ":" in word else f"{word} 12:00").replace(tzinfo=SAO_PAULO)


def person(workspace: Workspace, name: str = "Bia") -> Customer:
    """Return a new customer."""
    return Customer.objects.create(workspace=workspace, name=name)


def people(workspace: Workspace, number: int) -> list[Customer]:
    """Return so many new customers."""
    return Customer.objects.bulk_create(Customer(workspace=workspace, name=f"p{one}") for one in range(number))


def event(who: Customer | Workspace, name: str, at: str, channel: str = "whatsapp", **data: Any) -> HistoryEvent:
    """Return an event from outside, not saved yet; a workspace's own belongs to nobody."""
    owner = None if isinstance(who, Workspace) else who
    return HistoryEvent(
        workspace=who if isinstance(who, Workspace) else who.workspace,
        customer=owner,
        type=name,
        occurred_at=when(at),
        source=data.pop("source", "shop"),
        external_id=f"e{next(_NUMBERS)}",
        channel_kind=channel,
        data=data,
    )


def happen(*events: HistoryEvent) -> None:
    """Append events to history."""
    HistoryEvent.objects.bulk_create(events)


def sold(
    who: Customer, number: str, at: str, value: Any, channel: str = "ecommerce", **data: Any
) -> list[HistoryEvent]:
    """Return an order that was placed and paid at once."""
    more = {"order": number, "value": value, "currency": "BRL", **data}
    return [event(who, f"order.{step}", at, channel, **more) for step in ("placed", "paid")]


def wrote(who: Customer, at: str, channel: str = "whatsapp") -> HistoryEvent:
    """Return a message of the customer's; expects them to have a conversation already."""
    said = event(who, "message.received", at, channel, kind="text")
    said.conversation = who.conversations.get()
    return said


def question(workspace: Workspace, metric: str, words: str) -> Question:
    """Read a question."""
    return read(workspace, metric_named(metric), QueryDict(words), timezone.now())


def ask(workspace: Workspace, metric: str, words: str, as_of: str = "") -> Answer:
    """Answer a question, as of now or of an instant."""
    asked = question(workspace, metric, words)
    return answer(asked, Freshness(as_fresh(workspace).mark, when(as_of)) if as_of else None)
