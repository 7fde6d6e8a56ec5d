"""Resolution: how long conversations take from their opening to their close, the final one or the first, or on our turn alone."""

from __future__ import annotations

from dataclasses import replace

from metrics.registry.history import ACTOR, AGENT, told
from metrics.registry.labels import LABEL, LABELS
from metrics.registry.terms import Lengths, Metric, Source, Texts, Variant

RESOLVED = "resolved_at IS NOT NULL AND (answered OR resolved_by <> 'rule')"
CLOSED = Source(
    table="metrics_conversationfact",
    anchor="resolved_at",
    counts=RESOLVED,
    dimensions={
        "channel": "channel_kind",
        "agent": "resolver",
        "team": "team",
        "closed_by": "resolved_by",
        "closing_channel": "closing_channel_kind",
        **LABEL,
    },
    several=LABELS,
    start="opened_at",
    opening_message="opening_message_id",
    still_open="resolved_at IS NULL",
    set_aside=("inactive", "resolved_at IS NOT NULL AND NOT answered AND resolved_by = 'rule'"),
    measure="resolution",
)
# Beside each conversation who closed it first: of one that was reopened, as history tells it.
FIRST_CLOSED = f"""(
    SELECT *, CASE WHEN reopened_count = 0 THEN resolver ELSE {told("conversation.resolved", "first_resolved_at", AGENT)} END
            AS first_resolver,
        CASE WHEN reopened_count = 0 THEN resolved_by ELSE {told("conversation.resolved", "first_resolved_at", ACTOR)} END
            AS first_resolved_by
    FROM metrics_conversationfact session
    WHERE workspace_id = %(workspace)s AND (resolved_at >= %(start)s OR resolved_at IS NULL)
) AS closed"""  # noqa: S608  words of our own
# Beside each conversation the working time of its waits: when it was our turn.
OUR_TURN = """(
    SELECT *, (SELECT sum(wait.business)::bigint FROM metrics_waitfact wait WHERE wait.conversation_id = session.conversation_id)
            AS active_business
    FROM metrics_conversationfact session WHERE workspace_id = %(workspace)s
) AS turned"""
TO_FINAL = Texts(
    "Da abertura da conversa ao seu encerramento final; uma conversa reaberta volta a contar quando encerra de "
    "novo. Encerramentos por inatividade sem nenhuma resposta humana são contados à parte.",
    "From the opening of a conversation to its final close; a reopened one counts again when it is closed again. "
    "Closes by inactivity without any human reply are counted apart.",
    "De la apertura de la conversación a su cierre final; una reabierta vuelve a contar cuando se cierra otra "
    "vez. Los cierres por inactividad sin respuesta humana se cuentan aparte.",
)

RESOLUTION = Metric(
    id="resolution_time",
    version=1,
    title=Texts("Tempo de resolução", "Resolution time", "Tiempo de resolución"),
    definition=TO_FINAL,
    formula=Texts("t(último fechamento) − t(abertura)", "t(final close) − t(open)", "t(último cierre) − t(apertura)"),
    unit="seconds",
    better="lower",
    source=CLOSED,
    adding=Lengths({"elapsed": "resolution_elapsed", "business": "resolution_business"}),
    variants=(
        Variant(
            id="final",
            title=Texts("até o encerramento final", "to the final close", "hasta el cierre final"),
            definition=TO_FINAL,
            formula=Texts(
                "t(último fechamento) − t(abertura)", "t(final close) − t(open)", "t(último cierre) − t(apertura)"
            ),
        ),
        Variant(
            id="first",
            title=Texts("até o primeiro encerramento", "to the first close", "hasta el primer cierre"),
            definition=Texts(
                "Da abertura da conversa ao seu primeiro encerramento, que conta também depois de reaberta. Só por todas as "
                "horas. As que ninguém respondeu e que por último a inatividade encerrou são contadas à parte.",
                "From the opening of a conversation to its first close, which counts after it was reopened too. By all hours "
                "alone. Those that nobody has answered and that inactivity closed last are counted apart.",
                "De la apertura de la conversación a su primer cierre, que cuenta también tras reabrirse. Solo por todas las "
                "horas. Las que nadie respondió y que al final cerró la inactividad se cuentan aparte.",
            ),
            formula=Texts(
                "t(primeiro fechamento) − t(abertura)", "t(first close) − t(open)", "t(primer cierre) − t(apertura)"
            ),
            source=replace(
                CLOSED,
                table=FIRST_CLOSED,
                anchor="first_resolved_at",
                counts="first_resolved_at IS NOT NULL AND (answered OR resolved_by <> 'rule')",
                dimensions={
                    "channel": "channel_kind",
                    "agent": "first_resolver",
                    "team": "team",
                    "closed_by": "first_resolved_by",
                    **LABEL,
                },
                still_open="resolved_at IS NULL AND first_resolved_at IS NULL",
                set_aside=("inactive", "first_resolved_at IS NOT NULL AND NOT answered AND resolved_by = 'rule'"),
                measure="",
            ),
            adding=Lengths({"elapsed": "first_resolution_elapsed"}),
        ),
        Variant(
            id="active",
            title=Texts("na nossa vez", "on our turn", "en nuestro turno"),
            definition=Texts(
                "O tempo de resolução sem o que se esperou pelo cliente: a soma de suas esperas até o encerramento final.",
                "Resolution time without what was waited for the customer: the sum of their waits up to the final close.",
                "El tiempo de resolución sin lo que se esperó al cliente: la suma de sus esperas hasta el cierre final.",
            ),
            formula=Texts(
                "t(último fechamento) − t(abertura) − tempo depois de uma resposta em que o cliente não escreveu",
                "t(final close) − t(open) − time after a reply while the customer did not write",
                "t(último cierre) − t(apertura) − tiempo tras una respuesta en que el cliente no escribió",
            ),
            source=replace(
                CLOSED,
                table=OUR_TURN,
                excluded=("opened_at - (resolution_elapsed - active_elapsed) * interval '1 microsecond'", "customer"),
                pieces="waits",
                measure="",
            ),
            adding=Lengths({"elapsed": "active_elapsed", "business": "active_business"}),
        ),
    ),
)
