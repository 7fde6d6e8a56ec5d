"""Following one workspace's feed: read by cursor, rendered once, handed to every stream of this process."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from conversations import feed
from conversations.api import reading, staff
from conversations.live import rows
from conversations.live.rights import Right, may_supervise
from conversations.models import FeedEvent
from hub.models import Workspace

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 20.0
SEND_SECONDS = 5.0  # a client that takes nothing for so long is cut
QUEUED_EVENTS = 1_000  # a client further behind is cut
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
FOR_SUPERVISORS = {"incident.updated"}


class Shown(msgspec.Struct, frozen=True):
    """An event as it goes over the wire; ``only_for`` is the one member it is told to, empty for everybody.

    ``supervisors`` are told alone where it is so.
    """

    seq: int
    text: bytes
    only_for: str = ""
    supervisors: bool = False


def show(workspace: Workspace, events: Sequence[FeedEvent]) -> list[Shown]:
    """Render events with the rows they are about, read now; an event about a row that is gone says so with its id alone."""
    wanted: dict[str, set[UUID]] = {}
    drafts = reading.drafts(workspace, [_draft(event) for event in events if event.kind == "draft.updated"])
    for event in events:
        if event.kind != "draft.updated":
            wanted.setdefault(event.kind.partition(".")[0], set()).add(event.subject_id)
    known = {
        (noun, row_id): row for noun, ids in wanted.items() for row_id, row in SUBJECTS[noun](workspace, ids).items()
    }
    shown = []
    for event in events:
        private = event.kind == "draft.updated"
        data = (
            drafts[_draft(event)]
            if private
            else known.get(
                (event.kind.partition(".")[0], event.subject_id), {"id": str(event.subject_id), "deleted": True}
            )
        )
        only_for = str(event.subject_id) if private else ""
        body = msgspec.json.encode(data).decode()
        shown.append(
            Shown(
                event.seq,
                f"id: {event.seq}\nevent: {event.kind}\ndata: {body}\n\n".encode(),
                only_for,
                event.kind in FOR_SUPERVISORS,
            )
        )
    return shown


def _draft(event: FeedEvent) -> tuple[UUID, UUID]:
    """Return whose draft it is and in which conversation: it may be gone, so it is told of by both."""
    return event.subject_id, event.conversation_id or event.subject_id


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
    """One open client: what it still has to be told, and by which right it listens.

    Nothing here makes a task or a timer an event: a thousand streams hear of everything that happens.
    """

    def __init__(self, right: Right) -> None:
        self.right = right
        self.waiting: list[Shown] = []
        self.over = False  # it is to end; what waits is not told any more
        self.news = asyncio.Event()
        self.spoke_at = time.monotonic()
        self.sending_since: float | None = None
        self.task = asyncio.current_task()

    def may_hear(self, shown: Shown) -> bool:
        """Whether this client is told: what belongs to one member goes to that member's own screens."""
        if shown.supervisors and not may_supervise(self.right):
            return False
        return not shown.only_for or (self.right[0] == "session" and self.right[2] == shown.only_for)

    def hand(self, shown: Sequence[Shown]) -> None:
        """Queue events; a client that is too far behind is cut and comes back by its cursor."""
        shown = [event for event in shown if self.may_hear(event)]
        if len(self.waiting) + len(shown) > QUEUED_EVENTS:
            self.cut()
        else:
            self.waiting.extend(shown)
            if shown:
                self.news.set()

    def cut(self) -> None:
        """Let it end."""
        self.over = True
        self.news.set()

    def take(self) -> list[Shown]:
        """Return what waits, which then no longer does; empty when only the heart has to beat."""
        self.news.clear()
        taken, self.waiting = self.waiting, []
        return taken


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
            except DatabaseError as error:
                log.warning("the feed could not be read", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _read_on(self) -> None:
        """Read up to the end; what comes during the last read is hinted at again."""
        while True:
            shown = await sync_to_async(read, thread_sensitive=False)(self.workspace, self.head)
            if shown:
                self.head = shown[-1].seq
                for stream in self.streams:
                    stream.hand(shown)
            if len(shown) < READ_EVENTS:
                return

    def _beat(self) -> None:
        """Remind streams that have said nothing for long to say that they live; end those whose client takes nothing."""
        now = time.monotonic()
        for stream in self.streams:
            if stream.sending_since is not None and now - stream.sending_since > SEND_SECONDS:
                stream.cut()
                if stream.task:
                    stream.task.cancel()
            elif now - stream.spoke_at > HEARTBEAT_SECONDS:
                stream.news.set()
