"""Slices: intervals cut to the period and, where a figure is split by time, at the days or hours of its zone; SQL that entries share."""

from __future__ import annotations

NOW = "least(%(end)s, %(as_of)s)"  # the period is over, or has come so far
SPLIT = "%(split)s::text[]"
BY_HOUR = f"{SPLIT} && ARRAY['hour', 'weekday_hour']"
BY_DAY = f"{SPLIT} && ARRAY['day', 'week', 'month'] AND NOT {BY_HOUR}"
LOCAL = "AT TIME ZONE %(zone)s"


def sliced(start: str, end: str) -> str:
    """Return a lateral join, ``slice(at, until)``, of an interval in the period: whole unless the answer is split by time.

    Then it is cut at hours, or for days, weeks and months at midnights, so that every time shown adds up. What is asked is a
    constant to the planner, which keeps the one branch that is meant.
    """
    day, hour = (f"date_trunc('{unit}', {{}}, %(zone)s)" for unit in ("day", "hour"))
    in_a_day, in_an_hour = (f"{cut.format(start)} = {cut.format(end)}" for cut in (day, hour))
    return f"""CROSS JOIN LATERAL (
        SELECT {start} AS at, {end} AS until
        WHERE NOT ({BY_HOUR}) AND NOT ({BY_DAY}) OR {BY_DAY} AND {in_a_day} OR {BY_HOUR} AND {in_an_hour}
        UNION ALL
        SELECT greatest(mark {LOCAL}, {start}), least((mark + interval '1 day') {LOCAL}, {end})
        FROM generate_series(date_trunc('day', {start} {LOCAL}), {end} {LOCAL}, interval '1 day') AS mark
        WHERE {BY_DAY} AND NOT {in_a_day}
        UNION ALL
        SELECT greatest(mark, {start}), least(mark + interval '1 hour', {end})
        FROM generate_series({hour.format(start)}, {end}, interval '1 hour') AS mark
        WHERE {BY_HOUR} AND NOT {in_an_hour}
    ) AS slice"""  # noqa: S608  names of our own


def _stays(kind: str) -> str:
    """Return a SELECT of conversations' stays of a kind, cut to the period; those that last reach to now."""
    return f"""SELECT workspace_id, id, conversation_id, customer_id, channel_kind, agent, team,
            greatest(started_at, %(start)s) AS since, least(ended_at, {NOW}) AS until
        FROM metrics_stayfact
        WHERE workspace_id = %(workspace)s AND kind = '{kind}' AND started_at < {NOW}
          AND (ended_at > %(start)s OR ended_at IS NULL)"""  # noqa: S608  names of our own


def stays(kind: str) -> str:
    """Return the slices of conversations' stays of a kind."""
    return f"""(
        SELECT stay.*, slice.at, extract(epoch FROM slice.until - slice.at) AS seconds
        FROM ({_stays(kind)}) AS stay {sliced("stay.since", "stay.until")}
        WHERE slice.until > slice.at
    ) AS stayed"""  # noqa: S608  names of our own


TIME = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, extract(epoch FROM slice.at) AS id, slice.at,
           extract(epoch FROM slice.until - slice.at) AS seconds
    FROM (SELECT %(start)s AS since, {NOW} AS until) AS whole {sliced("whole.since", "whole.until")}
    WHERE slice.until > slice.at
) AS time"""  # noqa: S608  names of our own
# Who was present when, in the period: each change of presence lasts to the agent's next one. Nobody stays for a week without any.
SPANS = f"""
    SELECT id, agent, greatest(since, %(start)s) AS since, least(until, {NOW}) AS until FROM (
        SELECT id, actor_email AS agent, occurred_at AS since, data->>'to' AS state,
               coalesce(lead(occurred_at) OVER (PARTITION BY actor_email ORDER BY occurred_at, id), %(as_of)s) AS until
        FROM conversations_historyevent
        WHERE workspace_id = %(workspace)s AND type = 'presence.changed' AND transaction < %(mark)s
          AND occurred_at >= %(start)s - interval '7 days' AND occurred_at < {NOW}
    ) AS told
    WHERE state IN ('online', 'busy') AND until > %(start)s"""  # noqa: S608  names of our own
PRESENCE = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, present.id, present.agent, slice.at,
           extract(epoch FROM slice.until - slice.at) AS seconds
    FROM ({SPANS}) AS present {sliced("present.since", "present.until")}
    WHERE slice.until > slice.at
) AS presence"""  # noqa: S608  names of our own
# All spans of an agent in one row, in order, so that the one an instant lies in is found by halving. ``origin`` is where a span
# would begin had the agent been away only before the first: what lies between it and an instant is presence alone.
PRESENT = f"""
    SELECT agent, array_agg(since ORDER BY since, id) AS since, array_agg(until ORDER BY since, id) AS until,
           array_agg(since - before ORDER BY since, id) AS origin
    FROM (
        SELECT *, sum(until - since) OVER (PARTITION BY agent ORDER BY since, id) - (until - since) AS before
        FROM ({SPANS}) AS span
    ) AS counted GROUP BY agent"""  # noqa: S608  names of our own


def _present_until(at: str) -> str:
    """Return how long the agent had been present in the period at an instant, as an interval."""
    last = f"width_bucket({at}, present.since)"
    return f"coalesce(least({at}, present.until[{last}]) - present.origin[{last}], interval '0')"


def stays_present(kind: str) -> str:
    """Return the slices of agents' stays of a kind, as far as the agent was present: what is known of nobody's presence counts nowhere."""
    lasted = f"{_present_until('slice.until')} - {_present_until('slice.at')}"
    return f"""(
        SELECT * FROM (
            SELECT stay.*, slice.at, extract(epoch FROM {lasted}) AS seconds
            FROM ({_stays(kind)}) AS stay JOIN ({PRESENT}) AS present ON present.agent = stay.agent
            {sliced("stay.since", "stay.until")}
            OFFSET 0 -- reckoned once, though it is looked at twice
        ) AS held WHERE seconds > 0
    ) AS stayed"""  # noqa: S608  names of our own


# Conversations closed by people while they were present.
CLOSED_PRESENT = f"""(
    SELECT whole.* FROM metrics_conversationfact whole JOIN ({PRESENT}) AS present ON present.agent = whole.resolver
    WHERE whole.workspace_id = %(workspace)s AND whole.resolved_at >= %(start)s AND whole.resolved_at < {NOW}
      AND whole.resolved_by = 'agent' AND whole.resolved_at < present.until[width_bucket(whole.resolved_at, present.since)]
) AS closed"""  # noqa: S608  names of our own
