"""Query: the one way from a question to its figures; page, API, export and receipt all come through here."""

from metrics.query.answering import answer, waiting
from metrics.query.figure import Answer, Figure, Freshness, Key
from metrics.query.instant import fresh, one_instant
from metrics.query.sql import grouped, values_of, where

__all__ = [
    "Answer",
    "Figure",
    "Freshness",
    "Key",
    "answer",
    "fresh",
    "grouped",
    "one_instant",
    "values_of",
    "waiting",
    "where",
]
