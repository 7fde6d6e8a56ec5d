"""Derive: the pure function from one conversation's history to its facts; it knows the rules of measuring and no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from metrics.business import Calendars, Clock
from metrics.labels import labels
from metrics.records import ANSWERED, NONE, OPEN, UNANSWERED, Episode, Facts, Happening, Volume, Wait
from metrics.stays import ATTENTION, PEOPLE, attention, stays

MICROSECOND = timedelta(microseconds=1)
# At the same instant the natural order of service decides, so that the order of arrival cannot change a figure.
RANK = {
    "conversation.opened": 0,
    "conversation.reopened": 0,
    "message.received": 1,
    "conversation.assigned": 2,
    "conversation.handoff": 2,
    "conversation.queued": 2,
    "focus.gained": 3,
    "focus.lost": 3,
    "message.sent": 3,
    "message.failed": 4,
    "message.recovered": 4,
    "conversation.snoozed": 4,
    "conversation.unsnoozed": 4,
    "conversation.resolved": 5,
}
NOT_SAID = {"note", "reaction", "survey"}  # kinds of message that nobody reads as an answer or a question
SAID = {"message.received", "message.sent"}
FATES = {"message.failed", "message.recovered"}  # the last one says what became of a message
BESIDE = ATTENTION | {"conversation.snoozed", "conversation.unsnoozed"}  # what only says where a conversation stays
REPLIERS = {"agent", "device", "bot"}


NOTHING = Facts((), None, (), ())
WITHOUT: Calendars = {}
ELAPSED = Clock()


def derive(events: Collection[Happening], calendars: Calendars = WITHOUT) -> Facts:
    """Return the facts of one conversation; ``calendars`` are the working hours by team, without any every second is business.

    The events may come in any order and repeated: they are told apart by id, and a message's event by its message. What
    counts: rules R2-R5, R8 and R9 of the measuring rules; times are the source's.
    """
    everything, labeled = _told(events), labels(events)
    story = everything
    if not BESIDE.isdisjoint([event.type for event in everything]):
        story = [event for event in everything if event.type not in BESIDE]
    if not story:
        return NOTHING._replace(labels=labeled) if labeled else NOTHING
    clock = Clock(calendars, tuple((event.at, event.team) for event in story if event.team)) if calendars else ELAPSED
    waits = tuple(_waits(story, clock))
    episode = _episode(story, waits, clock)
    seen = attention(everything, episode.channel_kind) if len(everything) > len(story) else ()
    # Who writes waits. What the customer never wrote in is no conversation yet (R2), such as a campaign nobody has answered.
    whole = episode if waits else None
    return Facts(
        waits, whole, tuple(_volumes(story)), (*stays(everything, episode.channel_kind, clock), *seen), labeled
    )


def between_people(events: Iterable[Happening]) -> list[Happening]:
    """Return what the customer and people of the house said in one conversation, in order; events come as to ``derive``."""
    return _used(_told(events))


def volumes(events: Iterable[Happening]) -> list[Volume]:
    """Return what was said in one conversation, as in its facts; events come as to ``derive``."""
    return list(_volumes(_told(events)))


def between(start: datetime, end: datetime) -> int:
    """Return the microseconds from ``start`` to ``end``."""
    return (end - start) // MICROSECOND


def _is_reply(event: Happening) -> bool:
    return event.type == "message.sent" and event.actor_kind in PEOPLE


def _used(story: Iterable[Happening]) -> list[Happening]:
    return [event for event in story if event.type in SAID and (event.type == "message.received" or _is_reply(event))]


def _told(events: Iterable[Happening]) -> list[Happening]:
    """Sort what measures service, without repetitions, notes, reactions and messages that finally failed."""
    known = {event.id: event for event in events if event.type in RANK}
    ordered = sorted(known.values(), key=_place) if len(known) > 1 else known.values()
    failed = {event.message_id: event.type == "message.failed" for event in ordered if event.type in FATES}
    story = []
    said: set[bytes] = set()
    for event in ordered:
        if event.kind in NOT_SAID or event.type in FATES:
            continue
        if event.message_id is not None and event.type in SAID:
            if event.message_id in said or (failed and failed.get(event.message_id)):
                continue
            said.add(event.message_id)
        story.append(event)
    return story


def _place(event: Happening) -> tuple[datetime, int, int]:
    return event.at, RANK[event.type], event.id


def _waits(story: Sequence[Happening], clock: Clock) -> Iterable[Wait]:
    """Cut the story into waits (R4)."""
    opening: Happening | None = None
    position = 0
    team = ""
    for event in story:
        team = event.team or team
        if event.type == "message.received":
            opening = opening or event
            continue
        replied = _is_reply(event)
        if opening and (replied or event.type == "conversation.resolved"):
            yield _wait(opening, position, team, event, ANSWERED if replied else UNANSWERED, clock)
            opening = None
            position += 1
    if opening:
        yield _wait(opening, position, team, None, OPEN, clock)


def _wait(opening: Happening, position: int, team: str, end: Happening | None, outcome: str, clock: Clock) -> Wait:
    answered = end if outcome == ANSWERED else None
    elapsed = between(opening.at, end.at) if end else None
    return Wait(
        id=opening.id,
        position=position,
        channel_kind=opening.channel_kind,
        opening_message_id=opening.message_id,
        closing_message_id=answered.message_id if answered else None,
        started_at=opening.at,
        ended_at=end.at if end else None,
        outcome=outcome,
        elapsed=elapsed,
        business=clock.between(opening.at, end.at) if end and clock.calendars else elapsed,
        agent=answered.agent if answered else "",
        team=team,
    )


class _Response(NamedTuple):
    """The first response of a conversation, in all its variants."""

    outcome: str = NONE
    start: Happening | None = None
    end: Happening | None = None
    any_elapsed: int | None = None
    from_inbound: int | None = None
    from_handoff: int | None = None
    team: str = ""


def _response(story: Sequence[Happening], first: Happening | None) -> _Response:
    """Measure the first response (K01): within the first opening, and only when the customer began."""
    if first is None or first.type != "message.received":
        return _Response()
    handoff: Happening | None = None
    any_elapsed: int | None = None
    bot_spoke = False
    team = ""
    begun = False
    for event in story:
        team = event.team or team
        begun = begun or event is first
        if not begun:
            continue
        if event.type == "conversation.handoff" and (
            event.actor_kind == "bot" or (bot_spoke and event.actor_kind not in PEOPLE)
        ):
            handoff = event
        elif event.type == "message.sent" and event.actor_kind in REPLIERS:
            any_elapsed = between(first.at, event.at) if any_elapsed is None else any_elapsed
            if event.actor_kind in PEOPLE:
                since_handoff = between(handoff.at, event.at) if handoff else None
                since_inbound = between(first.at, event.at)
                start = handoff or first
                return _Response(ANSWERED, start, event, any_elapsed, since_inbound, since_handoff, team)
            bot_spoke = True
        elif event.type == "conversation.resolved":
            return _Response(UNANSWERED, handoff or first, event, any_elapsed, team=team)
    return _Response(OPEN, handoff or first, None, any_elapsed, team=team)


class _Closing(NamedTuple):
    """When and by whom a conversation was closed, first and finally."""

    first_at: datetime | None
    final: Happening | None
    reopened_count: int


def _closing(story: Sequence[Happening]) -> _Closing:
    """Follow the conversation from its opening through its closings; a second close of what is closed says nothing."""
    first_at: datetime | None = None
    final: Happening | None = None
    reopened_count = 0
    for event in story:
        if event.type == "conversation.resolved" and final is None:
            final = event
            first_at = first_at or event.at
        elif final and event.type in {"message.received", "conversation.reopened"}:
            final = None
            reopened_count += 1
    return _Closing(first_at, final, reopened_count)


def _episode(story: Sequence[Happening], waits: Sequence[Wait], clock: Clock) -> Episode:
    """Put together what is known of the conversation as a whole."""
    # What a campaign, a bot or the system says begins no conversation and uses no channel: the customer who answers it does.
    used = _used(story)
    first = used[0] if used else None
    opening = first or next((event for event in story if event.type == "conversation.opened"), story[0])
    response = _response(story, first)
    closing = _closing(story[story.index(opening) :])
    start, end, final = response.start, response.end, closing.final
    answered = response.outcome == ANSWERED
    channels = [message.channel_kind for message in used] or [opening.channel_kind]
    return Episode(
        id=opening.id,
        opened_at=opening.at,
        opened_by_customer=first is not None and first.type == "message.received",
        channel_kind=opening.channel_kind or channels[0],
        closing_channel_kind=channels[-1],
        crossed=len(set(channels)) > 1,
        team=next((event.team for event in reversed(story) if event.team), ""),
        response=response.outcome,
        response_from="" if start is None else "inbound" if start is first else "handoff",
        response_started_at=start.at if start else None,
        responded_at=end.at if end else None,
        response_elapsed=between(start.at, end.at) if start and end else None,
        response_business=clock.between(start.at, end.at) if start and end else None,
        any_elapsed=response.any_elapsed,
        from_inbound_elapsed=response.from_inbound,
        from_handoff_elapsed=response.from_handoff,
        response_agent=end.agent if end and answered else "",
        response_team=response.team,
        opening_message_id=opening.message_id,
        response_message_id=end.message_id if end and answered else None,
        first_resolved_at=closing.first_at,
        resolved_at=final.at if final else None,
        resolved_by=final.actor_kind if final else "",
        resolver=final.agent if final else "",
        first_resolution_elapsed=between(opening.at, closing.first_at) if closing.first_at else None,
        resolution_elapsed=between(opening.at, final.at) if final else None,
        resolution_business=clock.between(opening.at, final.at) if final else None,
        # Our turn is exactly when somebody waits for us: the rest is the customer's turn, or closed.
        active_elapsed=sum(wait.elapsed or 0 for wait in waits) if final else None,
        answered=any(message.type == "message.sent" for message in used),
        reopened_count=closing.reopened_count,
    )


def _volumes(story: Sequence[Happening]) -> Iterable[Volume]:
    """Count what was said, by kind of channel and UTC day (K05). A campaign counts once the customer has answered it."""
    cells: dict[tuple[str, int], tuple[Happening, list[datetime], list[datetime]]] = {}
    for event in story:
        if event.type not in SAID or event.actor_kind == "system":
            continue
        if event.actor_kind == "campaign" and not _was_heard_after(event, story):
            continue
        key = event.channel_kind, event.at.toordinal()
        _, inbound, outbound = cells.get(key) or cells.setdefault(key, (event, [], []))
        (inbound if event.type == "message.received" else outbound).append(event.at)
    for first, inbound, outbound in cells.values():
        yield Volume(first.id, first.channel_kind, first.at.date(), tuple(inbound), tuple(outbound))


def _was_heard_after(campaign: Happening, story: Sequence[Happening]) -> bool:
    return any(event.type == "message.received" and event.at >= campaign.at for event in story)
