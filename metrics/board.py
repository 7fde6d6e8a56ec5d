"""Board: what the pages of figures show: tiles, charts and the tables behind them, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _, ngettext

from hub.models import Workspace
from metrics import words
from metrics.charts import line
from metrics.period import Period
from metrics.plots import Chart, Table, conversations_by_channel, lengths_over_time, week_of
from metrics.query import Answer, Figure, Freshness, answer, fresh, one_instant, waiting
from metrics.question import Question
from metrics.registry import METRICS, Metric

TILES = (("first_response_time", "p50"), ("reply_time", "p50"), ("interaction_volume", "n"), ("resolution_time", "p50"))


@dataclass(frozen=True)
class Filter:
    """What a board is kept to."""

    channels: tuple[str, ...] = ()

    def asked(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return it as filters of a question."""
        return (("channel", self.channels),) if self.channels else ()


class Delta(NamedTuple):
    """A change against the period before: its arrow, its size, and what it means in a word."""

    arrow: str
    size: str
    meaning: str
    word: str


class Tile(NamedTuple):
    """One figure of the board."""

    metric: Metric
    title: str
    value: str
    n: str
    delta: Delta | None
    spark: SafeString
    is_small_sample: bool
    waiting: str


@dataclass(frozen=True)
class Board:
    """A page's worth of figures from one instant."""

    freshness: Freshness
    period: Period
    tiles: list[Tile] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)


def overview(workspace: Workspace, period: Period, kept: Filter) -> Board:
    """Return the board of all figures: four tiles, two charts."""
    with one_instant():
        freshness = fresh(workspace)
        asked = {name: _question(workspace, name, period, kept) for name, _figure in TILES}
        by_time = {
            name: answer(one._replace(by=(period.step,)), freshness, people=False) for name, one in asked.items()
        }
        tiles = [_tile(asked[name], by_time[name], figure, period) for name, figure in TILES]
        volume = answer(asked["interaction_volume"]._replace(by=(period.step, "channel")), freshness, lean=True)
    charts = [
        conversations_by_channel(volume, period, freshness.as_of),
        lengths_over_time(by_time["first_response_time"], period),
    ]
    return Board(freshness, period, tiles, charts)


def of_metric(workspace: Workspace, metric: Metric, period: Period, kept: Filter) -> Board:
    """Return the board of one figure: its tile, its course, and its splits as tables."""
    with one_instant():
        freshness = fresh(workspace)
        question = _question(workspace, metric.id, period, kept)
        by_time = answer(question._replace(by=(period.step,)), freshness, people=False)
        shown = dict(TILES)[metric.id]
        tiles = [_tile(question, by_time, shown, period)]
        if metric.clocks:
            charts = [lengths_over_time(by_time, period)]
        else:
            volume = answer(question._replace(by=(period.step, "channel")), freshness, lean=True)
            week = answer(question._replace(by=("weekday_hour",)), freshness, lean=True)
            charts = [conversations_by_channel(volume, period, freshness.as_of), week_of(week)]
    return Board(freshness, period, tiles, charts)


def splits(workspace: Workspace, metric: Metric, period: Period, kept: Filter) -> list[tuple[str, Table]]:
    """Return the figure by channel, agent and team, as far as it can be split so: a title and a table each."""
    question = _question(workspace, metric.id, period, kept)
    titles = {
        "channel": (_("By channel"), _("Channel")),
        "agent": (_("By agent"), _("Agent")),
        "team": (_("By team"), _("Team")),
    }
    tables = []
    for word, (title, head) in titles.items():
        if word not in metric.source.dimensions:
            continue
        rows = sorted((row for row in answer(question._replace(by=(word,))).rows if row.n), key=lambda row: -row.n)
        if any(row.key[0] for row in rows):
            tables.append((title, Table([head, *_heads(metric)], [_cells(metric, word, row) for row in rows])))
    return tables


def _question(workspace: Workspace, name: str, period: Period, kept: Filter) -> Question:
    return Question(workspace, METRICS[name], period.start, period.end, period.zone, filters=kept.asked())


