"""Figures of movement: how people go from channel to channel, and what they look up online before they buy in a store."""

from __future__ import annotations

from datetime import timedelta

from metrics.persons.journeys import FOLLOWED
from metrics.persons.research import DAYS, RESEARCHED
from metrics.registry.terms import Metric, Per, Rate, Ratio, Source, Texts
from metrics.registry.ways import MOVES, RESEARCH

NOBODY = "NULL::uuid"  # no conversation stands behind it
GAP = timedelta(days=30)

MOVEMENT = (
    Metric(
        id="channel_movement",
        version=1,
        title=Texts("Movimento entre canais", "Channel movement", "Movimiento entre canales"),
        definition=Texts(
            "De cada dois contatos seguidos de uma mesma jornada, a parte em que a pessoa mudou de canal; por par de canais "
            "(by=from_channel&by=to_channel), a parte dos contatos do primeiro a que seguiu o segundo. Quem fica no canal está em "
            "basis=stays. Conta no instante do segundo contato; uma jornada tem até 30 dias entre contatos e termina na compra.",
            "Of every two touches in a row on one journey, the share in which the person changed the channel; by pair of channels "
            "(by=from_channel&by=to_channel), the share of touches of the first that the second followed. Who stays on a channel "
            "is in basis=stays. Counted at the instant of the second touch; a journey has at most 30 days between touches and "
            "ends at the purchase.",
            "De cada dos contactos seguidos de un mismo recorrido, la parte en que la persona cambió de canal; por par de canales "
            "(by=from_channel&by=to_channel), la parte de los contactos del primero a los que siguió el segundo. Quien permanece "
            "en el canal está en basis=stays. Cuenta en el instante del segundo contacto; un recorrido tiene hasta 30 días entre "
            "contactos y termina en la compra.",
        ),
        formula=Texts(
            "n(i → j), j ≠ i / Σ n(i → qualquer)",
            "n(i → j), j ≠ i / Σ n(i → any)",
            "n(i → j), j ≠ i / Σ n(i → cualquiera)",
        ),
        unit="fraction",
        better=None,
        source=Source(
            FOLLOWED,
            "at",
            {"from_channel": "from_channel", "to_channel": "to_channel", "basis": "basis"},
            usual={"basis": "moves"},
            conversation=NOBODY,
            start="since",
            reaches_back=GAP,
        ),
        adding=Ratio(
            "1", Per(Source(FOLLOWED, "at", {"from_channel": "from_channel"}, conversation=NOBODY, start="since"))
        ),
        variants=MOVES,
    ),
    Metric(
        id="ropo",
        version=1,
        title=Texts(
            "Pesquisa online, compra na loja (ROPO)",
            "Research online, purchase offline (ROPO)",
            "Investiga online, compra en tienda (ROPO)",
        ),
        definition=Texts(
            f"Vendas na loja a pessoas identificadas que, nos {DAYS} dias anteriores, visitaram o site ou escreveram em um canal "
            "online, sobre todas as vendas na loja a pessoas identificadas. Sobre todas as vendas na loja, identificadas ou não, "
            "basis=lowest e basis=highest dão o mínimo e o máximo possíveis, e basis=matched a parte identificada. O canal é o da "
            "pesquisa.",
            f"Store sales to identified people who, in the {DAYS} days before, visited the site or wrote on an online channel, over "
            "all store sales to identified people. Over all store sales, identified or not, basis=lowest and basis=highest give "
            "the least and the most it can be, and basis=matched the share that is identified. The channel is that of the research.",
            f"Ventas en tienda a personas identificadas que, en los {DAYS} días anteriores, visitaron el sitio o escribieron en un "
            "canal online, sobre todas las ventas en tienda a personas identificadas. Sobre todas las ventas en tienda, "
            "identificadas o no, basis=lowest y basis=highest dan el mínimo y el máximo posibles, y basis=matched la parte "
            "identificada. El canal es el de la investigación.",
        ),
        formula=Texts(
            f"vendas identificadas na loja com pesquisa online ≤ {DAYS} d antes / vendas identificadas na loja",
            f"identified store sales with an online research touch ≤ {DAYS} d before / identified store sales",
            f"ventas identificadas en tienda con investigación en línea ≤ {DAYS} d antes / ventas identificadas en tienda",
        ),
        unit="fraction",
        better=None,
        source=Source(
            RESEARCHED,
            "paid_at",
            {"channel": "research_channel", "store": "store", "basis": "basis"},
            usual={"basis": "identified"},
            conversation=NOBODY,
            start="looked_at",
            reaches_back=timedelta(days=DAYS),
        ),
        adding=Rate("counted", each="order_id"),
        variants=RESEARCH,
    ),
)
