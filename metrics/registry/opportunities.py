"""Figures of opportunities: opened, won, lost, and where they get stuck."""

from __future__ import annotations

from metrics.registry.terms import Count, Lengths, Metric, Rate, Source, Texts
from metrics.registry.ways import WINS

NOBODY = "NULL::uuid"  # no conversation stands behind it
OWNED = {"channel": "channel_kind", "agent": "owner"}

# Every opportunity that is closed, by its close, and beside it every one there is, by its opening.
OPPORTUNITIES = """(
    SELECT closed.*, closed_at AS at, 'closed' AS basis FROM metrics_opportunityfact closed
    WHERE workspace_id = %(workspace)s AND outcome <> 'open'
    UNION ALL
    SELECT opened.*, opened_at, 'cohort' FROM metrics_opportunityfact opened WHERE workspace_id = %(workspace)s
) AS decided"""

PIPELINE = (
    Metric(
        id="opportunities_opened",
        version=1,
        title=Texts("Oportunidades abertas", "Opportunities opened", "Oportunidades abiertas"),
        definition=Texts(
            "Oportunidades pelo instante em que foram abertas; uma reaberta não é nova.",
            "Opportunities by the instant they were opened; a reopened one is not new.",
            "Oportunidades por el instante en que se abrieron; una reabierta no es nueva.",
        ),
        formula=Texts(
            "número de oportunidades abertas", "count of opportunities opened", "número de oportunidades abiertas"
        ),
        unit="count",
        better="higher",
        source=Source("metrics_opportunityfact", "opened_at", OWNED, conversation=NOBODY),
        adding=Count(),
    ),
    Metric(
        id="opportunities_won",
        version=1,
        title=Texts("Oportunidades ganhas", "Opportunities won", "Oportunidades ganadas"),
        definition=Texts(
            "Oportunidades ganhas, pelo instante em que foram fechadas.",
            "Opportunities won, by the instant they were closed.",
            "Oportunidades ganadas, por el instante en que se cerraron.",
        ),
        formula=Texts(
            "número de oportunidades ganhas", "count of opportunities won", "número de oportunidades ganadas"
        ),
        unit="count",
        better="higher",
        source=Source("metrics_opportunityfact", "closed_at", OWNED, counts="outcome = 'won'", conversation=NOBODY),
        adding=Count(),
    ),
    Metric(
        id="win_rate",
        version=1,
        title=Texts("Taxa de ganho", "Win rate", "Tasa de cierre"),
        definition=Texts(
            "Oportunidades ganhas sobre as ganhas e perdidas, pelo fechamento (basis=closed); ou sobre todas as abertas no "
            "período, com as ainda abertas ao lado (basis=cohort).",
            "Opportunities won over those won and lost, by their close (basis=closed); or over all opened in the period, with "
            "those still open beside (basis=cohort).",
            "Oportunidades ganadas sobre las ganadas y perdidas, por el cierre (basis=closed); o sobre todas las abiertas en "
            "el período, con las que siguen abiertas al lado (basis=cohort).",
        ),
        formula=Texts(
            "ganhas / (ganhas + perdidas); pela abertura: ganhas / abertas",
            "won / (won + lost); cohort: won / opened",
            "ganadas / (ganadas + perdidas); por la apertura: ganadas / abiertas",
        ),
        unit="fraction",
        better="higher",
        source=Source(
            OPPORTUNITIES,
            "at",
            {**OWNED, "basis": "basis"},
            usual={"basis": "closed"},
            conversation=NOBODY,
            start="opened_at",
            still_open="basis = 'cohort' AND outcome = 'open'",
        ),
        adding=Rate("outcome = 'won'"),
        variants=WINS,
    ),
    Metric(
        id="stage_friction",
        version=1,
        title=Texts("Pontos de atrito por etapa", "Friction by stage", "Puntos de fricción por etapa"),
        definition=Texts(
            "Quanto tempo as oportunidades ficam em cada etapa até saírem dela, e como saem (by=outcome): avançam, voltam, "
            "são ganhas ou perdidas; ao lado, as que ainda estão nela.",
            "How long opportunities stay in each stage until they leave it, and how they leave (by=outcome): advanced, back, "
            "won or lost; beside them those that are still there.",
            "Cuánto tiempo permanecen las oportunidades en cada etapa hasta salir de ella, y cómo salen (by=outcome): avanzan, "
            "vuelven, se ganan o se pierden; al lado, las que siguen en ella.",
        ),
        formula=Texts(
            "t(saída da etapa) − t(entrada na etapa)",
            "t(stage left) − t(stage entered)",
            "t(salida de la etapa) − t(entrada en la etapa)",
        ),
        unit="seconds",
        better="lower",
        source=Source(
            "metrics_stagefact",
            "left_at",
            {"stage": "stage", "outcome": "outcome", **OWNED},
            counts="left_at IS NOT NULL",
            conversation=NOBODY,
            start="entered_at",
            still_open="left_at IS NULL",
        ),
        adding=Lengths({"elapsed": "elapsed"}),
    ),
    Metric(
        id="sale_time",
        version=1,
        title=Texts("Tempo médio de venda", "Average sale time", "Tiempo medio de venta"),
        definition=Texts(
            "Da abertura da oportunidade à venda; só as ganhas entram na média, as abertas aparecem ao lado.",
            "From the opening of an opportunity to the sale; only those won are averaged, open ones are told beside.",
            "De la apertura de la oportunidad a la venta; solo las ganadas entran en la media, las abiertas aparecen al lado.",
        ),
        formula=Texts("média de t(ganha) − t(aberta)", "mean of t(won) − t(opened)", "media de t(ganada) − t(abierta)"),
        unit="seconds",
        better="lower",
        source=Source(
            "metrics_opportunityfact",
            "closed_at",
            OWNED,
            counts="outcome = 'won'",
            conversation=NOBODY,
            start="opened_at",
            still_open="outcome = 'open'",
            set_aside=("lost", "outcome = 'lost'"),
        ),
        adding=Lengths({"elapsed": "elapsed"}, headline="mean"),
    ),
)
