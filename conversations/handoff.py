"""From a machine to people, or from one of them to others: the bot falls silent and the queue has the conversation."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation
from conversations.refusal import TooLate
from conversations.triage import Moved
from hub.models import Team, Workspace


def hand_off(workspace: Workspace, conversation_id: UUID, actor: Actor, team: Team | None = None) -> Moved:
    """Give the conversation to people: of ``team``, else of the one it has. Whoever had it has it no longer.

    Raises ``Conversation.DoesNotExist``, and ``TooLate`` for one that is resolved.
    """
    row = Conversation.objects.of(workspace).locked(conversation_id)
    if row.status == Conversation.Status.RESOLVED:
        raise TooLate(_("This conversation is resolved: reopen it first."))
    if row.bot_id is None and row.assignee_id is None and (team is None or team == row.team) and row.queued_at:
        return Moved(row)  # people have it already and nobody in particular: said twice
    now = timezone.now()
    before = row.bot_id or row.assignee_id
    row.bot, row.assignee, row.assigned_at = None, None, None
    row.team = team or row.team
    row.queued_at = now if before else row.queued_at or now  # with people it begins to wait now
    if row.status == Conversation.Status.OPEN and row.first_response_at is None:
        row.status = Conversation.Status.WAITING
    row.save(update_fields=["bot", "assignee", "assigned_at", "team", "queued_at", "status"])
    data = {"team": row.team.name if row.team else None, "team_id": str(row.team.pk) if row.team else None}
    history.record([history.happened(row, "conversation.handoff", now, actor, data=data)])
    return Moved(row, (Change("conversation.updated", row.pk, row.pk),), ("metrics", "route"))
