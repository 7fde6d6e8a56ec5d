"""Figures of journeys: who buys after a touch, and where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from metrics.persons.journeys import (
    ASSISTED,
    CONVERTED,
    CROSSED,
    ONLINE_TO_STORE,
    STORE_TO_ONLINE,
)
from metrics.registry.terms import Metric, Rate, Source, Texts


def _channels_apart(values: Mapping[str, Any]) -> bool:
    """Say whether channels are split by: named among the words, and not only because a filter names them."""
    split: list[str] = values["split"]
    return split.count("channel") > ("only_channel" in values)


NOBODY = "NULL::uuid"  # no conversation stands behind it
GAP = timedelta(days=30)
SOLD = {"channel": "channel_kind", "store": "store", "fulfilment": "fulfilment"}


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
        formula=Texts(
            "pessoas que pagaram ≤ 30 d depois do primeiro contato / pessoas com um contato",
            "people who paid ≤ 30 d after their first touch / people with a touch",
            "personas que pagaron ≤ 30 d después de su primer contacto / personas con un contacto",
        ),
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
        formula=Texts(
            "jornadas iniciadas em i e pagas em j ≠ i / jornadas iniciadas em i",
            "journeys started in i and paid in j ≠ i / journeys started in i",
            "recorridos iniciados en i y pagados en j ≠ i / recorridos iniciados en i",
        ),
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
        formula=Texts(
            "vendas com o canal em qualquer lugar menos o último / vendas com contatos",
            "sales with the channel anywhere but last / sales with touches",
            "ventas con el canal en cualquier lugar menos el último / ventas con contactos",
        ),
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
        formula=Texts(
            "pedidos na loja com contato online ≤ 30 d / pedidos na loja",
            "store orders with an online touch ≤ 30 d / store orders",
            "pedidos en tienda con un contacto en línea ≤ 30 d / pedidos en tienda",
        ),
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
        formula=Texts(
            "pedidos online com contato na loja ≤ 30 d / pedidos online",
            "online orders with a store touch ≤ 30 d / online orders",
            "pedidos en línea con un contacto en tienda ≤ 30 d / pedidos en línea",
        ),
        unit="fraction",
        better=None,
        source=Source(STORE_TO_ONLINE, "paid_at", SOLD, conversation=NOBODY, start="touched_at", reaches_back=GAP),
        adding=Rate("touched_at IS NOT NULL"),
    ),
)
