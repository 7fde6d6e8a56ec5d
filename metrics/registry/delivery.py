"""Figures of delivery: how long it takes from a purchase to whoever bought, and whether it comes when it was promised."""

from __future__ import annotations

from metrics.registry.legs import LEGS
from metrics.registry.terms import Lengths, Metric, Rate, Source, Texts

NOBODY = "NULL::uuid"  # no conversation stands behind it
PLACES = {"channel": "channel_kind", "store": "store", "fulfilment": "fulfilment"}
HANDED_OVER = """(
    SELECT *, coalesce(delivered_at, picked_up_at) AS completed_at,
        CASE WHEN pickup THEN 'pickup' ELSE 'delivery' END AS fulfilment,
        (extract(epoch FROM coalesce(delivered_at, picked_up_at) - paid_at) * 1000000)::bigint AS elapsed
    FROM metrics_orderfact
    WHERE workspace_id = %(workspace)s AND paid_at IS NOT NULL AND cancelled_at IS NULL
) AS handed"""

DELIVERY = (
    Metric(
        id="delivery_time",
        version=1,
        title=Texts("Tempo da compra à entrega", "Purchase to delivery", "Tiempo de la compra a la entrega"),
        definition=Texts(
            "Do pagamento à entrega da última parte ou à retirada; pedidos ainda não entregues ficam ao lado, cancelados não "
            "contam.",
            "From payment to the delivery of the last parcel or to pickup; orders not handed over yet stand beside, cancelled "
            "ones do not count.",
            "Del pago a la entrega del último paquete o a la recogida; los pedidos aún no entregados quedan al lado, los "
            "cancelados no cuentan.",
        ),
        formula=Texts(
            "t(entregue ou retirado) − t(pago)",
            "t(delivered or picked up) − t(paid)",
            "t(entregado o recogido) − t(pagado)",
        ),
        unit="seconds",
        better="lower",
        source=Source(
            HANDED_OVER,
            "completed_at",
            PLACES,
            counts="elapsed >= 0",
            conversation=NOBODY,
            start="paid_at",
            still_open="completed_at IS NULL",
        ),
        adding=Lengths({"elapsed": "elapsed"}),
        variants=LEGS,
    ),
    Metric(
        id="on_time_delivery",
        version=1,
        title=Texts("Entregas no prazo", "On-time delivery", "Entregas a tiempo"),
        definition=Texts(
            "Pedidos entregues ou retirados até o prazo prometido, sobre os que já deviam ter chegado ou chegaram; pela data "
            "prometida.",
            "Orders delivered or picked up by the time promised, over those that were due or have arrived; by the date promised.",
            "Pedidos entregados o recogidos hasta el plazo prometido, sobre los que ya debían llegar o llegaron; por la fecha "
            "prometida.",
        ),
        formula=Texts(
            "entregues ≤ prometido / prometidos e vencidos",
            "handed over ≤ promised / promised and due",
            "entregados ≤ prometido / prometidos y vencidos",
        ),
        unit="fraction",
        better="higher",
        source=Source(
            HANDED_OVER,
            "promised_at",
            PLACES,
            counts="completed_at IS NOT NULL OR promised_at <= %(as_of)s",
            conversation=NOBODY,
            start="paid_at",
            still_open="completed_at IS NULL AND promised_at > %(as_of)s",
        ),
        adding=Rate("coalesce(completed_at <= promised_at, false)"),
    ),
)
