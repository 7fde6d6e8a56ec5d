"""Whose turn it is: a bot speaks in a conversation it holds until a person takes over, and never after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from conversations import bulk
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent
from conversations.refusal import TooLate
from hub.models import OfWorkspace

PEOPLE = ("agent", "device")
# A conversation that begins or begins again on a bot's channel is held by it from the first moment on.
TAKE = """
UPDATE conversations_conversation c SET bot_id = b.id, queued_at = NULL
FROM conversations_bot b
WHERE c.id = ANY(%s::uuid[]) AND c.assignee_id IS NULL AND c.status = 'waiting'
  AND b.id = (SELECT o.id FROM conversations_bot o WHERE o.workspace_id = c.workspace_id AND o.active
    AND (o.channel_ids = '{}' OR c.last_channel_id = ANY(o.channel_ids)) ORDER BY o.channel_ids = '{}', o.id LIMIT 1)
"""


def take(conversation_ids: Iterable[UUID]) -> None:
    """Give conversations that have just begun, or begun again, to the bots of their channels, where there are any: one statement."""
    ids = bulk.array(conversation_ids)
    if ids != "{}":
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [ids])


def refuse_unless_its_turn(row: Conversation, actor: Actor) -> None:
    """Raise ``TooLate`` for a bot that may not speak in this conversation, which must be locked; others always may."""
    if actor.kind != "bot":
        return
    if row.bot_id is None or row.bot_id != actor.bot_id:
        raise TooLate(_("This conversation is not the bot's: people have it."))
    if row.assignee_id is not None or somebody_took_over(row):
        raise TooLate(_("A person has taken over: the bot may not speak here any more."))


def somebody_took_over(row: Conversation) -> bool:
    """Whether a person answered, was given the conversation or got it handed over since it began or began again."""
    took = Q(type="message.sent", actor_kind__in=PEOPLE) | Q(type="conversation.handoff")
    took |= Q(type="conversation.assigned", data__agent__isnull=False) & ~Q(data__agent=None)
    return _since(row).filter(took).exists()


def _since(row: Conversation) -> OfWorkspace[HistoryEvent]:
    events = HistoryEvent.objects.filter(workspace=row.workspace_id, conversation=row)
    begun = events.filter(type__in=["conversation.opened", "conversation.reopened"]).order_by("-occurred_at", "-id")
    at: datetime | None = begun.values_list("occurred_at", flat=True).first()
    return events.filter(occurred_at__gte=at) if at else events
