"""Sharing: money of the period among the touches that led to it, by each model of attribution side by side (R10); SQL over facts."""

from __future__ import annotations

from metrics.persons.journeys import END, LOOK_BACK, START, led

# What share of a sale each touch that led to it has, by model (R10), NULL where none did; half-life of ``decay``: 7 days.
SHARES = {
    "first": "CASE WHEN place = 1 THEN 1 WHEN place > 1 THEN 0 END",
    "last": "CASE WHEN place = places THEN 1 WHEN place < places THEN 0 END",
    "linear": "1.0 / places",
    "position": "CASE WHEN places <= 2 THEN 1.0 / places WHEN place IN (1, places) THEN 0.4 ELSE 0.2 / (places - 2) END",
    "decay": "(power(2, extract(epoch FROM led.at - led.paid_at)::float8 / 604800) / freshness)::numeric",
    "last_non_direct": "CASE WHEN place = sought THEN 1 WHEN place IS NOT NULL THEN 0 END",
    "shapley": "1.0 / channels / places_of_channel",
}
MOVED = f"moved.workspace_id = %(workspace)s AND moved.at >= {START} AND moved.at < {END}"
_SOLD_EARLIEST = (
    f"(SELECT least({START}, min(ordered.paid_at)) FROM metrics_movementfact moved "  # noqa: S608
    f"JOIN metrics_orderfact ordered ON ordered.id = moved.order_id WHERE {MOVED})"
)
_COLUMNS = "moved.workspace_id, moved.customer_id, moved.at, moved.kind, moved.store, moved.coupon, moved.excluded, moved.order_id"
# Money of the period where it was paid, and shared among the touches that led to the sale; without any, where it was paid.
# By the model of Markov every sale that touches led to is shared alike: by what would be lost without each channel.
ATTRIBUTED = f"""(
    WITH {
    led(
        f"{_SOLD_EARLIEST} - {LOOK_BACK}",
        f"order_id IN (SELECT order_id FROM metrics_movementfact moved WHERE {MOVED})",
        f"SELECT customer_id FROM metrics_movementfact moved WHERE {MOVED}",
    )
},
    breadth AS (SELECT order_id, count(DISTINCT channel_kind) AS channels FROM led GROUP BY order_id)
    SELECT {_COLUMNS}, moved.id::text AS id, moved.channel_kind, moved.amount, moved.goods, 'paid_at' AS model
    FROM metrics_movementfact moved WHERE {MOVED}
    {
    "".join(
        f"""
    UNION ALL
    SELECT {_COLUMNS}, concat(moved.id, ':', led.place), coalesce(led.channel_kind, moved.channel_kind),
        moved.amount * coalesce({share}, 1),
        moved.goods * coalesce({share}, 1), '{model}'
    FROM metrics_movementfact moved LEFT JOIN led ON led.order_id = moved.order_id LEFT JOIN breadth ON breadth.order_id = led.order_id
    WHERE {MOVED}"""
        for model, share in SHARES.items()
    )
}
    UNION ALL
    SELECT {_COLUMNS}, concat(moved.id, ':', weight.channel), coalesce(weight.channel, moved.channel_kind),
        moved.amount * coalesce(weight.share, 1), moved.goods * coalesce(weight.share, 1), 'markov'
    FROM metrics_movementfact moved
    LEFT JOIN jsonb_to_recordset(%(markov)s::jsonb) AS weight(channel text, share numeric) ON moved.order_id IN (SELECT order_id FROM led)
    WHERE {MOVED}
) AS attributed"""  # noqa: S608
