"""Stages: where people are on their way, from the first look to loyalty, by what they did lately; SQL over facts (rules, version 1).

Each thing somebody does holds them in a stage for a while: an ad clicked or a visit in attention for 30 days; a question in
consideration, a cart or a payment link in decision, for 30 days each; a sale in service until 30 days after it was handed over,
a year at most; a sale after the first, or an answer of 9 or 10 to whether they would recommend, in loyalty for a year. Somebody is
in the furthest stage that holds them, and goes back when it ends.
"""

from __future__ import annotations

from metrics.models.plans import STAGES
from metrics.persons.journeys import END, START

NAMES = ", ".join(f"'{stage}'" for stage in STAGES)
HOLD, YEAR = "interval '30 days'", "interval '1 year'"
LONGEST_DAYS = 366  # that anything holds
SINCE = f"{START} - {YEAR}"
WHOLE = "workspace_id = %(workspace)s"


def _held(since: str, hold: str, rank: str, rest: str, until: str = "") -> str:
    """Return a SELECT of what holds people in a stage from ``since`` until ``hold`` after it, or after ``until``."""
    return (
        f"SELECT customer_id, channel_kind, {since} AS since, {until or since} + {hold} AS until, {rank} AS rank "
        f"{rest} AND {since} >= {SINCE} AND {since} <= %(as_of)s"
    )


# An order that was promised or sent, and has not arrived, is still being waited for.
_HANDED = (
    "coalesce(delivered_at, picked_up_at, CASE WHEN promised_at IS NULL AND shipped_at IS NULL AND ready_at IS NULL "
    f"THEN paid_at ELSE paid_at + {YEAR} END)"
)
_SOLD = f"FROM metrics_orderfact WHERE {WHOLE} AND position IS NOT NULL"
_SAID = f"FROM metrics_volumefact WHERE {WHOLE} AND day >= (({SINCE}) AT TIME ZONE 'UTC')::date AND inbound <> '{{}}'"
HELD = " UNION ALL ".join((
    _held("at", HOLD, "1", f"FROM metrics_touchfact WHERE {WHOLE} AND kind IN ('ad.clicked', 'web.visit', 'store.visit')"),
    # Within a day of one conversation it is enough to know the first and the last thing that was said.
    _held("inbound[1]", HOLD, "2", _SAID, "inbound[cardinality(inbound)]"),
    _held("started_at", HOLD, "3", f"FROM metrics_cartfact WHERE {WHOLE}", "last_at"),
    _held("sent_at", HOLD, "3", f"FROM metrics_linkfact WHERE {WHOLE}", "coalesce(greatest(sent_at, opened_at), sent_at)"),
    _held("paid_at", HOLD, "4", _SOLD, f"least({_HANDED}, paid_at + {YEAR} - {HOLD})"),
    _held("paid_at", YEAR, "5", f"{_SOLD} AND position > 1"),
    _held("answered_at", YEAR, "5", f"FROM metrics_surveyfact WHERE {WHOLE} AND survey = 'nps' AND score >= 9 AND counts"),
))  # fmt: skip
# One row a stay in a stage that began in the period, followed to now, with what it ended in, and on which channel somebody
# came into it: going back is on none.
STAYS = f"""(
    WITH held AS ({HELD}),
    edge AS (SELECT customer_id, since AS at FROM held UNION SELECT customer_id, until FROM held WHERE until <= %(as_of)s),
    merged AS (
        SELECT customer_id, rank, min(since) AS since, max(until) AS until FROM (
            SELECT *, count(*) FILTER (WHERE apart) OVER (PARTITION BY customer_id, rank ORDER BY since, until) AS island FROM (
                SELECT *, since > max(until) OVER (
                    PARTITION BY customer_id, rank ORDER BY since, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS apart FROM held
            ) AS beside
        ) AS numbered GROUP BY customer_id, rank, island
    ), place AS (
        SELECT edge.customer_id, edge.at, max(merged.rank) AS rank FROM edge
        LEFT JOIN merged ON merged.customer_id = edge.customer_id AND merged.since <= edge.at AND edge.at < merged.until
        GROUP BY edge.customer_id, edge.at
    ), turn AS (
        SELECT *, lag(rank) OVER (PARTITION BY customer_id ORDER BY at) AS before FROM place
    ), stay AS (
        SELECT customer_id, at, rank, lead(at) OVER way AS left_at, lead(rank) OVER way AS following
        FROM turn WHERE rank IS DISTINCT FROM before WINDOW way AS (PARTITION BY customer_id ORDER BY at)
    ), led AS (SELECT customer_id, rank, since, min(channel_kind) AS channel_kind FROM held GROUP BY customer_id, rank, since)
    SELECT %(workspace)s::uuid AS workspace_id, concat(stay.customer_id, ':', extract(epoch FROM stay.at)) AS id, stay.customer_id,
        stay.at, stay.left_at, (ARRAY[{NAMES}])[stay.rank] AS stage, led.channel_kind,
        CASE WHEN stay.left_at IS NULL THEN 'open' WHEN following > stay.rank THEN 'advanced'
            WHEN following IS NULL THEN 'left' ELSE 'back' END AS outcome,
        (extract(epoch FROM stay.left_at - stay.at) * 1000000)::bigint AS elapsed
    FROM stay LEFT JOIN led ON led.customer_id = stay.customer_id AND led.rank = stay.rank AND led.since = stay.at
    WHERE stay.rank IS NOT NULL AND stay.at >= {START} AND stay.at < {END}
) AS stayed"""  # noqa: S608  names of our own
