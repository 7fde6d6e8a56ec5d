"""Figures of people: what each one brings, and whether they come back."""

from __future__ import annotations

from metrics.persons.journeys import END, START, touches
from metrics.registry.terms import Metric, Per, Rate, Ratio, Source, Texts
from metrics.registry.ways import AGAIN, PER_PERSON

NOBODY = "NULL::uuid"  # no conversation stands behind it
# Money of the period, and everybody who touched us in it; the same money once more beside its buyers alone.
ACTIVE = f"""(
    SELECT workspace_id, id::text AS id, customer_id, at, channel_kind, kind, amount, basis
    FROM metrics_movementfact CROSS JOIN (VALUES ('active'), ('buyers')) AS of(basis)
    WHERE workspace_id = %(workspace)s AND at >= {START} AND at < {END} AND excluded = ''
    UNION ALL
    SELECT %(workspace)s::uuid, id::text, customer_id, at, channel_kind, 'touched', 0, 'active'
    FROM ({touches(START, END)}) AS touch
) AS lively"""  # noqa: S608
# Everybody who has bought before the end of the period, whenever.
BUYERS = """(
    SELECT workspace_id, customer_id, min(id) AS id, min(paid_at) AS first_at, count(*) AS sales,
        (array_agg(channel_kind ORDER BY paid_at, id))[1] AS channel_kind,
        coalesce(min(nullif(channel_kind, '')) < max(channel_kind), false) AS crosses
    FROM metrics_orderfact
    WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND paid_at < %(end)s
    GROUP BY workspace_id, customer_id
) AS buyer"""
# Who bought in the period or in the one before: as many calendar months, or days, as the period has.
RETURNED = f"""(
    WITH before AS (
        SELECT ({START} AT TIME ZONE %(zone)s - age({END} AT TIME ZONE %(zone)s, {START} AT TIME ZONE %(zone)s))
            AT TIME ZONE %(zone)s AS start
    )
    SELECT workspace_id, customer_id, min(id) AS id, max(paid_at) AS at,
        bool_or(paid_at < {START}) AS was_active,
        bool_or(paid_at >= {START}) AND NOT bool_or(position = 1 AND paid_at >= {START}) AS has_returned
    FROM metrics_orderfact
    WHERE workspace_id = %(workspace)s AND position IS NOT NULL
    AND paid_at >= (SELECT start FROM before) AND paid_at < {END}
    GROUP BY workspace_id, customer_id
) AS buyer"""  # noqa: S608
# Who bought for the first time in the period, beside every whole calendar month since that is over.
COHORTS = f"""(
    WITH first AS (
        SELECT *, date_trunc('month', paid_at AT TIME ZONE %(zone)s) AS month FROM metrics_orderfact
        WHERE workspace_id = %(workspace)s AND position = 1 AND paid_at >= {START} AND paid_at < {END}
    ), again AS (
        SELECT DISTINCT customer_id, date_trunc('month', paid_at AT TIME ZONE %(zone)s) AS month FROM metrics_orderfact
        WHERE workspace_id = %(workspace)s AND position IS NOT NULL AND paid_at >= {START}
    )
    SELECT first.workspace_id, concat(first.id, ':', since.months) AS id, first.customer_id, first.paid_at AS at,
        first.channel_kind, since.months::text AS months, again.month IS NOT NULL AS bought
    FROM first CROSS JOIN generate_series(0, 60) AS since(months)
    LEFT JOIN again ON again.customer_id = first.customer_id AND again.month = first.month + since.months * interval '1 month'
    WHERE first.month + (since.months + 1) * interval '1 month' <= %(as_of)s::timestamptz AT TIME ZONE %(zone)s
) AS cohort"""  # noqa: S608
# All money of those who bought for the first time in the period, on the channel they began on.
WORTH = """(
    SELECT money.workspace_id, money.id, money.customer_id, money.first_at, money.amount, first.channel_kind
    FROM metrics_movementfact money
    JOIN metrics_orderfact first ON first.customer_id = money.customer_id AND first.position = 1
    WHERE money.workspace_id = %(workspace)s AND money.excluded = ''
) AS worth"""

