"""Figures across channels: which one people prefer, and whether they are served alike on all of them."""

from __future__ import annotations

from datetime import timedelta
from math import log

from metrics.registry.terms import Amounts, Metric, Per, Ratio, Source, Texts

MEMORY_DAYS = 180
HALVED = log(2) / timedelta(days=60).total_seconds()  # a second's share of what a touch is worth less
# One row a person: the channel of most of their touches, each worth half as much every 60 days; fewer than 3 say nothing. Weights
# are compared as far as the order of adding cannot change them.
PREFERENCE = f"""(
    SELECT %(workspace)s::uuid AS workspace_id, customer_id, customer_id AS id, max(last_at) AS at, sum(touches) >= 3 AS known,
           (array_agg(channel_kind ORDER BY weight DESC, channel_kind))[1] AS channel_kind
    FROM (
        SELECT customer_id, channel_kind, count(*) AS touches, max(at) AS last_at,
               round(sum(exp(extract(epoch FROM at - least(%(end)s, %(as_of)s))::float8 * {HALVED}))::numeric, 12) AS weight
        FROM (
            SELECT customer_id, channel_kind, unnest(inbound) AS at
            FROM metrics_volumefact
            WHERE workspace_id = %(workspace)s AND day <= (%(end)s AT TIME ZONE 'UTC')::date
              AND day >= (least(%(end)s, %(as_of)s) AT TIME ZONE 'UTC')::date - {MEMORY_DAYS}
            UNION ALL
            SELECT customer_id, channel_kind, at FROM metrics_touchfact
            WHERE workspace_id = %(workspace)s AND customer_id IS NOT NULL AND at < least(%(end)s, %(as_of)s)
              AND at >= least(%(end)s, %(as_of)s) - interval '{MEMORY_DAYS} days'
        ) AS touch
        WHERE channel_kind <> '' AND at < least(%(end)s, %(as_of)s) AND at >= least(%(end)s, %(as_of)s) - interval '{MEMORY_DAYS} days'
        GROUP BY 1, 2
    ) AS used
    GROUP BY customer_id
) AS person"""  # noqa: S608  numbers of our own
PEOPLE = Source(table=PREFERENCE, anchor="at", dimensions={}, counts="known", timeless=True, conversation="NULL::uuid")

# One row a measure: how far its channels lie apart, weighted by their observations; channels with fewer than 30 are left out.
CONSISTENCY = """(
    SELECT %(workspace)s::uuid AS workspace_id, measure AS id, measure, %(start)s AS at,
           sqrt(sum(n * (level - mean) ^ 2) / sum(n)) / nullif(max(mean), 0) AS apart
    FROM (
        SELECT measure, n, level, sum(n * level) OVER of_measure / sum(n) OVER of_measure AS mean,
               count(*) OVER of_measure AS channels
        FROM (
            SELECT 'first_response_time' AS measure, channel_kind, count(*) AS n,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY response_elapsed) AS level
            FROM metrics_conversationfact
            WHERE workspace_id = %(workspace)s AND responded_at >= %(start)s AND responded_at < %(end)s AND response = 'answered'
            GROUP BY channel_kind
            UNION ALL
            SELECT 'resolution_time', channel_kind, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY resolution_elapsed)
            FROM metrics_conversationfact
            WHERE workspace_id = %(workspace)s AND resolved_at >= %(start)s AND resolved_at < %(end)s
              AND (answered OR resolved_by <> 'rule')
            GROUP BY channel_kind
            UNION ALL
            SELECT 'csat', channel_kind, count(*), avg((score >= 4)::int)::double precision
            FROM metrics_surveyfact
            WHERE workspace_id = %(workspace)s AND answered_at >= %(start)s AND answered_at < %(end)s AND survey = 'csat' AND counts
            GROUP BY channel_kind
        ) AS of_channel
        WHERE n >= 30
        WINDOW of_measure AS (PARTITION BY measure)
    ) AS compared
    WHERE channels >= 2
    GROUP BY measure
) AS consistency"""

CHANNELS = (
    Metric(
        id="channel_preference",
        version=1,
        title=Texts("Preferência de canal", "Channel preference", "Preferencia de canal"),
        definition=Texts(
            "Que parte das pessoas prefere cada canal: o da maioria dos contatos que elas mesmas fizeram nos 180 dias antes do "
            "fim do período, valendo cada um a metade a cada 60 dias. Quem fez menos de 3 é contado à parte.",
            "Which share of people prefers each channel: that of most of the contacts they sought themselves in the 180 days "
            "before the end of the period, each worth half as much every 60 days. Who sought fewer than 3 is counted apart.",
            "Qué parte de las personas prefiere cada canal: el de la mayoría de los contactos que ellas mismas hicieron en los 180 "
            "días antes del fin del período, valiendo cada uno la mitad cada 60 días. Quien hizo menos de 3 se cuenta aparte.",
        ),
        formula=Texts(
            "pessoas para quem é o canal de mais peso / pessoas com ao menos 3 contatos; peso 0,5^(idade / 60 d)",
            "people whose channel of most weight it is / people with at least 3 touches; weight 0.5^(age / 60 d)",
            "personas para quienes es el canal de más peso / personas con al menos 3 contactos; peso 0,5^(edad / 60 d)",
        ),
        unit="fraction",
        better=None,
        source=Source(
            table=PREFERENCE,
            anchor="at",
            counts="known",
            dimensions={"channel": "channel_kind"},
            timeless=True,
            reaches_back=timedelta(days=MEMORY_DAYS + 1),
            conversation="NULL::uuid",
            set_aside=("unknown", "NOT known"),
        ),
        adding=Ratio("1", Per(PEOPLE)),
    ),
    Metric(
        id="channel_consistency",
        version=1,
        title=Texts("Consistência entre canais", "Channel consistency", "Consistencia entre canales"),
        definition=Texts(
            "Quão diferente é o serviço entre os canais: o coeficiente de variação da mediana da primeira resposta, da mediana da "
            "resolução e da satisfação, ponderado pelas observações; 0 é igual em todos. Canais com menos de 30 ficam de fora.",
            "How unlike service is on different channels: the coefficient of variation of the median first response, the median "
            "resolution and satisfaction, weighted by observations; 0 is the same on all. Channels with fewer than 30 are left out.",
            "Cuán distinto es el servicio entre canales: el coeficiente de variación de la mediana de la primera respuesta, de la "
            "resolución y de la satisfacción, ponderado por las observaciones; 0 es igual en todos. Se excluyen canales con menos de 30.",
        ),
        formula=Texts(
            "média entre as medidas de √(Σ n·(nível − média)² / Σ n) / média entre os canais",
            "mean over the measures of √(Σ n·(level − mean)² / Σ n) / mean over channels",
            "media entre las medidas de √(Σ n·(nivel − media)² / Σ n) / media entre los canales",
        ),
        unit="fraction",
        better="lower",
        source=Source(
            table=CONSISTENCY,
            anchor="at",
            counts="apart IS NOT NULL",
            dimensions={"measure": "measure"},
            timeless=True,
            conversation="NULL::uuid",
            customer="NULL::uuid",
        ),
        adding=Amounts("apart"),
    ),
)
