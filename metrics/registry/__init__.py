"""Registry: every figure the house knows, literally: what it means, where its facts are, and how it is added up."""

from metrics.registry.cases import CASE_TIMES
from metrics.registry.channels import CHANNELS
from metrics.registry.delivery import DELIVERY
from metrics.registry.journey import JOURNEYS
from metrics.registry.lifetime import LIFETIME
from metrics.registry.movement import MOVEMENT
from metrics.registry.opportunities import PIPELINE
from metrics.registry.people import PEOPLE
from metrics.registry.queue import QUEUE
from metrics.registry.response import SERVICE
from metrics.registry.returns import RETURNS
from metrics.registry.sales import SALES
from metrics.registry.satisfaction import SATISFACTION
from metrics.registry.stages import STAGES
from metrics.registry.terms import (
    TIMES,
    Adding,
    Amounts,
    Count,
    Expected,
    Lengths,
    Metric,
    Per,
    Rate,
    Ratio,
    Score,
    Source,
    Sum,
    Texts,
    Variant,
)
from metrics.registry.work import WORK

METRICS: dict[str, Metric] = {
    metric.id: metric
    for some in (
        SERVICE,
        CASE_TIMES,
        QUEUE,
        WORK,
        CHANNELS,
        SATISFACTION,
        PIPELINE,
        SALES,
        DELIVERY,
        RETURNS,
        JOURNEYS,
        PEOPLE,
        LIFETIME,
        MOVEMENT,
        STAGES,
    )
    for metric in some
}

__all__ = [
    "METRICS",
    "TIMES",
    "Adding",
    "Amounts",
    "Count",
    "Expected",
    "Lengths",
    "Metric",
    "Per",
    "Rate",
    "Ratio",
    "Score",
    "Source",
    "Sum",
    "Texts",
    "Variant",
]