PEOPLE = (
    Metric(
        id="arpu",
        version=1,
        title=Texts(
            "Receita média por cliente (ARPU)",
            "Average revenue per customer (ARPU)",
            "Ingreso medio por cliente (ARPU)",
        ),
        definition=Texts(
            "Vendas líquidas do período sobre as pessoas ativas nele, que compraram ou buscaram contato (basis=active), ou só "
            "sobre as que compraram (basis=buyers).",
            "Net sales of the period over the people active in it, who bought or sought contact (basis=active), or over those who "
            "bought alone (basis=buyers).",
            "Ventas netas del período sobre las personas activas en él, que compraron o buscaron contacto (basis=active), o solo "
            "sobre las que compraron (basis=buyers).",
        ),
        formula=Texts(
            "(Σ pago − Σ reembolsado) / pessoas ativas; compradores: / pessoas que pagaram",
            "(Σ paid − Σ refunded) / people active; buyers: / people who paid",
            "(Σ pagado − Σ reembolsado) / personas activas; compradores: / personas que pagaron",
        ),
        unit="money",
        better="higher",
        source=Source(
            ACTIVE,
            "at",
            {"channel": "channel_kind", "basis": "basis"},
            usual={"basis": "active"},
            conversation=NOBODY,
        ),
        adding=Ratio("amount", Per(condition="kind <> 'refunded'", each="customer_id")),
        variants=PER_PERSON,
    ),
    Metric(
        id="repeat_purchase_rate",
        version=1,
        title=Texts("Taxa de recompra", "Repeat purchase rate", "Tasa de recompra"),
        definition=Texts(
            "Pessoas com duas compras ou mais até o fim do período, sobre as com pelo menos uma, desde sempre; pedidos totalmente "
            "devolvidos não contam. O canal é o da primeira compra.",
            "People with two purchases or more up to the end of the period, over those with one at least, since ever; orders given "
            "back whole do not count. The channel is that of the first purchase.",
            "Personas con dos compras o más hasta el fin del período, sobre las que tienen al menos una, desde siempre; los pedidos "
            "devueltos por completo no cuentan. El canal es el de la primera compra.",
        ),
        formula=Texts(
            "pessoas com ≥ 2 pedidos pagos / pessoas com ≥ 1",
            "people with ≥ 2 paid orders / people with ≥ 1",
            "personas con ≥ 2 pedidos pagados / personas con ≥ 1",
        ),
        unit="fraction",
        better="higher",
        source=Source(BUYERS, "first_at", {"channel": "channel_kind"}, timeless=True, conversation=NOBODY),
        adding=Rate("sales >= 2"),
        variants=AGAIN,
    ),
    Metric(
        id="retention_rate",
        version=1,
        title=Texts("Taxa de retenção", "Retention rate", "Tasa de retención"),
        definition=Texts(
            "Pessoas que compraram no período sem ser a primeira vez, sobre as que compraram no período anterior de igual duração.",
            "People who bought in the period not for the first time, over those who bought in the period of equal length before.",
            "Personas que compraron en el período sin ser la primera vez, sobre las que compraron en el período anterior de igual "
            "duración.",
        ),
        formula=Texts(
            "(compradores − compradores novos) / compradores do período anterior",
            "(buyers − new buyers) / buyers of the period before",
            "(compradores − compradores nuevos) / compradores del período anterior",
        ),
        unit="fraction",
        better="higher",
        source=Source(RETURNED, "at", {}, timeless=True, conversation=NOBODY),
        adding=Ratio("has_returned::int", Per(condition="was_active")),
    ),
    Metric(
        id="cohort_retention",
        version=1,
        title=Texts("Retenção por coorte", "Cohort retention", "Retención por cohorte"),
        definition=Texts(
            "Das pessoas que compraram pela primeira vez no período, a parte que comprou no mês de calendário tantos meses depois "
            "(by=months; sem pedir, um mês depois). Meses que ainda não acabaram ficam de fora.",
            "Of the people who bought for the first time in the period, the share that bought in the calendar month so many months "
            "later (by=months; unless asked, one month later). Months that are not over are left out.",
            "De las personas que compraron por primera vez en el período, la parte que compró en el mes de calendario tantos meses "
            "después (by=months; sin pedirlo, un mes después). Los meses que no han terminado quedan fuera.",
        ),
        formula=Texts(
            "pessoas da coorte com pedido no mês m / pessoas da coorte",
            "people of the cohort with an order in month m / people of the cohort",
            "personas de la cohorte con un pedido en el mes m / personas de la cohorte",
        ),
        unit="fraction",
        better="higher",
        source=Source(
            COHORTS,
            "at",
            {"channel": "channel_kind", "months": "months"},
            usual={"months": "1"},
            conversation=NOBODY,
            measure="sale",
        ),
        adding=Rate("bought"),
    ),
    Metric(
        id="lifetime_value",
        version=1,
        title=Texts(
            "Valor do cliente ao longo do tempo (LTV)", "Lifetime value (LTV)", "Valor de vida del cliente (LTV)"
        ),
        definition=Texts(
            "Vendas líquidas até hoje das pessoas que compraram pela primeira vez no período, por pessoa. O canal é o da primeira "
            "compra.",
            "Net sales up to now of the people who bought for the first time in the period, a person. The channel is that of the "
            "first purchase.",
            "Ventas netas hasta hoy de las personas que compraron por primera vez en el período, por persona. El canal es el de la "
            "primera compra.",
        ),
        formula=Texts(
            "Σ vendas líquidas desde o primeiro pedido / pessoas",
            "Σ net sales since the first order / people",
            "Σ ventas netas desde el primer pedido / personas",
        ),
        unit="money",
        better="higher",
        source=Source(WORTH, "first_at", {"channel": "channel_kind"}, conversation=NOBODY),
        adding=Ratio("amount", Per(each="customer_id")),
    ),
)
