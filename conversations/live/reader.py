"""Following one workspace's feed: read by cursor, rendered once, handed to every stream of this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from conversations import feed
from conversations.api import reading
from conversations.live.rights import Right
from conversations.models import FeedEvent
from hub.models import Workspace

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
QUEUED_EVENTS = 1_000  # a client further behind is cut
READ_EVENTS = 200
IDLE_SECONDS = 30.0  # a reader without clients ends after this

SUBJECTS = {
    "message": reading.messages,
    "conversation": reading.conversations,
    "customer": reading.customers,
    "channel": reading.channels,
}


class Shown(msgspec.Struct, frozen=True):
    """An event as it goes over the wire."""

    seq: int
    text: bytes


def show(workspace: Workspace, events: Sequence[FeedEvent]) -> list[Shown]:
    """Render events with the rows they are about, read now; an event about a row that is gone says so with its id alone."""
    wanted: dict[str, set[UUID]] = {}
    for event in events:
        wanted.setdefault(event.kind.partition(".")[0], set()).add(event.subject_id)
    rows = {
        (noun, row_id): row for noun, ids in wanted.items() for row_id, row in SUBJECTS[noun](workspace, ids).items()
    }
    shown = []
    for event in events:
        data = rows.get(
            (event.kind.partition(".")[0], event.subject_id), {"id": str(event.subject_id), "deleted": True}
        )
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        shown.append(Shown(event.seq, f"id: {event.seq}\nevent: {event.kind}\ndata: {body}\n\n".encode()))
    return shown


def read(workspace: Workspace, seq: int) -> list[Shown]:
    """Return the next events after ``seq``, rendered; runs in a thread and gives its connection back."""
    close_old_connections()
    try:
        return show(workspace, feed.after(workspace.pk, seq, READ_EVENTS))
    finally:
        close_old_connections()


def position(workspace_id: UUID) -> tuple[int, int]:
    """Return (head, oldest number still kept) of a workspace's feed."""
    close_old_connections()
    try:
        oldest = (
            FeedEvent.objects.filter(workspace_id=workspace_id).order_by("seq").values_list("seq", flat=True).first()
        )
        head = feed.head(workspace_id)
        return head, oldest if oldest is not None else head + 1
    finally:
        close_old_connections()


class Stream:
    """One open client: what it still has to be told, and by which right it listens."""

    def __init__(self, right: Right) -> None:
        self.right = right
        self.queue: asyncio.Queue[Shown] = asyncio.Queue(QUEUED_EVENTS)
        self.cut = asyncio.Event()


class Reader:
    """Follows one workspace's feed for all its streams in this process."""

    def __init__(self, workspace: Workspace, head: int) -> None:
        self.workspace = workspace
        self.head = head
        self.streams: set[Stream] = set()
        self.hinted = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Read what is new on a hint or each second, and hand it to every stream; end when nobody listens any more."""
        idle = 0.0
        while idle < IDLE_SECONDS:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.hinted.wait(), POLL_SECONDS)
            self.hinted.clear()
            idle = 0.0 if self.streams else idle + POLL_SECONDS
            if not self.streams:
                continue
            try:
                while shown := await sync_to_async(read, thread_sensitive=False)(self.workspace, self.head):
                    self.head = shown[-1].seq
                    for stream in list(self.streams):
                        _hand(stream, shown)
            except DatabaseError as error:
                log.warning("the feed could not be read", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)


def _hand(stream: Stream, shown: Sequence[Shown]) -> None:
    """Queue events for a stream; one that is too far behind is cut and comes back by its cursor."""
    try:
        for event in shown:
            stream.queue.put_nowait(event)
    except asyncio.QueueFull:
        stream.cut.set()
