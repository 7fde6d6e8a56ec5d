"""Cases: conversations of one person about one matter, and how long the matter takes when it goes over several channels (K04b)."""

from __future__ import annotations

from datetime import timedelta

from metrics.registry.terms import Lengths, Metric, Source, Texts
from metrics.registry.ways import REACH

PAUSE = "interval '72 hours'"  # at most, from the end of a conversation to the next of the same case
LOOK_BACK = timedelta(
    days=90
)  # how long before the period a conversation may have ended for a case to be followed back to it

LOOKED_AT = f"""workspace_id = %(workspace)s AND opened_at < %(end)s::timestamptz + {PAUSE}
    AND (resolved_at >= %(start)s::timestamptz - interval '{LOOK_BACK.days} days' OR resolved_at IS NULL)"""

# One row a case. Most people come once, or long after: only of those who come again soon are conversations laid side by side.
# A conversation goes on with the case of an earlier one of the same person, the latest of those that were closed
# at most 72 hours before and share a label, or an opportunity that was open during both.
CASES = f"""(
    WITH RECURSIVE again AS MATERIALIZED (
        SELECT DISTINCT customer_id FROM (
            SELECT customer_id, opened_at <= {PAUSE} + max(resolved_at)
                OVER (PARTITION BY customer_id ORDER BY opened_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_near
            FROM metrics_conversationfact WHERE {LOOKED_AT}
        ) AS walked WHERE is_near
    ), session AS (
        SELECT * FROM metrics_conversationfact WHERE {LOOKED_AT} AND customer_id IN (SELECT customer_id FROM again)
    ), pair AS MATERIALIZED (
        SELECT earlier.id AS earlier, earlier.opened_at AS before, later.id AS later, later.customer_id,
               ARRAY[earlier.conversation_id, later.conversation_id] AS both,
               earlier.resolved_at AS ended_at, later.opened_at
        FROM session earlier JOIN session later ON later.customer_id = earlier.customer_id
            AND (later.opened_at, later.id) > (earlier.opened_at, earlier.id) AND later.opened_at <= earlier.resolved_at + {PAUSE}
    ), link AS (
        SELECT DISTINCT ON (later) later, earlier FROM pair
        WHERE EXISTS (
            SELECT 1 FROM metrics_opportunityfact chance
            WHERE chance.workspace_id = %(workspace)s AND chance.customer_id = pair.customer_id
              AND chance.opened_at <= pair.ended_at AND (chance.closed_at >= pair.opened_at OR chance.closed_at IS NULL)
        ) OR EXISTS (
            SELECT 1 FROM (
                SELECT DISTINCT ON (coalesce(place.folded_into_id, place.id), told.data->>'label')
                    told.data->>'label' AS label, told.type
                FROM conversations_conversation place JOIN conversations_historyevent told ON told.conversation_id = place.id
                WHERE (place.id = ANY(pair.both) OR place.folded_into_id = ANY(pair.both))
                  AND told.workspace_id = %(workspace)s AND told.transaction < %(mark)s
                  AND told.type IN ('conversation.labeled', 'conversation.unlabeled')
                ORDER BY coalesce(place.folded_into_id, place.id), told.data->>'label', told.occurred_at DESC, told.id DESC
            ) AS marked WHERE type = 'conversation.labeled' GROUP BY label HAVING count(*) = 2
        )
        ORDER BY later, before DESC, earlier DESC
    ), part AS (
        SELECT earlier AS first, earlier AS id FROM link WHERE earlier NOT IN (SELECT later FROM link)
        UNION
        SELECT part.first, link.later FROM part JOIN link ON link.earlier = part.id
    ), several AS (
        SELECT first, bool_or(crossed) OR count(DISTINCT channel_kind) > 1 AS crossed, bool_or(answered) AS answered,
            CASE WHEN bool_and(resolved_at IS NOT NULL) THEN max(resolved_at) END AS resolved_at,
            sum(resolution_business)::bigint AS business, (array_agg(id ORDER BY resolved_at DESC, id DESC))[1] AS last
        FROM part JOIN session USING (id) GROUP BY first
    )
    SELECT workspace_id, id, conversation_id, customer_id, opened_at, opening_message_id, channel_kind, resolved_at,
        closing_channel_kind, team, resolver, resolved_by, crossed, answered, resolution_elapsed AS elapsed, resolution_business AS business
    FROM metrics_conversationfact WHERE {LOOKED_AT} AND id NOT IN (SELECT unnest(ARRAY[earlier, later]) FROM link)
    UNION ALL
    SELECT first.workspace_id, first.id, last.conversation_id, first.customer_id, first.opened_at, first.opening_message_id,
        first.channel_kind, several.resolved_at, last.closing_channel_kind, last.team, last.resolver, last.resolved_by,
        several.crossed, several.answered,
        (extract(epoch FROM several.resolved_at - first.opened_at) * 1000000)::bigint, several.business
    FROM several JOIN metrics_conversationfact first ON first.id = several.first
    JOIN metrics_conversationfact last ON last.id = several.last
) AS matter"""  # noqa: S608  numbers of our own

