"""Reading messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import F

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from uuid import UUID

    from conversations.models import Message  # noqa: F401


class Messages(OfWorkspace["Message"]):
    """Messages of a workspace."""

    def in_order(self) -> Self:
        """Oldest first, by the source's clock (ours, where it runs ahead); arrival decides between equal times."""
        return self.order_by("shown_at", "seq", "id")

    def in_conversation(self, conversation_id: UUID) -> Self:
        """Keep those of a conversation and of what counts as part of it. Asks at once which those are."""
        from conversations.models import Conversation

        return self.filter(conversation__in=Conversation.objects.all().group(conversation_id))

    def of_person(self, customer_id: UUID) -> Self:
        """Keep those of everybody who counts as the same person as this customer. Asks at once who that is."""
        from conversations.models import Customer

        return self.filter(
            customer__in=list(Customer.objects.all().of_person(customer_id).values_list("pk", flat=True))
        )

    def for_reading(self) -> Self:
        """Bring along what a bubble shows: author, channel, the message answered, files and reactions.

        ``stands_in`` is the conversation its own one is folded into, if it is.
        """
        rows = self.select_related("author", "channel", "customer", "reply_to")
        return rows.annotate(stands_in=F("conversation__folded_into")).prefetch_related("attachments", "reactions")
