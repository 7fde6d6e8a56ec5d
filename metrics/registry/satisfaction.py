"""Figures of satisfaction: what people answer when they are asked."""

from __future__ import annotations

from dataclasses import replace

from metrics.persons.sessions import RECENT
from metrics.registry.labels import LABEL, LABELS
from metrics.registry.terms import Metric, Rate, Score, Source, Texts

WHOSE = Texts(
    " A pesquisa sobre o atendimento que não diz a conversa fala da que a pessoa abriu por último, se algo foi dito nela nos "
    "30 dias antes da pergunta, e, se não diz quem atendeu, de quem escreveu por último nela.",
    " A survey about service that names no conversation speaks of the one the person opened last, if something was said in it "
    "in the 30 days before the question, and, naming no agent, of who had written last in it.",
    " La encuesta sobre la atención que no nombra la conversación habla de la que la persona abrió por último, si algo se "
    "dijo en ella en los 30 días antes de la pregunta, y, si no nombra al agente, de quien escribió por último en ella.",
)
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
        dimensions={"channel": "channel_kind", "agent": "agent", "team": "team", "touchpoint": "touchpoint", **LABEL},
        several=LABELS,
        start="sent_at",
        still_open=f"{condition} AND answered_at IS NULL",
        set_aside=("replaced", f"{condition} AND NOT counts"),
        reaches_back=2 * RECENT,  # from the answer to the question, from the question to what was last said
        measure=measure,
    )


CSAT = Metric(
    id="csat",
    version=2,
    title=Texts("Satisfação (CSAT)", "Satisfaction (CSAT)", "Satisfacción (CSAT)"),
    definition=Texts(
        "Parte das respostas com nota 4 ou 5, de 1 a 5. Vale a última resposta de cada pesquisa em 7 dias; ao lado, as "
        "pesquisas enviadas no período que ninguém respondeu." + WHOSE.pt_br,
        "Share of answers of 4 or 5, of 1 to 5. The last answer to each survey within 7 days counts; beside it the surveys "
        "sent in the period that nobody has answered." + WHOSE.en,
        "Parte de las respuestas con nota 4 o 5, de 1 a 5. Cuenta la última respuesta de cada encuesta en 7 días; al lado, "
        "las encuestas enviadas en el período que nadie respondió." + WHOSE.es,
    ),
    formula=Texts("respostas ≥ 4 / respostas", "answers ≥ 4 / answers", "respuestas ≥ 4 / respuestas"),
    unit="fraction",
    better="higher",
    source=answers("survey = 'csat'", "csat"),
    adding=Rate("score >= 4"),
)
NPS = Metric(
    id="nps",
    version=2,
    title=Texts("Recomendação (NPS)", "Net promoter score (NPS)", "Recomendación (NPS)"),
    definition=Texts(
        "Porcentagem de promotores (9 e 10) menos a de detratores (0 a 6), de −100 a 100. Vale a última resposta de cada "
        "pesquisa em 7 dias." + WHOSE.pt_br,
        "Percentage of promoters (9 and 10) less that of detractors (0 to 6), from −100 to 100. The last answer to each "
        "survey within 7 days counts." + WHOSE.en,
        "Porcentaje de promotores (9 y 10) menos el de detractores (0 a 6), de −100 a 100. Cuenta la última respuesta de "
        "cada encuesta en 7 días." + WHOSE.es,
    ),
    formula=Texts(
        "100 × (respostas 9–10 − respostas 0–6) / respostas",
        "100 × (answers 9–10 − answers 0–6) / answers",
        "100 × (respuestas 9–10 − respuestas 0–6) / respuestas",
    ),
    unit="points",
    better="higher",
    source=answers("survey = 'nps'", "nps"),
    adding=Score("score >= 9", "score <= 6"),
)
POST_PURCHASE = replace(
    CSAT,
    id="post_purchase_csat",
    version=1,
    title=Texts("Satisfação pós-venda", "Post-purchase satisfaction", "Satisfacción posventa"),
    definition=Texts(
        "A satisfação perguntada depois da compra, da entrega ou na loja: parte das respostas com nota 4 ou 5.",
        "Satisfaction asked about after purchase, delivery or in the store: share of answers of 4 or 5.",
        "La satisfacción preguntada después de la compra, de la entrega o en la tienda: parte de las respuestas con nota 4 o 5.",
    ),
    formula=Texts(
        "respostas ≥ 4 / respostas, ponto de contato compra, entrega ou loja",
        "answers ≥ 4 / answers, touchpoint purchase, delivery or store",
        "respuestas ≥ 4 / respuestas, punto de contacto compra, entrega o tienda",
    ),
    source=answers("survey = 'csat' AND touchpoint IN ('purchase', 'delivery', 'store')"),
)
SATISFACTION = (CSAT, NPS, POST_PURCHASE)
