"""Research: sales in stores beside what people looked up online before, as SQL over facts; sales of people nobody knows bound it."""

from __future__ import annotations

from metrics.persons.journeys import BUYERS, END, IN_PERIOD, START, touches

DAYS = 14  # before the sale
BEFORE = f"interval '{DAYS} days'"
SOUGHT = "('message', 'web.visit')"  # what is looked up: something asked, a page seen

# A sale beside each way of counting: of the sales of identified people the share that was looked up before; of all sales the
# least and the most it can be; and the share of identified ones. Somebody is identified by any address that is known
# elsewhere too: the number of one till is none. Once channels are told apart, a sale stands beside each where anybody looked.
RESEARCHED = f"""(
    WITH touch AS ({touches(f"{START} - {BEFORE}", END, BUYERS)}),
    sale AS (
        SELECT sold.*, EXISTS (
            SELECT 1 FROM conversations_customer owner JOIN conversations_identity address ON address.customer_id = owner.id
            WHERE (owner.id = sold.customer_id OR owner.merged_into_id = sold.customer_id)
            HAVING bool_or(address.kind <> 'external_id') OR count(DISTINCT address.scope) > 1
        ) AS identified
        FROM metrics_orderfact sold
        WHERE sold.workspace_id = %(workspace)s AND sold.position IS NOT NULL AND sold.channel_kind = 'store' AND {IN_PERIOD}
    ), looked AS (
        SELECT sale.id, touch.channel_kind, max(touch.at) AS at FROM sale JOIN touch ON touch.customer_id = sale.customer_id
            AND touch.at <= sale.paid_at AND touch.at >= sale.paid_at - {BEFORE}
        WHERE touch.kind IN {SOUGHT} AND touch.channel_kind NOT IN ('store', '') GROUP BY sale.id, touch.channel_kind
    ), place AS MATERIALIZED (SELECT DISTINCT channel_kind FROM looked)
    SELECT sale.workspace_id, sale.customer_id, sale.id AS order_id, concat(sale.id, ':', basis, ':', place.channel_kind) AS id,
        sale.paid_at, sale.store, place.channel_kind AS research_channel, basis, seen.at AS looked_at,
        CASE basis WHEN 'matched' THEN identified WHEN 'highest' THEN seen.at IS NOT NULL OR NOT identified
            ELSE seen.at IS NOT NULL END AS counted
    FROM sale CROSS JOIN (VALUES ('identified'), ('lowest'), ('highest'), ('matched')) AS of(basis)
    LEFT JOIN place ON 'channel' = ANY(%(split)s::text[])
    LEFT JOIN (SELECT id, channel_kind, at FROM looked UNION ALL SELECT id, NULL, max(at) FROM looked GROUP BY id) AS seen
        ON seen.id = sale.id AND seen.channel_kind IS NOT DISTINCT FROM place.channel_kind
    WHERE basis <> 'identified' OR identified
) AS researched"""  # noqa: S608  names of our own
