"""Records: what the figures read of history, and what is derived from it; frozen values without a database, ids as bytes."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import msgspec

NOBODY = "-"


# How a wait or a first response ended. Open is a censored observation; none says that there was nothing to answer.
ANSWERED, UNANSWERED, OPEN, NONE = "answered", "unanswered", "open", "none"


class Happening(msgspec.Struct, frozen=True, gc=False):
    """One event of a conversation's history, as far as figures need it. ``kind`` is the message's, ``team`` a team's name.

    ``at`` is in UTC. No tuple, for it is read far more often than it is made.
    """

    id: int
    type: str
    at: datetime
    message_id: bytes | None = None
    channel_kind: str = ""
    actor_kind: str = ""
    agent: str = ""
    team: str = ""
    kind: str = ""
    # Who has it since an assignment, ``NOBODY`` when it was taken away; which label was put on or taken off; empty when not said.
    named: str = ""


class Wait(NamedTuple):
    """A customer who wrote and waited: from the first unanswered message to the next human reply. Times in microseconds."""

    id: int  # the event that opened it
    position: int  # 0 for the first wait of the conversation
    channel_kind: str  # of the message that opened it
    opening_message_id: bytes | None
    closing_message_id: bytes | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    elapsed: int | None
    business: int | None
    agent: str  # who replied
    team: str


class Episode(NamedTuple):
    """What is known of one conversation as a whole. Times in microseconds, empty where nothing is to be measured."""

    id: int  # the event that opened it
    opened_at: datetime
    opened_by_customer: bool
    channel_kind: str  # the opening channel
    closing_channel_kind: str
    crossed: bool  # more than one kind of channel was used
    team: str
    response: str  # outcome of the first response
    response_from: str  # inbound | handoff
    response_started_at: datetime | None
    responded_at: datetime | None  # the reply, or the close without one
    response_elapsed: int | None  # by the default variant: from the handoff when a bot took part
    response_business: int | None
    any_elapsed: int | None
    from_inbound_elapsed: int | None
    from_handoff_elapsed: int | None
    response_agent: str
    response_team: str
    opening_message_id: bytes | None
    response_message_id: bytes | None
    first_resolved_at: datetime | None
    resolved_at: datetime | None  # the final close, empty while the conversation is open
    resolved_by: str  # agent | bot | rule
    resolver: str
    first_resolution_elapsed: int | None
    resolution_elapsed: int | None
    resolution_business: int | None
    active_elapsed: int | None  # of the resolution, without the time the customer was expected to write
    answered: bool  # a person replied at least once
    reopened_count: int


class Volume(NamedTuple):
    """What was said in a conversation on one kind of channel on one UTC day."""

    id: int  # the first event of it
    channel_kind: str
    day: date
    inbound: tuple[datetime, ...]
    outbound: tuple[datetime, ...]


class Stay(NamedTuple):
    """Where a conversation was for a while; what is held is let go while it is snoozed. Times in microseconds."""

    id: int  # the event it began with
    kind: str  # queue | held (by an agent) | focus (of an agent)
    channel_kind: str  # the conversation's opening channel
    agent: str  # whose it was; of the queue: who took it
    team: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str  # of the queue: taken | abandoned | short; else ended; open while it lasts
    elapsed: int | None
    business: int | None
    off_hours: bool  # it came into the queue outside working hours


class Labeled(NamedTuple):
    """A label that a conversation has."""

    id: int  # the event that put it on
    label: str  # what stays when it is renamed: its id; of history that tells none, its name


class Facts(NamedTuple):
    """Everything derived from one conversation."""

    waits: tuple[Wait, ...]
    episode: Episode | None  # None as long as the customer has not written
    volumes: tuple[Volume, ...]
    stays: tuple[Stay, ...]
    labels: tuple[Labeled, ...] = ()
