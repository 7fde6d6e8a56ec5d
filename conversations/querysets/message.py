"""Reading messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from conversations.models import Message  # noqa: F401


class Messages(OfWorkspace["Message"]):
    """Messages of a workspace."""

    def in_order(self) -> Self:
        """Oldest first, by the source's clock (ours, where it runs ahead); arrival decides between equal times."""
        return self.order_by("shown_at", "seq", "id")

    def for_reading(self) -> Self:
        """Bring along what a bubble shows: author, channel, the message answered, files and reactions."""
        return self.select_related("author", "channel", "customer", "reply_to").prefetch_related(
            "attachments", "reactions"
        )
