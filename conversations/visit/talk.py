"""Where a visitor stands in their talk: what they have not acknowledged, whom to tell that they type. Runs in threads."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import close_old_connections

from conversations.channels.webchat import whisper
from conversations.models import Conversation, Identity
from conversations.models.message import STATUS_RANK
from conversations.visit import show
from conversations.visit.place import Place
from conversations.visit.session import Session
from hub.models import Workspace


def unacknowledged(place: Place, session: Session, ids: Sequence[str], status: str) -> list[str]:
    """Return those of ``ids`` that are messages to this visitor and not yet so far; others say nothing and change nothing."""
    close_old_connections()
    try:
        wanted = {found for one in ids if (found := _uuid(one))}
        lower = [name for name, rank in STATUS_RANK.items() if rank < STATUS_RANK[status]]
        rows = show.seen_by(place, session).filter(pk__in=wanted, direction="outbound", status__in=lower)
        return sorted(str(key) for key in rows.values_list("pk", flat=True))
    finally:
        close_old_connections()


def tell_typing(place: Place, session: Session) -> None:
    """Whisper to the agents that this visitor is typing, if they have an open talk."""
    close_old_connections()
    try:
        workspace = Workspace(pk=place.workspace_id)
        holders = Identity.objects.of(workspace).filter(kind="visitor", value=session.visitor)
        customers = {root or own for own, root in holders.values_list("customer", "customer__merged_into")}
        talks = Conversation.objects.of(workspace).unresolved().filter(customer__in=customers)
        for talk in talks.values_list("pk", flat=True):
            whisper.typing_in(str(place.workspace_id), str(talk))
    finally:
        close_old_connections()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
