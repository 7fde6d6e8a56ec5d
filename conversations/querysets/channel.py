"""Reading channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from conversations.models import Channel  # noqa: F401


class Channels(OfWorkspace["Channel"]):
    """Channels of a workspace."""

    def in_use(self) -> Self:
        """Leave out those that were removed."""
        return self.filter(deleted_at=None)

    def for_reading(self) -> Self:
        """Bring along the connection, and ``waiting``: how many messages have not left yet."""
        from conversations.models import OutboxEntry

        queued = OutboxEntry.objects.filter(channel=OuterRef("pk"), message__direction="outbound").exclude(state="done")
        count = queued.order_by().values("channel").annotate(number=Count("pk")).values("number")
        waiting = Coalesce(Subquery(count, output_field=IntegerField()), 0)
        return self.select_related("connection").annotate(waiting=waiting)
