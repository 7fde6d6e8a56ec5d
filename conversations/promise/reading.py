"""What promises stand on: a workspace's policies, its working hours and the stories of conversations; sets, never row by row."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import F

from conversations.models import Conversation, HistoryEvent, SlaPolicy
from conversations.promise.figure import STORY, Step, Terms
from hub.hours import Schedule
from hub.models import WorkingHours, Workspace

NOT_SAID = {"note", "reaction", "survey"}  # kinds of message that nobody reads as an answer or a question


class Ground(msgspec.Struct, frozen=True):
    """The active policies in their order, the working hours by team (None: the workspace's), and a number for all of it."""

    policies: tuple[SlaPolicy, ...]
    hours: dict[UUID | None, tuple[Schedule, ...]]
    print: int

    def policy(self, team: UUID | None, channel_kind: str, priority: int) -> SlaPolicy | None:
        """Return the first policy that fits."""
        return next((one for one in self.policies if fits(one, team, channel_kind, priority)), None)

    def terms(self, policy: SlaPolicy, team: UUID | None) -> Terms:
        """Return what a policy promises to a conversation of a team."""
        return Terms(
            first_response=policy.first_response,
            next_response=policy.next_response,
            resolution=policy.resolution,
            pauses=policy.pauses,
            versions=self.versions(policy, team),
        )

    def versions(self, policy: SlaPolicy, team: UUID | None) -> tuple[Schedule, ...]:
        """Return the hours a policy's clock runs by: the team's own, else the workspace's; none for an elapsed clock."""
        return () if policy.clock == "elapsed" else self.hours.get(team) or self.hours.get(None, ())


def fits(policy: SlaPolicy, team: UUID | None, channel_kind: str, priority: int) -> bool:
    """Whether a policy is meant for such a conversation."""
    return (
        policy.team_id in {None, team}
        and (not policy.channel_kinds or channel_kind in policy.channel_kinds)
        and (not policy.priorities or priority in policy.priorities)
    )


def ground(workspace: Workspace) -> Ground:
    """Return what the promises of a workspace stand on: two queries."""
    policies = tuple(SlaPolicy.objects.of(workspace).filter(active=True).order_by("position", "id"))
    hours: dict[UUID | None, list[Schedule]] = defaultdict(list)
    rows = list(WorkingHours.objects.of(workspace).order_by(F("since").asc(nulls_first=True), "id"))
    for row in rows:
        hours[row.team_id].append(row.schedule)
    if not policies:
        return Ground((), {}, 0)
    words = [
        (one.pk, one.position, one.team_id, one.channel_kinds, one.priorities, one.clock, one.pauses,
         one.first_response, one.next_response, one.resolution)
        for one in policies
    ]  # fmt: skip
    number = zlib.crc32(repr((words, [row.pk for row in rows])).encode()) or 1
    return Ground(policies, {team: tuple(own) for team, own in hours.items()}, number)


def rows_of(workspace: Workspace, ids: Iterable[UUID]) -> list[Conversation]:
    """Return these conversations with the kind of their channel: one query."""
    rows = Conversation.objects.of(workspace).filter(pk__in=ids).select_related("last_channel")
    return list(rows.order_by("pk"))


def stories(workspace: Workspace, ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Return what happened in these conversations, each in its order: one query."""
    found: dict[UUID, list[Step]] = defaultdict(list)
    rows = HistoryEvent.objects.of(workspace).filter(conversation__in=ids, type__in=STORY)
    fields: Any
    for conversation, kind, *fields in rows.order_by("occurred_at", "id").values_list(
        "conversation_id", "data__kind", "id", "type", "actor_kind", "occurred_at", "message_id"
    ):
        if kind not in NOT_SAID:
            found[conversation].append(Step(*fields))
    return found
