"""What waits, and for how long: questions in plain SQL, so that the relay can ask them without models."""

from __future__ import annotations

FIRST = """NOT EXISTS (
  SELECT FROM conversations_outboxentry e WHERE e.conversation_id = o.conversation_id AND e.channel_id = o.channel_id
  AND e.state <> 'done' AND e.position < o.position)"""
# Every channel with something queued, by jumping from one to the next in the index.
BUSY = """
WITH RECURSIVE busy AS (
  (SELECT channel_id FROM conversations_outboxentry WHERE state = 'queued' ORDER BY channel_id LIMIT 1)
  UNION ALL
  SELECT (SELECT n.channel_id FROM conversations_outboxentry n
          WHERE n.state = 'queued' AND n.channel_id > busy.channel_id ORDER BY n.channel_id LIMIT 1)
  FROM busy WHERE busy.channel_id IS NOT NULL
)"""
# How long something has waited in vain, for the relay: since it was due, or since its channel last gave a token.
WAITED = f"""{BUSY}
SELECT max(extract(epoch FROM clock_timestamp() - since)) FROM (
  SELECT greatest(first.not_before, b.refilled_at) AS since
  FROM busy JOIN conversations_channel c ON c.id = busy.channel_id AND c.stopped_at IS NULL
  CROSS JOIN (VALUES (false), (true)) AS lane (bulk)
  CROSS JOIN LATERAL (
    SELECT o.not_before FROM conversations_outboxentry o
    WHERE o.channel_id = c.id AND o.bulk = lane.bulk AND o.state = 'queued' AND {FIRST} ORDER BY o.not_before LIMIT 1
  ) AS first
  LEFT JOIN conversations_budget b ON b.key = c.id::text
  UNION ALL
  SELECT min(not_before) FROM conversations_outboxentry WHERE state = 'sending'
  UNION ALL
  SELECT min(g.not_before) FROM conversations_gesture g JOIN conversations_channel c ON c.id = g.channel_id
  WHERE g.state <> 'done' AND c.stopped_at IS NULL
) AS waits WHERE since <= clock_timestamp()
"""  # noqa: S608  constants of this module
# For the relay, in seconds: the oldest delivery, lane, message to send and file to fetch that nobody has taken.
BACKLOG = f"""
SELECT
  (SELECT extract(epoch FROM clock_timestamp() - received_at) FROM conversations_delivery
   WHERE outcome = 'pending' ORDER BY received_at LIMIT 1),
  (SELECT extract(epoch FROM clock_timestamp() - not_before) FROM conversations_lane
   WHERE has_work AND not_before <= clock_timestamp() ORDER BY not_before LIMIT 1),
  ({WAITED}),
  (SELECT extract(epoch FROM clock_timestamp() - not_before) FROM conversations_attachment
   WHERE state = 'pending' AND message_id IS NOT NULL AND not_before <= clock_timestamp() ORDER BY not_before LIMIT 1)
"""  # noqa: S608  constants of this house
