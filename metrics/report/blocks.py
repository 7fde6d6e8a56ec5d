"""Blocks: what a report is made of, whatever it is shown as."""

from __future__ import annotations

from uuid import UUID

import msgspec

from metrics import told, words
from metrics.query import Answer, Figure
from metrics.registry import Rate, Score


class Cell(msgspec.Struct, frozen=True):
    """A text, or a number in words; with a receipt, one that can be proved."""

    text: str
    receipt: UUID | None = None
    is_number: bool = False


class Table(msgspec.Struct, frozen=True):
    """Rows under heads; without rows ``empty`` says why."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    note: str = ""

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        return [any(cell.is_number or cell.receipt for cell in column) for column in zip(*self.rows, strict=True)]


class Gaps(msgspec.Struct, frozen=True):
    """What is missing, each named as such."""

    title: str
    items: tuple[str, ...]


class Section(msgspec.Struct, frozen=True):
    """A chapter of the report."""

    title: str
    lead: str
    blocks: tuple[Table | Gaps, ...]


class Report(msgspec.Struct, frozen=True):
    """The whole: about which house and period, up to when it is complete, and its chapters."""

    title: str
    house: str
    span: str
    as_of: str
    language: str
    sections: tuple[Section, ...]


def said(given: Answer, figure: Figure, receipt: UUID | None) -> Cell:
    """Return a figure's value in words, with its receipt."""
    question = given.question
    return Cell(told.value(question.metric, given.value(figure), question.workspace.currency), receipt, is_number=True)


def interval(given: Answer, figure: Figure) -> Cell:
    """Return the 95 % interval of a share or score in words; a dash where there is none."""
    metric = given.question.metric
    if not isinstance(metric.adding, Rate | Score) or figure.ci_low is None:
        return Cell(told.NONE, is_number=True)
    low, high = told.value(metric, figure.ci_low), told.value(metric, figure.ci_high)
    return Cell(f"{low} – {high}", is_number=True)


def plain(number: float) -> Cell:
    """Return a count in words."""
    return Cell(words.count(number), is_number=True)