CASE_TIMES = (
    Metric(
        id="cross_channel_resolution_time",
        version=2,
        title=Texts(
            "Tempo de resolução entre canais", "Cross-channel resolution time", "Tiempo de resolución entre canales"
        ),
        definition=Texts(
            "Da abertura ao encerramento final dos casos que passaram por dois canais ou mais, onde o cliente escreveu ou alguém "
            "respondeu; com reach=single_channel, dos demais. Um caso são as conversas de uma pessoa com no máximo 72 horas do fim "
            "de uma ao início de outra que levam a mesma etiqueta ou correm durante a mesma oportunidade; tirar a etiqueta as "
            "separa. No relógio de trabalho conta o tempo em que alguma delas esteve aberta.",
            "From the opening to the final close of cases that touched two channels or more, where the customer wrote or somebody "
            "answered; with reach=single_channel, of the others. A case is the conversations of one person with at most 72 hours "
            "from the end of one to the beginning of another that bear the same label or ran during the same opportunity; taking "
            "the label off parts them. On the working clock the time counts while one of them was open.",
            "De la apertura al cierre final de los casos que pasaron por dos canales o más, donde el cliente escribió o alguien "
            "respondió; con reach=single_channel, de los demás. Un caso son las conversaciones de una persona con hasta 72 horas "
            "del final de una al inicio de otra que llevan la misma etiqueta o transcurren durante la misma oportunidad; quitar la "
            "etiqueta las separa. En el reloj laboral cuenta el tiempo en que alguna estuvo abierta.",
        ),
        formula=Texts(
            "t(último fechamento do caso) − t(sua primeira abertura), dos casos em 2 ou mais canais",
            "t(final close of the case) − t(its first opening), of cases on 2 or more channels",
            "t(último cierre del caso) − t(su primera apertura), de los casos en 2 o más canales",
        ),
        unit="seconds",
        better="lower",
        source=Source(
            table=CASES,
            anchor="resolved_at",
            counts="resolved_at IS NOT NULL AND (answered OR resolved_by <> 'rule')",
            dimensions={
                "channel": "channel_kind",
                "closing_channel": "closing_channel_kind",
                "agent": "resolver",
                "team": "team",
                "closed_by": "resolved_by",
                "reach": "CASE WHEN crossed THEN 'cross_channel' ELSE 'single_channel' END",
            },
            usual={"reach": "cross_channel"},
            start="opened_at",
            opening_message="opening_message_id",
            still_open="resolved_at IS NULL",
            set_aside=("inactive", "resolved_at IS NOT NULL AND NOT answered AND resolved_by = 'rule'"),
            reaches_back=LOOK_BACK,
            looks_ahead=True,
        ),
        adding=Lengths({"elapsed": "elapsed", "business": "business"}),
        variants=REACH,
    ),
)
