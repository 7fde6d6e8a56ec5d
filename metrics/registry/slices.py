"""Slices: intervals cut to the period and, where a figure is split by time, at the hours of its zone; SQL that entries share."""

# One slice for the whole period; an hour each once the answer is split by any time, so that every time shown adds up.
STEP = (
    "CASE WHEN %(split)s::text[] && ARRAY['day', 'week', 'month', 'hour', 'weekday_hour'] "
    "THEN interval '1 hour' ELSE interval '1000 years' END"
)
NOW = "least(%(end)s, %(as_of)s)"  # the period is over, or has come so far


def sliced(start: str, end: str) -> str:
    """Return a lateral join, ``slice(at, seconds)``, of an interval cut to the period up to now."""
    return f"""CROSS JOIN LATERAL (
        SELECT greatest(mark, {start}, %(start)s) AS at,
               extract(epoch FROM least(mark + {STEP}, {end}, {NOW}) - greatest(mark, {start}, %(start)s)) AS seconds
        FROM generate_series(date_trunc('hour', greatest({start}, %(start)s), %(zone)s), least({end}, {NOW}), {STEP}) AS mark
    ) AS slice"""  # noqa: S608  names of our own


def stays(kind: str) -> str:
    """Return the slices of conversations' stays of a kind; those that last reach to now."""
    return f"""(
        SELECT stay.workspace_id, stay.id, stay.conversation_id, stay.customer_id, stay.channel_kind, stay.agent, stay.team,
               slice.at, slice.seconds
        FROM metrics_stayfact stay {sliced("stay.started_at", "coalesce(stay.ended_at, %(as_of)s)")}
        WHERE stay.workspace_id = %(workspace)s AND stay.kind = '{kind}' AND stay.started_at < {NOW}
          AND (stay.ended_at > %(start)s OR stay.ended_at IS NULL) AND slice.seconds > 0
    ) AS stayed"""  # noqa: S608  names of our own


TIME = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, extract(epoch FROM slice.at) AS id, slice.at, slice.seconds
    FROM (SELECT 1) AS once {sliced("%(start)s", "%(end)s")} WHERE slice.seconds > 0
) AS time"""  # noqa: S608  names of our own
# Who was present when: each change of presence lasts to the agent's next one. Nobody stays for a week without any.
PRESENCE = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, present.id, present.agent, slice.at, slice.seconds
    FROM (
        SELECT id, actor_email AS agent, occurred_at AS since, data->>'to' AS state,
               lead(occurred_at) OVER (PARTITION BY actor_email ORDER BY occurred_at, id) AS until
        FROM conversations_historyevent
        WHERE workspace_id = %(workspace)s AND type = 'presence.changed' AND transaction < %(mark)s
          AND occurred_at >= %(start)s - interval '7 days' AND occurred_at < {NOW}
    ) AS present {sliced("present.since", "coalesce(present.until, %(as_of)s)")}
    WHERE present.state IN ('online', 'busy') AND coalesce(present.until, %(as_of)s) > %(start)s AND slice.seconds > 0
) AS presence"""  # noqa: S608  names of our own
