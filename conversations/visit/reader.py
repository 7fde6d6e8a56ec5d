"""Following a workspace's feed for visitors: what changed in web chats, rendered once, handed to those it is for and nobody else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.models import Q

from conversations import feed
from conversations.live.reader import READ_EVENTS, Reader
from conversations.live.stream import Send, Shown, Stream, Told
from conversations.models import Identity, Message
from conversations.visit import show
from conversations.visit.session import Session
from hub.models import Workspace

Key = tuple[UUID, str, str]  # channel, "visitor" or "external_id", value
News = tuple[str, Mapping[str, Any], frozenset[Key]]  # what happened, what is told of it, whom it is for


class Meant(msgspec.Struct, frozen=True):
    """An event, and whom it is for."""

    shown: Shown
    keys: frozenset[Key]


class Visit(Stream):
    """One open window of a visitor."""

    def __init__(self, send: Send, session: Session) -> None:
        super().__init__(send)
        self.session = session
        self.keys = keys_of(session)


class VisitReader(Reader[Visit]):
    """Follows one workspace's feed for the visitors of its web chats."""

    async def _read_on(self) -> None:
        while True:
            meant, head = await sync_to_async(read, thread_sensitive=False)(self.workspace, self.head)
            behind = head - self.head >= READ_EVENTS
            self.head = max(self.head, head)
            for stream in tuple(self.streams):
                if mine := [one.shown for one in meant if one.keys & stream.keys]:
                    stream.hand(Told.of(mine))
            if not behind:
                return

    def heartbeat(self, stream: Visit) -> bytes:
        """Return the number as well: it lets a window that heard nothing for long come back without reading it all."""
        return f"id: {max(stream.cursor or 0, self.head)}\nevent: heartbeat\ndata: {{}}\n\n".encode()


def keys_of(session: Session) -> frozenset[Key]:
    """Return by what a visitor is known."""
    keys = {(session.channel, "visitor", session.visitor)}
    if session.external_id:
        keys.add((session.channel, "external_id", session.external_id))
    return frozenset(keys)


def missed(workspace: Workspace, session: Session, after: int, until: int) -> list[Shown]:
    """Return what a visitor has missed since ``after``, up to ``until``."""
    keys, found = keys_of(session), []
    while after < until:
        meant, head = read(workspace, after)
        found += [one.shown for one in meant if one.keys & keys]
        if head == after:
            break
        after = head
    return found


def read(workspace: Workspace, seq: int) -> tuple[list[Meant], int]:
    """Return the next events after ``seq`` that are for visitors, and the last number looked at. Runs in a thread."""
    close_old_connections()
    try:
        events = feed.after(workspace.pk, seq, READ_EVENTS)
        if not events:
            return [], seq
        said = {event.subject_id for event in events if event.kind.startswith("message.")}
        moved = {event.subject_id for event in events if event.kind == "conversation.updated"}
        news = {**_messages(workspace, said), **_talks(workspace, moved)}
        meant = [_meant(event.seq, *news[event.subject_id]) for event in events if event.subject_id in news]
        return meant, events[-1].seq
    finally:
        close_old_connections()


def _meant(seq: int, kind: str, body: Mapping[str, Any], keys: frozenset[Key]) -> Meant:
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Meant(Shown(seq, f"id: {seq}\nevent: {kind}\ndata: {data}\n\n".encode()), keys)


def _messages(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, News]:
    """Return messages of web chats as visitors see them, each with those it is for."""
    rows = list(show.visible_in(workspace).filter(pk__in=ids)) if ids else []
    if not rows:
        return {}
    marks = show.unseen({row.conversation for row in rows})
    names = _external_ids(workspace, rows)
    return {row.pk: ("message", show.message(row, marks), _keys(row, names)) for row in rows}


def _talks(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, News]:
    """Return conversations of web chats in which the team has read everything: how far, and whom that is for."""
    if not ids:
        return {}
    rows = show.visible_in(workspace).filter(
        conversation__in=ids, direction="inbound", conversation__unread=0, conversation__last_inbound_at__isnull=False
    )
    newest = list(rows.order_by("conversation", "identity", "-seq").distinct("conversation", "identity"))
    names = _external_ids(workspace, newest)
    found: dict[UUID, News] = {}
    for row in newest:
        until = row.conversation.last_inbound_at
        assert until is not None
        keys = found[row.conversation_id][2] if row.conversation_id in found else frozenset()
        found[row.conversation_id] = ("seen", {"until": show.moment(until)}, keys | _keys(row, names))
    return found


def _keys(row: Message, names: Mapping[UUID, Sequence[str]]) -> frozenset[Key]:
    keys = {(row.channel_id, "external_id", name) for name in names.get(row.customer_id, ())}
    if row.identity is not None and row.identity.kind == "visitor":
        keys.add((row.channel_id, "visitor", row.identity.value))
    return frozenset(keys)


def _external_ids(workspace: Workspace, rows: Iterable[Message]) -> dict[UUID, list[str]]:
    """Return by customer the shop's own ids of the person: their own and those of whoever was joined with them."""
    roots = {row.customer_id: row.customer.merged_into_id or row.customer_id for row in rows}
    held = Identity.objects.of(workspace).filter(kind="external_id", scope="", verified=True)
    held = held.filter(Q(customer__in=roots.values()) | Q(customer__merged_into__in=roots.values()))
    by_root: dict[UUID, list[str]] = defaultdict(list)
    for value, own, root in held.values_list("value", "customer_id", "customer__merged_into"):
        by_root[root or own].append(value)
    return {own: by_root[root] for own, root in roots.items() if root in by_root}
