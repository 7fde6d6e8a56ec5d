"""Attribution: the models by which a sale is given to what led to it, each a variant of what is shared so."""

from __future__ import annotations

from metrics.registry.terms import Texts
from metrics.registry.ways import way

PAID_AT = way(
    "model",
    "paid_at",
    Texts("onde se pagou", "where it was paid", "donde se pagó"),
    Texts(
        "No canal onde se pagou.",
        "On the channel it was paid on.",
        "En el canal donde se pagó.",
    ),
    Texts(
        "de cada venda tudo ao canal do pagamento",
        "of each sale the whole to the channel of payment",
        "de cada venta todo al canal del pago",
    ),
)
LAST, *OTHERS = (
    way("model", word, title, definition, formula)
    for word, title, definition, formula in (
        (
            "last",
            Texts("último contato", "last touch", "último contacto"),
            Texts("Todo ao último contato.", "All to the last touch.", "Todo al último contacto."),
            Texts(
                "de cada venda tudo ao último contato",
                "of each sale the whole to the last touch",
                "de cada venta todo al último contacto",
            ),
        ),
        (
            "first",
            Texts("primeiro contato", "first touch", "primer contacto"),
            Texts("Todo ao primeiro contato.", "All to the first touch.", "Todo al primer contacto."),
            Texts(
                "de cada venda tudo ao primeiro contato",
                "of each sale the whole to the first touch",
                "de cada venta todo al primer contacto",
            ),
        ),
        (
            "last_non_direct",
            Texts("último não direto", "last non-direct", "último no directo"),
            Texts(
                "Todo ao último contato que não foi uma visita direta, se houve.",
                "All to the last touch that was no direct visit, if there was one.",
                "Todo al último contacto que no fue una visita directa, si lo hubo.",
            ),
            Texts(
                "de cada venda tudo ao último contato que não foi visita direta",
                "of each sale the whole to the last touch that was no direct visit",
                "de cada venta todo al último contacto que no fue visita directa",
            ),
        ),
        (
            "linear",
            Texts("linear", "even", "lineal"),
            Texts("O mesmo a cada contato.", "The same to every touch.", "Lo mismo a cada contacto."),
            Texts(
                "de cada venda 1 / contatos a cada um",
                "of each sale 1 / touches to each",
                "de cada venta 1 / contactos a cada uno",
            ),
        ),
        (
            "position",
            Texts("por posição", "by position", "por posición"),
            Texts(
                "40% ao primeiro e ao último contato, o resto aos do meio.",
                "40% to the first and the last touch, the rest to those between.",
                "40% al primero y al último contacto, el resto a los del medio.",
            ),
            Texts(
                "de cada venda 0,4 ao primeiro contato, 0,2 repartido, 0,4 ao último",
                "of each sale 0.4 to the first touch, 0.2 shared, 0.4 to the last",
                "de cada venta 0,4 al primer contacto, 0,2 repartido, 0,4 al último",
            ),
        ),
        (
            "decay",
            Texts("mais aos recentes", "more to recent ones", "más a los recientes"),
            Texts(
                "A cada contato a metade por semana antes da venda.",
                "To each touch half as much for every week before the sale.",
                "A cada contacto la mitad por cada semana antes de la venta.",
            ),
            Texts(
                "de cada venda ∝ 2^(−dias antes da venda / 7) a cada contato",
                "of each sale ∝ 2^(−days before the sale / 7) to each touch",
                "de cada venta ∝ 2^(−días antes de la venta / 7) a cada contacto",
            ),
        ),
        (
            "shapley",
            Texts("Shapley", "Shapley values", "valores de Shapley"),
            Texts(
                "O mesmo a cada canal que levou à venda.",
                "The same to every channel that led to the sale.",
                "Lo mismo a cada canal que llevó a la venta.",
            ),
            Texts(
                "de cada venda 1 / canais a cada canal",
                "of each sale 1 / channels to each channel",
                "de cada venta 1 / canales a cada canal",
            ),
        ),
        (
            "markov",
            Texts("Markov", "Markov chain", "cadena de Markov"),
            Texts(
                "A cada canal pelo que se perderia sem ele.",
                "To each channel by what would be lost without it.",
                "A cada canal por lo que se perdería sin él.",
            ),
            Texts(
                "de cada venda ∝ vendas perdidas sem o canal, a cada canal",
                "of each sale ∝ sales lost once the channel is removed, to each channel",
                "de cada venta ∝ ventas perdidas sin el canal, a cada canal",
            ),
        ),
    )
)
ATTRIBUTED_SALES = (PAID_AT, LAST, *OTHERS)
ATTRIBUTED_GAIN = (LAST, *OTHERS)
