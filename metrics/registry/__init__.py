"""Registry: every figure the house knows, literally: what it means, where its facts are, and how it is added up."""

from metrics.registry.journey import JOURNEYS
from metrics.registry.opportunities import PIPELINE
from metrics.registry.sales import SALES
from metrics.registry.satisfaction import SATISFACTION
from metrics.registry.service import SERVICE
from metrics.registry.terms import (
    TIMES,
    Adding,
    Amounts,
    Count,
    Lengths,
    Metric,
    Per,
    Rate,
    Ratio,
    Score,
    Source,
    Sum,
    Texts,
)

METRICS: dict[str, Metric] = {metric.id: metric for metric in (*SERVICE, *SATISFACTION, *PIPELINE, *SALES, *JOURNEYS)}

__all__ = [
    "METRICS",
    "TIMES",
    "Adding",
    "Amounts",
    "Count",
    "Lengths",
    "Metric",
    "Per",
    "Rate",
    "Ratio",
    "Score",
    "Source",
    "Sum",
    "Texts",
]
