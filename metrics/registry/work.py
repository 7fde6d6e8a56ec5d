"""Figures of work: how much of people's time a conversation takes, and what they get done in it."""

from __future__ import annotations

from metrics.registry.labels import LABEL, LABELS
from metrics.registry.slices import CLOSED_PRESENT, PRESENCE, stays_present
from metrics.registry.terms import Lengths, Metric, Per, Ratio, Source, Texts, Variant

# One row a conversation closed in the period and basis; an agent each once agents are told apart.
HANDLED = """(
    SELECT %(workspace)s::uuid AS workspace_id, min(stay.id) AS id, whole.conversation_id, any_value(whole.customer_id) AS customer_id,
           any_value(whole.channel_kind) AS channel_kind, any_value(whole.team) AS team, any_value(whole.resolved_at) AS resolved_at,
           any_value(whole.opening_message_id) AS opening_message_id,
           CASE stay.kind WHEN 'held' THEN 'assigned' ELSE 'focus' END AS basis,
           CASE WHEN 'agent' = ANY(%(split)s::text[]) THEN stay.agent END AS agent,
           min(stay.started_at) AS since, sum(stay.elapsed)::bigint AS length
    FROM metrics_conversationfact whole
    JOIN metrics_stayfact stay ON stay.workspace_id = whole.workspace_id AND stay.conversation_id = whole.conversation_id
    WHERE whole.workspace_id = %(workspace)s AND whole.resolved_at >= %(start)s AND whole.resolved_at < %(end)s
      AND stay.kind IN ('held', 'focus') AND stay.elapsed IS NOT NULL
    GROUP BY whole.conversation_id, 9, 10
) AS handled"""
PRESENT = Source(
    table=PRESENCE, anchor="at", dimensions={"agent": "agent"}, conversation="NULL::uuid", customer="NULL::uuid"
)
ATTENTION = Texts(
    "Tempo de atenção das pessoas em cada conversa encerrada: conversa aberta, janela em foco e movimento no último "
    "minuto, o arremate depois de encerrar incluído. A atenção é exclusiva: nenhum segundo conta duas vezes. A base "
    "assigned mostra, ao lado, o tempo em que a conversa esteve atribuída, sem o adiado.",
    "The attention people gave to each closed conversation: conversation open, window focused and a sign of life "
    "within the last minute, wrapping up after the close included. Attention is exclusive: no second counts twice. "
    "The basis assigned shows beside it for how long the conversation was assigned, without what was snoozed.",
    "La atención de las personas en cada conversación cerrada: conversación abierta, ventana con foco y movimiento en el "
    "último minuto, incluido el remate tras el cierre. La atención es exclusiva: ningún segundo cuenta dos veces. La "
    "base assigned muestra al lado el tiempo en que estuvo asignada, sin lo pospuesto.",
)

