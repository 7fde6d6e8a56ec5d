"""A shop to write to, and deliveries stored as the door stores them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from hub.ids import new_id
from tests.bench.talk import ACCOUNT, texts
from tests.faults.load import Shop, new_shop


def store(shop: Shop, some: Sequence[bytes]) -> None:
    """Store bodies as the door does, in this order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_delivery (id, workspace_id, connection_id, method, url, content_type, body, parsed, "
            "outcome, reason, attempts) SELECT id, %s, %s, 'POST', 'https://hub.example/webhooks/', 'application/json', "
            "body, false, 'pending', '', 0 FROM unnest(%s::uuid[], %s::bytea[]) AS new (id, body)",
            [shop.workspace.pk, shop.connection.pk, [new_id() for _ in some], list(some)],
        )


__all__ = ["ACCOUNT", "Shop", "new_shop", "store", "texts"]
