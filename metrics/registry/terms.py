"""What an entry of the registry is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import get_language

TIMES = ("day", "week", "month", "hour", "weekday_hour")


@dataclass(frozen=True)
class Texts:
    """A text in the three languages of the house."""

    pt_br: str
    en: str
    es: str

    def __str__(self) -> str:
        """Return the text in the language in force."""
        return {"en": self.en, "es": self.es}.get((get_language() or "pt-br")[:2], self.pt_br)


@dataclass(frozen=True)
class Source:
    """Where a figure's observations are: a table of facts, and what its columns are to this figure.

    ``anchor`` puts an observation into a period (R8); ``lengths`` names the column of each clock, empty for a count.
    ``dimensions`` maps what can be asked to columns. ``still_open`` says which rows are censored observations, from which
    instant on; ``set_aside`` which rows have an end and are reported apart, under which name.
    """

    table: str
    anchor: str
    counts: str
    dimensions: dict[str, str]
    lengths: dict[str, str] = field(default_factory=dict)
    start: str = ""
    opening_message: str = "NULL::uuid"
    closing_message: str = "NULL::uuid"
    still_open: str = ""
    set_aside: tuple[str, str] | None = None
    excluded: tuple[str, str] | None = None  # time that was not counted: the instant it began at, and why
    measure: str = ""  # the name of its rollup cells


@dataclass(frozen=True)
class Metric:
    """One entry of the catalogue."""

    id: str
    version: int
    title: Texts
    definition: Texts
    formula: str
    unit: Literal["seconds", "conversations"]
    better: Literal["lower", "higher"] | None
    headline: Literal["mean", "p50", "n"]
    source: Source

    @property
    def dimensions(self) -> tuple[str, ...]:
        """By what the figure can be split."""
        return (*self.source.dimensions, *TIMES)

    @property
    def clocks(self) -> tuple[str, ...]:
        """In which clocks the figure can be measured; empty for a count."""
        return tuple(self.source.lengths)
