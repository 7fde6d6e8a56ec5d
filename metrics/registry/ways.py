"""Ways: the variants of figures whose rows know all of them, such as what a share is taken of, or by which model."""

from __future__ import annotations

from metrics.registry.terms import Rate, Texts, Variant


def _by(dimension: str, word: str, title: Texts, definition: Texts, formula: str) -> Variant:
    return Variant(word, title, definition, formula, kept={dimension: word})


REACH = (
    _by(
        "reach",
        "cross_channel",
        Texts("em vários canais", "on several channels", "en varios canales"),
        Texts(
            "Os casos que passaram por dois canais ou mais.",
            "The cases that touched two channels or more.",
            "Los casos que pasaron por dos canales o más.",
        ),
        "t(final close of the case) − t(its first opening), of cases on 2 or more channels",
    ),
    _by(
        "reach",
        "single_channel",
        Texts("em um só canal", "on one channel", "en un solo canal"),
        Texts("Os demais casos.", "The other cases.", "Los demás casos."),
        "t(final close of the case) − t(its first opening), of cases on 1 channel",
    ),
)
WINS = (
    _by(
        "basis",
        "closed",
        Texts("pelo fechamento", "by close", "por el cierre"),
        Texts(
            "Oportunidades ganhas sobre as ganhas e perdidas no período.",
            "Opportunities won over those won and lost in the period.",
            "Oportunidades ganadas sobre las ganadas y perdidas en el período.",
        ),
        "won / (won + lost)",
    ),
    _by(
        "basis",
        "cohort",
        Texts("pela abertura", "by opening", "por la apertura"),
        Texts(
            "Oportunidades ganhas até agora sobre as abertas no período; ao lado, as ainda abertas.",
            "Opportunities won up to now over those opened in the period; beside it those still open.",
            "Oportunidades ganadas hasta ahora sobre las abiertas en el período; al lado, las que siguen abiertas.",
        ),
        "won / opened",
    ),
)
PER_PERSON = (
    _by(
        "basis",
        "active",
        Texts("por pessoa ativa", "per active person", "por persona activa"),
        Texts(
            "Vendas líquidas sobre as pessoas que compraram ou buscaram contato no período.",
            "Net sales over the people who bought or sought contact in the period.",
            "Ventas netas sobre las personas que compraron o buscaron contacto en el período.",
        ),
        "(Σ paid − Σ refunded) / people active",
    ),
    _by(
        "basis",
        "buyers",
        Texts("por comprador", "per buyer", "por comprador"),
        Texts(
            "Vendas líquidas sobre as pessoas que compraram no período.",
            "Net sales over the people who bought in the period.",
            "Ventas netas sobre las personas que compraron en el período.",
        ),
        "(Σ paid − Σ refunded) / people who paid",
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
        "people with ≥ 2 paid orders / people with ≥ 1",
    ),
    Variant(
        "several_channels",
        Texts("em dois canais ou mais", "on two channels or more", "en dos canales o más"),
        Texts(
            "Pessoas que compraram em dois canais ou mais até o fim do período, sobre as com pelo menos uma compra.",
            "People who bought on two channels or more up to the end of the period, over those with one purchase at least.",
            "Personas que compraron en dos canales o más hasta el fin del período, sobre las que tienen al menos una compra.",
        ),
        "people with paid orders on ≥ 2 channels / people with ≥ 1",
        adding=Rate("crosses"),
    ),
)
MOVES = (
    _by(
        "basis",
        "moves",
        Texts("quem muda", "who moves", "quien cambia"),
        Texts(
            "De cada dois contatos seguidos, a parte em que a pessoa mudou de canal.",
            "Of every two touches in a row, the share in which the person changed channels.",
            "De cada dos contactos seguidos, la parte en que la persona cambió de canal.",
        ),
        "n(i → j), j ≠ i / Σ n(i → any)",
    ),
    _by(
        "basis",
        "stays",
        Texts("quem fica", "who stays", "quien permanece"),
        Texts(
            "De cada dois contatos seguidos, a parte em que a pessoa ficou no canal.",
            "Of every two touches in a row, the share in which the person stayed on the channel.",
            "De cada dos contactos seguidos, la parte en que la persona permaneció en el canal.",
        ),
        "n(i → i) / Σ n(i → any)",
    ),
)
RESEARCH = (
    _by(
        "basis",
        "identified",
        Texts("entre identificados", "of identified people", "entre identificados"),
        Texts(
            "Das vendas na loja a pessoas identificadas, a parte com pesquisa online antes.",
            "Of the store sales to identified people, the share with research online before.",
            "De las ventas en tienda a personas identificadas, la parte con investigación online antes.",
        ),
        "identified store sales with an online research touch / identified store sales",
    ),
    _by(
        "basis",
        "lowest",
        Texts("no mínimo", "at least", "como mínimo"),
        Texts(
            "O mínimo entre todas as vendas na loja: nenhuma das não identificadas teve pesquisa.",
            "The least of all store sales: none of the unidentified ones had any research.",
            "Lo mínimo de todas las ventas en tienda: ninguna de las no identificadas tuvo investigación.",
        ),
        "identified store sales with an online research touch / store sales",
    ),
    _by(
        "basis",
        "highest",
        Texts("no máximo", "at most", "como máximo"),
        Texts(
            "O máximo entre todas as vendas na loja: todas as não identificadas tiveram pesquisa.",
            "The most of all store sales: all of the unidentified ones had research.",
            "Lo máximo de todas las ventas en tienda: todas las no identificadas tuvieron investigación.",
        ),
        "(identified store sales with an online research touch + unidentified ones) / store sales",
    ),
    _by(
        "basis",
        "matched",
        Texts("parte identificada", "share identified", "parte identificada"),
        Texts(
            "Das vendas na loja, a parte a pessoas identificadas.",
            "Of the store sales, the share to identified people.",
            "De las ventas en tienda, la parte a personas identificadas.",
        ),
        "identified store sales / store sales",
    ),
)
EXPECTED = (
    _by(
        "basis",
        "sales",
        Texts("vendas", "sales", "ventas"),
        Texts("Em vendas líquidas.", "In net sales.", "En ventas netas."),
        "E[orders in 365 d] × E[value of an order] × present value",
    ),
    _by(
        "basis",
        "margin",
        Texts("margem", "margin", "margen"),
        Texts(
            "Em margem: vezes a dos pedidos cujo custo é conhecido.",
            "In margin: times that of the orders whose cost is known.",
            "En margen: por el de los pedidos de costo conocido.",
        ),
        "E[orders in 365 d] × E[value of an order] × present value × margin",
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
        "Σ costs / people with their first paid order",
    ),
    _by(
        "kind",
        "media",
        Texts("só mídia", "media alone", "solo medios"),
        Texts(
            "Só os custos de mídia sobre as pessoas que compraram pela primeira vez no período.",
            "The costs of media alone over the people who bought for the first time in the period.",
            "Solo los costos de medios sobre las personas que compraron por primera vez en el período.",
        ),
        "Σ costs of media / people with their first paid order",
    ),
)
PAID_AT = _by(
    "model",
    "paid_at",
    Texts("onde se pagou", "where it was paid", "donde se pagó"),
    Texts(
        "No canal onde se pagou.",
        "On the channel it was paid on.",
        "En el canal donde se pagó.",
    ),
    "of each sale the whole to the channel of payment",
)
LAST, *OTHERS = (
    _by("model", word, title, definition, formula)
    for word, title, definition, formula in (
        (
            "last",
            Texts("último contato", "last touch", "último contacto"),
            Texts("Todo ao último contato.", "All to the last touch.", "Todo al último contacto."),
            "of each sale the whole to the last touch",
        ),
        (
            "first",
            Texts("primeiro contato", "first touch", "primer contacto"),
            Texts("Todo ao primeiro contato.", "All to the first touch.", "Todo al primer contacto."),
            "of each sale the whole to the first touch",
        ),
        (
            "last_non_direct",
            Texts("último não direto", "last non-direct", "último no directo"),
            Texts(
                "Todo ao último contato que não foi uma visita direta, se houve.",
                "All to the last touch that was no direct visit, if there was one.",
                "Todo al último contacto que no fue una visita directa, si lo hubo.",
            ),
            "of each sale the whole to the last touch that was no direct visit",
        ),
        (
            "linear",
            Texts("linear", "even", "lineal"),
            Texts("O mesmo a cada contato.", "The same to every touch.", "Lo mismo a cada contacto."),
            "of each sale 1 / touches to each",
        ),
        (
            "position",
            Texts("por posição", "by position", "por posición"),
            Texts(
                "40% ao primeiro e ao último contato, o resto aos do meio.",
                "40% to the first and the last touch, the rest to those between.",
                "40% al primero y al último contacto, el resto a los del medio.",
            ),
            "of each sale 0.4 to the first touch, 0.2 shared, 0.4 to the last",
        ),
        (
            "decay",
            Texts("mais aos recentes", "more to recent ones", "más a los recientes"),
            Texts(
                "A cada contato a metade por semana antes da venda.",
                "To each touch half as much for every week before the sale.",
                "A cada contacto la mitad por cada semana antes de la venta.",
            ),
            "of each sale ∝ 2^(−days before the sale / 7) to each touch",
        ),
        (
            "shapley",
            Texts("Shapley", "Shapley values", "valores de Shapley"),
            Texts(
                "O mesmo a cada canal que levou à venda.",
                "The same to every channel that led to the sale.",
                "Lo mismo a cada canal que llevó a la venta.",
            ),
            "of each sale 1 / channels to each channel",
        ),
        (
            "markov",
            Texts("Markov", "Markov chain", "cadena de Markov"),
            Texts(
                "A cada canal pelo que se perderia sem ele.",
                "To each channel by what would be lost without it.",
                "A cada canal por lo que se perdería sin él.",
            ),
            "of each sale ∝ sales lost once the channel is removed, to each channel",
        ),
    )
)
ATTRIBUTED_SALES = (PAID_AT, LAST, *OTHERS)
ATTRIBUTED_GAIN = (LAST, *OTHERS)
