"""Figures of sales: what was bought and paid, what was left in carts, and what it cost."""

from __future__ import annotations

from datetime import timedelta

from metrics.persons import markov
from metrics.persons.sharing import ATTRIBUTED
from metrics.registry.attribution import ATTRIBUTED_SALES
from metrics.registry.terms import Metric, Per, Rate, Ratio, Source, Sum, Texts
from metrics.registry.ways import COSTS

NOBODY = "NULL::uuid"  # no conversation stands behind it
PLACES = {"channel": "channel_kind", "store": "store"}

# Orders that count for people but not for money, by what is why (R11).
LEFT_OUT = {why: f"excluded = '{why}' AND kind = 'paid'" for why in ("cancelled", "free", "unconverted")}
MONEY = Source(
    table="metrics_movementfact",
    anchor="at",
    counts="excluded = ''",
    dimensions={**PLACES, "coupon": "coupon"},
    conversation=NOBODY,
    left_out=LEFT_OUT,
)
CARTS = """(
    SELECT *, CASE
        WHEN idle_at IS NOT NULL OR (paid_at IS NULL AND last_at <= %(as_of)s::timestamptz - interval '60 minutes')
            THEN 'abandoned'
        WHEN paid_at IS NULL THEN 'active' ELSE 'paid' END AS state,
        coalesce(paid_at <= idle_at + interval '60 minutes' + interval '7 days', false) AS recovered
    FROM metrics_cartfact WHERE workspace_id = %(workspace)s
) AS cart"""
LINKS = """(
    SELECT *, coalesce(paid_at <= sent_at + interval '24 hours', false) AS paid_in_time,
        sent_at + interval '24 hours' <= %(as_of)s::timestamptz AS is_due
    FROM metrics_linkfact WHERE workspace_id = %(workspace)s
) AS link"""
# A cost a day of those it was spread over, in the period.
DAILY_COSTS = """
    SELECT cost.id, cost.kind, cost.channel_kind, day.day, day.day::timestamp AT TIME ZONE %(zone)s AS at,
        cost.amount / (cost.end_day - cost.first_day) AS amount
    FROM metrics_costfact cost
    CROSS JOIN LATERAL generate_series(cost.first_day, cost.end_day - 1, interval '1 day') AS day(day)
    WHERE cost.workspace_id = %(workspace)s AND cost.amount IS NOT NULL
    AND cost.first_day <= (%(end)s::timestamptz AT TIME ZONE %(zone)s)::date
    AND cost.end_day > (%(start)s::timestamptz AT TIME ZONE %(zone)s)::date"""
# A cost a day, and who bought for the first time; once kinds of cost are told apart, beside each of them.
ACQUIRED = f"""(
    WITH cost AS ({DAILY_COSTS}
    ), kind AS (
        SELECT DISTINCT kind FROM cost WHERE at >= %(start)s AND at < %(end)s
    )
    SELECT %(workspace)s::uuid AS workspace_id, concat(id, ':', day::date) AS id, NULL::uuid AS customer_id,
        at, kind, channel_kind, amount FROM cost
    UNION ALL
    SELECT sold.workspace_id, concat(sold.id, ':', kind.kind), sold.customer_id, sold.paid_at, kind.kind, sold.channel_kind, 0
    FROM metrics_orderfact sold LEFT JOIN kind ON 'kind' = ANY(%(split)s::text[])
    WHERE sold.workspace_id = %(workspace)s AND sold.position = 1
    AND sold.paid_at >= %(start)s AND sold.paid_at < %(end)s
) AS acquired"""  # noqa: S608  names of our own
# A benefit somebody was shown; once the channels of use are told apart, beside each of them.
TAKEN = """(
    WITH place AS (
        SELECT DISTINCT used_channel_kind AS used_channel FROM metrics_benefitfact
        WHERE workspace_id = %(workspace)s AND exposed_at >= %(start)s AND exposed_at < %(end)s AND used_at IS NOT NULL
    )
    SELECT shown.*, place.used_channel,
        used_at IS NOT NULL AND (place.used_channel IS NULL OR place.used_channel = used_channel_kind) AS taken
    FROM metrics_benefitfact shown LEFT JOIN place ON 'used_channel' = ANY(%(split)s::text[])
    WHERE shown.workspace_id = %(workspace)s
) AS benefit_shown"""

