"""Figures of stages: how long people stay in each stage of their way, and how they leave it."""

from __future__ import annotations

from datetime import timedelta

from metrics.persons.stages import LONGEST_DAYS, STAYS
from metrics.registry.terms import Lengths, Metric, Source, Texts

STAGES = (
    Metric(
        id="journey_stages",
        version=1,
        title=Texts("Etapas da jornada", "Journey stages", "Etapas del recorrido"),
        definition=Texts(
            "Quanto tempo as pessoas ficam em cada etapa (by=stage) em que entraram no período e como saem dela (by=outcome): "
            "avançam, voltam ou deixam a jornada; ao lado, quem continua nela. Um anúncio clicado ou uma visita põe na atenção por "
            "30 dias; uma mensagem, na consideração por 30; um carrinho ou link de pagamento, na decisão por 30; uma compra, no "
            "serviço até 30 dias depois da entrega; outra compra ou ser promotor, na lealdade por um ano. Vale a mais avançada. O "
            "canal é o do contato que fez avançar.",
            "How long people stay in each stage (by=stage) they came into in the period and how they leave it (by=outcome): advanced, "
            "back, or left the way altogether; beside it who is there still. An ad clicked or a visit puts into attention for 30 "
            "days; a message into consideration for 30; a cart or a payment link into decision for 30; a purchase into service until "
            "30 days after delivery; another purchase or being a promoter into loyalty for a year. The furthest one counts. The "
            "channel is that of the touch that led on.",
            "Cuánto tiempo permanecen las personas en cada etapa (by=stage) en la que entraron en el período y cómo salen de ella "
            "(by=outcome): avanzan, vuelven o dejan el recorrido; al lado, quien sigue en ella. Un anuncio pulsado o una visita pone "
            "en atención por 30 días; un mensaje, en consideración por 30; un carrito o enlace de pago, en decisión por 30; una "
            "compra, en servicio hasta 30 días después de la entrega; otra compra o ser promotor, en lealtad por un año. Vale la más "
            "avanzada. El canal es el del contacto que hizo avanzar.",
        ),
        formula=Texts(
            "t(saída da fase) − t(entrada na fase), pelas regras da versão 1",
            "t(stage left) − t(stage entered), by the rules of version 1",
            "t(salida de la fase) − t(entrada en la fase), según las reglas de la versión 1",
        ),
        unit="seconds",
        better=None,
        source=Source(
            STAYS,
            "at",
            {"stage": "stage", "outcome": "outcome", "channel": "channel_kind"},
            counts="left_at IS NOT NULL",
            conversation="NULL::uuid",  # no conversation stands behind it
            start="at",
            still_open="left_at IS NULL",
            reaches_back=timedelta(days=LONGEST_DAYS),
            looks_ahead=True,
        ),
        adding=Lengths({"elapsed": "elapsed"}),
    ),
)
