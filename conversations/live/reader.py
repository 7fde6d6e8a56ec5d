"""Following one workspace's feed: read by cursor, rendered once, handed to every stream of this process."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from conversations import feed
from conversations.api import reading, staff
from conversations.api.represent import Shown as Row
from conversations.feed import Line
from conversations.live import rows
from conversations.live.source import Source
from conversations.live.stream import EVERYBODY, SEND_SECONDS, Shown, Stream, Told
from conversations.models import FeedEvent
from hub.models import Workspace

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 20.0
READ_EVENTS = 200
IDLE_SECONDS = 30.0  # a reader without clients ends after this

SUBJECTS = {
    "message": rows.messages,
    "conversation": rows.conversations,
    "customer": reading.customers,
    "channel": reading.channels,
    "attention": reading.attention,
    "agent": staff.agents,
    "incident": reading.incidents,
}
PRIVATE = "draft.updated"
FOR_SUPERVISORS = {"incident.updated"}


def show(workspace: Workspace, events: Sequence[Line]) -> list[Shown]:
    """Render events with the rows they are about, read now; an event about a row that is gone says so with its id alone."""
    wanted = _subjects(events)
    drafts = reading.drafts(workspace, [_draft(event) for event in events if event.kind == PRIVATE])
    known = {noun: SUBJECTS[noun](workspace, ids) for noun, ids in wanted.items()}
    return [_shown(event, known, drafts) for event in events]


def _subjects(events: Sequence[Line]) -> dict[str, set[UUID]]:
    """Return by noun which rows these events are about."""
    wanted: dict[str, set[UUID]] = {}
    for event in events:
        if event.kind != PRIVATE:
            wanted.setdefault(event.kind.partition(".")[0], set()).add(event.subject_id)
    return wanted


def _shown(event: Line, known: Mapping[str, Mapping[UUID, Row]], drafts: Mapping[tuple[UUID, UUID], Row]) -> Shown:
    private = event.kind == PRIVATE
    if private:
        data = drafts[_draft(event)]
    else:
        gone: Row = {"id": str(event.subject_id), "deleted": True}
        data = known[event.kind.partition(".")[0]].get(event.subject_id, gone)
    text = b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.kind.encode(), msgspec.json.encode(data))
    return Shown(event.seq, text, str(event.subject_id) if private else "", event.kind in FOR_SUPERVISORS)


def _draft(event: Line) -> tuple[UUID, UUID]:
    """Return whose draft it is and in which conversation: it may be gone, so it is told of by both."""
    return event.subject_id, event.conversation_id or event.subject_id


def _show_apart(workspace: Workspace, events: Sequence[Line]) -> list[Shown]:
    """Render events in a thread that gives its connection back."""
    close_old_connections()
    try:
        return show(workspace, events)
    finally:
        close_old_connections()


async def read(source: Source, workspace: Workspace, seq: int) -> list[Shown]:
    """Return the next events after ``seq``, rendered; only what is about more than messages and conversations takes a thread."""
    events, said, talks = await source.news(workspace.pk, seq, READ_EVENTS)
    private = any(event.kind == PRIVATE for event in events)
    if private or _subjects(events).keys() - {"message", "conversation"}:
        return await sync_to_async(_show_apart, thread_sensitive=False)(workspace, events)
    return [_shown(event, {"message": said, "conversation": talks}, {}) for event in events]


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


class Reader[S: Stream](ABC):
    """Follows one workspace's feed for streams of this process; what is read and who is told says a subclass."""

    def __init__(self, workspace: Workspace, head: int) -> None:
        self.workspace = workspace
        self.head = head
        self.streams: set[S] = set()
        self.hinted = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Read what is new on a hint or each second, and hand it to every stream; end when nobody listens any more."""
        idle, beaten_at = 0.0, time.monotonic()
        while idle < IDLE_SECONDS:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.hinted.wait(), POLL_SECONDS)
            self.hinted.clear()
            idle = 0.0 if self.streams else idle + POLL_SECONDS
            if not self.streams:
                continue
            if time.monotonic() - beaten_at > POLL_SECONDS:
                beaten_at = time.monotonic()
                self._beat()
            try:
                await self._read_on()
            except (DatabaseError, psycopg.Error, OSError, TimeoutError) as error:
                log.warning("the feed could not be read", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    @abstractmethod
    async def _read_on(self) -> None:
        """Read up to the end and tell of it; what comes during the last read is hinted at again."""

    def _beat(self) -> None:
        """Remind streams that have said nothing for long to say that they live; end those whose client takes nothing."""
        now = time.monotonic()
        for stream in tuple(self.streams):
            if stream.sending_since is not None and now - stream.sending_since > SEND_SECONDS:
                stream.cut()
            elif now - stream.spoke_at > HEARTBEAT_SECONDS:
                stream.beat(self.heartbeat(stream))

    def heartbeat(self, stream: S) -> bytes:
        """Return what a stream says when there is nothing to say."""
        return f'event: heartbeat\ndata: {{"head": {self.head}}}\n\n'.encode()


class FeedReader[S: Stream](Reader[S]):
    """Follows one workspace's feed for the members and programs that listen to it."""

    def __init__(self, workspace: Workspace, head: int, source: Source) -> None:
        super().__init__(workspace, head)
        self.source = source

    async def _read_on(self) -> None:
        while True:
            shown = await read(self.source, self.workspace, self.head)
            if shown:
                self.head = shown[-1].seq
                self._tell(shown)
            if len(shown) < READ_EVENTS:
                return

    def _tell(self, shown: Sequence[Shown]) -> None:
        """Tell every stream what it may hear; who may hear the same is told the same bytes."""
        plain = not any(event.only_for or event.supervisors for event in shown)
        told = {EVERYBODY: Told.of(shown)} if plain else {}
        for stream in tuple(self.streams):
            ear = EVERYBODY if plain else stream.ear
            if ear not in told:
                told[ear] = Told.of(event for event in shown if event.reaches(ear))
            stream.hand(told[ear])
