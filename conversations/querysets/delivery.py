"""Reading deliveries."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from hub.models import OfWorkspace

if TYPE_CHECKING:
    from conversations.models import Delivery, Item  # noqa: F401  named in quotes below
    from hub.models import Workspace

LOST = "unroutable"


class Deliveries(OfWorkspace["Delivery"]):
    """Deliveries of a workspace."""

    def came_to(self, workspace: Workspace, outcomes: Collection[str]) -> Self:
        """Keep those that ended so; where ``unroutable`` is among them, also those in which one item fits no channel."""
        if LOST not in outcomes:
            return self.filter(outcome__in=outcomes)
        # Two small lists by their indexes: one condition with "or" would look through everything that came in.
        ended = self.model.objects.of(workspace).filter(outcome__in=outcomes).order_by().values("pk")
        return self.filter(pk__in=ended.union(lost_items(workspace).order_by().values("delivery")))


def lost_items(workspace: Workspace) -> OfWorkspace[Item]:
    """Return the items that fit no channel."""
    from conversations.models import Delivery, Item  # noqa: F401  named in quotes below

    return Item.objects.of(workspace).filter(outcome=LOST)
