"""The bare limit's figures: facts and cells of the conversations of a batch, each written once by set-based SQL."""

from __future__ import annotations

STORIES = """
CREATE TEMP TABLE story ON COMMIT DROP AS
SELECT conversation_id, customer_id, min(id) AS id, min(occurred_at) AS started_at,
  (array_agg(message_id ORDER BY occurred_at, id))[1] AS message_id, occurred_at::date AS day,
  array_agg(occurred_at ORDER BY occurred_at, id) AS times
FROM conversations_historyevent WHERE conversation_id = ANY(%b::uuid[]) AND type = 'message.received'
GROUP BY conversation_id, customer_id, occurred_at::date
"""
FIGURES = (
    """
    INSERT INTO metrics_cell AS cell (workspace_id, measure, dimension, value, span, day, n, total, hours, histogram, members)
    SELECT %(workspace)s, 'touch', 'channel', 'whatsapp', 'day', day, sum(n), 0,
      (SELECT array_agg(coalesce((SELECT sum(h.n) FROM unnest(array_agg(hour), array_agg(n)) AS h (hour, n)
        WHERE h.hour = place), 0)::bigint ORDER BY place) FROM generate_series(0, 23) AS place), '', string_agg(who, ''::bytea)
    FROM (
      SELECT local::date AS day, extract(hour FROM local)::int AS hour, count(*) AS n,
        string_agg(uuid_send(customer_id) || int8send((extract(epoch FROM times[1]) * 1000000)::bigint) || int4send(0), ''::bytea) AS who
      FROM story, LATERAL (SELECT times[1] AT TIME ZONE %(zone)s AS local) AS there
      WHERE NOT EXISTS (SELECT 1 FROM metrics_volumefact said WHERE said.conversation_id = story.conversation_id AND said.day = story.day)
      GROUP BY 1, 2
    ) counted GROUP BY day
    ON CONFLICT (workspace_id, measure, dimension, span, day, value) DO UPDATE SET n = cell.n + excluded.n,
      members = cell.members || excluded.members,
      hours = ARRAY(SELECT a + b FROM unnest(cell.hours, excluded.hours) AS pair (a, b))
    """,
    "DELETE FROM metrics_waitfact WHERE conversation_id IN (SELECT conversation_id FROM story)",
    "DELETE FROM metrics_conversationfact WHERE conversation_id IN (SELECT conversation_id FROM story)",
    "DELETE FROM metrics_volumefact WHERE conversation_id IN (SELECT conversation_id FROM story)",
    "DELETE FROM metrics_stayfact WHERE conversation_id IN (SELECT conversation_id FROM story)",
    """
    INSERT INTO metrics_waitfact (id, workspace_id, conversation_id, customer_id, position, channel_kind, opening_message_id,
      started_at, outcome, agent, team)
    SELECT DISTINCT ON (conversation_id) id, %(workspace)s, conversation_id, customer_id, 0, 'whatsapp', message_id,
      started_at, 'open', '', '' FROM story ORDER BY conversation_id, day
    """,
    """
    INSERT INTO metrics_stayfact (id, workspace_id, conversation_id, customer_id, kind, channel_kind, agent, team, started_at,
      outcome, off_hours)
    SELECT DISTINCT ON (conversation_id) id, %(workspace)s, conversation_id, customer_id, 'queue', 'whatsapp', '', '',
      started_at, 'open', false FROM story ORDER BY conversation_id, day
    """,
    """
    INSERT INTO metrics_conversationfact (id, workspace_id, conversation_id, customer_id, opened_at, opened_by_customer,
      channel_kind, closing_channel_kind, crossed, team, response, response_from, response_started_at, response_agent,
      response_team, opening_message_id, resolved_by, resolver, answered, reopened_count)
    SELECT DISTINCT ON (conversation_id) id, %(workspace)s, conversation_id, customer_id, started_at, true, 'whatsapp',
      'whatsapp', false, '', 'open', 'inbound', started_at, '', '', message_id, '', '', false, 0
    FROM story ORDER BY conversation_id, day
    """,
    """
    INSERT INTO metrics_volumefact (id, workspace_id, conversation_id, customer_id, channel_kind, day, inbound, outbound)
    SELECT id, %(workspace)s, conversation_id, customer_id, 'whatsapp', day, times, '{}' FROM story
    """,
    """
    INSERT INTO metrics_cell AS cell (workspace_id, measure, dimension, value, span, day, n, total, hours, histogram, members)
    SELECT %(workspace)s, measure, 'channel', 'whatsapp', span, day, sum(n), 0,
      (SELECT array_agg(coalesce((SELECT sum(h.n) FROM unnest(array_agg(hour), array_agg(n)) AS h (hour, n)
        WHERE h.hour = place), 0)::bigint ORDER BY place) FROM generate_series(0, hours - 1) AS place), '', ''
    FROM (
      SELECT measure, span, hours, date_trunc(span, local)::date AS day, count(*) AS n,
        extract(hour FROM local)::int + CASE span WHEN 'month' THEN 24 * extract(isodow FROM local)::int - 24 ELSE 0 END AS hour
      FROM unnest(%(measures)b::text[], %(times)b::timestamptz[]) AS new (measure, at),
        LATERAL (SELECT at AT TIME ZONE %(zone)s AS local) AS there, (VALUES ('day', 24), ('month', 168)) AS of (span, hours)
      GROUP BY 1, 2, 3, 4, 6
    ) counted GROUP BY measure, span, hours, day
    ON CONFLICT (workspace_id, measure, dimension, span, day, value) DO UPDATE SET n = cell.n + excluded.n,
      hours = ARRAY(SELECT a + b FROM unnest(cell.hours, excluded.hours) AS pair (a, b))
    """,
)
