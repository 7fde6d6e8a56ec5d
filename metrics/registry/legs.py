"""Legs: the parts of the way from a purchase to whoever bought, each a variant of how long the whole takes."""

from __future__ import annotations

from metrics.registry.terms import Lengths, Source, Texts, Variant

DIMENSIONS = {
    "channel": "channel_kind",
    "store": "store",
    "fulfilment": "CASE WHEN pickup THEN 'pickup' ELSE 'delivery' END",
}
INSTANTS = {
    "paid_at": Texts("pago", "paid", "pagado"),
    "first_delivered_at": Texts("primeira parte entregue", "first delivered", "primer paquete entregado"),
    "shipped_at": Texts("enviado", "shipped", "enviado"),
    "delivered_at": Texts("entregue", "delivered", "entregado"),
    "ready_at": Texts("pronto", "ready", "listo"),
    "picked_up_at": Texts("retirado", "picked up", "recogido"),
}
COMPLETED = "coalesce(delivered_at, picked_up_at)"


def _leg(name: str, start: str, end: str, title: Texts, definition: Texts, *, of: str = "true") -> Variant:
    """Return the variant from one instant of an order to another; under way while neither this nor the whole is over.

    ``of`` says which orders take this leg.
    """
    source = Source(
        table=f"""(
    SELECT *, (extract(epoch FROM {end} - {start}) * 1000000)::bigint AS elapsed FROM metrics_orderfact
    WHERE workspace_id = %(workspace)s AND {start} IS NOT NULL AND cancelled_at IS NULL AND ({of})
) AS leg""",  # noqa: S608  words of our own
        anchor=end,
        counts="elapsed >= 0",
        dimensions=DIMENSIONS,
        conversation="NULL::uuid",  # none stands behind it
        start=start,
        still_open=f"{end} IS NULL AND {COMPLETED} IS NULL",
    )
    formula = INSTANTS[end].followed("t({}) − t({})", INSTANTS[start])
    return Variant(name, title, definition, formula, source=source, adding=Lengths({"elapsed": "elapsed"}))


LEGS = (
    Variant(
        "whole",
        Texts("até o fim", "the whole way", "hasta el final"),
        Texts(
            "Do pagamento à entrega da última parte ou à retirada.",
            "From payment to the delivery of the last parcel or to pickup.",
            "Del pago a la entrega del último paquete o a la recogida.",
        ),
        Texts(
            "t(entregue ou retirado) − t(pago)",
            "t(delivered or picked up) − t(paid)",
            "t(entregado o recogido) − t(pagado)",
        ),
    ),
    _leg(
        "first_parcel",
        "paid_at",
        "first_delivered_at",
        Texts("até a primeira parte", "to the first parcel", "hasta el primer paquete"),
        Texts(
            "Do pagamento à entrega da primeira parte.",
            "From payment to the delivery of the first parcel.",
            "Del pago a la entrega del primer paquete.",
        ),
        of="NOT pickup",
    ),
    _leg(
        "shipment",
        "paid_at",
        "shipped_at",
        Texts("até o envio", "to shipment", "hasta el envío"),
        Texts("Do pagamento ao envio.", "From payment to shipment.", "Del pago al envío."),
        of="NOT pickup",
    ),
    _leg(
        "transit",
        "shipped_at",
        "delivered_at",
        Texts("do envio à entrega", "from shipment to delivery", "del envío a la entrega"),
        Texts(
            "Do envio à entrega da última parte.",
            "From shipment to the delivery of the last parcel.",
            "Del envío a la entrega del último paquete.",
        ),
    ),
    _leg(
        "ready",
        "paid_at",
        "ready_at",
        Texts("até poder retirar", "to ready for pickup", "hasta poder recoger"),
        Texts(
            "Do pagamento a pronto para retirada.",
            "From payment to being ready for pickup.",
            "Del pago a listo para recoger.",
        ),
        of="pickup",
    ),
    _leg(
        "pickup",
        "ready_at",
        "picked_up_at",
        Texts("de pronto à retirada", "from ready to pickup", "de listo a la recogida"),
        Texts(
            "De pronto para retirada à retirada.",
            "From being ready for pickup to pickup.",
            "De listo para recoger a la recogida.",
        ),
    ),
)
