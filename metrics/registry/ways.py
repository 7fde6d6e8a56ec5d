"""Ways: the variants of figures whose rows know all of them, such as what a share is taken of."""

from __future__ import annotations

from metrics.registry.terms import Rate, Texts, Variant


def way(dimension: str, word: str, title: Texts, definition: Texts, formula: Texts) -> Variant:
    """Return the variant that is one value of a dimension in which all ways stand side by side."""
    return Variant(word, title, definition, formula, kept={dimension: word})


REACH = (
    way(
        "reach",
        "cross_channel",
        Texts("em vários canais", "on several channels", "en varios canales"),
        Texts(
            "Os casos que passaram por dois canais ou mais.",
            "The cases that touched two channels or more.",
            "Los casos que pasaron por dos canales o más.",
        ),
        Texts(
            "t(último fechamento do caso) − t(sua primeira abertura), dos casos em 2 ou mais canais",
            "t(final close of the case) − t(its first opening), of cases on 2 or more channels",
            "t(último cierre del caso) − t(su primera apertura), de los casos en 2 o más canales",
        ),
    ),
    way(
        "reach",
        "single_channel",
        Texts("em um só canal", "on one channel", "en un solo canal"),
        Texts("Os demais casos.", "The other cases.", "Los demás casos."),
        Texts(
            "t(último fechamento do caso) − t(sua primeira abertura), dos casos em 1 canal",
            "t(final close of the case) − t(its first opening), of cases on 1 channel",
            "t(último cierre del caso) − t(su primera apertura), de los casos en 1 canal",
        ),
    ),
)
WINS = (
    way(
        "basis",
        "closed",
        Texts("pelo fechamento", "by close", "por el cierre"),
        Texts(
            "Oportunidades ganhas sobre as ganhas e perdidas no período.",
            "Opportunities won over those won and lost in the period.",
            "Oportunidades ganadas sobre las ganadas y perdidas en el período.",
        ),
        Texts("ganhas / (ganhas + perdidas)", "won / (won + lost)", "ganadas / (ganadas + perdidas)"),
    ),
    way(
        "basis",
        "cohort",
        Texts("pela abertura", "by opening", "por la apertura"),
        Texts(
            "Oportunidades ganhas até agora sobre as abertas no período; ao lado, as ainda abertas.",
            "Opportunities won up to now over those opened in the period; beside it those still open.",
            "Oportunidades ganadas hasta ahora sobre las abiertas en el período; al lado, las que siguen abiertas.",
        ),
        Texts("ganhas / abertas", "won / opened", "ganadas / abiertas"),
    ),
)
PER_PERSON = (
    way(
        "basis",
        "active",
        Texts("por pessoa ativa", "per active person", "por persona activa"),
        Texts(
            "Vendas líquidas sobre as pessoas que compraram ou buscaram contato no período.",
            "Net sales over the people who bought or sought contact in the period.",
            "Ventas netas sobre las personas que compraron o buscaron contacto en el período.",
        ),
        Texts(
            "(Σ pago − Σ reembolsado) / pessoas ativas",
            "(Σ paid − Σ refunded) / people active",
            "(Σ pagado − Σ reembolsado) / personas activas",
        ),
    ),
    way(
        "basis",
        "buyers",
        Texts("por comprador", "per buyer", "por comprador"),
        Texts(
            "Vendas líquidas sobre as pessoas que compraram no período.",
            "Net sales over the people who bought in the period.",
            "Ventas netas sobre las personas que compraron en el período.",
        ),
        Texts(
            "(Σ pago − Σ reembolsado) / pessoas que pagaram",
            "(Σ paid − Σ refunded) / people who paid",
            "(Σ pagado − Σ reembolsado) / personas que pagaron",
        ),
    ),
)
AGAIN = (
    Variant(
        "anywhere",
        Texts("em qualquer canal", "anywhere", "en cualquier canal"),
        Texts(
            "Pessoas com duas compras ou mais, sobre as com pelo menos uma.",
            "People with two purchases or more, over those with one at least.",
            "Personas con dos compras o más, sobre las que tienen al menos una.",
        ),
        Texts(
            "pessoas com ≥ 2 pedidos pagos / pessoas com ≥ 1",
            "people with ≥ 2 paid orders / people with ≥ 1",
            "personas con ≥ 2 pedidos pagados / personas con ≥ 1",
        ),
    ),
    Variant(
        "several_channels",
        Texts("em dois canais ou mais", "on two channels or more", "en dos canales o más"),
        Texts(
            "Pessoas que compraram em dois canais ou mais até o fim do período, sobre as com pelo menos uma compra.",
            "People who bought on two channels or more up to the end of the period, over those with one purchase at least.",
            "Personas que compraron en dos canales o más hasta el fin del período, sobre las que tienen al menos una compra.",
        ),
        Texts(
            "pessoas com pedidos pagos em ≥ 2 canais / pessoas com ≥ 1",
            "people with paid orders on ≥ 2 channels / people with ≥ 1",
            "personas con pedidos pagados en ≥ 2 canales / personas con ≥ 1",
        ),
        adding=Rate("crosses"),
    ),
)
MOVES = (
    way(
        "basis",
        "moves",
        Texts("quem muda", "who moves", "quien cambia"),
        Texts(
            "De cada dois contatos seguidos, a parte em que a pessoa mudou de canal.",
            "Of every two touches in a row, the share in which the person changed channels.",
            "De cada dos contactos seguidos, la parte en que la persona cambió de canal.",
        ),
        Texts(
            "n(i → j), j ≠ i / Σ n(i → qualquer)",
            "n(i → j), j ≠ i / Σ n(i → any)",
            "n(i → j), j ≠ i / Σ n(i → cualquiera)",
        ),
    ),
    way(
        "basis",
        "stays",
        Texts("quem fica", "who stays", "quien permanece"),
        Texts(
            "De cada dois contatos seguidos, a parte em que a pessoa ficou no canal.",
            "Of every two touches in a row, the share in which the person stayed on the channel.",
            "De cada dos contactos seguidos, la parte en que la persona permaneció en el canal.",
        ),
        Texts("n(i → i) / Σ n(i → qualquer)", "n(i → i) / Σ n(i → any)", "n(i → i) / Σ n(i → cualquiera)"),
    ),
)
RESEARCH = (
    way(
        "basis",
        "identified",
        Texts("entre identificados", "of identified people", "entre identificados"),
        Texts(
            "Das vendas na loja a pessoas identificadas, a parte com pesquisa online antes.",
            "Of the store sales to identified people, the share with research online before.",
            "De las ventas en tienda a personas identificadas, la parte con investigación online antes.",
        ),
        Texts(
            "vendas identificadas na loja com pesquisa online / vendas identificadas na loja",
            "identified store sales with an online research touch / identified store sales",
            "ventas identificadas en tienda con investigación en línea / ventas identificadas en tienda",
        ),
    ),
    way(
        "basis",
        "lowest",
        Texts("no mínimo", "at least", "como mínimo"),
        Texts(
            "O mínimo entre todas as vendas na loja: nenhuma das não identificadas teve pesquisa.",
            "The least of all store sales: none of the unidentified ones had any research.",
            "Lo mínimo de todas las ventas en tienda: ninguna de las no identificadas tuvo investigación.",
        ),
        Texts(
            "vendas identificadas na loja com pesquisa online / vendas na loja",
            "identified store sales with an online research touch / store sales",
            "ventas identificadas en tienda con investigación en línea / ventas en tienda",
        ),
    ),
    way(
        "basis",
        "highest",
        Texts("no máximo", "at most", "como máximo"),
        Texts(
            "O máximo entre todas as vendas na loja: todas as não identificadas tiveram pesquisa.",
            "The most of all store sales: all of the unidentified ones had research.",
            "Lo máximo de todas las ventas en tienda: todas las no identificadas tuvieron investigación.",
        ),
        Texts(
            "(vendas identificadas na loja com pesquisa online + as não identificadas) / vendas na loja",
            "(identified store sales with an online research touch + unidentified ones) / store sales",
            "(ventas identificadas en tienda con investigación en línea + las no identificadas) / ventas en tienda",
        ),
    ),
    way(
        "basis",
        "matched",
        Texts("parte identificada", "share identified", "parte identificada"),
        Texts(
            "Das vendas na loja, a parte a pessoas identificadas.",
            "Of the store sales, the share to identified people.",
            "De las ventas en tienda, la parte a personas identificadas.",
        ),
        Texts(
            "vendas identificadas na loja / vendas na loja",
            "identified store sales / store sales",
            "ventas identificadas en tienda / ventas en tienda",
        ),
    ),
)
EXPECTED = (
    way(
        "basis",
        "sales",
        Texts("vendas", "sales", "ventas"),
        Texts("Em vendas líquidas.", "In net sales.", "En ventas netas."),
        Texts(
            "E[pedidos em 365 d] × E[valor de um pedido] × valor presente",
            "E[orders in 365 d] × E[value of an order] × present value",
            "E[pedidos en 365 d] × E[valor de un pedido] × valor presente",
        ),
    ),
    way(
        "basis",
        "margin",
        Texts("margem", "margin", "margen"),
        Texts(
            "Em margem: vezes a dos pedidos cujo custo é conhecido.",
            "In margin: times that of the orders whose cost is known.",
            "En margen: por el de los pedidos de costo conocido.",
        ),
        Texts(
            "E[pedidos em 365 d] × E[valor de um pedido] × valor presente × margem",
            "E[orders in 365 d] × E[value of an order] × present value × margin",
            "E[pedidos en 365 d] × E[valor de un pedido] × valor presente × margen",
        ),
    ),
)
COSTS = (
    Variant(
        "full",
        Texts("todos os custos", "all costs", "todos los costos"),
        Texts(
            "Todos os custos do período sobre as pessoas que compraram pela primeira vez nele.",
            "All costs of the period over the people who bought for the first time in it.",
            "Todos los costos del período sobre las personas que compraron por primera vez en él.",
        ),
        Texts(
            "Σ custos / pessoas com o primeiro pedido pago",
            "Σ costs / people with their first paid order",
            "Σ costos / personas con su primer pedido pagado",
        ),
    ),
    way(
        "kind",
        "media",
        Texts("só mídia", "media alone", "solo medios"),
        Texts(
            "Só os custos de mídia sobre as pessoas que compraram pela primeira vez no período.",
            "The costs of media alone over the people who bought for the first time in the period.",
            "Solo los costos de medios sobre las personas que compraron por primera vez en el período.",
        ),
        Texts(
            "Σ custos de mídia / pessoas com o primeiro pedido pago",
            "Σ costs of media / people with their first paid order",
            "Σ costos de medios / personas con su primer pedido pagado",
        ),
    ),
)
