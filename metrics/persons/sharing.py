"""Sharing: money of the period among the touches that led to it, by each model of attribution side by side (R10); SQL over facts."""

from __future__ import annotations

from metrics.persons.journeys import END, START

# What share of a sale a channel has whose touches led to it, by model (R10), NULL where none did.
_FIRST, _LAST = "(channel = channels[1])::int", "(channel = channels[last])::int"
_ENDS = f"{_FIRST} + {_LAST}"
SHARES = {
    "first": _FIRST,
    "last": _LAST,
    "linear": "count::numeric / touches",
    "position": f"CASE WHEN touches <= 2 THEN count::numeric / touches "
    f"ELSE 0.4 * ({_ENDS}) + 0.2 * (count - ({_ENDS})) / (touches - 2) END",
    "decay": "fresh::numeric",
    "last_non_direct": "(channel = channels[sought])::int",
    "shapley": "1.0 / cardinality(channels)",
}
_COLUMNS = "moved.workspace_id, moved.customer_id, moved.at, moved.kind, moved.store, moved.coupon, moved.excluded, moved.order_id"
_MOVED = "FROM metrics_movementfact moved LEFT JOIN metrics_journeyfact journey ON journey.id = moved.order_id"
_OF_PERIOD = f"WHERE moved.workspace_id = %(workspace)s AND moved.at >= {START} AND moved.at < {END}"
# Money beside every channel that led to it, each with what the models know of it; beside none where nothing did. What is asked
# of money alone is asked before channels are told apart.
_LED = f"""(
    SELECT moved.*, touches, channels, last, sought, unnest(coalesce(channels, '{{NULL}}')) AS channel, unnest(counts) AS count,
        unnest(fresh) AS fresh
    {_MOVED} {_OF_PERIOD}
) AS moved"""
# Money of the period where it was paid, and shared among the channels that led to the sale; without any, where it was paid.
# By the model of Markov every sale that touches led to is shared alike: by what would be lost without each channel.
ATTRIBUTED = f"""(
    SELECT {_COLUMNS}, moved.id::text AS id, moved.channel_kind, moved.amount, moved.goods, 'paid_at' AS model
    FROM metrics_movementfact moved {_OF_PERIOD}
    {
    "".join(
        f"""
    UNION ALL
    SELECT {_COLUMNS}, concat(moved.id, ':', channel), coalesce(channel, moved.channel_kind),
        moved.amount * coalesce({share}, 1), moved.goods * coalesce({share}, 1), '{model}'
    FROM {_LED}"""
        for model, share in SHARES.items()
    )
}
    UNION ALL
    SELECT {_COLUMNS}, concat(moved.id, ':', weight.channel), coalesce(weight.channel, moved.channel_kind),
        moved.amount * coalesce(weight.share, 1), moved.goods * coalesce(weight.share, 1), 'markov'
    {_MOVED}
    LEFT JOIN jsonb_to_recordset(%(markov)s::jsonb) AS weight(channel text, share numeric) ON journey.id IS NOT NULL
    {_OF_PERIOD}
) AS attributed"""  # noqa: S608
