"""Healing what two transactions missed in each other: an item parked just while its message was being written."""

from __future__ import annotations

from django.db import connection, transaction

from conversations import lanes
from conversations.models import ParkedItem
from conversations.wake import wake

MISSED = """
SELECT p.id, p.workspace_id, p.lane_key FROM conversations_parkeditem p
JOIN conversations_message m
  ON m.workspace_id = p.workspace_id AND m.channel_id = p.channel_id AND m.provider_id = p.target
WHERE p.parked_at < clock_timestamp() - interval '2 seconds'
ORDER BY p.id LIMIT 200 FOR UPDATE OF p SKIP LOCKED
"""
QUEUE_AGAIN = """
INSERT INTO conversations_item (workspace_id, delivery_id, channel_id, lane_id, body, state, outcome, reason, attempts)
SELECT workspace_id, delivery_id, channel_id, lane_key, body, 'pending', '', '', 0
FROM conversations_parkeditem WHERE id = ANY(%s) ORDER BY id
"""


def apply_parked() -> int:
    """Put parked items whose message exists back on their lanes; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MISSED)
        rows = cursor.fetchall()
        if not rows:
            return 0
        ids = [row[0] for row in rows]
        lanes.waken((lane_key, workspace_id) for _, workspace_id, lane_key in rows)
        cursor.execute(QUEUE_AGAIN, [ids])
        ParkedItem.objects.filter(id__in=ids).delete()
        wake("inbound")
    return len(rows)
