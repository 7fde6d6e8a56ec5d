"""Reading conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.expressions import ArraySubquery

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from uuid import UUID

    from conversations.models import Conversation  # noqa: F401
    from hub.models import User


class Conversations(OfWorkspace["Conversation"]):
    """Conversations of a workspace, by what people ask of them."""

    def unresolved(self) -> Self:
        """Keep those that still need somebody."""
        return self.exclude(status="resolved")

    def mine(self, user: User) -> Self:
        """Keep the unresolved ones assigned to ``user``."""
        return self.unresolved().filter(assignee=user)

    def unassigned(self) -> Self:
        """Keep the unresolved ones nobody has taken."""
        return self.unresolved().filter(assignee=None)

    def on_channel_kind(self, kind: str) -> Self:
        """Keep those that touched a channel of this kind."""
        from conversations.models import Channel  # noqa: PLC0415  the model imports this module

        return self.filter(channel_ids__overlap=ArraySubquery(Channel.objects.filter(kind=kind).values("id")))

    def newest_first(self) -> Self:
        """Order by activity."""
        return self.order_by("-last_message_at", "-id")

    def for_reading(self) -> Self:
        """Bring along what a row shows: two joins and no query per row."""
        return self.select_related(
            "customer", "assignee", "team", "last_channel", "last_message", "last_message__author"
        )

    def of_ids(self, ids: list[UUID]) -> Self:
        """Keep these."""
        return self.filter(id__in=ids)