def _tile(question: Question, by_time: Answer, shown: str, period: Period) -> Tile:
    freshness = by_time.freshness
    as_of = freshness.as_of
    metric, total = question.metric, by_time.total
    value = getattr(total, shown)
    before = answer(_comparable(question, as_of), freshness, lean=True).total
    still = waiting(question, as_of) if metric.clocks and metric.id != "resolution_time" else Figure(())
    values = {figure.key[0]: getattr(figure, shown) for figure in by_time.rows}
    nothing = None if metric.clocks else 0
    return Tile(
        metric=metric,
        title=_tile_title(metric),
        value=words.length(value) if metric.clocks else words.count(total.n),
        n=_observations(metric, total),
        delta=_delta(metric, value, getattr(before, shown), total, before),
        spark=mark_safe(line.spark([values.get(key, nothing) for key, _label in _past(period, as_of)])),  # noqa: S308  our own drawing
        is_small_sample=bool(metric.clocks) and total.is_small_sample,
        waiting=_waiting(still),
    )


def _comparable(question: Question, now: datetime) -> Question:
    """Return the question about the period before, as far into it as the running one is."""
    before = question.previous
    return before._replace(end=before.end - max(question.end - now, timedelta())) if now > question.start else before


def _tile_title(metric: Metric) -> str:
    names = {
        "first_response_time": _("First response, median"),
        "reply_time": _("Reply time, median"),
        "resolution_time": _("Resolution, median"),
        "interaction_volume": _("Conversations"),
    }
    return names[metric.id]


def _past(period: Period, now: datetime) -> Sequence[tuple[str, str]]:
    """Return the places that have begun."""
    last = period.place_of(now)
    return period.places() if last is None else period.places()[: last + 1]


def _observations(metric: Metric, total: Figure) -> str:
    if not metric.clocks:
        messages = total.inbound + total.outbound
        return ngettext("%(n)s message", "%(n)s messages", messages) % {"n": words.count(messages)}
    forms = {
        "first_response_time": ngettext("%(n)s first response", "%(n)s first responses", total.n),
        "reply_time": ngettext("%(n)s reply", "%(n)s replies", total.n),
        "resolution_time": ngettext("%(n)s resolved", "%(n)s resolved", total.n),
    }
    return forms[metric.id] % {"n": words.count(total.n)}


def _waiting(still: Figure) -> str:
    if not still.censored:
        return ""
    form = ngettext("%(n)s waiting, for %(length)s", "%(n)s waiting, the longest for %(length)s", still.censored)
    return form % {"n": words.count(still.censored), "length": words.length(still.oldest_open_seconds)}


def _delta(metric: Metric, value: float | None, old: float | None, total: Figure, before: Figure) -> Delta | None:
    """Return the change, or None where too little is known on either side."""
    if not value or not old or min(total.n, before.n) < 5:
        return None
    share = value / old - 1
    if round(abs(share) * 100) == 0:
        return Delta("", "", "same", _("unchanged"))
    meaning = "neutral"
    word = _("more") if share > 0 else _("fewer")
    if metric.better:
        meaning = "good" if (share < 0) == (metric.better == "lower") else "bad"
        word = _("better") if meaning == "good" else _("worse")
    return Delta("▲" if share > 0 else "▼", words.percent(share), meaning, word)


def _heads(metric: Metric) -> list[str]:
    if metric.clocks:
        return ["n", _("median"), _("mean"), _("90 %"), _("longest")]
    return [_("Conversations"), _("Messages in"), _("Messages out"), _("People")]


def _cells(metric: Metric, word: str, figure: Figure) -> list[str]:
    part = figure.key[0]
    name = (words.channel(part or "") if word == "channel" else part) or "—"
    if metric.clocks:
        lengths = (figure.p50, figure.mean, figure.p90, figure.max)
        return [name, words.count(figure.n), *map(words.length, lengths)]
    return [name, *map(words.count, (figure.n, figure.inbound, figure.outbound, figure.people or 0))]


def as_of_words(board: Board) -> tuple[str, str, bool]:
    """Return the clock of the board, its zone, and whether that was too long ago to be called live."""
    local = board.freshness.as_of.astimezone(board.period.zone)
    late = (timezone.now() - board.freshness.as_of).total_seconds() > 10
    return words.clock(local), board.period.zone.key, late