WORK = (
    Metric(
        id="handle_time",
        version=1,
        title=Texts("Tempo médio de atendimento (TMA)", "Handle time", "Tiempo medio de atención (TMO)"),
        definition=ATTENTION,
        formula=Texts(
            "Σ segundos de atenção de agentes à conversa; base atribuída: Σ segundos atribuída, não adiada",
            "Σ seconds of agents' focus on the conversation; basis assigned: Σ seconds assigned, not snoozed",
            "Σ segundos de atención de agentes a la conversación; base asignada: Σ segundos asignada, no pospuesta",
        ),
        unit="seconds",
        better="lower",
        source=Source(
            table=HANDLED,
            anchor="resolved_at",
            dimensions={"channel": "channel_kind", "agent": "agent", "team": "team", "basis": "basis", **LABEL},
            several=LABELS,
            usual={"basis": "focus"},
            parts=("agent",),
            start="since",
            opening_message="opening_message_id",
            pieces="stays",
        ),
        adding=Lengths({"elapsed": "length"}, headline="mean"),
        variants=(
            Variant(
                id="focus",
                title=Texts("atenção", "attention", "atención"),
                definition=ATTENTION,
                formula=Texts(
                    "Σ segundos de atenção de agentes à conversa",
                    "Σ seconds of agents' focus on the conversation",
                    "Σ segundos de atención de agentes a la conversación",
                ),
                kept={"basis": "focus"},
            ),
            Variant(
                id="assigned",
                title=Texts("tempo atribuído", "time assigned", "tiempo asignado"),
                definition=Texts(
                    "Por quanto tempo cada conversa encerrada esteve atribuída a alguém, sem o tempo em que ficou adiada.",
                    "For how long each closed conversation was assigned to somebody, without the time it was snoozed.",
                    "Por cuánto tiempo estuvo asignada cada conversación cerrada, sin el tiempo en que estuvo pospuesta.",
                ),
                formula=Texts(
                    "Σ segundos atribuída, não adiada",
                    "Σ seconds assigned, not snoozed",
                    "Σ segundos asignada, no pospuesta",
                ),
                kept={"basis": "assigned"},
            ),
        ),
    ),
    Metric(
        id="occupancy",
        version=2,
        title=Texts("Ocupação", "Occupancy", "Ocupación"),
        definition=Texts(
            "Parte do tempo presente (online ou ocupado) em que as pessoas davam atenção a conversas.",
            "Share of the time people were present (online or busy) in which they gave their attention to conversations.",
            "Parte del tiempo presente (en línea u ocupado) en que las personas prestaban atención a conversaciones.",
        ),
        formula=Texts(
            "segundos de atenção enquanto presente / segundos presente",
            "seconds of focus while present / seconds present",
            "segundos de atención mientras está presente / segundos presente",
        ),
        unit="fraction",
        better=None,
        source=Source(table=stays_present("focus"), anchor="at", dimensions={"agent": "agent"}),
        adding=Ratio("seconds", Per(PRESENT, amount="seconds"), each="id"),
    ),
    Metric(
        id="concurrency",
        version=2,
        title=Texts("Conversas simultâneas", "Concurrency", "Conversaciones simultáneas"),
        definition=Texts(
            "Quantas conversas atribuídas e não adiadas cada pessoa presente tinha, em média ao longo do tempo.",
            "How many conversations, assigned and not snoozed, each person present had on average over time.",
            "Cuántas conversaciones, asignadas y no pospuestas, tenía cada persona presente, en promedio a lo largo del tiempo.",
        ),
        formula=Texts(
            "Σ segundos de conversas atribuídas e não adiadas enquanto o agente estava presente / segundos presente",
            "Σ seconds of conversations assigned and not snoozed while the agent was present / seconds present",
            "Σ segundos de conversaciones asignadas y no pospuestas mientras el agente estaba presente / segundos presente",
        ),
        unit="count",
        better=None,
        source=Source(table=stays_present("held"), anchor="at", dimensions={"agent": "agent"}),
        adding=Ratio("seconds", Per(PRESENT, amount="seconds"), each="id"),
    ),
    Metric(
        id="resolved_per_hour",
        version=2,
        title=Texts("Resolvidas por hora", "Resolved per hour", "Resueltas por hora"),
        definition=Texts(
            "Conversas encerradas por pessoas presentes (online ou ocupado) por hora dessa presença; o que veio importado sem "
            "presença conhecida não conta. Compare apenas quem atende casos parecidos.",
            "Conversations closed by people while they were present (online or busy) per hour of that presence; what was "
            "imported without any presence known does not count. Compare only those who get like cases.",
            "Conversaciones cerradas por personas presentes (en línea u ocupado) por hora de esa presencia; lo importado sin "
            "presencia conocida no cuenta. Compare solo a quienes atienden casos parecidos.",
        ),
        formula=Texts(
            "conversas fechadas por pessoas enquanto presentes / horas presentes",
            "conversations closed by people while present / hours present",
            "conversaciones cerradas por personas mientras presentes / horas presentes",
        ),
        unit="per_hour",
        better="higher",
        source=Source(
            table=CLOSED_PRESENT,
            anchor="resolved_at",
            dimensions={"agent": "resolver", "channel": "channel_kind", **LABEL},
            several=LABELS,
            start="opened_at",
            opening_message="opening_message_id",
        ),
        adding=Ratio("1", Per(PRESENT, amount="seconds / 3600")),
    ),
)
