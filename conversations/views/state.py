"""What the inbox shows, read for one person: counts, a page of rows, an opened conversation; as JSON-ready values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from conversations import feed, mention
from conversations.api import joined, reading, represent, ways
from conversations.api.represent import Shown
from conversations.models import Channel, Conversation, Customer, HistoryEvent, Label, Merge, Message
from conversations.views import begun, listing
from hub.access import Caller
from hub.inputs import Filters
from hub.models import Membership, Team, User, Workspace

MESSAGES_A_PAGE = 60
EARLIER_SHOWN = 5
EVENTS_SHOWN = (
    "conversation.assigned", "conversation.resolved", "conversation.reopened", "conversation.snoozed",
    "conversation.unsnoozed", "conversation.pending", "conversation.labeled", "conversation.unlabeled",
    "conversation.prioritized",
)  # fmt: skip
PEOPLE_SHOWN = ("customer.merged", "customer.unmerged")


def state(
    caller: Caller, view: str, conversation_id: UUID | None = None, filters: Filters = listing.NO_FILTERS
) -> Shown:
    """Return everything the page starts from. The feed's head is read first: what comes later is told by the feed.

    ``view`` "" chooses the first of mine, unassigned and all that holds something. Raises ``Conversation.DoesNotExist``
    for a conversation of another workspace.
    """
    head = feed.head(caller.workspace.pk)
    numbers = listing.counts(caller)
    view = view or next((name for name in listing.FIRST if numbers[name]), listing.FIRST[0])
    return {
        "seq": head,
        "view": view,
        "counts": numbers,
        "list": listing.rows(caller, view, filters=filters),
        "kept": listing.kept_views(caller),
        "labels": labels(caller.workspace),
        "teams": teams(caller.workspace),
        "channels": channels(caller.workspace),
        "thread": thread(caller, conversation_id) if conversation_id else None,
        "agents": agents(caller.workspace),
        "stopped": stopped(caller.workspace),
        "me": represent.agent(caller.user),
        **begun.of(caller),
        "workspace": str(caller.workspace.pk),
    }


def thread(caller: Caller, conversation_id: UUID) -> Shown:
    """Return an opened conversation: itself, its newest messages and events, its customer and what came before."""
    workspace = caller.workspace
    found = Conversation.objects.of(workspace).for_reading().that_stands(conversation_id)
    whole = Customer.objects.of(workspace).for_reading().whole(found.customer_id)
    before = (
        Conversation.objects.of(workspace)
        .standing()
        .filter(customer__in=whole)
        .exclude(pk=found.pk)
        .select_related("last_message__author")
        .order_by("-opened_at")
    )
    return {
        "conversation": represent.conversation(found, reading.channels_touched(workspace, [found])),
        "ways": ways.of(caller, found),
        "mentioned": caller.user is not None and mention.unseen(workspace, found.pk, caller.user),
        "customer": represent.customer(whole[0]),
        "merges": merges(workspace, whole),
        "suggestions": reading.suggestions(workspace, whole),
        **messages(workspace, found),
        "events": events(workspace, found, whole),
        "previous": [_earlier(row) for row in before[:EARLIER_SHOWN]],
    }


def _earlier(row: Conversation) -> Shown:
    return {
        "id": str(row.pk),
        "status": row.status,
        "opened_at": represent.moment(row.opened_at),
        "last_message": represent.preview(row.last_message),
    }


def messages(workspace: Workspace, conversation: Conversation, before: UUID | None = None) -> Shown:
    """Return the newest messages in order (those before message ``before``): ``messages``, and ``earlier``: whether more came first.

    A message quoted from outside the page comes along in ``quoted``.
    """
    found = Message.objects.of(workspace).in_conversation(conversation.pk).for_reading()
    if before:
        edge = Message.objects.of(workspace).in_conversation(conversation.pk).get(pk=before)
        found = found.filter(Q(shown_at__lt=edge.shown_at) | Q(shown_at=edge.shown_at, seq__lt=edge.seq))
    page = list(found.in_order().reverse()[: MESSAGES_A_PAGE + 1])
    earlier, page = len(page) > MESSAGES_A_PAGE, page[:MESSAGES_A_PAGE][::-1]
    held = {row.pk for row in page}
    quoted = {row.reply_to_id for row in page if row.reply_to_id} - held
    return {
        "messages": [represent.message(row) for row in page],
        "quoted": list(reading.messages(workspace, quoted).values()) if quoted else [],
        "earlier": earlier,
    }


def merges(workspace: Workspace, whole: Sequence[Customer]) -> list[Shown]:
    """Return the merges that make these customers one person, the oldest first."""
    if len(whole) == 1:
        return []
    found = Merge.objects.of(workspace).about(row.pk for row in whole).in_force().for_reading()
    return [joined.merge(row) for row in found.order_by("pk")]


def events(workspace: Workspace, conversation: Conversation, whole: Sequence[Customer]) -> list[Shown]:
    """Return what was done with the conversation and since its beginning with the person, in order.

    Each with ``id``, ``type``, ``at``, ``actor``, ``agent``, ``team`` as names, and ``other``: the name of who was joined.
    """
    group = Conversation.objects.of(workspace).group(conversation.pk)
    found = list(
        HistoryEvent.objects.of(workspace)
        .filter(
            Q(conversation__in=group, type__in=EVENTS_SHOWN)
            | Q(customer__in=whole, type__in=PEOPLE_SHOWN, occurred_at__gte=conversation.opened_at)
        )
        .select_related("actor")
        .order_by("occurred_at", "id")
    )
    emails = {row.data.get("agent") for row in found} - {None}
    names = {user.email: str(user) for user in User.objects.filter(email__in=emails)} if emails else {}
    return [_event(row, names) for row in found]


def _event(row: HistoryEvent, names: dict[str, str]) -> Shown:
    agent: Any = row.data.get("agent")
    return {
        "id": str(row.pk),
        "type": row.type,
        "at": represent.moment(row.occurred_at),
        "actor": str(row.actor) if row.actor else row.actor_email,
        "agent": names.get(agent, agent) if agent else None,
        "team": row.data.get("team"),
        "label": row.data.get("label"),
        "priority": row.data.get("priority"),
        "other": row.data.get("name", ""),
        "reason": row.data.get("reason", ""),
        "self": bool(row.actor and row.actor.email == agent),
    }


def stopped(workspace: Workspace) -> list[Shown]:
    """Return the channels that send nothing at the moment, oldest first."""
    rows = Channel.objects.of(workspace).in_use().exclude(stopped_at=None).for_reading()
    return [represent.channel(row) for row in rows.order_by("id")]


def labels(workspace: Workspace) -> list[Shown]:
    """Return the labels there are, by name."""
    rows = Label.objects.of(workspace).order_by(Lower("name"))
    return [{"id": str(row.pk), "name": row.name, "color": row.color} for row in rows]


def teams(workspace: Workspace) -> list[Shown]:
    """Return the teams there are, by name."""
    return [found for row in Team.objects.of(workspace).order_by("name") if (found := represent.team(row))]


def channels(workspace: Workspace) -> list[Shown]:
    """Return the channels in use, by name: what a filter can name."""
    rows = Channel.objects.of(workspace).in_use().order_by("name", "id")
    return [{"id": str(row.pk), "kind": row.kind, "name": row.name} for row in rows]


def agents(workspace: Workspace) -> list[Shown]:
    """Return who may be given a conversation, by name."""
    members = Membership.objects.of(workspace).filter(user__is_active=True).select_related("user")
    found = [represent.agent(member.user) for member in members.order_by("user__name", "user__email")]
    return [person for person in found if person]
