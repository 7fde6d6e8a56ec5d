"""Cutting a person's history from outside into conversations, by thread's rules: a pure function of what was told.

``thread`` decides for what comes now; here everything is known, so it is told in the order it happened. The same moments, in
whatever order and however often they came, give the same conversations. What was lived through here stays as it is: its
conversations are intervals that take in what was said meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

# At the same instant the natural order of service decides, as it does for figures.
RANK = {
    "conversation.reopened": 0,
    "message.received": 1,
    "conversation.assigned": 2,
    "conversation.handoff": 2,
    "message.sent": 3,
    "conversation.unsnoozed": 4,
    "conversation.snoozed": 4,
    "conversation.resolved": 5,
}
BEGINS, ENDS = (
    -1,
    9,
)  # where the beginning and the end of a conversation of ours stand among moments of the same instant
PEOPLE = {"agent", "device"}
LIVE = "novelo"


class Moment(NamedTuple):
    """Something said, or a turn a conversation took. ``event`` is its row in history, ``None`` while it is not stored.

    ``conversation`` is where it is stored now. ``fresh`` is its place in the batch that brings it, -1 for what was there.
    """

    at: datetime
    rank: int
    source: str
    key: str
    type: str
    customer: UUID
    author: str = ""
    data: dict[str, Any] = {}
    event: int | None = None
    message: UUID | None = None
    conversation: UUID | None = None
    channel: UUID | None = None
    fresh: int = -1


class Span(NamedTuple):
    """A conversation with messages that came here by themselves, from the first of them to its end, ``None`` while it is open.

    ``by_hand``: the house spoke first, into the conversation it had before it.
    """

    id: UUID
    customer: UUID
    start: datetime
    end: datetime | None
    by_hand: bool = False


class Episode:
    """A conversation as it is cut: its moments in order, and what they make of it.

    ``fixed`` when it is one of ours; while such a one runs (``inside``), what is told from outside changes nothing of it.
    """

    def __init__(self, customer: UUID, opened_at: datetime) -> None:
        self.customer = customer
        self.fixed: Span | None = None
        self.inside = False
        self.moments: list[Moment] = []
        self.opened_at = opened_at
        self.status = "pending"
        self.ended: datetime | None = None
        self.waiting_since: datetime | None = None
        self.first_response_at: datetime | None = None
        self.snoozed_until: datetime | None = None
        self.last_inbound_at: datetime | None = None
        self.last: Moment | None = None
        self.reopened = self.unread = 0
        self.agent: Any = None  # an e-mail address, or the id history gave
        self.team: Any = None
        self.channels: dict[UUID, None] = {}

    def tell(self, moment: Moment) -> None:
        """Carry the conversation forward by one moment."""
        self.moments.append(moment)
        if not self.inside:
            self.turn(moment)

    def turn(self, moment: Moment) -> None:
        """Let a moment change what the conversation is."""
        match moment.type:
            case "message.received":
                self._heard(moment)
            case "message.sent":
                self._said(moment)
            case "conversation.resolved" if self.ended is None:
                self.status, self.ended = "resolved", moment.at
                self.waiting_since = self.snoozed_until = None
                self.unread = 0
            case "conversation.reopened" if self.ended is not None:
                self._reopen()
            case "conversation.assigned" | "conversation.handoff":
                self._given(moment)
            case "conversation.snoozed" if self.ended is None:
                self.snoozed_until = _instant(moment.data.get("until"))
                self.status = "snoozed" if self.snoozed_until else "pending"
            case "conversation.unsnoozed" if self.status == "snoozed":
                self.awake()

    def _message(self, moment: Moment) -> None:
        self.last = moment
        if moment.channel is not None:
            self.channels[moment.channel] = None

    def _heard(self, moment: Moment) -> None:
        self._message(moment)
        if self.ended is not None:
            self._reopen()
        self.last_inbound_at = moment.at
        self.unread += 1
        self.waiting_since = self.waiting_since or moment.at
        if self.status in {"pending", "snoozed"}:
            self.awake()

    def _said(self, moment: Moment) -> None:
        self._message(moment)
        if moment.author not in PEOPLE:
            return
        if self.last_inbound_at is not None:
            self.first_response_at = self.first_response_at or moment.at
        self.waiting_since, self.unread = None, 0
        if self.status == "waiting":
            self.status = "open"

    def _reopen(self) -> None:
        self.ended = None
        self.reopened += 1
        self.awake()

    def awake(self) -> None:
        """Let it need somebody again."""
        self.status, self.snoozed_until = ("open" if self.agent else "waiting"), None

    def _given(self, moment: Moment) -> None:
        data = moment.data
        if moment.source == LIVE:
            self.agent, self.team = data.get("agent_id"), data.get("team_id")
            return
        self.agent = data.get("agent") or self.agent
        self.team = data.get("team") or self.team


class Cut(NamedTuple):
    """The conversations in order, and the turns that came before there was any."""

    episodes: list[Episode]
    loose: list[Moment]


def order(moment: Moment) -> tuple[datetime, int, str, str]:
    """Sort moments by when they happened; what is at the same instant by what it is and who told it, never by arrival."""
    return moment[:4]


def cut(moments: Iterable[Moment], spans: Sequence[Span], window: timedelta) -> Cut:
    """Cut ``moments`` of one person, in any order, into conversations around ``spans``. Pure.

    A message opens a conversation when none runs; what a customer says within ``window`` after the end reopens it, what the
    house says then is still part of it; a turn belongs to what ran at that time, else to the last before it.
    """
    found = Cut([], [])
    told = {order(moment): moment for moment in moments}
    steps: list[tuple[tuple[datetime, int, str, str], Moment | Span]] = [*told.items()]
    for span in spans:
        steps.append(((span.start, BEGINS, "", str(span.id)), span))
        if span.end is not None:
            steps.append(((max(span.start, span.end), ENDS, "", str(span.id)), span))
    for (_, rank, _, _), step in sorted(steps, key=lambda pair: pair[0]):
        if isinstance(step, Moment):
            _place(step, found, window)
        elif rank == BEGINS:
            _enter(step, found.episodes, window)
        else:
            _leave(step, found.episodes)
    return Cut([one for one in found.episodes if one.moments], found.loose)


def _place(moment: Moment, found: Cut, window: timedelta) -> None:
    """Let a moment be part of the conversation it belongs to; a message may open one."""
    episodes = found.episodes
    current = next((one for one in reversed(episodes) if one.inside), episodes[-1] if episodes else None)
    if moment.message is None:
        (current.tell if current else found.loose.append)(moment)
        return
    if current is None or (current.ended is not None and moment.at - current.ended > window):
        current = Episode(moment.customer, moment.at)
        episodes.append(current)
    current.tell(moment)


def _enter(span: Span, episodes: list[Episode], window: timedelta) -> None:
    """Let a conversation of ours begin: it goes on with what runs then, or ended so lately that it would be taken up again."""
    current = episodes[-1] if episodes else None
    if current is not None and current.fixed is None:
        near = current.ended is None or span.start - current.ended <= window
        kept = span.by_hand and any(moment.conversation == span.id for moment in current.moments)
        if near or kept:
            current.fixed, current.inside, current.ended = span, True, None
            return
    ours = Episode(span.customer, span.start)
    ours.fixed, ours.inside = span, True
    episodes.append(ours)


def _leave(span: Span, episodes: list[Episode]) -> None:
    """Let a conversation of ours end."""
    for episode in episodes:
        if episode.fixed == span:
            episode.inside, episode.ended, episode.status = False, span.end, "resolved"


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
