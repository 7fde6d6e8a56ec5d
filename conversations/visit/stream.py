"""The stream a visitor's window listens to: the workspace's feed by its cursor, only what is theirs, and who is typing."""

from __future__ import annotations

from collections.abc import Sequence

from asgiref.sync import sync_to_async
from prometheus_client import Gauge

from conversations.channels.webchat.whisper import TO_VISITORS
from conversations.live.stream import Shown, Told
from conversations.live.streams import Streams
from conversations.visit.reader import Visit, VisitReader, missed
from hub.models import Workspace

WINDOWS = Gauge("novelo_visitor_streams", "Open streams of visitors")
TYPING = Told.of([Shown(0, b"event: typing\ndata: {}\n\n")])  # no number: it is not part of what happened


class Windows(Streams[Visit]):
    """Every open window of visitors in this process."""

    most_missed = 2_000  # events of the workspace; who missed more reads the talk anew

    def __init__(self) -> None:
        super().__init__(WINDOWS, {TO_VISITORS: self._typing})

    def reader(self, workspace: Workspace, head: int) -> VisitReader:
        """Return a reader for the visitors of a workspace."""
        return VisitReader(workspace, head)

    async def missed(self, stream: Visit, workspace: Workspace, after: int, until: int) -> tuple[Sequence[Shown], int]:
        """Return all that is a visitor's of what happened up to ``until``."""
        shown = await sync_to_async(missed, thread_sensitive=False)(workspace, stream.session, after, until)
        return shown, until

    def _typing(self, visitor: str) -> None:
        """Tell a visitor's windows that somebody of the house is typing."""
        for reader in self.readers.values():
            for stream in reader.streams:
                if stream.session.visitor == visitor:
                    stream.hand(TYPING)
