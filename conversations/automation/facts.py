"""What a rule sees of an event, read from the rows: once for each event, and only for rules that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.automation.conditions import Condition, Facts, holds
from conversations.models import Conversation, HistoryEvent, Message, RuleRun
from conversations.perform import menu
from hub.hours import Schedule, segments
from hub.models import WorkingHours, Workspace

LONGEST_CLOSED = timedelta(days=30)
AN_INSTANT = timedelta(microseconds=1)
EARLY = {"channel_kind", "channel"}  # what the event alone tells
# How many rules stand behind an event that a rule caused: the run and what it did are one transaction.
DEPTH = """
SELECT max((why->>'depth')::int) + 1 FROM conversations_rulerun
WHERE conversation_id = %s AND fired AND (why->>'transaction')::bigint = %s
"""
Hours = dict[UUID | None, Sequence[Schedule]]


def hours_of(workspace: Workspace) -> Hours:
    """Return the versions of the hours of a workspace (``None``) and of its teams, in the order they came into force."""
    found: dict[UUID | None, list[WorkingHours]] = {}
    for row in WorkingHours.objects.of(workspace):
        found.setdefault(row.team_id, []).append(row)
    order = lambda row: (row.since is not None, row.since)  # noqa: E731
    return {team: [row.schedule for row in sorted(rows, key=order)] for team, rows in found.items()}


def openness(hours: Hours, team: UUID | None, at: datetime) -> tuple[bool, datetime | None]:
    """Return whether the team (else the house) works at ``at``, and if not since when it does not."""
    versions = hours.get(team) or hours.get(None) or ()
    now = segments(versions, at, at + AN_INSTANT)
    if not now or now[0].why == "open":
        return True, None
    since = at
    for part in reversed(segments(versions, at - LONGEST_CLOSED, at)):
        if part.why == "open":
            break
        since = part.start
    return False, since


def may_hold(conditions: Sequence[Condition], event: HistoryEvent) -> bool:
    """Whether what the event alone tells lets the rule fire: asked before anything is read."""
    seen = Facts(at=event.occurred_at, channel_kind=event.channel_kind, channel_id=event.channel_id)
    return all(holds(one, seen) for one in conditions if one.field in EARLY and event.channel_kind)


def depth_of(event: HistoryEvent) -> int:
    """Return how many rules stand behind an event: 0 for what a person or customer did."""
    if event.actor_kind not in {"rule", "system"}:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(DEPTH, [event.conversation_id, event.transaction])
        return int(cursor.fetchone()[0] or 0)


def fired_at(workspace: Workspace, rule_id: UUID, conversation_id: UUID) -> tuple[datetime, ...]:
    """Return when a rule fired in a conversation, oldest first."""
    runs = RuleRun.objects.of(workspace).filter(rule=rule_id, conversation=conversation_id, fired=True)
    return tuple(runs.order_by("id").values_list("at", flat=True))


def facts_of(workspace: Workspace, event: HistoryEvent, row: Conversation, hours: Hours) -> Facts:
    """Return what rules see of ``event``; ``row`` needs its customer. Of when a rule fired before it says nothing."""
    message = Message.objects.of(workspace).filter(pk=event.message_id).first() if event.message_id else None
    runs, closed_since = openness(hours, row.team_id, event.occurred_at)
    data: dict[str, Any] = event.data
    added = data.get("label_id") if event.type == "conversation.labeled" else None
    return Facts(
        at=event.occurred_at,
        channel_kind=event.channel_kind or _kind(row),
        channel_id=event.channel_id or row.last_channel_id,
        text=message.text if message else "",
        option=_option(message),
        first_message=message is not None and _is_first(workspace, message),
        open=runs,
        closed_since=closed_since,
        team_id=row.team_id,
        assignee_id=row.assignee_id,
        label_ids=tuple(row.label_ids),
        label_added=UUID(added) if added else None,
        priority=row.priority,
        language=row.language or str(row.customer.attributes.get("language", "")),
        attributes=row.customer.attributes,
        survey=str(data.get("survey", "")),
        score=data["score"] if isinstance(data.get("score"), int) else None,
    )


def _kind(row: Conversation) -> str:
    return row.last_channel.kind if row.last_channel else ""


def _option(message: Message | None) -> str:
    """Return the title of what was pressed."""
    return message.text if message is not None and menu.pressed(message.payload) else ""


def _is_first(workspace: Workspace, message: Message) -> bool:
    """Whether the person had written nothing before."""
    said = Message.objects.of(workspace).of_person(message.customer_id).filter(direction="inbound")
    return not said.filter(sent_at__lt=message.sent_at).exclude(pk=message.pk).exists()
