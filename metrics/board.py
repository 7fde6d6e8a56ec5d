"""Board: a page's worth of figures from one instant: tiles, the main chart, charts and the tables behind them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from django.db import DatabaseError
from django.utils import timezone

from metrics import paths, plots, reliance, targets, tiles, who, words
from metrics.asked import Asked
from metrics.charts.frame import Target
from metrics.layouts import COLUMNS, Layout, Plot
from metrics.models import LabelFact
from metrics.plots import Chart, Row, Table
from metrics.query import Answer, Freshness, answer, fresh, one_instant
from metrics.registry import METRICS, Expected, Metric
from metrics.tiles import Tile

log = logging.getLogger(__name__)
LATE = 10  # seconds after which nothing is called live


class Failed(NamedTuple):
    """A card that could not be computed."""

    id: str
    title: str


type Card = Tile | Chart | Failed
type Make = Callable[[], Card]
DRAWN: dict[str, Callable[[Answer], Chart]] = {  # from the answer alone
    "week": plots.week_of,
    "cohorts": paths.cohorts_of,
    "rank": plots.ranked,
    "reliance": reliance.card,
}


@dataclass(frozen=True)
class Board:
    """A page's worth of figures from one instant; ``main`` is the chart of the chosen tile."""

    freshness: Freshness
    asked: Asked
    tiles: list[Card] = field(default_factory=list)
    main: Card | None = None
    charts: list[Card] = field(default_factory=list)
    table: Table | None = None


class _Page:
    """Makes the cards of one page; what two cards need is asked once."""

    def __init__(self, asked: Asked, freshness: Freshness) -> None:
        self.asked = asked
        self.freshness = freshness
        self.targets = _targets(asked, freshness)
        self.courses: dict[str, Answer] = {}

    def course(self, metric: Metric) -> Answer:
        """Return a figure over the page's time."""
        if metric.id not in self.courses:
            self.courses[metric.id] = tiles.course_of(self.asked, metric, self.freshness)
        return self.courses[metric.id]

    def tile(self, name: str) -> Tile:
        """Make a tile."""
        metric = self.asked.metric(name)
        made = tiles.tile(self.asked, metric, self.freshness, self.targets.get(name), self.course(metric))
        if "agent" not in self.asked.kept or "agent" not in metric.source.dimensions:
            return made
        others = tuple((word, values) for word, values in self.asked.filters if word != "agent")
        all_of_them = answer(replace(self.asked, filters=others).question(metric), self.freshness, lean=True)
        return made._replace(everybody=plots.said(all_of_them)(all_of_them.value(all_of_them.total)))

    def over_time(self, metric: Metric) -> Chart:
        """Make the chart of a figure over time."""
        asked, now = self.asked, self.freshness.as_of
        earlier = asked.before(asked.question(metric, (asked.period.step,)), now)
        before = answer(earlier, self.freshness, lean=True) if earlier else None
        aim = self.targets.get(metric.id)
        target = Target(aim, words.figure(metric.unit, aim, asked.workspace.currency)) if aim is not None else None
        return plots.course(self.course(metric), before, asked.period, asked.period_before(), target)

    def plot(self, plot: Plot) -> Chart:
        """Make a chart of a layout."""
        metric, by = self.asked.metric(plot.metrics[0]), plot.by
        if plot.kind == "course":
            return self.over_time(metric)
        if plot.kind == "funnel":
            given = [answer(self.asked.question(METRICS[name]), self.freshness, lean=True) for name in plot.metrics]
            return paths.funnel_of(given, str(plot.title))
        by = (self.asked.period.step, *by) if plot.kind == "stack" else ("weekday_hour",) if plot.kind == "week" else by
        question = self.asked.question(metric, tuple(filter(None, by)))
        one = answer(question, self.freshness, lean=plot.kind != "reliance")
        if plot.kind == "stack":
            return plots.stacked(one, self.asked.period, plot.by[0])
        if plot.kind in DRAWN:
            return DRAWN[plot.kind](one)
        return paths.flows_of(one, str(plot.title), numerator=plot.kind == "crossings")


def _targets(asked: Asked, freshness: Freshness) -> dict[str, float]:
    """Return the targets of a page: a figure kept to something, on another clock or measured in another way has none."""
    if asked.filters or asked.clock != "elapsed" or asked.variant:
        return {}
    return targets.of(asked.workspace, freshness.as_of.astimezone(asked.period.zone).date())


def of_layout(asked: Asked, layout: Layout) -> Board:
    """Return a board: its tiles, the chart of the one that is chosen, and its charts."""
    chosen = asked.show or layout.tiles[0]
    shown = [*plots_of(METRICS[chosen])[:1], *layout.plots]

    def makers(page: _Page) -> list[tuple[str, Make]]:
        found: list[tuple[str, Make]] = [(f"tile-{name}", partial(page.tile, name)) for name in layout.tiles]
        return found + _plotted(page, shown)

    freshness, cards = _made(asked, makers)
    tiled = len(layout.tiles)
    main, *charts = filled(cards[tiled:])
    return Board(freshness, asked, cards[:tiled], main, charts)


