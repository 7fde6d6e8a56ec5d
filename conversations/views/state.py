"""What the inbox shows, read for one person: counts, a page of rows, an opened conversation; as JSON-ready values."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Lower

from conversations import feed
from conversations.api import connected, represent
from conversations.api.represent import Shown
from conversations.models import Channel, Label
from conversations.views import begun, listing, opened
from hub.access import Caller
from hub.inputs import Filters
from hub.models import Membership, Team, Workspace


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
        "thread": opened.thread(caller, conversation_id) if conversation_id else None,
        "agents": agents(caller.workspace),
        "stopped": stopped(caller.workspace),
        "me": represent.agent(caller.user),
        **begun.of(caller),
        "workspace": str(caller.workspace.pk),
    }


def stopped(workspace: Workspace) -> list[Shown]:
    """Return the channels that send nothing at the moment, oldest first."""
    rows = Channel.objects.of(workspace).in_use().exclude(stopped_at=None).for_reading()
    return [connected.channel(row) for row in rows.order_by("id")]


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
