"""What is due and when: a pure function of a conversation's story, its policy and the clock that policy runs by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from hub.hours import Schedule, after, business_seconds

Kind = Literal["first_response", "next_response", "resolution"]
PEOPLE = frozenset({"agent", "device"})  # who gives a human reply
BEGINS = frozenset({"conversation.opened", "conversation.reopened"})
STORY = (*sorted(BEGINS), "conversation.handoff", "conversation.resolved", "message.failed", "message.received", "message.sent")  # fmt: skip


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy promises, in seconds; ``versions`` are the working hours it runs by, none for an elapsed clock."""

    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    pauses: bool = True
    versions: tuple[Schedule, ...] = ()

    def after(self, start: datetime, seconds: float) -> datetime | None:
        """Return when so much time of this clock has passed; ``None``: never."""
        return after(self.versions, start, seconds)

    def between(self, start: datetime, end: datetime) -> float:
        """Return how much time of this clock lies between two instants."""
        return business_seconds(self.versions, start, end)


class Step(msgspec.Struct, frozen=True):
    """One event of the story: what it is, who did it, when, and which message it is about."""

    id: int
    type: str
    actor_kind: str
    at: datetime
    message_id: UUID | None = None


class Wait(msgspec.Struct, frozen=True):
    """A customer's wait for a person, ended by the event ``by``, or still going on."""

    start: datetime
    first: bool
    end: datetime | None = None
    by: int | None = None

    @property
    def kind(self) -> Kind:
        """What is promised for it."""
        return "first_response" if self.first else "next_response"


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What the story of one run (since it was opened or reopened) comes to.

    ``turns`` are when it was the house's turn, the last without an end while it still is; ``handed`` when a bot handed the
    last wait over; ``resolved`` the event that ended the run.
    """

    begun: datetime | None = None
    waits: tuple[Wait, ...] = ()
    turns: tuple[tuple[datetime, datetime | None], ...] = ()
    handed: datetime | None = None
    resolved: Step | None = None


class Due(msgspec.Struct, frozen=True):
    """What is due and when."""

    kind: Kind
    at: datetime


class Verdict(msgspec.Struct, frozen=True):
    """How a promise ended: kept at ``at``, or broken at the instant it was due."""

    kind: Kind
    due_at: datetime
    kept: bool
    at: datetime


def walk(story: Sequence[Step], *, answered: bool = False) -> Walk:  # noqa: C901  an arm for each word
    """Follow the last run of a story, in its order. ``answered``: somebody had replied before this run began.

    A reply that failed is none; a bot's handover begins the wait for people.
    """
    failed = {step.message_id for step in story if step.type == "message.failed"}
    start = max((place for place, step in enumerate(story) if step.type in BEGINS), default=0)
    run = story[start:]
    waits: list[Wait] = []
    turns: list[tuple[datetime, datetime | None]] = []
    resolved = handed = None
    for step in run:
        match step.type:
            case "message.received":
                if not waits or waits[-1].end:
                    waits.append(Wait(step.at, not answered))
                _ours(turns, step.at)
            case "conversation.handoff":
                if waits and waits[-1].end is None and step.actor_kind == "bot":
                    waits[-1], handed = Wait(step.at, waits[-1].first), step.at
            case "message.sent" if step.actor_kind in PEOPLE and step.message_id not in failed:
                if waits and waits[-1].end is None:
                    waits[-1] = msgspec.structs.replace(waits[-1], end=max(step.at, waits[-1].start), by=step.id)
                answered = True
                _theirs(turns, step.at)
            case "conversation.opened" if step.actor_kind != "customer":
                pass  # written to by the house: the customer's turn
            case "conversation.opened" | "conversation.reopened":
                _ours(turns, step.at)
            case "conversation.resolved":
                resolved = step
                _theirs(turns, step.at)
    return Walk(
        begun=run[0].at if run else None, waits=tuple(waits), turns=tuple(turns), handed=handed, resolved=resolved
    )


def due(terms: Terms, walked: Walk, *, waiting: datetime | None, first: bool) -> Due | None:
    """Return what is due next. ``waiting`` is since when the customer waits for a person, ``first`` whether nobody replied yet."""
    found: list[Due] = []
    if waiting is not None:
        kind: Kind = "first_response" if first else "next_response"
        at = _response(terms, kind, max(waiting, walked.handed or waiting))
        found += [Due(kind, at)] if at else []
    at = resolution(terms, walked)
    found += [Due("resolution", at)] if at else []
    return min(found, key=lambda one: one.at, default=None)


def resolution(terms: Terms, walked: Walk) -> datetime | None:
    """Return when the run must be resolved; ``None`` while it waits for the customer and nothing was broken."""
    if terms.resolution is None or walked.begun is None:
        return None
    if not terms.pauses:
        return terms.after(walked.begun, terms.resolution)
    left = float(terms.resolution)
    for start, end in walked.turns:
        if end is None:
            return terms.after(start, left)
        used = terms.between(start, end)
        if used > left:
            return terms.after(start, left)
        left -= used
    return None


def verdicts(terms: Terms, walked: Walk, heard: frozenset[int]) -> list[Verdict]:
    """Return what the events in ``heard`` decided: replies, and the resolution with what was still open then."""
    found: list[Verdict] = []
    end = walked.resolved if walked.resolved and walked.resolved.id in heard else None
    for wait in walked.waits:
        at = wait.end if wait.by in heard else end.at if end and wait.end is None else None
        promised = _response(terms, wait.kind, wait.start)
        if at is None or promised is None:
            continue
        if at > promised:
            found.append(Verdict(wait.kind, promised, kept=False, at=promised))
        elif wait.end is not None:  # an episode that was closed without a reply has kept no promise of one
            found.append(Verdict(wait.kind, promised, kept=True, at=at))
    if end and terms.resolution is not None:
        promised = resolution(terms, walked)
        if promised is not None and promised < end.at:
            found.append(Verdict("resolution", promised, kept=False, at=promised))
        else:
            found.append(Verdict("resolution", promised or end.at, kept=True, at=end.at))
    return found


def _response(terms: Terms, kind: Kind, start: datetime) -> datetime | None:
    seconds = terms.first_response if kind == "first_response" else terms.next_response
    return terms.after(start, seconds) if seconds else None


def _ours(turns: list[tuple[datetime, datetime | None]], at: datetime) -> None:
    if not turns or turns[-1][1] is not None:
        turns.append((at, None))


def _theirs(turns: list[tuple[datetime, datetime | None]], at: datetime) -> None:
    if turns and turns[-1][1] is None:
        turns[-1] = (turns[-1][0], at + max(turns[-1][0] - at, timedelta()))
