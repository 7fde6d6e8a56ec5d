"""Figures of what comes back: for what was spent on a channel, and for the coupons people use."""

from __future__ import annotations

from datetime import timedelta

from metrics.persons import markov
from metrics.persons.sharing import ATTRIBUTED
from metrics.registry.attribution import ATTRIBUTED_GAIN
from metrics.registry.sales import DAILY_COSTS, LEFT_OUT, NOBODY, PLACES
from metrics.registry.terms import Metric, Per, Ratio, Source, Texts

# Money by every model, less what its goods cost, and beside each model what was spent, a day each.
EARNED = f"""(
    SELECT workspace_id, id, customer_id, at, channel_kind, model, order_id, kind, excluded, goods,
        amount - coalesce(goods, 0) AS gain, 0 AS spent
    FROM {ATTRIBUTED}
    UNION ALL
    SELECT %(workspace)s::uuid, concat('cost:', cost.id, ':', cost.day::date), NULL::uuid, cost.at, cost.channel_kind, model,
        NULL::bigint, 'cost', '', 0, -cost.amount, cost.amount
    FROM ({DAILY_COSTS}) AS cost
    CROSS JOIN (VALUES ('paid_at'), ('first'), ('last'), ('last_non_direct'), ('linear'), ('position'), ('decay'), ('shapley'), ('markov'))
        AS of(model)
) AS earned"""  # noqa: S608  names of our own
PAID = Source(
    "metrics_movementfact", "at", PLACES, counts="kind = 'paid' AND excluded = ''", conversation=NOBODY
)  # fmt: skip

RETURNS = (
    Metric(
        id="coupon_usage",
        version=1,
        title=Texts("Uso de cupons", "Coupon usage", "Uso de cupones"),
        definition=Texts(
            "Pedidos pagos com cupom sobre todos os pedidos pagos, pela data do pagamento; by=coupon separa os cupons, e as vendas "
            "líquidas por canal, com by=coupon, dizem quanto trouxeram. Quantos cupons foram distribuídos nenhum evento conta.",
            "Orders paid with a coupon over all orders paid, by the date of payment; by=coupon tells coupons apart, and sales by "
            "channel, by=coupon, say what they brought. How many coupons were given out no event tells.",
            "Pedidos pagados con cupón sobre todos los pedidos pagados, por la fecha de pago; by=coupon separa los cupones, y las "
            "ventas por canal, con by=coupon, dicen cuánto aportaron. Cuántos cupones se entregaron ningún evento lo cuenta.",
        ),
        formula=Texts(
            "pedidos pagos com cupom / pedidos pagos",
            "orders paid with a coupon / orders paid",
            "pedidos pagados con cupón / pedidos pagados",
        ),
        unit="fraction",
        better=None,
        source=Source(
            "metrics_movementfact",
            "at",
            {**PLACES, "coupon": "coupon"},
            counts="kind = 'paid' AND excluded = '' AND coupon <> ''",
            conversation=NOBODY,
            left_out=LEFT_OUT,
        ),
        adding=Ratio("1", Per(PAID)),
    ),
    Metric(
        id="roi",
        version=1,
        title=Texts("Retorno do investimento (ROI)", "Return on investment (ROI)", "Retorno de la inversión (ROI)"),
        definition=Texts(
            "Vendas líquidas atribuídas ao canal menos o custo das mercadorias e menos o que se gastou nele, sobre o que se gastou "
            "nele; por padrão pelo último contato (model). Custos são distribuídos por seus dias. Pedidos cujas linhas não dizem "
            "quanto custaram (cost) entram inteiros e são contados ao lado: com todos assim, é o retorno sobre as vendas.",
            "Net sales attributed to the channel less the cost of goods and less what was spent on it, over what was spent on it; "
            "by the last touch unless asked otherwise (model). Costs are spread over their days. Orders whose lines do not say "
            "what they cost (cost) count in full and are counted beside: with all of them so, it is the return on sales.",
            "Ventas netas atribuidas al canal menos el costo de los productos y menos lo gastado en él, sobre lo gastado en él; por "
            "defecto por el último contacto (model). Los costos se reparten por sus días. Los pedidos cuyas líneas no dicen cuánto "
            "costaron (cost) entran enteros y se cuentan al lado: si todos son así, es el retorno sobre las ventas.",
        ),
        formula=Texts(
            "(Σ vendas líquidas atribuídas − Σ custo dos produtos − Σ custos) / Σ custos",
            "(Σ attributed net sales − Σ cost of goods − Σ costs) / Σ costs",
            "(Σ ventas netas atribuidas − Σ costo de los productos − Σ costos) / Σ costos",
        ),
        unit="fraction",
        better="higher",
        source=Source(
            EARNED,
            "at",
            {"channel": "channel_kind", "model": "model"},
            counts="excluded = ''",
            usual={"model": "last"},
            conversation=NOBODY,
            reaches_back=timedelta(days=365),  # what led to an order that is given back only now
            left_out={"uncosted": "excluded = '' AND kind = 'paid' AND goods IS NULL"},
            given={"markov": markov.shares},
        ),
        adding=Ratio("gain", Per(amount="spent"), each="order_id"),
        variants=ATTRIBUTED_GAIN,
    ),
)
