"""Figures of journeys and people: who buys after a touch, where, and whether they come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from metrics.persons.journeys import (
    ASSISTED,
    CONVERTED,
    CROSSED,
    END,
    ONLINE_TO_STORE,
    START,
    STORE_TO_ONLINE,
    touches,
)
from metrics.registry.terms import Metric, Per, Rate, Ratio, Source, Texts
from metrics.registry.ways import AGAIN, PER_PERSON


def _channels_apart(values: Mapping[str, Any]) -> bool:
    """Say whether channels are split by: named among the words, and not only because a filter names them."""
    split: list[str] = values["split"]
    return split.count("channel") > ("only_channel" in values)


NOBODY = "NULL::uuid"  # no conversation stands behind it
GAP = timedelta(days=30)
SOLD = {"channel": "channel_kind", "store": "store", "fulfilment": "fulfilment"}

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

JOURNEYS = (
    Metric(
        id="conversion_rate",
        version=2,
        title=Texts("Taxa de conversão", "Conversion rate", "Tasa de conversión"),
        definition=Texts(
            "Pessoas que pagaram em até 30 dias depois de seu primeiro contato no período, em qualquer canal, sobre as pessoas que "
            "tiveram contato; por canal, depois de seu primeiro contato com cada um. Contato é o que a pessoa buscou: mensagem, "
            "clique, link aberto, visita. Ao lado, quem ainda tem tempo.",
            "People who paid within 30 days after their first touch in the period, on whichever channel, over the people with a "
            "touch; by channel, after their first touch of each. A touch is what the person sought: a message, a click, a link "
            "opened, a visit. Beside it who still has time.",
            "Personas que pagaron en hasta 30 días tras su primer contacto en el período, en cualquier canal, sobre las personas "
            "con contacto; por canal, tras su primer contacto con cada uno. Contacto es lo que la persona buscó: mensaje, clic, "
            "enlace abierto, visita. Al lado, quien aún tiene tiempo.",
        ),
        formula="people who paid ≤ 30 d after their first touch / people with a touch",
        unit="fraction",
        better="higher",
        source=Source(
            CONVERTED,
            "at",
            {"channel": "channel_kind"},
            parts=("channel",),
            conversation=NOBODY,
            start="at",
            still_open="paid_at IS NULL AND at > %(as_of)s::timestamptz - interval '30 days'",
            given={"apart": _channels_apart, "channels": lambda values: values.get("only_channel")},
            measure="touch",
        ),
        adding=Rate("paid_at IS NOT NULL", each="customer_id"),
    ),
    Metric(
        id="cross_channel_conversion",
        version=1,
        title=Texts("Conversão cross-channel", "Cross-channel conversion", "Conversión cross-channel"),
        definition=Texts(
            "Jornadas que começam em um canal e terminam em pedido pago em outro, sobre todas as que começam no primeiro. Uma "
            "jornada são os contatos de uma pessoa com até 30 dias entre eles e termina no pedido.",
            "Journeys that start on one channel and end in an order paid on another, over all that start on the first. A journey "
            "is the touches of one person with at most 30 days between, and ends at the order.",
            "Recorridos que empiezan en un canal y terminan en un pedido pagado en otro, sobre todos los que empiezan en el "
            "primero. Un recorrido son los contactos de una persona con hasta 30 días entre ellos y termina en el pedido.",
        ),
        formula="journeys started in i and paid in j ≠ i / journeys started in i",
        unit="fraction",
        better=None,
        source=Source(
            CROSSED,
            "at",
            {"from_channel": "from_channel", "to_channel": "to_channel"},
            conversation=NOBODY,
            reaches_back=GAP,
            looks_ahead=True,
        ),
        adding=Rate("crossed", each="id"),
    ),
    Metric(
        id="assisted_conversions",
        version=1,
        title=Texts("Interações que levam à conversão", "Assisted conversions", "Conversiones asistidas"),
        definition=Texts(
            "Vendas com um contato no canal antes do último, sobre todas as vendas precedidas por contatos.",
            "Sales with a touch on the channel before the last one, over all sales that touches led to.",
            "Ventas con un contacto en el canal antes del último, sobre todas las ventas precedidas por contactos.",
        ),
        formula="sales with the channel anywhere but last / sales with touches",
        unit="fraction",
        better=None,
        source=Source(
            ASSISTED, "paid_at", {"channel": "channel_kind"}, conversation=NOBODY, reaches_back=timedelta(days=90)
        ),
        adding=Rate("assisted", each="id"),
    ),
    Metric(
        id="online_to_offline",
        version=1,
        title=Texts("Do online à loja", "Online to offline", "De online a tienda"),
        definition=Texts(
            "Vendas na loja com um contato online da mesma pessoa nos 30 dias anteriores, sobre as vendas na loja de pessoas "
            "identificadas.",
            "Store sales with an online touch of the same person in the 30 days before, over the store sales of identified people.",
            "Ventas en tienda con un contacto online de la misma persona en los 30 días anteriores, sobre las ventas en tienda de "
            "personas identificadas.",
        ),
        formula="store orders with an online touch ≤ 30 d / store orders",
        unit="fraction",
        better=None,
        source=Source(ONLINE_TO_STORE, "paid_at", SOLD, conversation=NOBODY, start="touched_at", reaches_back=GAP),
        adding=Rate("touched_at IS NOT NULL"),
    ),
    Metric(
        id="offline_to_online",
        version=1,
        title=Texts("Da loja ao online", "Offline to online", "De tienda a online"),
        definition=Texts(
            "Vendas online com uma visita à loja da mesma pessoa nos 30 dias anteriores, sobre as vendas online; retirada em loja "
            "é uma linha própria (by=fulfilment).",
            "Online sales with a store visit of the same person in the 30 days before, over the online sales; store pickup is a "
            "row of its own (by=fulfilment).",
            "Ventas online con una visita a la tienda de la misma persona en los 30 días anteriores, sobre las ventas online; la "
            "recogida en tienda es una fila propia (by=fulfilment).",
        ),
        formula="online orders with a store touch ≤ 30 d / online orders",
        unit="fraction",
        better=None,
        source=Source(STORE_TO_ONLINE, "paid_at", SOLD, conversation=NOBODY, start="touched_at", reaches_back=GAP),
        adding=Rate("touched_at IS NOT NULL"),
    ),
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
        formula="(Σ paid − Σ refunded) / people active; buyers: / people who paid",
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
        formula="people with ≥ 2 paid orders / people with ≥ 1",
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
        formula="(buyers − new buyers) / buyers of the period before",
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
        formula="people of the cohort with an order in month m / people of the cohort",
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
        formula="Σ net sales since the first order / people",
        unit="money",
        better="higher",
        source=Source(WORTH, "first_at", {"channel": "channel_kind"}, conversation=NOBODY),
        adding=Ratio("amount", Per(each="customer_id")),
    ),
)
