"""Which questions become due upon what happened: once for each survey and subject, and none for a switched-off survey."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from conversations.follow import Follow, Hear
from conversations.models import Conversation, Customer, HistoryEvent, Message, Survey, SurveyRequest
from conversations.surveys.answering import go_on
from hub.models import Workspace

NAME = "surveys"
# What starts a survey, and what the customer is asked about then.
TRIGGERS = {
    "conversation.resolved": "service",
    "order.paid": "purchase",
    "order.delivered": "delivery",
    "order.picked_up": "store",
}
ORDERS = frozenset(TRIGGERS) - {"conversation.resolved"}


def places() -> list[Workspace]:
    """Return the workspaces that ask anything, or still hear answers."""
    asking = Survey.objects.filter(active=True).values("workspace")
    lately = timezone.now() - timedelta(days=8)
    asked = SurveyRequest.objects.filter(asked_at__gte=lately).values("workspace")
    return list(Workspace.objects.filter(Q(pk__in=asking) | Q(pk__in=asked)))


def watch(workspace: Workspace) -> Hear:
    """Return who hears the workspace's next events."""
    rows = list(Survey.objects.of(workspace).filter(active=True).order_by("created_at", "id"))

    def hear(event: HistoryEvent) -> None:
        if event.type == "message.received":
            if event.data.get("kind") == "survey" and event.message_id:
                go_on(workspace, event.message_id)
            return
        for survey in rows:
            if survey.trigger == event.type:
                _plan(workspace, survey, event)

    return hear


FOLLOW = Follow(name=NAME, types=frozenset({*TRIGGERS, "message.received"}), abroad=ORDERS, places=places, watch=watch)


def _plan(workspace: Workspace, survey: Survey, event: HistoryEvent) -> None:
    """Note down that a question is due, if the survey asks about such conversations."""
    talk = _talk(workspace, event)
    if talk is None or talk.last_inbound_at is None or not _asks_about(survey, talk):
        return
    subject = str(talk.pk) if event.type == "conversation.resolved" else _order(event.data)
    if not subject:
        return
    row = SurveyRequest(
        workspace=workspace,
        survey=survey,
        customer_id=talk.customer_id,
        conversation=talk,
        subject=subject,
        touchpoint=TRIGGERS[event.type],
        agent_email=_last_agent(workspace, talk),
        due_at=max(event.occurred_at, event.received_at) + timedelta(seconds=survey.delay_seconds),
    )
    SurveyRequest.objects.bulk_create([row], ignore_conflicts=True)


def _order(data: dict[str, Any]) -> str:
    return f"order:{data['order']}"[:120] if data.get("order") else ""


def _talk(workspace: Workspace, event: HistoryEvent) -> Conversation | None:
    """Return the conversation to ask in: the event's own, else the person's open one, else their latest."""
    rows = Conversation.objects.of(workspace).standing().select_related("last_channel", "customer")
    if event.conversation_id:
        return rows.filter(pk=event.conversation_id).first()
    if event.customer_id is None:
        return None
    theirs = list(rows.filter(customer__in=_people(workspace, event)).order_by("-opened_at")[:20])
    return next((row for row in theirs if row.status != "resolved"), theirs[0] if theirs else None)


def _people(workspace: Workspace, event: HistoryEvent) -> Iterable[Customer]:
    assert event.customer_id is not None
    return Customer.objects.of(workspace).of_person(event.customer_id)


def _asks_about(survey: Survey, talk: Conversation) -> bool:
    kind = talk.last_channel.kind if talk.last_channel else ""
    right_team = survey.team_id is None or survey.team_id == talk.team_id
    return right_team and (not survey.channel_kinds or kind in survey.channel_kinds)


def _last_agent(workspace: Workspace, talk: Conversation) -> str:
    """Return the e-mail address of the person who wrote last."""
    said = Message.objects.of(workspace).filter(conversation=talk, direction="outbound", author_kind="agent")
    last = said.exclude(kind="note").exclude(author=None).order_by("-seq").select_related("author").first()
    return last.author.email if last and last.author else ""
