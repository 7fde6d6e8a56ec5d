"""Figures of service: how fast answers come, and how much there is to answer."""

from __future__ import annotations

from dataclasses import replace

from metrics.registry.history import told
from metrics.registry.labels import LABEL, LABELS
from metrics.registry.resolution import RESOLUTION
from metrics.registry.terms import Count, Lengths, Metric, Source, Texts, Variant

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
    dimensions={"channel": "channel_kind", "team": "team", **LABEL},
    several=LABELS,
)

RESPONSES = Source(
    table="metrics_conversationfact",
    anchor="responded_at",
    counts="response = 'answered'",
    dimensions={"channel": "channel_kind", "agent": "response_agent", "team": "response_team", **LABEL},
    several=LABELS,
    start="response_started_at",
    opening_message="opening_message_id",
    closing_message="response_message_id",
    still_open="response = 'open'",
    set_aside=("unanswered", "response = 'unanswered'"),
    excluded=("CASE WHEN response_from = 'handoff' THEN opened_at END", "bot"),
    measure="first_response",
)
# One row a conversation that somebody or something has answered by the instant this says, or that was closed then without.
ANSWERED_BY_ANY = f"""(
    SELECT *, CASE WHEN any_elapsed = from_inbound_elapsed THEN response_message_id ELSE {
    told("message.sent", "any_at", "told.message_id")
} END AS any_message_id
    FROM (
        SELECT *, coalesce(opened_at + any_elapsed * interval '1 microsecond', responded_at) AS any_at
        FROM metrics_conversationfact
        WHERE workspace_id = %(workspace)s AND opened_at < %(end)s AND (responded_at >= %(start)s OR response = 'open')
    ) AS session
) AS heard"""  # noqa: S608  words of our own
# Beside each conversation the working time of its first wait, which is from the first message to the first reply by a person.
FROM_INBOUND = """(
    SELECT session.*, wait.business AS from_inbound_business
    FROM metrics_conversationfact session LEFT JOIN metrics_waitfact wait ON wait.id = session.id
    WHERE session.workspace_id = %(workspace)s
) AS awaited"""
BY_PEOPLE = Texts(
    "Da primeira mensagem do cliente à primeira resposta de uma pessoa; se um robô participou, a partir da "
    "transferência para humanos. Uma vez por conversa; notas, robôs, campanhas e envios que falharam não contam.",
    "From the customer's first message to the first reply by a person; when a bot took part, from the handoff "
    "to people. Once a conversation; notes, bots, campaigns and failed sends do not count.",
    "Del primer mensaje del cliente a la primera respuesta de una persona; si participó un bot, desde la "
    "transferencia a personas. Una vez por conversación; notas, bots, campañas y envíos fallidos no cuentan.",
)
FIRST_RESPONSE = Metric(
    id="first_response_time",
    version=1,
    title=Texts("Tempo de primeira resposta", "First response time", "Tiempo de primera respuesta"),
    definition=BY_PEOPLE,
    formula=Texts(
        "t(primeira resposta humana) − t(última passagem por um robô; sem ela, primeira mensagem recebida)",
        "t(first human reply) − t(last handoff by a bot, else first inbound message)",
        "t(primera respuesta humana) − t(último traspaso de un bot; si no hubo, primer mensaje recibido)",
    ),
    unit="seconds",
    better="lower",
    source=RESPONSES,
    adding=Lengths({"elapsed": "response_elapsed", "business": "response_business"}),
    variants=(
        Variant(
            id="human",
            title=Texts("de uma pessoa", "by a person", "de una persona"),
            definition=BY_PEOPLE,
            formula=Texts(
                "t(primeira resposta humana) − t(última passagem por um robô; sem ela, primeira mensagem recebida)",
                "t(first human reply) − t(last handoff by a bot, else first inbound message)",
                "t(primera respuesta humana) − t(último traspaso de un bot; si no hubo, primer mensaje recibido)",
            ),
        ),
        Variant(
            id="any",
            title=Texts("de qualquer um", "by anybody", "de cualquiera"),
            definition=Texts(
                "Da primeira mensagem do cliente à primeira resposta, de uma pessoa ou de um robô. Só por todas as horas; a "
                "equipe é a da resposta de uma pessoa.",
                "From the customer's first message to the first reply, by a person or by a bot. By all hours alone; the team is "
                "that of the reply by a person.",
                "Del primer mensaje del cliente a la primera respuesta, de una persona o de un bot. Solo por todas las horas; el "
                "equipo es el de la respuesta de una persona.",
            ),
            formula=Texts(
                "t(primeira resposta de pessoa ou robô) − t(primeira mensagem recebida)",
                "t(first reply by a person or a bot) − t(first inbound message)",
                "t(primera respuesta de persona o bot) − t(primer mensaje recibido)",
            ),
            source=replace(
                RESPONSES,
                table=ANSWERED_BY_ANY,
                anchor="any_at",
                counts="any_elapsed IS NOT NULL",
                dimensions={
                    **RESPONSES.dimensions,
                    "agent": "CASE WHEN any_elapsed = from_inbound_elapsed THEN response_agent END",
                },
                start="opened_at",
                closing_message="any_message_id",
                still_open="response = 'open' AND any_elapsed IS NULL",
                set_aside=("unanswered", "response = 'unanswered' AND any_elapsed IS NULL"),
                excluded=None,
                measure="",
            ),
            adding=Lengths({"elapsed": "any_elapsed"}),
        ),
        Variant(
            id="human_from_inbound",
            title=Texts(
                "de uma pessoa, desde a mensagem", "by a person, from the message", "de una persona, desde el mensaje"
            ),
            definition=Texts(
                "Da primeira mensagem do cliente à primeira resposta de uma pessoa, também o tempo com um robô.",
                "From the customer's first message to the first reply by a person, the time with a bot included.",
                "Del primer mensaje del cliente a la primera respuesta de una persona, incluido el tiempo con un bot.",
            ),
            formula=Texts(
                "t(primeira resposta humana) − t(primeira mensagem recebida)",
                "t(first human reply) − t(first inbound message)",
                "t(primera respuesta humana) − t(primer mensaje recibido)",
            ),
            source=replace(RESPONSES, table=FROM_INBOUND, start="opened_at", excluded=None, measure=""),
            adding=Lengths({"elapsed": "from_inbound_elapsed", "business": "from_inbound_business"}),
        ),
        Variant(
            id="human_from_handoff",
            title=Texts("de uma pessoa, após um robô", "by a person, after a bot", "de una persona, tras un bot"),
            definition=Texts(
                "Da transferência por um robô à primeira resposta de uma pessoa; só as conversas que um robô transferiu.",
                "From the handoff by a bot to the first reply by a person; only the conversations that a bot handed over.",
                "Desde la transferencia por un bot hasta la primera respuesta de una persona; solo las que un bot transfirió.",
            ),
            formula=Texts(
                "t(primeira resposta humana) − t(última passagem por um robô)",
                "t(first human reply) − t(last handoff by a bot)",
                "t(primera respuesta humana) − t(último traspaso de un bot)",
            ),
            source=replace(
                RESPONSES,
                counts="response = 'answered' AND response_from = 'handoff'",
                still_open="response = 'open' AND response_from = 'handoff'",
                set_aside=("unanswered", "response = 'unanswered' AND response_from = 'handoff'"),
                measure="",
            ),
        ),
    ),
)
WAITS = Source(
    table="metrics_waitfact",
    anchor="ended_at",
    counts="outcome = 'answered'",
    dimensions={"channel": "channel_kind", "agent": "agent", "team": "team", **LABEL},
    several=LABELS,
    start="started_at",
    opening_message="opening_message_id",
    closing_message="closing_message_id",
    still_open="outcome = 'open'",
    set_aside=("unanswered", "outcome = 'unanswered'"),
    measure="reply",
)
EVERY_WAIT = Texts(
    "Cada espera do cliente: da primeira mensagem sem resposta à próxima resposta de uma pessoa. Várias mensagens "
    "seguidas são uma espera; uma conversa encerrada sem resposta é contada à parte.",
    "Every wait of a customer: from the first unanswered message to the next reply by a person. Several messages "
    "in a row are one wait; a conversation closed without reply is counted apart.",
    "Cada espera del cliente: del primer mensaje sin responder a la siguiente respuesta de una persona. Varios "
    "mensajes seguidos son una espera; una conversación cerrada sin respuesta se cuenta aparte.",
)
REPLY = Metric(
    id="reply_time",
    version=1,
    title=Texts("Tempo médio de resposta", "Average reply time", "Tiempo medio de respuesta"),
    definition=EVERY_WAIT,
    formula=Texts(
        "média de t(próxima resposta humana) − t(primeira mensagem sem resposta) em todas as esperas",
        "mean of t(next human reply) − t(first unanswered inbound message) over all waits",
        "media de t(siguiente respuesta humana) − t(primer mensaje sin respuesta) en todas las esperas",
    ),
    unit="seconds",
    better="lower",
    source=WAITS,
    adding=Lengths({"elapsed": "elapsed", "business": "business"}, headline="mean"),
    variants=(
        Variant(
            id="every",
            title=Texts("todas as esperas", "every wait", "todas las esperas"),
            definition=EVERY_WAIT,
            formula=Texts(
                "média de t(próxima resposta humana) − t(primeira mensagem sem resposta) em todas as esperas",
                "mean of t(next human reply) − t(first unanswered inbound message) over all waits",
                "media de t(siguiente respuesta humana) − t(primer mensaje sin respuesta) en todas las esperas",
            ),
        ),
        Variant(
            id="next",
            title=Texts("sem a primeira", "but for the first", "sin la primera"),
            definition=Texts(
                "As esperas do cliente, menos a primeira de cada conversa: quanto demora quem já está conversando.",
                "The waits of customers but for the first of each conversation: how long it takes once people are talking.",
                "Las esperas del cliente, menos la primera de cada conversación: cuánto se tarda cuando ya se está conversando.",
            ),
            formula=Texts(
                "média de t(próxima resposta humana) − t(primeira mensagem sem resposta) em todas as esperas menos cada primeira",
                "mean of t(next human reply) − t(first unanswered inbound message) over all waits but each first",
                "media de t(siguiente respuesta humana) − t(primer mensaje sin respuesta) en todas las esperas salvo cada primera",
            ),
            source=replace(
                WAITS,
                counts="outcome = 'answered' AND position > 0",
                still_open="outcome = 'open' AND position > 0",
                set_aside=("unanswered", "outcome = 'unanswered' AND position > 0"),
                measure="",
            ),
        ),
    ),
)

SERVICE = (
    FIRST_RESPONSE,
    REPLY,
    RESOLUTION,
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
        formula=Texts(
            "número de conversas abertas por mensagem de cliente",
            "count of conversations opened by a customer's message",
            "número de conversaciones abiertas por un mensaje de cliente",
        ),
        unit="conversations",
        better=None,
        source=Source(
            table="metrics_conversationfact",
            anchor="opened_at",
            counts="opened_by_customer",
            dimensions={"channel": "channel_kind", "team": "team", **LABEL},
            several=LABELS,
            start="opened_at",
            opening_message="opening_message_id",
            measure="conversations",
        ),
        adding=Count(beside=MESSAGES),
    ),
)
