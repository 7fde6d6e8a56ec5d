"""Journeys: what people did in order, as SQL over facts; read when asked, so that a message costs nothing more when it comes.

A **touch** is a contact the person sought: a message they wrote, a click, a link opened, a visit (R10). A **journey** is the
touches of one person with at most 30 days between, and ends at a sale (F11, F15). What is read of messages are the volumes
that are derived anyway; only what is no message has rows of its own, and what led to a sale, which many questions are about.
"""

from __future__ import annotations

from metrics.persons import leading

GAP = f"interval '{leading.GAP.days} days'"


def touches(since: str, until: str, who: str = "") -> str:
    """Return a SELECT of the touches from one instant to before another, both SQL expressions; ``who`` is one of people."""
    spoken = f"day >= (({since}) AT TIME ZONE 'UTC')::date AND day <= (({until}) AT TIME ZONE 'UTC')::date"
    spent = f"at >= {since} AND at < {until}"
    if who:
        who = f" AND customer_id IN ({who})"
    return f"""
    SELECT id, customer_id, channel_kind, at, 'message' AS kind FROM (
        SELECT id, customer_id, channel_kind, unnest(inbound) AS at
        FROM metrics_volumefact WHERE workspace_id = %(workspace)s AND {spoken}{who}
    ) AS said WHERE {spent}
    UNION ALL
    SELECT id, customer_id, channel_kind, at, kind FROM metrics_touchfact
    WHERE workspace_id = %(workspace)s AND {spent}{who}"""  # noqa: S608  names of our own


START, END = "%(start)s::timestamptz", "%(end)s::timestamptz"


def _unbroken(since: str) -> str:
    """Return the common table expression ``run``: touches from an instant to now; what was said on a day in one go is one row.

    From ``at`` to ``until`` nothing of the person's but touches on that channel need be told apart: no sale lies between.
    """
    volume = "SELECT volume.id, volume.customer_id, volume.channel_kind"
    first = f"(({since}) AT TIME ZONE 'UTC')::date"
    said = f"{volume}, unnest(volume.inbound) AS at FROM metrics_volumefact volume WHERE volume.workspace_id = %(workspace)s"
    sold = """(
        SELECT FROM metrics_orderfact sold WHERE sold.workspace_id = volume.workspace_id AND sold.position IS NOT NULL
        AND sold.customer_id = volume.customer_id AND (sold.paid_at AT TIME ZONE 'UTC')::date = volume.day
        AND sold.paid_at >= volume.inbound[1] AND sold.paid_at < volume.inbound[cardinality(volume.inbound)]
    )"""
    return f"""
    run AS (
        {volume}, volume.inbound[1] AS at, volume.inbound[cardinality(volume.inbound)] AS until FROM metrics_volumefact volume
        WHERE volume.workspace_id = %(workspace)s AND volume.day > {first} AND volume.inbound <> '{{}}' AND NOT EXISTS {sold}
        UNION ALL
        SELECT id, customer_id, channel_kind, at, at FROM (
            {said} AND volume.day > {first} AND EXISTS {sold} UNION ALL {said} AND volume.day = {first}
            UNION ALL SELECT id, customer_id, channel_kind, at FROM metrics_touchfact WHERE workspace_id = %(workspace)s
        ) AS apart WHERE at >= {since}
    )"""  # noqa: S608  names of our own


# Journeys that start in the period, each with the sale it has come to by now: a journey ends where the next begins, or at a sale.
STARTED = f"""
    {_unbroken(f"{START} - {GAP}")},
    happened AS (
        SELECT customer_id, at, until, 0 AS is_sale, id, channel_kind FROM run
        UNION ALL
        SELECT customer_id, paid_at, paid_at, 1, id, channel_kind FROM metrics_orderfact
        WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND paid_at >= {START} - {GAP}
    ),
    walked AS (
        SELECT *, lag(is_sale) OVER way AS was_sale,
            at - max(until) OVER (way ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > {GAP} AS is_late
        FROM happened WINDOW way AS (PARTITION BY customer_id ORDER BY at, is_sale, id)
    ),
    turn AS (
        SELECT *, lead(is_sale) OVER way AS then_sale, lead(at) OVER way AS then_at, lead(channel_kind) OVER way AS then_channel
        FROM walked WHERE CASE is_sale WHEN 0 THEN was_sale IS DISTINCT FROM 0 OR is_late ELSE was_sale = 0 AND NOT is_late END
        WINDOW way AS (PARTITION BY customer_id ORDER BY at, is_sale, id)
    ),
    journey AS (
        SELECT customer_id, at, channel_kind AS from_channel, concat(id, ':', extract(epoch FROM at)) AS id,
            CASE then_sale WHEN 1 THEN then_at END AS paid_at, CASE then_sale WHEN 1 THEN then_channel END AS to_channel
        FROM turn WHERE is_sale = 0 AND at >= {START} AND at < {END}
    )"""  # noqa: S608  names of our own


