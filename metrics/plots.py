"""Plots: answers drawn as charts in every size, each with the table behind it, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from metrics import words
from metrics.charts import bar, heat, line, scale
from metrics.charts.frame import SIZES, Series, Size
from metrics.period import Period
from metrics.query import Answer

CHANNELS_SHOWN = 4  # colors of a stack; the smallest channels share the last one


class Table(NamedTuple):
    """The numbers behind a chart."""

    heads: list[str]
    rows: list[list[str]]


class Chart(NamedTuple):
    """A chart in every size, with its table."""

    id: str
    title: str
    drawings: list[SafeString]
    table: Table
    legend: list[tuple[str, int]]
    is_empty: bool


def lengths_over_time(given: Answer, period: Period) -> Chart:
    """Return median and 90th percentile over time."""
    places = period.places()
    figures = {figure.key[0]: figure for figure in given.rows}
    rows = [figures.get(key) for key, _label in places]
    series = [
        Series(
            name,
            [getattr(row, part) if row else None for row in rows],
            [words.length(getattr(row, part) if row else None) for row in rows],
            color,
        )
        for name, part, color in ((_("median"), "p50", 1), (_("90 %"), "p90", 2))
    ]
    title = str(given.question.metric.title)
    labels = [label for _key, label in places]

    def drawn(size: Size) -> str:
        return line.lines(size, title, labels, series, scale.seconds, _axis_length)

    table = Table(
        [_("When"), "n", _("median"), _("90 %"), _("longest")],
        [
            [label, words.count(row.n), words.length(row.p50), words.length(row.p90), words.length(row.max)]
            for label, row in zip(labels, rows, strict=True)
            if row and row.n
        ],
    )
    return _chart(given.question.metric.id, title, drawn, table, [])


def conversations_by_channel(given: Answer, period: Period, now: datetime) -> Chart:
    """Return conversations over time, stacked by channel: the largest below, the smallest together on top."""
    places = period.places()
    counts: dict[str, dict[str, int]] = {}
    for figure in given.rows:
        when, kind = figure.key
        counts.setdefault(kind or "", {})[when or ""] = figure.n
    ranked = sorted(
        (kind for kind in counts if sum(counts[kind].values())), key=lambda kind: -sum(counts[kind].values())
    )
    groups = [[kind] for kind in ranked[: CHANNELS_SHOWN - 1]] + [ranked[CHANNELS_SHOWN - 1 :]]
    series = []
    for color, kinds in enumerate(filter(None, groups), start=1):
        name = words.channel(kinds[0]) if len(kinds) == 1 else _("Others")
        values = [sum(counts[kind].get(key, 0) for kind in kinds) for key, _label in places]
        series.append(Series(name, values, [words.count(value) for value in values], color))
    title = _("Conversations by channel")
    labels = [label for _key, label in places]

    def drawn(size: Size) -> str:
        return bar.bars(size, title, labels, series, scale.counts, words.count, partial=period.place_of(now))

    rows = [
        [label, *(one.shown[place] for one in series), words.count(sum(one.values[place] or 0 for one in series))]
        for place, label in enumerate(labels)
        if any(one.values[place] for one in series)
    ]
    table = Table([_("When"), *(one.name for one in series), _("Total")], rows)
    return _chart("interaction_volume", title, drawn, table, [(one.name, one.color) for one in series])


def week_of(given: Answer) -> Chart:
    """Return conversations by weekday and hour."""
    values = {}
    for figure in given.rows:
        weekday, _dash, hour = (figure.key[0] or "1-00").partition("-")
        values[int(weekday) - 1, int(hour)] = figure.n
    days = words.weekdays()
    title = _("Conversations by weekday and hour")

    def drawn(size: Size) -> str:
        return heat.heat(size, title, days, values, words.count)

    rows = [[days[day], f"{hour:02}h", words.count(n)] for (day, hour), n in sorted(values.items()) if n]
    return _chart("week", title, drawn, Table([_("Day"), _("Hour"), _("Conversations")], rows), [])


def _chart(name: str, title: str, drawn: Callable[[Size], str], table: Table, legend: list[tuple[str, int]]) -> Chart:
    return Chart(name, title, [mark_safe(drawn(size)) for size in SIZES], table, legend, not table.rows)  # noqa: S308  our own drawing


def _axis_length(seconds: float) -> str:
    return "0" if seconds == 0 else words.length(seconds)
