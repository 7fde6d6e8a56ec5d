"""Reading conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Count, Exists, F, Func, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, JSONObject

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from conversations.models import Conversation
    from hub.models import User


class IsAmong(Func):
    """Whether a value is one of an array's."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class Conversations(OfWorkspace["Conversation"]):
    """Conversations of a workspace, by what people ask of them."""

    def standing(self) -> Self:
        """Leave out those that count as part of another one while their customers are merged, and those of nobody any more."""
        return self.filter(folded_into=None, erased=False)

    def of_person(self, customer_id: UUID) -> Self:
        """Keep those of the person whom this customer counts as."""
        from conversations.models import Customer

        return self.filter(customer__in=Customer.objects.all().of_person(customer_id))

    def that_stands(self, conversation_id: UUID) -> Conversation:
        """Return the conversation that counts where this one is asked for: itself, or what it is folded into."""
        return self.filter(erased=False).get(
            pk=self.filter(pk=conversation_id).values(stands=Coalesce("folded_into", "pk"))[:1]
        )

    def group(self, conversation_id: UUID) -> list[UUID]:
        """Return the conversation that counts where this one is asked for, and what is folded into it: one query."""
        stands = self.model.objects.filter(pk=conversation_id).values(stands=Coalesce("folded_into", "pk"))[:1]
        return list(self.filter(Q(pk=stands) | Q(folded_into=stands)).values_list("pk", flat=True))

    def unresolved(self) -> Self:
        """Keep those that still need somebody."""
        return self.exclude(status="resolved")

    def mine(self, user: User) -> Self:
        """Keep those ``user`` has to see to: neither resolved nor laid aside."""
        return self.unresolved().exclude(status="snoozed").filter(assignee=user)

    def unassigned(self) -> Self:
        """Keep those nobody has taken: neither resolved nor laid aside."""
        return self.unresolved().exclude(status="snoozed").filter(assignee=None)

    def mentioning(self, user: User) -> Self:
        """Keep those with a note that names ``user``: while they go on, and until it was seen."""
        from conversations.models import Mention

        named = Mention.objects.filter(conversation=OuterRef("pk"), user=user)
        return self.filter(Exists(named) & ~Q(status="resolved") | Exists(named.filter(seen_at=None)))

    def at_risk(self, until: datetime) -> Self:
        """Keep the unresolved ones that something was promised for: due by ``until``, late, or told of before."""
        return self.unresolved().filter(due_at__isnull=False).filter(Q(due_at__lte=until) | ~Q(due_told=""))

    def on_channel_kind(self, *kinds: str) -> Self:
        """Keep those that touched a channel of one of these kinds."""
        from conversations.models import Channel

        channels = Channel.objects.filter(workspace=OuterRef("workspace"), kind__in=kinds)
        return self.filter(channel_ids__overlap=ArraySubquery(channels.values("id")))

    def snoozed_until(self, at: datetime) -> Self:
        """Keep those whose snooze is over at ``at``."""
        return self.filter(status="snoozed", snoozed_until__lte=at)

    def for_reading(self) -> Self:
        """Bring along what a row that may be shown shows: joins and no query per row; ``number`` is the telephone of who has no name."""
        from conversations.models import Identity, Label, Mention

        numbers = Identity.objects.filter(customer=OuterRef("customer"), kind__in=["wa_id", "phone"], replaced_at=None)
        number = Case(When(customer__name="", then=Subquery(numbers.order_by("id").values("value")[:1])))
        labels = Label.objects.filter(IsAmong(F("id"), OuterRef("label_ids")), workspace=OuterRef("workspace"))
        mentions = Mention.objects.filter(conversation=OuterRef("pk")).order_by().values("user")
        return (
            self.filter(erased=False)
            .select_related(
                "customer__merged_into",
                "assignee",
                "team",
                "bot",
                "last_channel",
                "last_message",
                "last_message__author",
            )
            .annotate(
                number=number,
                labels=ArraySubquery(labels.values(json=JSONObject(id="id", name="name", color="color"))),
                mentioned=ArraySubquery(
                    mentions.annotate(json=JSONObject(agent="user", unseen=Count("id") - Count("seen_at"))).values(
                        "json"
                    )
                ),
            )
        )

    def locked(self, conversation_id: UUID) -> Conversation:
        """Return the conversation that counts where this one is asked for, locked until the transaction ends.

        Raises ``DoesNotExist``.

        Without joins: after waiting for the lock PostgreSQL reads this row anew but not the rows joined to it, so that
        an assignee set meanwhile would look like nobody.
        """
        key = self.filter(pk=conversation_id).values_list(Coalesce("folded_into", "pk"), flat=True).get()
        row = self.filter(erased=False).select_for_update(no_key=True).get(pk=key)
        # Folded between the two reads: by a merge that has committed, else the row would still be held.
        return self.locked(row.pk) if row.folded_into_id else row

    def of_ids(self, ids: list[UUID]) -> Self:
        """Keep these."""
        return self.filter(id__in=ids)
