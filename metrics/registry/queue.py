"""Figures of the queue: how long people wait for somebody to take them, how many wait, and who gives up."""

from __future__ import annotations

from metrics.registry.labels import LABEL, LABELS
from metrics.registry.slices import TIME, stays
from metrics.registry.terms import Lengths, Metric, Per, Rate, Ratio, Source, Texts

ARRIVAL = "CASE WHEN off_hours THEN 'off_hours' ELSE 'working_hours' END"

QUEUE = (
    Metric(
        id="queue_wait",
        version=1,
        title=Texts("Tempo de espera na fila", "Queue wait", "Tiempo de espera en cola"),
        definition=Texts(
            "Da entrada na fila até uma pessoa assumir: por atribuição ou pela primeira resposta. Se um robô atendeu, desde a "
            "transferência. Quem volta à fila espera de novo. Desistências são contadas à parte.",
            "From entering the queue until a person takes it: by assignment or by the first reply. Where a bot answered, "
            "from its handoff. What returns to the queue waits again. Who gave up is counted apart.",
            "Desde la entrada en cola hasta que una persona la toma: por asignación o por la primera respuesta. Si atendió un "
            "bot, desde la transferencia. Lo que vuelve a la cola espera otra vez. Los abandonos se cuentan aparte.",
        ),
        formula=Texts(
            "t(atribuída a uma pessoa, ou primeira resposta humana) − t(entrada na fila)",
            "t(assigned to a person, or first human reply) − t(queue entered)",
            "t(asignada a una persona, o primera respuesta humana) − t(entrada en la cola)",
        ),
        unit="seconds",
        better="lower",
        source=Source(
            table="metrics_stayfact",
            anchor="ended_at",
            counts="kind = 'queue' AND outcome = 'taken'",
            dimensions={"channel": "channel_kind", "agent": "agent", "team": "team", "arrival": ARRIVAL, **LABEL},
            several=LABELS,
            start="started_at",
            still_open="kind = 'queue' AND ended_at IS NULL",
            set_aside=("abandoned", "kind = 'queue' AND outcome IN ('abandoned', 'short')"),
        ),
        adding=Lengths({"elapsed": "elapsed", "business": "business"}),
    ),
    Metric(
        id="queue_depth",
        version=1,
        title=Texts("Tamanho médio da fila", "Queue depth", "Tamaño medio de la cola"),
        definition=Texts(
            "Quantas conversas esperavam na fila, em média ao longo do tempo: o tempo somado de todas na fila dividido pelo "
            "tempo decorrido.",
            "How many conversations were waiting in the queue on average over time: the time all of them spent in it divided "
            "by the time that passed.",
            "Cuántas conversaciones esperaban en cola, en promedio a lo largo del tiempo: el tiempo sumado de todas dividido "
            "por el tiempo transcurrido.",
        ),
        formula=Texts(
            "Σ segundos na fila dentro do período / segundos do período até agora",
            "Σ seconds in the queue within the period / seconds of the period up to now",
            "Σ segundos en la cola dentro del período / segundos del período hasta ahora",
        ),
        unit="count",
        better="lower",
        source=Source(
            table=stays("queue"),
            anchor="at",
            dimensions={"channel": "channel_kind", "team": "team", **LABEL},
            several=LABELS,
        ),
        adding=Ratio(
            "seconds",
            Per(
                Source(table=TIME, anchor="at", dimensions={}, conversation="NULL::uuid", customer="NULL::uuid"),
                amount="seconds",
            ),
            each="id",
        ),
    ),
    Metric(
        id="queue_abandonment",
        version=1,
        title=Texts("Abandono da fila", "Queue abandonment", "Abandono de la cola"),
        definition=Texts(
            "Parte das esperas na fila que terminaram sem que uma pessoa assumisse: encerradas antes disso. Quem desistiu em "
            "menos de 5 segundos não conta e é mostrado à parte.",
            "Share of waits in the queue that ended without a person taking it: closed before. Who gave up within 5 seconds "
            "does not count and is shown apart.",
            "Parte de las esperas en cola que terminaron sin que una persona la tomara: cerradas antes. Quien desistió en menos "
            "de 5 segundos no cuenta y se muestra aparte.",
        ),
        formula=Texts(
            "esperas na fila encerradas sem pessoa / esperas na fila que terminaram, menos as abaixo de 5 s",
            "queue waits closed without a person / queue waits that ended, but for those under 5 s",
            "esperas en cola cerradas sin persona / esperas en cola que terminaron, salvo las de menos de 5 s",
        ),
        unit="fraction",
        better="lower",
        source=Source(
            table="metrics_stayfact",
            anchor="ended_at",
            counts="kind = 'queue' AND outcome IN ('taken', 'abandoned')",
            dimensions={"channel": "channel_kind", "team": "team", "arrival": ARRIVAL, **LABEL},
            several=LABELS,
            start="started_at",
            still_open="kind = 'queue' AND ended_at IS NULL",
            set_aside=("short", "kind = 'queue' AND outcome = 'short'"),
        ),
        adding=Rate("outcome = 'abandoned'"),
    ),
)
