"""Stays: where a conversation was from when to when: in the queue, with an agent, before somebody's eyes; pure, as derive is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from metrics.business import Clock
from metrics.records import NOBODY, Happening, Stay

MICROSECOND = timedelta(microseconds=1)
SHORT = timedelta(seconds=5)  # who gives up so fast was never waiting: counted apart
PEOPLE = {"agent", "device"}  # who gives a human reply; a device is the phone paired to the number
ATTENTION = {"focus.gained", "focus.lost"}


def stays(story: Sequence[Happening], channel_kind: str, clock: Clock) -> Iterator[Stay]:
    """Yield the stays of one conversation in the queue and with agents.

    In the queue from the customer's opening or return, or from being given back, until an agent has it: assigned, or by the
    first reply of a person. A bot that hands over begins the wait for people; one that ends the conversation itself leaves none.
    """
    walk = _Walk(channel_kind, clock)
    for event in story:
        walk.take(event)
    walk.end()
    yield from walk.found


def attention(events: Iterable[Happening], channel_kind: str) -> Iterator[Stay]:
    """Yield for how long the conversation had somebody's focus; an agent has one at a time, so no second is counted twice."""
    team = ""
    since: dict[str, Happening] = {}
    for event in events:
        team = event.team or team
        if event.type not in ATTENTION:
            continue
        begun = since.pop(event.agent, None)
        if begun:
            yield _stay("focus", begun, channel_kind, begun.agent, team, event.at)
        if event.type == "focus.gained":
            since[event.agent] = event
    for begun in since.values():
        yield _stay("focus", begun, channel_kind, begun.agent, team, None)


class _Walk:
    """Follows a conversation from hand to hand."""

    def __init__(self, channel_kind: str, clock: Clock) -> None:
        self.channel_kind = channel_kind
        self.clock = clock
        self.found: list[Stay] = []
        self.team = ""
        self.owner = ""
        self.runs = False  # between an opening and a resolution
        self.has_ended = False  # once: a word said after the end begins nothing, the customer's return does
        self.bot_spoke = False
        self.queued: Happening | None = None
        self.held: Happening | None = None
        self.is_asleep = False

    def take(self, event: Happening) -> None:
        """Go on by one event."""
        self.team = event.team or self.team
        match event.type:
            case "message.received" | "conversation.reopened":
                self._awake(event)
                self._begin(event)
            case "conversation.opened" if event.actor_kind == "customer":
                self._begin(event)
            case "message.sent":
                self._said(event)
            case "conversation.handoff":
                self._handed_over(event)
            case "conversation.queued":
                self._given_back(event)
            case "conversation.assigned":
                self._assigned(event)
            case "conversation.snoozed":
                self._let_go(event.at)
                self.is_asleep = True
            case "conversation.unsnoozed":
                self._awake(event)
            case "conversation.resolved":
                self._leave_queue(event.at, "abandoned")
                self._let_go(event.at)
                self.runs = self.is_asleep = False
                self.has_ended = True

    def end(self) -> None:
        """Say what goes on still."""
        if self.queued and not self._is_bots():
            self.found.append(self._queue_stay(self.queued, None, "open", ""))
        if self.held:
            self.found.append(_stay("held", self.held, self.channel_kind, self.owner, self.team, None))

    def _begin(self, event: Happening) -> None:
        if self.runs:
            return
        self.runs, self.bot_spoke = True, False
        if self.owner:
            self.held = event
        else:
            self.queued = event

    def _said(self, event: Happening) -> None:
        if event.actor_kind in PEOPLE:
            self._leave_queue(event.at, "taken", event.agent)
            self.runs = self.runs or not self.has_ended
        elif event.actor_kind == "bot":
            self.bot_spoke = True

    def _handed_over(self, event: Happening) -> None:
        by_bot = event.actor_kind == "bot" or (self.bot_spoke and event.actor_kind not in PEOPLE)
        if by_bot:
            self.queued = None  # until now the bot had it
        self._given_back(event)

    def _given_back(self, event: Happening) -> None:
        self._let_go(event.at)
        self.owner = ""
        if self.runs and self.queued is None:
            self.queued, self.bot_spoke = event, False

    def _assigned(self, event: Happening) -> None:
        if event.named == NOBODY:
            self._given_back(event)
        elif event.named and event.named != self.owner:
            self._leave_queue(event.at, "taken", event.named)
            self._let_go(event.at)
            self.owner = event.named
            self.held = event if self.runs and not self.is_asleep else None
        elif event.named:
            self._leave_queue(event.at, "taken", event.named)

    def _awake(self, event: Happening) -> None:
        if self.is_asleep and self.owner and self.runs:
            self.held = event
        self.is_asleep = False

    def _let_go(self, at: datetime) -> None:
        if self.held:
            self.found.append(_stay("held", self.held, self.channel_kind, self.owner, self.team, at))
        self.held = None

    def _leave_queue(self, at: datetime, outcome: str, agent: str = "") -> None:
        if self.queued and (outcome == "taken" or not self._is_bots()):
            outcome = "short" if outcome == "abandoned" and at - self.queued.at < SHORT else outcome
            self.found.append(self._queue_stay(self.queued, at, outcome, agent))
        self.queued = None

    def _is_bots(self) -> bool:
        """Whether a bot answers and has not handed over: then nobody waits for people."""
        return self.bot_spoke

    def _queue_stay(self, begun: Happening, at: datetime | None, outcome: str, agent: str) -> Stay:
        stay = _stay("queue", begun, self.channel_kind, agent, self.team, at, outcome=outcome)
        clock = self.clock
        if not clock.calendars:
            return stay
        arrival = next(clock.parts(begun.at, begun.at + MICROSECOND))
        return stay._replace(
            off_hours=arrival.why != "open", business=clock.between(begun.at, at) if at else None
        )  # fmt: skip


def _stay(
    kind: str,
    begun: Happening,
    channel_kind: str,
    agent: str,
    team: str,
    end: datetime | None,
    *,
    outcome: str = "ended",
) -> Stay:
    elapsed = (end - begun.at) // MICROSECOND if end else None
    return Stay(
        id=begun.id,
        kind=kind,
        channel_kind=channel_kind,
        agent=agent,
        team=team,
        started_at=begun.at,
        ended_at=end,
        outcome=outcome if end else "open",
        elapsed=elapsed,
        business=elapsed,
        off_hours=False,
    )
