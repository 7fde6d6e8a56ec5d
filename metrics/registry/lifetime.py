"""Figures of what is to come: what the people who have bought are expected to bring."""

from __future__ import annotations

from metrics.lifetime import BUYERS, GIVEN
from metrics.registry.terms import Expected, Metric, Source, Texts
from metrics.registry.ways import EXPECTED

LIFETIME = (
    Metric(
        id="predicted_lifetime_value",
        version=1,
        title=Texts(
            "Valor previsto do cliente (próximos 12 meses)",
            "Predicted lifetime value (next 12 months)",
            "Valor previsto del cliente (próximos 12 meses)",
        ),
        definition=Texts(
            "Vendas líquidas que cada pessoa que já comprou provavelmente trará nos 365 dias depois do fim do período (no máximo de "
            "agora): compras esperadas pelo modelo BG/NBD vezes o valor esperado de cada uma pelo Gamma-Gamma, a valor presente "
            "com desconto de 10% ao ano, com intervalo de 80%. Compras de um dia são uma só; vale para vendas sem contrato. "
            "basis=margin multiplica pela margem dos pedidos cujo custo é conhecido. Com menos de 500 pessoas que voltaram a "
            "comprar, model diz cohort_average: a média diária de quem começou no mesmo canal (a de todos, se são menos de 30), "
            "sem contar o primeiro dia. O canal é o da primeira compra. Ao lado: quanto a previsão feita 90 dias antes errou.",
            "Net sales that each person who has bought will probably bring in the 365 days after the end of the period (at most from "
            "now): purchases expected by the BG/NBD model times what each is expected to be worth by Gamma-Gamma, at their present "
            "value by a discount of 10% a year, with an 80% interval. A day's purchases are one; it holds for sales without a "
            "contract. basis=margin multiplies by the margin of orders whose cost is known. With fewer than 500 people who have "
            "bought again, model says cohort_average: what people who began on the same channel spent a day on average (everybody, "
            "where these are fewer than 30), their first day apart. The channel is that of the first purchase. Beside it: by how "
            "much the same forecast, made 90 days before, was off.",
            "Ventas netas que cada persona que ya compró probablemente traerá en los 365 días después del fin del período (como "
            "máximo desde ahora): compras esperadas por el modelo BG/NBD por el valor esperado de cada una por Gamma-Gamma, a valor "
            "presente con un descuento del 10% anual, con intervalo del 80%. Las compras de un día son una; vale para ventas sin "
            "contrato. basis=margin multiplica por el margen de los pedidos de costo conocido. Con menos de 500 personas que "
            "volvieron a comprar, model dice cohort_average: el promedio diario de quienes empezaron en el mismo canal (el de "
            "todos, si son menos de 30), sin contar el primer día. El canal es el de la primera compra. Al lado: cuánto erró la "
            "misma previsión hecha 90 días antes.",
        ),
        formula=Texts("E[pedidos em 365 d] × E[valor de um pedido] × valor presente (× margem)", "E[orders in 365 d] × E[value of an order] × present value (× margin)", "E[pedidos en 365 d] × E[valor de un pedido] × valor presente (× margen)"),
        unit="money",
        better="higher",
        source=Source(
            BUYERS,
            "paid_at",
            {"channel": "channel_kind", "basis": "basis"},
            counts="factor IS NOT NULL",
            usual={"basis": "sales"},
            timeless=True,
            conversation="NULL::uuid",  # none stands behind it
            given=GIVEN,
            beside={
                "earlier_orders": "frequency", "days_to_last": "recency", "earlier_sales": "later",
                "expected_orders": "orders", "order_value": "worth", "alive": "alive",
            },
            observed=("earlier_orders", "days_to_last", "earlier_sales"),
        ),
        adding=Expected("amount"),
        variants=EXPECTED,
    ),
)  # fmt: skip
