"""How the floor stands at this instant: who waits, who answers, what is promised; a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations.models import Conversation
from hub.models import Membership, Presence, Team, Workspace
from hub.routing import weights

CARRIED = ("waiting", "open")
FIELDS = (
    "id", "team_id", "last_channel__kind", "status", "assignee_id", "bot_id", "queued_at", "waiting_since", "due_at", "due_told",
)  # fmt: skip


class Talk(msgspec.Struct, frozen=True):
    """What the board needs of a conversation that goes on."""

    id: UUID
    team: UUID | None
    kind: str
    status: str
    assignee: UUID | None
    bot: UUID | None
    queued_at: datetime | None
    waiting_since: datetime | None
    due_at: datetime | None
    told: str

    @property
    def queued(self) -> bool:
        """Whether it waits for somebody to have it."""
        if self.assignee is not None or self.bot is not None:
            return False
        # What came from outside was never queued here, and waits all the same.
        return self.status == "waiting" or (self.status == "open" and self.queued_at is not None)

    @property
    def served(self) -> bool:
        """Whether somebody has it in hand."""
        return self.assignee is not None and self.status in CARRIED

    @property
    def since(self) -> datetime | None:
        """Since when its customer waits for somebody to have it."""
        return self.waiting_since or self.queued_at


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A member on the board: how they are there since when, what they carry of what they may, the longest of theirs unanswered."""

    id: UUID
    name: str
    initials: str
    presence: str
    reason: str
    since: datetime | None
    open: int
    weight: int
    capacity: int
    unanswered: datetime | None
    teams: tuple[UUID, ...]

    @property
    def there(self) -> bool:
        """Whether they are not gone."""
        return self.presence != Presence.OFFLINE

    @property
    def available(self) -> bool:
        """Whether they could take one more now."""
        return self.presence == Presence.ONLINE and self.weight < self.capacity


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the queue table: a team or a kind of channel; ``name`` empty for everybody's queue."""

    what: str
    key: str
    name: str
    waiting: int
    longest: datetime | None
    risk: int
    late: int
    load: int
    capacity: int | None


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one instant."""

    as_of: datetime
    talks: tuple[Talk, ...]
    agents: tuple[Agent, ...]
    lines: tuple[Line, ...]

    @property
    def queue(self) -> list[Talk]:
        """What waits for somebody, the longest first."""
        return sorted((one for one in self.talks if one.queued), key=lambda one: (one.since or self.as_of, one.id))

    @property
    def served(self) -> list[Talk]:
        """What somebody has in hand, the longest unanswered first."""
        rows = [one for one in self.talks if one.served]
        return sorted(rows, key=lambda one: (one.waiting_since is None, one.waiting_since or self.as_of, one.id))

    @property
    def threatened(self) -> list[Talk]:
        """What is late or at risk, the latest first."""
        rows = [one for one in self.talks if one.due_at and (one.told or one.due_at <= self.as_of)]
        return sorted(rows, key=lambda one: (one.due_at, one.id))


def floor(workspace: Workspace, at: datetime) -> Floor:
    """Return how everything stands: five queries."""
    going = Conversation.objects.of(workspace).standing().unresolved()
    wanted = Q(status__in=CARRIED) | Q(due_at__isnull=False)
    talks = tuple(_talk(row) for row in going.filter(wanted).values_list(*FIELDS))
    agents = _agents(workspace, talks)
    return Floor(as_of=at, talks=talks, agents=agents, lines=tuple(_lines(workspace, talks, agents, at)))


def _talk(row: Sequence[Any]) -> Talk:
    key, team, kind, *rest = row
    return Talk(key, team, kind or "", *rest)


def _agents(workspace: Workspace, talks: Iterable[Talk]) -> tuple[Agent, ...]:
    heavy = weights(workspace)
    mine: dict[UUID, list[Talk]] = {}
    for one in talks:
        if one.served and one.assignee:
            mine.setdefault(one.assignee, []).append(one)
    members = list(Membership.objects.of(workspace).filter(user__is_active=True).select_related("user"))
    teams: dict[UUID, list[UUID]] = {}
    for member, team in Team.members.through.objects.filter(membership__in=[row.pk for row in members]).values_list(
        "membership_id", "team_id"
    ):
        teams.setdefault(member, []).append(team)
    found = []
    for row in members:
        carried = mine.get(row.user_id, [])
        waits = [one.waiting_since for one in carried if one.waiting_since]
        found.append(
            Agent(
                id=row.user_id,
                name=str(row.user),
                initials=row.user.initials,
                presence=row.presence,
                reason=row.presence_reason,
                since=row.presence_since,
                open=len(carried),
                capacity=row.capacity,
                weight=sum(heavy.get(one.kind, 1) for one in carried),
                unanswered=min(waits, default=None),
                teams=tuple(teams.get(row.pk, ())),
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.there, one.name.casefold())))


def _lines(workspace: Workspace, talks: Sequence[Talk], agents: Sequence[Agent], at: datetime) -> Iterable[Line]:
    for team, name in [*Team.objects.of(workspace).order_by("name").values_list("id", "name"), (None, "")]:
        staff = [one for one in agents if (team in one.teams if team else not one.teams)]
        room = sum(one.capacity for one in staff if one.there and one.presence != Presence.AWAY)
        own = [one for one in talks if one.team == team]
        if own or team:
            yield _line("team", str(team or ""), name, own, at, room)
    for kind in sorted({one.kind for one in talks if one.kind}):
        yield _line("channel", kind, "", [one for one in talks if one.kind == kind], at, None)


def _line(what: str, key: str, name: str, own: Sequence[Talk], at: datetime, room: int | None) -> Line:
    queue = [one for one in own if one.queued]
    late = _count(own, lambda one: one.due_at is not None and one.due_at <= at)
    return Line(
        what=what, key=key, name=name, waiting=len(queue), longest=min((one.since for one in queue if one.since), default=None),
        risk=_count(own, lambda one: one.told == "risk" and one.due_at is not None and one.due_at > at), late=late,
        load=_count(own, lambda one: one.served), capacity=room,
    )  # fmt: skip


def _count(rows: Iterable[Talk], holds: Callable[[Talk], bool]) -> int:
    return sum(1 for one in rows if holds(one))
