"""Figures of service: how fast answers come, and how much there is to answer."""

from __future__ import annotations

from metrics.registry.terms import Count, Lengths, Metric, Source, Texts

RESOLVED = "resolved_at IS NOT NULL AND (answered OR resolved_by <> 'rule')"

# One row a message; the team is that of its conversation.
MESSAGES = Source(
    table="""(
        SELECT volume.workspace_id, volume.id, volume.conversation_id, volume.customer_id, volume.channel_kind, whole.team, said.at,
               said.inbound AS is_inbound
        FROM metrics_volumefact volume
        CROSS JOIN LATERAL (
            SELECT unnest(volume.inbound) AS at, true AS inbound UNION ALL SELECT unnest(volume.outbound), false
        ) AS said
        LEFT JOIN metrics_conversationfact whole
            ON whole.workspace_id = volume.workspace_id AND whole.conversation_id = volume.conversation_id
        WHERE volume.workspace_id = %(workspace)s AND volume.day >= (%(start)s AT TIME ZONE 'UTC')::date
          AND volume.day <= (%(end)s AT TIME ZONE 'UTC')::date
    ) AS message""",
    anchor="at",
    dimensions={"channel": "channel_kind", "team": "team"},
)

SERVICE = (
    Metric(
        id="first_response_time",
        version=1,
        title=Texts("Tempo de primeira resposta", "First response time", "Tiempo de primera respuesta"),
        definition=Texts(
            "Da primeira mensagem do cliente à primeira resposta de uma pessoa; se um robô participou, a partir da "
            "transferência para humanos. Uma vez por conversa; notas, robôs, campanhas e envios que falharam não contam.",
            "From the customer's first message to the first reply by a person; when a bot took part, from the handoff "
            "to people. Once a conversation; notes, bots, campaigns and failed sends do not count.",
            "Del primer mensaje del cliente a la primera respuesta de una persona; si participó un bot, desde la "
            "transferencia a personas. Una vez por conversación; notas, bots, campañas y envíos fallidos no cuentan.",
        ),
        formula="t(first human reply) − t(last handoff by a bot, else first inbound message)",
        unit="seconds",
        better="lower",
        source=Source(
            table="metrics_conversationfact",
            anchor="responded_at",
            counts="response = 'answered'",
            dimensions={"channel": "channel_kind", "agent": "response_agent", "team": "response_team"},
            start="response_started_at",
            opening_message="opening_message_id",
            closing_message="response_message_id",
            still_open="response = 'open'",
            set_aside=("unanswered", "response = 'unanswered'"),
            excluded=("CASE WHEN response_from = 'handoff' THEN opened_at END", "bot"),
            measure="first_response",
        ),
        adding=Lengths({"elapsed": "response_elapsed", "business": "response_business"}),
    ),
    Metric(
        id="reply_time",
        version=1,
        title=Texts("Tempo médio de resposta", "Average reply time", "Tiempo medio de respuesta"),
        definition=Texts(
            "Cada espera do cliente: da primeira mensagem sem resposta à próxima resposta de uma pessoa. Várias mensagens "
            "seguidas são uma espera; uma conversa encerrada sem resposta é contada à parte.",
            "Every wait of a customer: from the first unanswered message to the next reply by a person. Several messages "
            "in a row are one wait; a conversation closed without reply is counted apart.",
            "Cada espera del cliente: del primer mensaje sin responder a la siguiente respuesta de una persona. Varios "
            "mensajes seguidos son una espera; una conversación cerrada sin respuesta se cuenta aparte.",
        ),
        formula="mean of t(next human reply) − t(first unanswered inbound message) over all waits",
        unit="seconds",
        better="lower",
        source=Source(
            table="metrics_waitfact",
            anchor="ended_at",
            counts="outcome = 'answered'",
            dimensions={"channel": "channel_kind", "agent": "agent", "team": "team"},
            start="started_at",
            opening_message="opening_message_id",
            closing_message="closing_message_id",
            still_open="outcome = 'open'",
            set_aside=("unanswered", "outcome = 'unanswered'"),
            measure="reply",
        ),
        adding=Lengths({"elapsed": "elapsed", "business": "business"}, headline="mean"),
    ),
    Metric(
        id="resolution_time",
        version=1,
        title=Texts("Tempo de resolução", "Resolution time", "Tiempo de resolución"),
        definition=Texts(
            "Da abertura da conversa ao seu encerramento final; uma conversa reaberta volta a contar quando encerra de "
            "novo. Encerramentos por inatividade sem nenhuma resposta humana são contados à parte.",
            "From the opening of a conversation to its final close; a reopened one counts again when it is closed again. "
            "Closes by inactivity without any human reply are counted apart.",
            "De la apertura de la conversación a su cierre final; una reabierta vuelve a contar cuando se cierra otra "
            "vez. Los cierres por inactividad sin respuesta humana se cuentan aparte.",
        ),
        formula="t(final close) − t(open)",
        unit="seconds",
        better="lower",
        source=Source(
            table="metrics_conversationfact",
            anchor="resolved_at",
            counts=RESOLVED,
            dimensions={
                "channel": "channel_kind",
                "agent": "resolver",
                "team": "team",
                "closed_by": "resolved_by",
                "closing_channel": "closing_channel_kind",
            },
            start="opened_at",
            opening_message="opening_message_id",
            still_open="resolved_at IS NULL",
            set_aside=("inactive", "resolved_at IS NOT NULL AND NOT answered AND resolved_by = 'rule'"),
            measure="resolution",
        ),
        adding=Lengths({"elapsed": "resolution_elapsed", "business": "resolution_business"}),
    ),
    Metric(
        id="interaction_volume",
        version=1,
        title=Texts("Volume de interações", "Interaction volume", "Volumen de interacciones"),
        definition=Texts(
            "Conversas abertas por clientes; ao lado, mensagens recebidas e enviadas e pessoas distintas que escreveram. "
            "Notas, reações, envios que falharam e campanhas sem resposta não contam.",
            "Conversations opened by customers; beside them messages received and sent, and distinct people who wrote. "
            "Notes, reactions, failed sends and campaigns without reply do not count.",
            "Conversaciones abiertas por clientes; al lado, mensajes recibidos y enviados y personas distintas que "
            "escribieron. Notas, reacciones, envíos fallidos y campañas sin respuesta no cuentan.",
        ),
        formula="count of conversations opened by a customer's message",
        unit="conversations",
        better=None,
        source=Source(
            table="metrics_conversationfact",
            anchor="opened_at",
            counts="opened_by_customer",
            dimensions={"channel": "channel_kind", "team": "team"},
            start="opened_at",
            opening_message="opening_message_id",
            measure="conversations",
        ),
        adding=Count(beside=MESSAGES),
    ),
)
