"""When a member or a team leaves: what they had goes back to the queue, in the transaction in which they go."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils import timezone

from conversations import history
from conversations.act import act, actor_of
from conversations.feed import Change
from conversations.holding import HELD, released
from conversations.models import Conversation, HistoryEvent
from conversations.querysets.conversation import Conversations
from conversations.wake import Work
from hub.access import Caller
from hub.models import Membership, Team
from hub.people import member_leaves, team_leaves


class Given(msgspec.Struct, frozen=True):
    """What the feed tells of conversations that were given back, and the work they make."""

    changes: tuple[Change, ...]
    work: tuple[Work, ...]


LEFT = "gone"  # why it is in the queue again, as routing says it


def listen() -> None:
    """Hear who leaves."""
    member_leaves.connect(member_left, dispatch_uid="conversations.member_left")
    team_leaves.connect(team_left, dispatch_uid="conversations.team_left")


def member_left(*, caller: Caller, membership: Membership, **_signal: Any) -> None:
    """Give back what a member had: each conversation waits again as long as its customer does."""

    def room() -> Given:
        rows = _held(caller).filter(assignee=membership.user).select_related("team", "assignee")
        now, actor = timezone.now(), actor_of(caller)
        found = list(rows.order_by("id").select_for_update(of=("self",), no_key=True))
        for row in found:
            released(row, now, reason=LEFT, by=str(membership.user_id))
        return _kept(found, [history.queued(row, now, actor, reason=LEFT, agent=membership.user) for row in found])

    act(caller.workspace.pk, room)


def team_left(*, caller: Caller, team: Team, **_signal: Any) -> None:
    """Give back to everybody what a team had; who has a conversation keeps it."""

    def room() -> Given:
        rows = _held(caller).filter(team=team).select_related("assignee")
        now, actor = timezone.now(), actor_of(caller)
        found = list(rows.order_by("id").select_for_update(of=("self",), no_key=True))
        events: list[HistoryEvent] = []
        for row in found:
            row.team = None
            if row.assignee is None:
                events.append(history.queued(row, now, actor, reason=LEFT, before=team))
            else:
                events.append(history.assigned(row, now, actor))
        return _kept(found, events)

    act(caller.workspace.pk, room)


def _held(caller: Caller) -> Conversations:
    return Conversation.objects.of(caller.workspace).standing().unresolved()


def _kept(rows: list[Conversation], events: list[HistoryEvent]) -> Given:
    Conversation.objects.bulk_update(rows, HELD)
    history.record(events)
    changes = tuple(Change("conversation.updated", row.pk, row.pk) for row in rows)
    return Given(changes, ("metrics", "route") if rows else ())
