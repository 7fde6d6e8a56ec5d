"""Appending to history: what happened is written once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from conversations.models import Conversation, HistoryEvent
from hub.models import Team, User

SKEW = timedelta(minutes=5)  # a source's clock may run this far ahead before its events are flagged


class Actor(msgspec.Struct, frozen=True):
    """Who did it: ``kind`` is ``agent``, ``rule``, ``bot`` …; ``user`` the person, if it was one, else ``name`` says what it was.

    ``bot_id`` is the bot's, where it was one.
    """

    kind: str = "agent"
    user: User | None = None
    name: str = ""
    bot_id: UUID | None = None

    @property
    def shown_as(self) -> str:
        """The name under a message."""
        return (self.user.name or self.user.email) if self.user else self.name


def happened(  # noqa: PLR0913  what an event is made of
    conversation: Conversation,
    type: str,  # noqa: A002  the contract's word
    at: datetime,
    actor: Actor,
    *,
    message_id: UUID | None = None,
    channel_id: UUID | None = None,
    channel_kind: str = "",
    data: dict[str, Any] | None = None,
) -> HistoryEvent:
    """Return the event of something a member of the house did in ``conversation``; not yet recorded."""
    return HistoryEvent(
        workspace_id=conversation.workspace_id,
        customer_id=conversation.customer_id,
        conversation_id=conversation.pk,
        message_id=message_id,
        type=type,
        occurred_at=at,
        channel_id=channel_id,
        channel_kind=channel_kind,
        actor_kind=actor.kind,
        actor_id=actor.user.pk if actor.user else None,
        actor_email=actor.user.email if actor.user else "",
        data={**(data or {}), "by": actor.kind},
    )


def assigned(row: Conversation, at: datetime, actor: Actor, *, reason: dict[str, Any] | None = None) -> HistoryEvent:
    """Return the event that says who has the conversation since ``at``, and why if a rule gave it; not yet recorded."""
    data = {
        "agent": row.assignee.email if row.assignee else None,
        "agent_id": str(row.assignee.pk) if row.assignee else None,
        "team": row.team.name if row.team else None,
        "team_id": str(row.team.pk) if row.team else None,
        **({"reason": reason} if reason else {}),
    }
    return happened(row, "conversation.assigned", at, actor, data=data)


def queued(
    row: Conversation,
    at: datetime,
    actor: Actor,
    *,
    reason: str,
    agent: User | None = None,
    before: Team | None = None,
    matched: str = "",
) -> HistoryEvent:
    """Return the event that the conversation waits for somebody since ``at``: given back by ``agent``, or passed on from a team."""
    data = {
        "reason": reason,
        "agent": agent.email if agent else None,
        "agent_id": str(agent.pk) if agent else None,
        "team": row.team.name if row.team else None,
        "team_id": str(row.team.pk) if row.team else None,
        **({"from_team": before.name, "from_team_id": str(before.pk)} if before else {}),
        **({"matched": matched} if matched else {}),
    }
    return happened(row, "conversation.queued", at, actor, data=data)


def record(events: Sequence[HistoryEvent]) -> None:
    """Append events with one statement, in order; one already known by its source's id is left as it is."""
    late = timezone.now() + SKEW
    for event in events:
        event.skewed = event.occurred_at > late
    HistoryEvent.objects.bulk_create(events, ignore_conflicts=True)
