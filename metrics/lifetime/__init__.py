"""Lifetime: what people who have bought are expected to bring (K25b), by a model of returning and of spending, or by their cohort."""

from metrics.lifetime.columns import BUYERS, GIVEN
from metrics.lifetime.forecast import (
    BASES,
    DISCOUNT,
    YEAR,
    Forecast,
    Standing,
    expected,
    forecast_of,
    standing,
)
from metrics.lifetime.holdout import HELD_DAYS, Band, Held
from metrics.lifetime.model import ENOUGH

__all__ = [
    "BASES",
    "BUYERS",
    "DISCOUNT",
    "ENOUGH",
    "GIVEN",
    "HELD_DAYS",
    "YEAR",
    "Band",
    "Forecast",
    "Held",
    "Standing",
    "expected",
    "forecast_of",
    "standing",
]
