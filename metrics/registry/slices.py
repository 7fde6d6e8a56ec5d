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
SPANS = f"""(
    SELECT id, agent, since, until FROM (
        SELECT id, actor_email AS agent, occurred_at AS since, data->>'to' AS state,
               coalesce(lead(occurred_at) OVER (PARTITION BY actor_email ORDER BY occurred_at, id), %(as_of)s) AS until
        FROM conversations_historyevent
        WHERE workspace_id = %(workspace)s AND type = 'presence.changed' AND transaction < %(mark)s
          AND occurred_at >= %(start)s - interval '7 days' AND occurred_at < {NOW}
    ) AS told
    WHERE state IN ('online', 'busy') AND until > %(start)s
)"""  # noqa: S608  names of our own
PRESENCE = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, present.id, present.agent, slice.at, slice.seconds
    FROM {SPANS} AS present {sliced("present.since", "present.until")}
    WHERE slice.seconds > 0
) AS presence"""  # noqa: S608  names of our own


def stays_present(kind: str) -> str:
    """Return the slices of agents' stays of a kind, as far as the agent was present: what is known of nobody's presence counts nowhere."""
    begin, end = "greatest(stay.started_at, present.since)", "least(coalesce(stay.ended_at, %(as_of)s), present.until)"
    return f"""(
        SELECT stay.workspace_id, stay.id, stay.conversation_id, stay.customer_id, stay.channel_kind, stay.agent, stay.team,
               slice.at, slice.seconds
        FROM metrics_stayfact stay JOIN {SPANS} AS present ON present.agent = stay.agent
          AND present.since < coalesce(stay.ended_at, %(as_of)s) AND present.until > stay.started_at {sliced(begin, end)}
        WHERE stay.workspace_id = %(workspace)s AND stay.kind = '{kind}' AND stay.started_at < {NOW}
          AND (stay.ended_at > %(start)s OR stay.ended_at IS NULL) AND slice.seconds > 0
    ) AS stayed"""  # noqa: S608  names of our own


# Conversations closed by people while they were present.
CLOSED_PRESENT = f"""(
    SELECT whole.* FROM metrics_conversationfact whole
    WHERE whole.workspace_id = %(workspace)s AND whole.resolved_at >= %(start)s AND whole.resolved_at < %(end)s
      AND whole.resolved_by = 'agent' AND EXISTS (
        SELECT 1 FROM {SPANS} AS present
        WHERE present.agent = whole.resolver AND present.since <= whole.resolved_at AND whole.resolved_at < present.until)
) AS closed"""  # noqa: S608  names of our own