SALES = (
    Metric(
        id="sales_by_channel",
        version=1,
        title=Texts("Vendas por canal", "Sales by channel", "Ventas por canal"),
        definition=Texts(
            "Vendas líquidas: o que foi pago menos o que foi devolvido, cada um em sua data, no canal onde se pagou; com "
            "model, divididas entre os contatos que levaram à venda (first, last, last_non_direct, linear, position, decay, "
            "shapley, markov). Pedidos cancelados, gratuitos ou sem taxa de câmbio são contados à parte.",
            "Net sales: what was paid less what was given back, each at its date, on the channel it was paid on; with model, "
            "shared among the touches that led to the sale (first, last, last_non_direct, linear, position, decay, shapley, "
            "markov). Orders that were cancelled, free or without an exchange rate are counted apart.",
            "Ventas netas: lo pagado menos lo devuelto, cada uno en su fecha, en el canal donde se pagó; con model, repartidas "
            "entre los contactos que llevaron a la venta (first, last, last_non_direct, linear, position, decay, shapley, "
            "markov). Los pedidos cancelados, gratuitos o sin tipo de cambio se cuentan aparte.",
        ),
        formula=Texts("Σ pago − Σ reembolsado", "Σ paid − Σ refunded", "Σ pagado − Σ reembolsado"),
        unit="money",
        better="higher",
        source=Source(
            ATTRIBUTED,
            "at",
            {**PLACES, "coupon": "coupon", "model": "model"},
            counts="excluded = ''",
            usual={"model": "paid_at"},
            conversation=NOBODY,
            reaches_back=timedelta(days=365),  # what led to an order that is given back only now
            left_out=LEFT_OUT,
            given={"markov": markov.shares},
        ),
        adding=Sum("amount", each="order_id"),
        variants=ATTRIBUTED_SALES,
    ),
    Metric(
        id="average_order_value",
        version=1,
        title=Texts("Ticket médio por pedido", "Average order value", "Valor medio del pedido"),
        definition=Texts(
            "Vendas líquidas do período sobre os pedidos pagos nele; devoluções contam na data em que acontecem. Pedidos "
            "cancelados, gratuitos ou sem taxa de câmbio são contados à parte.",
            "Net sales of the period over the orders paid in it; refunds count at the date they happen. Orders that were "
            "cancelled, free or without an exchange rate are counted apart.",
            "Ventas netas del período sobre los pedidos pagados en él; las devoluciones cuentan en su fecha. Los pedidos "
            "cancelados, gratuitos o sin tipo de cambio se cuentan aparte.",
        ),
        formula=Texts(
            "(Σ pago − Σ reembolsado) / pedidos pagos",
            "(Σ paid − Σ refunded) / orders paid",
            "(Σ pagado − Σ reembolsado) / pedidos pagados",
        ),
        unit="money",
        better="higher",
        source=MONEY,
        adding=Ratio("amount", Per(condition="kind = 'paid'"), spread="net"),
    ),
    Metric(
        id="spend_per_customer",
        version=1,
        title=Texts("Valor médio de venda por cliente", "Spend per customer", "Gasto por cliente"),
        definition=Texts(
            "Vendas líquidas do período sobre as pessoas distintas que compraram nele; no total, cada pessoa conta uma vez.",
            "Net sales of the period over the distinct people who bought in it; in the total everybody counts once.",
            "Ventas netas del período sobre las personas distintas que compraron en él; en el total, cada persona cuenta una vez.",
        ),
        formula=Texts(
            "(Σ pago − Σ reembolsado) / pessoas que pagaram",
            "(Σ paid − Σ refunded) / people who paid",
            "(Σ pagado − Σ reembolsado) / personas que pagaron",
        ),
        unit="money",
        better="higher",
        source=MONEY,
        adding=Ratio("amount", Per(condition="kind = 'paid'", each="customer_id")),
    ),
    Metric(
        id="cart_abandonment",
        version=1,
        title=Texts("Abandono de carrinho", "Cart abandonment", "Abandono del carrito"),
        definition=Texts(
            "Carrinhos com algo dentro que ficaram 60 minutos sem atividade antes de serem pagos, sobre eles e os pagos; "
            "carrinhos ainda ativos ficam ao lado. O mesmo conteúdo em 24 horas é um só carrinho.",
            "Carts with something in them that saw 60 minutes without activity before they were paid, over those and the paid "
            "ones; carts still active stand beside. The same things within 24 hours are one cart.",
            "Carritos con algo dentro que pasaron 60 minutos sin actividad antes de pagarse, sobre ellos y los pagados; los "
            "aún activos quedan al lado. El mismo contenido en 24 horas es un solo carrito.",
        ),
        formula=Texts(
            "carrinhos parados ≥ 60 min sem pagar / (esses + pagos)",
            "carts idle ≥ 60 min unpaid / (those + paid)",
            "carritos parados ≥ 60 min sin pagar / (esos + pagados)",
        ),
        unit="fraction",
        better="lower",
        source=Source(
            CARTS,
            "last_at",
            {"channel": "channel_kind"},
            counts="state <> 'active'",
            conversation=NOBODY,
            start="last_at",
            still_open="state = 'active'",
        ),
        adding=Rate("state = 'abandoned'"),
    ),
    Metric(
        id="cart_recovery",
        version=1,
        title=Texts("Recuperação de carrinho", "Cart recovery", "Recuperación del carrito"),
        definition=Texts(
            "Parte dos carrinhos abandonados que foram pagos em até 7 dias.",
            "Share of abandoned carts that were paid within 7 days.",
            "Parte de los carritos abandonados que se pagaron en hasta 7 días.",
        ),
        formula=Texts(
            "abandonados e depois pagos em ≤ 7 d / abandonados",
            "abandoned, then paid ≤ 7 d / abandoned",
            "abandonados y luego pagados en ≤ 7 d / abandonados",
        ),
        unit="fraction",
        better="higher",
        source=Source(CARTS, "last_at", {"channel": "channel_kind"}, counts="state = 'abandoned'", conversation=NOBODY),
        adding=Rate("recovered"),
    ),
    Metric(
        id="payment_link_abandonment",
        version=1,
        title=Texts("Abandono de link de pagamento", "Payment link abandonment", "Abandono del enlace de pago"),
        definition=Texts(
            "Links de pagamento que não foram pagos em 24 horas, sobre os enviados; os que ainda têm tempo ficam ao lado.",
            "Payment links that were not paid within 24 hours, over those sent; those that still have time stand beside.",
            "Enlaces de pago que no se pagaron en 24 horas, sobre los enviados; los que aún tienen tiempo quedan al lado.",
        ),
        formula=Texts(
            "(links enviados − pagos em ≤ 24 h) / links enviados",
            "(links sent − paid ≤ 24 h) / links sent",
            "(enlaces enviados − pagados en ≤ 24 h) / enlaces enviados",
        ),
        unit="fraction",
        better="lower",
        source=Source(
            LINKS,
            "sent_at",
            {"channel": "channel_kind"},
            counts="paid_in_time OR is_due",
            conversation=NOBODY,
            start="sent_at",
            still_open="NOT paid_in_time AND NOT is_due",
        ),
        adding=Rate("NOT paid_in_time"),
    ),
    Metric(
        id="take_rate",
        version=1,
        title=Texts("Take rate (adesão)", "Take rate (uptake)", "Take rate (adopción)"),
        definition=Texts(
            "Pessoas que usaram um benefício sobre as que o viram e podiam usá-lo; cada pessoa conta uma vez por benefício. "
            "by=used_channel diz em que canal se usou o que se viu em cada um.",
            "People who used a benefit over those who were shown it and might use it; everybody counts once a benefit. "
            "by=used_channel says on which channel was used what was shown on each.",
            "Personas que usaron un beneficio sobre las que lo vieron y podían usarlo; cada persona cuenta una vez por beneficio. "
            "by=used_channel dice en qué canal se usó lo que se vio en cada uno.",
        ),
        formula=Texts(
            "pessoas que usaram / pessoas expostas e elegíveis",
            "people who used it / people exposed and eligible",
            "personas que lo usaron / personas expuestas y elegibles",
        ),
        unit="fraction",
        better="higher",
        source=Source(
            TAKEN,
            "exposed_at",
            {"channel": "channel_kind", "benefit": "benefit", "used_channel": "used_channel"},
            conversation=NOBODY,
        ),
        adding=Rate("taken", each="id"),
    ),
    Metric(
        id="cac",
        version=1,
        title=Texts(
            "Custo de aquisição de clientes (CAC)", "Customer acquisition cost (CAC)", "Costo de adquisición (CAC)"
        ),
        definition=Texts(
            "Custos do período, cada um distribuído por seus dias, sobre as pessoas que compraram pela primeira vez nele; "
            "kind=media dá o custo só de mídia.",
            "Costs of the period, each spread over its days, over the people who bought for the first time in it; kind=media "
            "gives that of media alone.",
            "Costos del período, cada uno repartido por sus días, sobre las personas que compraron por primera vez en él; "
            "kind=media da solo el de medios.",
        ),
        formula=Texts(
            "Σ custos / pessoas com o primeiro pedido pago",
            "Σ costs / people with their first paid order",
            "Σ costos / personas con su primer pedido pagado",
        ),
        unit="money",
        better="lower",
        source=Source(ACQUIRED, "at", {"kind": "kind", "channel": "channel_kind"}, conversation=NOBODY),
        adding=Ratio("amount", Per(condition="customer_id IS NOT NULL", each="customer_id")),
        variants=COSTS,
    ),
)
