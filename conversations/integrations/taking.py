"""What stores told, taken into history: who it is about is found where the store does not say, what came too early waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext_noop, override

from conversations import outside
from conversations.channels.types import Happened
from conversations.models import Connection, HistoryEvent, Identity, Item
from conversations.outside import Verdict
from hub.models import Workspace

OUTCOMES = {"accepted": "processed", "duplicate": "duplicate", "invalid": "invalid"}
TOO_EARLY = gettext_noop("The order it is about is not known here yet.")
# The identities an event may name somebody by, the surest first.
NAMES = {
    "external_id": "external_id",
    "email": "email",
    "phone": "phone",
    "wa_id": "whatsapp",
    "instagram": "instagram",
}


class Heard(msgspec.Struct, frozen=True):
    """An event of a delivery of a connection, to be taken."""

    delivery: UUID
    happened: Happened


class Taken(msgspec.Struct, frozen=True):
    """What became of it: ``shown`` is the event as it was taken, ``outcome`` and ``reason`` as a delivery's item has them."""

    delivery: UUID
    shown: dict[str, Any]
    outcome: str
    reason: str = ""


class Result(msgspec.Struct, frozen=True):
    """What became of all, in order, and the deliveries of before that can be understood now."""

    taken: tuple[Taken, ...] = ()
    ready: tuple[UUID, ...] = ()


def take(workspace_id: UUID, connection_id: UUID, heard: Sequence[Heard]) -> Result:
    """Take what a connection's deliveries told, in the caller's transaction. Events are judged alone, as everywhere.

    What names nobody is about whoever an earlier event was about, of this batch or before; what knows of none is
    ``unroutable``, and its delivery is ready as soon as that event came.
    """
    if not heard:
        return Result()
    connection = Connection.objects.get(pk=connection_id, workspace=workspace_id)
    workspace = Workspace.objects.get(pk=workspace_id)
    source = connection.settings.get("source") or connection.provider
    events = [{"source": source, **one.happened.event} for one in heard]
    taken: dict[int, Taken] = {}
    named = [place for place, one in enumerate(heard) if not one.happened.like]
    _judge(workspace, heard, events, named, taken)
    alike = [place for place, one in enumerate(heard) if one.happened.like]
    who = _who(workspace, source, {heard[place].happened.like for place in alike})
    known = []
    for place in alike:
        person = who.get(heard[place].happened.like)
        if person is None:
            shown = {**events[place], "like": heard[place].happened.like}
            taken[place] = Taken(heard[place].delivery, shown, "unroutable", TOO_EARLY)
        else:
            events[place]["customer"] = person
            known.append(place)
    _judge(workspace, heard, events, known, taken)
    come = {events[place].get("id") for place in named if taken[place].outcome == "processed"}
    return Result(tuple(taken[place] for place in range(len(heard))), tuple(_waiting(workspace, connection_id, come)))


def _judge(
    workspace: Workspace,
    heard: Sequence[Heard],
    events: Sequence[dict[str, Any]],
    places: Sequence[int],
    taken: dict[int, Taken],
) -> None:
    for start in range(0, len(places), outside.MOST):
        part = places[start : start + outside.MOST]
        with override("en"):  # what is stored is read by people of every language
            verdicts: list[Verdict] = outside.take(workspace, [events[place] for place in part])
        for place, verdict in zip(part, verdicts, strict=True):
            taken[place] = Taken(heard[place].delivery, events[place], OUTCOMES[verdict.outcome], verdict.error)


def _who(workspace: Workspace, source: str, likes: set[str]) -> dict[str, dict[str, str]]:
    """Return by event who it was about, as one identity that surely finds them."""
    if not likes:
        return {}
    rows = HistoryEvent.objects.of(workspace).filter(source=source, external_id__in=likes, customer__isnull=False)
    owners = dict(rows.values_list("external_id", "customer_id"))
    held: dict[UUID, dict[str, str]] = {}
    identities = Identity.objects.of(workspace).filter(customer__in=set(owners.values()), kind__in=NAMES)
    for customer, kind, value, scope in identities.order_by("id").values_list("customer_id", "kind", "value", "scope"):
        if scope in {"", source}:
            held.setdefault(customer, {}).setdefault(kind, value)
    found = {}
    for like, customer in owners.items():
        surest = next((kind for kind in NAMES if kind in held.get(customer, {})), None)
        if like is not None and surest is not None:
            found[like] = {NAMES[surest]: held[customer][surest]}
    return found


def _waiting(workspace: Workspace, connection_id: UUID, come: Iterable[Any]) -> Iterable[UUID]:
    """Return the deliveries that wait for one of these events."""
    ids = sorted({key for key in come if isinstance(key, str) and key.endswith("/placed")})
    if not ids:
        return ()
    rows = Item.objects.of(workspace).filter(
        delivery__workspace=workspace,
        delivery__connection=connection_id,
        delivery__outcome="unroutable",
        body__like__in=ids,
    )
    return rows.values_list("delivery_id", flat=True).distinct()