# Everybody's first touch in the period, of each channel once they are told ``apart``, and the first sale within 30 days from
# then on. What was said is in order: of a day's messages the first is looked at, but on the day that the period begins in.
CONVERTED = f"""(
    WITH touch AS (
        SELECT id, customer_id, channel_kind, CASE WHEN inbound[1] >= {START} THEN inbound[1]
            ELSE (SELECT min(said.at) FROM unnest(inbound) AS said(at) WHERE said.at >= {START}) END AS at
        FROM metrics_volumefact
        WHERE workspace_id = %(workspace)s AND day >= ({START} AT TIME ZONE 'UTC')::date AND day <= ({END} AT TIME ZONE 'UTC')::date
        UNION ALL
        SELECT id, customer_id, channel_kind, at FROM metrics_touchfact
        WHERE workspace_id = %(workspace)s AND at >= {START} AND at < {END}
    ), first AS (
        SELECT customer_id, (array_agg(channel_kind ORDER BY at, id))[1] AS channel_kind, min(at) AS at, min(id) AS id FROM touch
        WHERE at < {END} AND (%(channels)s::text[] IS NULL OR channel_kind = ANY(%(channels)s))
        GROUP BY customer_id, CASE WHEN %(apart)s THEN channel_kind END
    )
    SELECT %(workspace)s::uuid AS workspace_id, first.*, sale.paid_at FROM first LEFT JOIN LATERAL (
        SELECT min(paid_at) AS paid_at FROM metrics_orderfact sold
        WHERE sold.workspace_id = %(workspace)s AND sold.customer_id = first.customer_id AND sold.position IS NOT NULL
        AND sold.paid_at >= first.at AND sold.paid_at <= first.at + {GAP}
    ) AS sale ON true
) AS touched"""  # noqa: S608
# Once ends are told apart, a journey beside every channel where one has ended: what it is divided by stays all that started.
CROSSED = f"""(
    WITH {STARTED},
    place AS MATERIALIZED (SELECT DISTINCT to_channel FROM journey WHERE to_channel IS NOT NULL)
    SELECT %(workspace)s::uuid AS workspace_id, journey.id, customer_id, at, paid_at, from_channel,
        CASE WHEN 'to_channel' = ANY(%(split)s::text[]) THEN place.to_channel ELSE journey.to_channel END AS to_channel,
        CASE WHEN 'to_channel' = ANY(%(split)s::text[]) THEN coalesce(journey.to_channel = place.to_channel, false)
            ELSE coalesce(journey.to_channel <> from_channel, false) END AS crossed
    FROM journey LEFT JOIN place ON 'to_channel' = ANY(%(split)s::text[]) AND place.to_channel <> journey.from_channel
) AS travelled"""  # noqa: S608
IN_PERIOD = f"paid_at >= {START} AND paid_at < {END}"
BUYERS = f"SELECT customer_id FROM metrics_orderfact WHERE workspace_id = %(workspace)s AND {IN_PERIOD}"  # noqa: S608
# A sale, once channels are told apart beside every one that led to any; ``assisted``: by that channel, or one at all, before
# the last touch.
ASSISTED = f"""(
    WITH sale AS (
        SELECT sold.id, sold.customer_id, sold.paid_at, touches, channels,
            CASE counts[last] WHEN 1 THEN array_remove(channels, channels[last]) ELSE channels END AS before_last
        FROM metrics_orderfact sold JOIN metrics_journeyfact journey ON journey.id = sold.id
        WHERE sold.workspace_id = %(workspace)s AND {IN_PERIOD}
    ),
    channel AS MATERIALIZED (SELECT DISTINCT unnest(channels) AS channel_kind FROM sale)
    SELECT %(workspace)s::uuid AS workspace_id, id, customer_id, paid_at, channel.channel_kind,
        CASE WHEN 'channel' = ANY(%(split)s::text[]) THEN channel.channel_kind = ANY(before_last) ELSE touches > 1 END AS assisted
    FROM sale LEFT JOIN channel ON 'channel' = ANY(%(split)s::text[])
) AS credited"""  # noqa: S608


def sold_after(place: str, touched: str) -> str:
    """Return a subquery of the period's sales where ``place`` holds, with ``touched_at``: the last touch of those within 30 days."""
    return f"""(
    WITH touch AS ({touches(f"{START} - {GAP}", END, BUYERS)}),
    sale AS (
        SELECT *, CASE WHEN pickup THEN 'pickup' ELSE 'delivery' END AS fulfilment FROM metrics_orderfact
        WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND {IN_PERIOD} AND {place}
    )
    SELECT sale.*, before.touched_at FROM sale LEFT JOIN (
        SELECT sale.id, max(touch.at) AS touched_at FROM sale JOIN touch ON touch.customer_id = sale.customer_id
            AND touch.at <= sale.paid_at AND touch.at >= sale.paid_at - {GAP}
        WHERE {touched} GROUP BY sale.id
    ) AS before ON before.id = sale.id
) AS sold"""  # noqa: S608


# Two touches in a row on the same journey, which a sale ends and a pause; the second is the one that is counted.
FOLLOWED = f"""(
    WITH touch AS ({touches(f"{START} - {GAP}", END)}),
    happened AS (
        SELECT customer_id, at, 0 AS is_sale, id, channel_kind FROM touch
        UNION ALL
        SELECT customer_id, paid_at, 1, id, channel_kind FROM metrics_orderfact
        WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND paid_at >= {START} - {GAP} AND paid_at < {END}
    ),
    walked AS (
        SELECT customer_id, id, at, is_sale, channel_kind AS to_channel, row_number() OVER way AS place,
            lag(is_sale) OVER way AS was_sale, lag(at) OVER way AS since, lag(channel_kind) OVER way AS from_channel
        FROM happened WINDOW way AS (PARTITION BY customer_id ORDER BY at, is_sale, id)
    )
    SELECT %(workspace)s::uuid AS workspace_id, concat(id, ':', place) AS id, customer_id, since, at, from_channel, to_channel,
        CASE WHEN from_channel = to_channel THEN 'stays' ELSE 'moves' END AS basis
    FROM walked WHERE is_sale = 0 AND was_sale = 0 AND at - since <= {GAP} AND at >= {START} AND at < {END}
) AS followed"""  # noqa: S608


ONLINE_TO_STORE = sold_after("channel_kind = 'store'", "touch.channel_kind NOT IN ('store', '')")
STORE_TO_ONLINE = sold_after("channel_kind NOT IN ('store', '')", "touch.channel_kind = 'store'")
