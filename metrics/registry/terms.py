"""What an entry of the registry is made of: where the observations are, and how they are added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from django.utils.translation import get_language

TIMES = ("day", "week", "month", "hour", "weekday_hour")
type Unit = Literal["seconds", "money", "fraction", "points", "conversations", "people", "count", "per_hour"]


@dataclass(frozen=True)
class Texts:
    """A text in the three languages of the house."""

    pt_br: str
    en: str
    es: str

    def __str__(self) -> str:
        """Return the text in the language in force."""
        return {"en": self.en, "es": self.es}.get((get_language() or "pt-br")[:2], self.pt_br)

    def followed(self, form: str, other: Texts) -> Texts:
        """Return the text with another one behind it, as ``form`` writes them: ``{} ({})``."""
        own, others = ((some.pt_br, some.en, some.es) for some in (self, other))
        return Texts(*map(form.format, own, others))


@dataclass(frozen=True)
class Source:
    """Where a figure's observations are: facts, and what their columns are to this figure.

    ``table`` is the name of a table of facts, or a subquery in parentheses with an alias, ``(SELECT …) AS name``, in which
    ``%(workspace)s``, ``%(start)s``, ``%(end)s`` (instants of the period), ``%(zone)s``, ``%(as_of)s``, ``%(mark)s`` (history is
    read of earlier transactions) and ``%(split)s`` (the words split by and kept to, a text array) may
    stand; it shows the columns ``workspace_id``, ``id`` and those named here. Everything named here is an SQL expression over
    it; a percent sign is written twice.

    ``anchor`` puts an observation into the period (R8); ``timeless`` says that the subquery keeps to the period itself: then
    the anchor only orders the evidence, and the figure cannot be split by time. ``dimensions`` maps what can be asked to
    columns; ``usual`` keeps a dimension to one value unless it is asked for, as the usual one of several models that stand
    side by side; ``parts`` are dimensions that cut one observation into several, so that their rows are more than the total.
    ``several`` are dimensions of which a conversation has several values, or none: by name the table of facts with a row for
    each, which the column is of. An observation counts under each value of its conversation, and without any under nothing;
    the table is joined only when such a dimension is asked for.
    ``still_open`` says which rows are censored observations, from ``start`` on; ``set_aside`` which rows have an end and are
    reported apart, under which name.
    """

    table: str
    anchor: str
    dimensions: Mapping[str, str]
    counts: str = "true"
    usual: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    several: Mapping[str, str] = field(default_factory=dict)
    timeless: bool = False
    start: str = ""
    conversation: str = "conversation_id"
    customer: str = "customer_id"
    opening_message: str = "NULL::uuid"
    closing_message: str = "NULL::uuid"
    still_open: str = ""
    set_aside: tuple[str, str] | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)  # what a rule excludes (R13), counted by name, beside
    excluded: tuple[str, str] | None = None  # time that was not counted: the instant it began at, and why
    # Of what the time from start to anchor counts alone: the waits of the conversation, or its stays; empty: all of it.
    pieces: Literal["", "waits", "stays"] = ""
    reaches_back: timedelta = timedelta()  # how long before the period lie facts that the subquery looks at
    looks_ahead: bool = False  # whether it follows what began in the period to now
    beside: Mapping[str, str] = field(default_factory=dict)  # numbers that are told with every observation, by name
    # Of amounts that are expected, those of ``beside`` that are known: what a receipt compares.
    observed: tuple[str, ...] = ()
    # More values that the subquery names, made one after the other, each of those before it.
    given: Mapping[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    measure: str = ""  # the name of its rollup cells

    @property
    def words(self) -> tuple[str, ...]:
        """By what it can be split."""
        return (*self.dimensions, *(() if self.timeless else TIMES))


@dataclass(frozen=True)
class Lengths:
    """Times: the column, in microseconds, of each clock. Shown with mean, percentiles and who still waits."""

    clocks: Mapping[str, str]
    headline: Literal["mean", "p50"] = "p50"


@dataclass(frozen=True)
class Amounts:
    """One amount an observation, such as the worth of an order. Shown with mean and percentiles."""

    amount: str
    headline: Literal["mean", "p50"] = "mean"


@dataclass(frozen=True)
class Count:
    """How many there are: rows, or with ``each`` distinct values of it. ``beside`` are messages told beside the figure."""

    each: str = ""
    beside: Source | None = None
    headline: Literal["n"] = "n"


@dataclass(frozen=True)
class Sum:
    """The sum of an amount; n says of how many rows, or with ``each`` of how many distinct ones."""

    amount: str
    each: str = ""
    headline: Literal["value"] = "value"


@dataclass(frozen=True)
class Rate:
    """The share of what counts for which ``numerator`` holds, with its Wilson interval.

    Of rows; with ``each``, say ``customer_id``, of distinct ones: one is in the numerator when any of its rows is.
    """

    numerator: str
    each: str = ""
    headline: Literal["value"] = "value"


@dataclass(frozen=True)
class Score:
    """100 x (share of promoters - share of detractors), as of the net promoter score, with its interval."""

    promoter: str
    detractor: str
    headline: Literal["value"] = "value"


@dataclass(frozen=True)
class Per:
    """What a ratio is divided by: rows of ``source`` (None: the metric's own) for which ``condition`` holds.

    Their number; with ``each`` that of distinct ones; with ``amount`` a sum. What the source cannot be split by or kept to is
    shared by all: sales of a channel per hour that anybody was present.
    """

    source: Source | None = None
    condition: str = "true"
    each: str = ""
    amount: str = ""


@dataclass(frozen=True)
class Ratio:
    """The sum of an amount (``"1"``: the number of rows) over what it is divided by; the two may be anchored differently.

    n is the number divided by; where that is an amount, of the rows above the line, or with ``each`` of distinct ones.
    ``spread`` is the column whose percentiles over the rows divided by are told beside it; those rows are the metric's own.
    """

    amount: str
    per: Per = Per()
    each: str = ""
    spread: str = ""
    headline: Literal["value"] = "value"


@dataclass(frozen=True)
class Expected(Ratio):
    """A ratio of amounts that are expected of each row (``metrics.lifetime``): shown with its 80 % interval and how the model stands.

    The source is given a ``forecast``, of which its rows are told, a person and a basis of money each.
    """


type Adding = Lengths | Amounts | Count | Sum | Rate | Score | Ratio


@dataclass(frozen=True)
class Variant:
    """One of the ways a figure can be measured, by the name a question calls it.

    Where the rows of all ways stand side by side in a dimension of the source, ``kept`` says in which, and which of its values
    this way is. Else ``source`` and ``adding`` take the place of the metric's.
    """

    id: str
    title: Texts
    definition: Texts
    formula: Texts
    kept: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    adding: Adding | None = None


@dataclass(frozen=True)
class Metric:
    """One entry of the catalogue. ``variants`` are the ways it can be measured: the first is the entry itself.

    ``variant`` names the way it is measured in, empty for the first.
    """

    id: str
    version: int
    title: Texts
    definition: Texts
    formula: Texts
    unit: Unit
    better: Literal["lower", "higher"] | None
    source: Source
    adding: Adding
    variants: tuple[Variant, ...] = ()
    variant: str = ""

    @property
    def headline(self) -> str:
        """Which part of a figure is its value."""
        return self.adding.headline

    @property
    def dimensions(self) -> tuple[str, ...]:
        """By what the figure can be split."""
        return self.source.words

    @property
    def clocks(self) -> tuple[str, ...]:
        """In which clocks the figure can be measured; empty for what is no time."""
        return tuple(self.adding.clocks) if isinstance(self.adding, Lengths) else ()

    @property
    def kept(self) -> Mapping[str, str]:
        """To which value of which dimension its variant keeps it."""
        return next((one.kept for one in self.variants if one.id == self.variant), {})

    def measured(self, variant: str) -> Metric:
        """Return the entry as one of its variants measures it; itself for its first, and for what is none of them."""
        chosen = next((one for one in self.variants[1:] if one.id == variant), None)
        if chosen is None or chosen.id == self.variant:
            return self
        return replace(
            self,
            title=self.title.followed("{} ({})", chosen.title),
            definition=self.definition.followed("{} {}", chosen.definition) if chosen.kept else chosen.definition,
            formula=chosen.formula,
            source=chosen.source or self.source,
            adding=chosen.adding or self.adding,
            variant=chosen.id,
        )
