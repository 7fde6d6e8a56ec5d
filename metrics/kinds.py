"""Kinds: which kinds of channel a workspace has, or has figures of; and which of them are places one walks into."""

from __future__ import annotations

from conversations.models import Channel
from hub.models import Workspace
from metrics.models import Cell, OrderFact, TouchFact

OFFLINE = frozenset({"store", "phone", "event", "kiosk"})


def of(workspace: Workspace) -> list[str]:
    """Return the kinds, sorted; channels that were removed do not count, what was told from outside does."""
    own = Channel.objects.of(workspace).filter(deleted_at=None).values_list("kind", flat=True).distinct()
    told = (
        Cell.objects.of(workspace).filter(measure="conversations", dimension="channel").values_list("value", flat=True)
    )
    sold = OrderFact.objects.of(workspace).values_list("channel_kind", flat=True).distinct()
    touched = TouchFact.objects.of(workspace).values_list("channel_kind", flat=True).distinct()
    return sorted(filter(None, {*own, *told.distinct(), *sold, *touched}))