def _plotted(page: _Page, shown: Sequence[Plot]) -> list[tuple[str, Make]]:
    """Return what makes each of some charts, by name."""
    return [("-".join((plot.kind, plot.metrics[0], *plot.by)), partial(page.plot, plot)) for plot in shown]


def of_metric(asked: Asked, metric: Metric) -> Board:
    """Return the page of one figure: its tile, its course, and every way it can be split; by labels where there are any."""
    has_labels = LabelFact.objects.of(asked.workspace).exists()
    shown = [plot for plot in plots_of(asked.metric(metric.id)) if has_labels or plot.by != ("label",)]

    def makers(page: _Page) -> list[tuple[str, Make]]:
        found: list[tuple[str, Make]] = [(f"tile-{metric.id}", partial(page.tile, metric.id))]
        return found + _plotted(page, shown)

    freshness, cards = _made(asked, makers)
    charts = filled(cards[1:])
    return Board(freshness, asked, cards[:1], charts[0] if charts else None, charts[1:])


def plots_of(metric: Metric) -> list[Plot]:
    """Return the charts of a figure's own page, the main one first: its course where it has one, and every way it can be split."""
    # What its variant keeps it to would be a single bar.
    splits = [Plot("rank", (metric.id,), (name,)) for name in metric.source.dimensions if name not in metric.kept]
    if metric.source.timeless:
        return [*splits, *([Plot("reliance", (metric.id,))] if isinstance(metric.adding, Expected) else [])]
    found = [Plot("course", (metric.id,))]
    if "months" in metric.source.dimensions:
        found.append(Plot("cohorts", (metric.id,), ("month", "months")))
    if plots.adds_up(metric) and "channel" in metric.source.dimensions:
        found.append(Plot("stack", (metric.id,), ("channel",)))
    return [*found, Plot("week", (metric.id,)), *splits]


def filled(cards: list[Card]) -> list[Card]:
    """Return charts that stand two in a row so that no place stays empty: who would stand alone takes the whole row."""
    found, alone = list(cards), False
    for place, card in enumerate(cards):
        if not getattr(card, "is_wide", False):
            alone = not alone
        elif alone:
            found[place - 1], alone = _widened(found[place - 1]), False
    if alone:
        found[-1] = _widened(found[-1])
    return found


def _widened(card: Card) -> Card:
    return card._replace(is_wide=True) if isinstance(card, Chart) else card


def of_agents(asked: Asked, layout: Layout) -> Board:
    """Return the board of agents: beside its cards a line for everybody, each leading to the agent's own page."""
    board = of_layout(asked, layout)
    lines: dict[str, dict[str, str]] = {}
    with one_instant():
        for name in COLUMNS:
            given = answer(asked.question(METRICS[name], ("agent",)), board.freshness, lean=True)
            for figure in given.rows:
                if figure.key[0] and figure.n:
                    lines.setdefault(figure.key[0], {})[name] = plots.said(given)(given.value(figure))
    heads = [words.dimension("agent"), *(tiles.title_of(METRICS[name]) for name in COLUMNS)]
    part = who.part_of(asked.workspace, "agent")
    rows = sorted(
        (Row([part("agent", agent), *(lines[agent].get(name, "—") for name in COLUMNS)], agent) for agent in lines),
        key=lambda row: (row.cells[0].casefold(), row.leads),
    )
    return replace(board, table=Table(heads, rows))


def _made(asked: Asked, makers: Callable[[_Page], list[tuple[str, Make]]]) -> tuple[Freshness, list[Card]]:
    """Make all cards from one instant; when the database refuses one, each apart, so that the others are shown."""
    try:
        with one_instant():
            page = _Page(asked, fresh(asked.workspace))
            return page.freshness, [make() for _name, make in makers(page)]
    except DatabaseError:
        log.exception("A card of figures could not be computed.")
    page = _Page(asked, fresh(asked.workspace))
    return page.freshness, [_apart(name, make) for name, make in makers(page)]


def _apart(name: str, make: Make) -> Card:
    try:
        with one_instant():
            return make()
    except DatabaseError:
        metric = next((one for one in METRICS.values() if one.id in name.split("-")), None)
        return Failed(name, str(metric.title) if metric else "")


def as_of_words(board: Board) -> tuple[str, str, bool]:
    """Return the clock of the board, its zone, and whether that was too long ago to be called live."""
    local = board.freshness.as_of.astimezone(board.asked.period.zone)
    late = (timezone.now() - board.freshness.as_of).total_seconds() > LATE
    return words.clock(local), board.asked.period.zone.key, late
