"""Figures of satisfaction: what people answer when they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from metrics.registry.terms import Metric, Rate, Score, Source, Texts

# The team is that of the conversation that was asked about.
SURVEYS = """(
    SELECT survey.*, coalesce(whole.team, '') AS team
    FROM metrics_surveyfact survey LEFT JOIN metrics_conversationfact whole
        ON whole.workspace_id = survey.workspace_id AND whole.conversation_id = survey.conversation_id
    WHERE survey.workspace_id = %(workspace)s
) AS asked"""


def answers(condition: str, measure: str = "") -> Source:
    """Return the answers for which ``condition`` holds: the last of each survey, beside them those it replaced and the silent."""
    return Source(
        table=SURVEYS,
        anchor="answered_at",
        counts=f"{condition} AND answered_at IS NOT NULL AND counts",
        dimensions={"channel": "channel_kind", "agent": "agent", "team": "team", "touchpoint": "touchpoint"},
        start="sent_at",
        still_open=f"{condition} AND answered_at IS NULL",
        set_aside=("replaced", f"{condition} AND NOT counts"),
        reaches_back=timedelta(days=30),
        measure=measure,
    )


CSAT = Metric(
    id="csat",
    version=1,
    title=Texts("Satisfação (CSAT)", "Satisfaction (CSAT)", "Satisfacción (CSAT)"),
    definition=Texts(
        "Parte das respostas com nota 4 ou 5, de 1 a 5. Vale a última resposta de cada pesquisa em 7 dias; ao lado, as "
        "pesquisas enviadas no período que ninguém respondeu.",
        "Share of answers of 4 or 5, of 1 to 5. The last answer to each survey within 7 days counts; beside it the surveys "
        "sent in the period that nobody has answered.",
        "Parte de las respuestas con nota 4 o 5, de 1 a 5. Cuenta la última respuesta de cada encuesta en 7 días; al lado, "
        "las encuestas enviadas en el período que nadie respondió.",
    ),
    formula="answers ≥ 4 / answers",
    unit="fraction",
    better="higher",
    source=answers("survey = 'csat'", "csat"),
    adding=Rate("score >= 4"),
)
NPS = Metric(
    id="nps",
    version=1,
    title=Texts("Recomendação (NPS)", "Net promoter score (NPS)", "Recomendación (NPS)"),
    definition=Texts(
        "Porcentagem de promotores (9 e 10) menos a de detratores (0 a 6), de −100 a 100. Vale a última resposta de cada "
        "pesquisa em 7 dias.",
        "Percentage of promoters (9 and 10) less that of detractors (0 to 6), from −100 to 100. The last answer to each "
        "survey within 7 days counts.",
        "Porcentaje de promotores (9 y 10) menos el de detractores (0 a 6), de −100 a 100. Cuenta la última respuesta de "
        "cada encuesta en 7 días.",
    ),
    formula="100 × (answers 9–10 − answers 0–6) / answers",
    unit="points",
    better="higher",
    source=answers("survey = 'nps'", "nps"),
    adding=Score("score >= 9", "score <= 6"),
)
POST_PURCHASE = replace(
    CSAT,
    id="post_purchase_csat",
    title=Texts("Satisfação pós-venda", "Post-purchase satisfaction", "Satisfacción posventa"),
    definition=Texts(
        "A satisfação perguntada depois da compra, da entrega ou na loja: parte das respostas com nota 4 ou 5.",
        "Satisfaction asked about after purchase, delivery or in the store: share of answers of 4 or 5.",
        "La satisfacción preguntada después de la compra, de la entrega o en la tienda: parte de las respuestas con nota 4 o 5.",
    ),
    formula="answers ≥ 4 / answers, touchpoint purchase, delivery or store",
    source=answers("survey = 'csat' AND touchpoint IN ('purchase', 'delivery', 'store')"),
)
SATISFACTION = (CSAT, NPS, POST_PURCHASE)
