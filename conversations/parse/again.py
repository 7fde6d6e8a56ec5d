"""Sending through again: stored deliveries from their bytes, or of them only what fitted no channel."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import transaction

from conversations import lanes
from conversations.channels.types import AnyItem
from conversations.models import Delivery, Item
from conversations.parse.places import Places, end_of, is_asked_about, lane_of
from conversations.querysets.delivery import LOST
from conversations.wake import wake


def replay(delivery_ids: Iterable[UUID]) -> int:
    """Send stored deliveries through again, from their bytes; what they already did is not done twice. Returns how many."""
    ids = list(delivery_ids)
    with transaction.atomic():
        Item.objects.filter(delivery_id__in=ids).delete()
        count = Delivery.objects.filter(id__in=ids).update(
            parsed=False, outcome="pending", reason="", attempts=0, finished_at=None
        )
        wake("inbound")
    return count


def replay_lost(delivery_ids: Iterable[UUID]) -> int:
    """Look again for the channels of items that fit none, alone: the rest of their deliveries stays as it is.

    Returns in how many deliveries something found its place; what still fits nowhere stays where it was.
    """
    with transaction.atomic():
        rows = list(
            Item.objects.filter(delivery_id__in=list(delivery_ids), outcome=LOST, body__has_key="lane")
            .select_related("delivery").select_for_update(of=["self"]).order_by("id")
        )  # fmt: skip
        by_source: dict[UUID, list[tuple[Item, AnyItem]]] = {}
        for row in rows:
            item = msgspec.convert(row.body, AnyItem)
            by_source.setdefault(row.delivery.connection_id, []).append((row, item))
        homes: list[Item] = []
        asked: list[Item] = []  # of these the provider must say more first
        for connection_id, pairs in by_source.items():
            places = Places(connection_id, [item for _, item in pairs])
            for row, item in pairs:
                place = places.of(item)
                end = end_of(item, place)
                if place is None:
                    continue
                if end is None:
                    row.channel_id, row.lane_id = place.id, lane_of(place.id, item)
                    row.state, row.outcome, row.reason, row.attempts = "pending", "", "", 0
                    homes.append(row)
                elif is_asked_about(item, place):
                    row.channel_id, row.state, row.attempts, (row.outcome, row.reason) = place.id, "pending", 0, end
                    asked.append(row)
        lanes.waken([(str(row.lane_id), row.workspace_id) for row in homes])
        Item.objects.bulk_update([*homes, *asked], ["channel", "lane", "state", "outcome", "reason", "attempts"])
        for row in asked:
            Delivery.objects.filter(pk=row.delivery_id, outcome=LOST).update(outcome=row.outcome, reason=row.reason)
        Delivery.objects.filter(id__in={row.delivery_id for row in homes}).update(
            outcome="pending", reason="", finished_at=None
        )
        wake("inbound")
        wake("lookups")
    return len({row.delivery_id for row in [*homes, *asked]})
