"""Plots: answers drawn as charts in every size, each with the table behind it, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from metrics import tones, who, words
from metrics.asked import leads
from metrics.charts import bar, heat, line, ranking, scale
from metrics.charts.frame import SIZES, Axis, Places, Series, Size, Target
from metrics.charts.ranking import Rank
from metrics.period import Period
from metrics.query import Answer, Figure
from metrics.registry import Amounts, Count, Expected, Lengths, Metric, Sum

SHOWN = 4  # colors of a stack; the smallest parts share the last one
RANKED = 12  # bars of a ranking; the table has them all


class Row(NamedTuple):
    """A line of a table, and the words that open the drawer on it; empty for none."""

    cells: list[str]
    leads: str = ""


class Table(NamedTuple):
    """The numbers behind a chart."""

    heads: list[str]
    rows: list[Row]


class Chart(NamedTuple):
    """A chart in every size, with its table. ``is_wide``: it takes the whole width; ``facts`` are told above it, name by name."""

    id: str
    title: str
    drawings: list[SafeString]
    table: Table
    legend: list[tuple[str, int]]
    is_empty: bool
    is_wide: bool = False
    facts: Sequence[tuple[str, str]] = ()


def drawn(
    name: str,
    title: str,
    draw: Callable[[Size], str],
    table: Table,
    legend: Sequence[tuple[str, int]] = (),
    *,
    is_wide: bool = False,
) -> Chart:
    """Return a chart drawn in every size."""
    safe = [mark_safe(draw(size)) for size in SIZES] if table.rows else []  # noqa: S308  our own drawing
    return Chart(name, title, safe, table, list(legend), not table.rows, is_wide)


def adds_up(metric: Metric) -> bool:
    """Whether nothing counted is nothing: a count or a sum, but no mean, share or ratio."""
    return isinstance(metric.adding, Count | Sum)


def spreads(metric: Metric) -> bool:
    """Whether percentiles belong to the figure."""
    return isinstance(metric.adding, Lengths | Amounts)


def values_axis(given: Answer) -> Axis:
    """Return the axis of a figure's values, in its unit."""
    metric, currency = given.question.metric, given.question.workspace.currency
    scaled = (
        scale.seconds
        if metric.unit == "seconds"
        else scale.counts
        if isinstance(metric.adding, Count)
        else scale.amounts
    )
    return Axis(scaled, lambda value: words.axis(metric.unit, value, currency))


def said(given: Answer) -> Callable[[float | None], str]:
    """Return how a value of this figure is written."""
    metric, currency = given.question.metric, given.question.workspace.currency
    return lambda value: words.figure(metric.unit, value, currency)


def course(
    given: Answer, before: Answer | None, span: Period, span_before: Period, target: Target | None = None
) -> Chart:
    """Return a figure over time; beside it its 90th percentile where it has one, and the period it is compared with, dashed."""
    metric, now, say = given.question.metric, given.freshness.as_of, said(given)
    labels = [label for _key, label in span.places()]
    partial = span.place_of(now)
    begun = _begun(span, now)

    def series(name: str, values: list[float | None], color: int, *, quiet: bool = False) -> Series:
        return Series(name, values, [say(value) for value in values], color, quiet)

    main = _over_time(given, span, metric.headline, begun)
    names = {"p50": _("median"), "mean": _("mean")}
    lines = [series(names.get(metric.headline, _("current")), main, 1)]
    if spreads(metric):
        lines.append(series(_("90 %"), _over_time(given, span, "p90", begun), 2))
    earlier: list[float | None] = []
    if before:
        earlier = _over_time(before, span_before, metric.headline, len(span_before.places()))
        earlier = (earlier + [None] * len(labels))[: len(labels)]
        if any(value is not None for value in earlier):
            lines.append(series(_("before"), earlier, 1, quiet=True))
    places = Places(labels, partial, [leads(metric.id, key) for key, _label in span.places()])
    axis = values_axis(given)
    title = title_of("course", metric)
    return drawn(
        f"course-{metric.id}",
        title,
        lambda size: line.lines(size, title, places, lines, axis, target),
        _course_table(given, span, earlier),
    )


def _begun(span: Period, now: datetime) -> int:
    """Return how many places have begun."""
    place = span.place_of(now)
    return len(span.places()) if now >= span.end else 0 if now < span.start else (place or 0) + 1


def _over_time(given: Answer, span: Period, part: str, begun: int) -> list[float | None]:
    """Return a part of a figure at every place: a gap where nothing was measured, nought where nothing was counted."""
    figures = {figure.key[0]: getattr(figure, part) for figure in given.rows}
    nothing = 0 if adds_up(given.question.metric) else None
    return [figures.get(key, nothing if place < begun else None) for place, (key, _label) in enumerate(span.places())]


def _course_table(given: Answer, span: Period, earlier: list[float | None]) -> Table:
    """Write every place that has something; ``earlier`` are the values of the places compared with, if there are any."""
    metric, say = given.question.metric, said(given)
    figures = {figure.key[0]: figure for figure in given.rows}
    compared = any(value is not None for value in earlier)
    rows = [
        Row(
            [label, *cells_of(given, figures[key]), *([say(earlier[place])] if compared else [])], leads(metric.id, key)
        )
        for place, (key, label) in enumerate(span.places())
        if key in figures and (figures[key].n or given.value(figures[key]))
    ]
    return Table([_("When"), *heads_of(metric), *([_("before")] if compared else [])], rows)


def heads_of(metric: Metric) -> list[str]:
    """Name the columns of a figure's table."""
    if spreads(metric):
        return ["n", _("median"), _("mean"), _("90 %"), _("longest") if metric.unit == "seconds" else _("largest")]
    if isinstance(metric.adding, Count):
        beside = [_("Messages in"), _("Messages out"), _("People")] if metric.adding.beside else []
        return [str(metric.title), *beside]
    sure = _("80 %") if isinstance(metric.adding, Expected) else _("95 %")
    return [str(metric.title), "n"] if isinstance(metric.adding, Sum) else [str(metric.title), _("of"), sure]


def cells_of(given: Answer, figure: Figure) -> list[str]:
    """Write a figure as the columns of its table."""
    metric, say = given.question.metric, said(given)
    if spreads(metric):
        return [words.count(figure.n), *map(say, (figure.p50, figure.mean, figure.p90, figure.max))]
    if isinstance(metric.adding, Count):
        beside = (figure.inbound, figure.outbound, figure.people or 0) if metric.adding.beside else ()
        return [words.count(figure.n), *map(words.count, beside)]
    if isinstance(metric.adding, Sum):
        return [say(figure.value), words.count(figure.n)]
    sure = "—" if figure.ci_low is None or figure.ci_high is None else f"{say(figure.ci_low)} – {say(figure.ci_high)}"
    return [say(figure.value), words.count(figure.denominator or 0), sure]


def title_of(kind: str, metric: Metric, dimension: str = "") -> str:
    """Name a chart of a figure by what it shows, so that no two of one page have the same name."""
    names = {"figure": str(metric.title), "dimension": words.dimension(dimension).lower() if dimension else ""}
    known = {
        "course": _("%(figure)s over time"),
        "stack": _("%(figure)s over time, by %(dimension)s"),
        "week": _("%(figure)s by weekday and hour"),
        "cohorts": _("%(figure)s by the month people began in"),
        "reliance": _("How far it can be relied on"),
    }
    split = _("%(figure)s by %(dimension)s")
    if (split % {**names, "figure": ""}).strip().lower() in names["figure"].lower():  # its own name says it
        split = _("%(figure)s, the largest first")
    return known.get(kind, split) % names


def stacked(given: Answer, span: Period, dimension: str) -> Chart:
    """Return a count or sum over time, stacked by a dimension: the largest below, the smallest together on top."""
    metric, say = given.question.metric, said(given)
    places = span.places()
    parts: dict[str, dict[str, float]] = {}
    for figure in given.rows:
        when, kind = figure.key
        parts.setdefault(kind or "", {})[when or ""] = given.value(figure) or 0
    sums = {kind: sum(parts[kind].values()) for kind in parts}
    ranked = sorted((kind for kind in parts if sums[kind]), key=lambda kind: (-sums[kind], kind))
    groups = [[kind] for kind in ranked[: SHOWN - 1]] + [ranked[SHOWN - 1 :]]
    series = []
    colors = [*tones.of_parts(dimension, [kinds[0] for kinds in groups if len(kinds) == 1]), tones.LEFT_OVER]
    for color, kinds in zip(colors, filter(None, groups), strict=False):
        name = words.part(dimension, kinds[0]) if len(kinds) == 1 else _("Others")
        values = [sum(parts[kind].get(key, 0) for kind in kinds) for key, _label in places]
        series.append(Series(name, values, [say(value) for value in values], color))
    title = title_of("stack", metric, dimension)
    labels = [label for _key, label in places]
    links = [leads(metric.id, key) for key, _label in places]
    shown = Places(labels, span.place_of(given.freshness.as_of), links)
    axis = values_axis(given)
    rows = [
        Row([label, *(one.shown[place] for one in series), say(sum(one.values[place] or 0 for one in series))], link)
        for place, (label, link) in enumerate(zip(labels, links, strict=True))
        if any(one.values[place] for one in series)
    ]
    return drawn(
        f"stack-{metric.id}-{dimension}",
        title,
        lambda size: bar.bars(size, title, shown, series, axis),
        Table([_("When"), *(one.name for one in series), _("Total")], rows),
        [(one.name, one.color) for one in series],
    )


def week_of(given: Answer) -> Chart:
    """Return a figure by weekday and hour."""
    metric, say = given.question.metric, said(given)
    values = {}
    for figure in given.rows:
        weekday, _dash, hour = (figure.key[0] or "1-00").partition("-")
        value = given.value(figure)
        if value is not None:
            values[int(weekday) - 1, int(hour)] = value
    days = words.weekdays()
    title = title_of("week", metric)

    def link(day: int, hour: int) -> str:
        return leads(metric.id, within={"weekday_hour": f"{day + 1}-{hour:02}"})

    rows = [
        Row([days[day], f"{hour:02}h", say(value)], link(day, hour))
        for (day, hour), value in sorted(values.items())
        if value
    ]
    return drawn(
        f"week-{metric.id}",
        title,
        lambda size: heat.heat(size, title, days, values, say, link),
        Table([_("Day"), _("Hour"), str(metric.title)], rows),
    )


def ranked(given: Answer) -> Chart:
    """Return a figure by one dimension as bars, the largest first; the table has all values and columns."""
    metric, say = given.question.metric, said(given)
    dimension = given.question.by[0]
    part = who.part_of(given.question.workspace, dimension)
    figures = [figure for figure in given.rows if given.value(figure) is not None and (figure.n or figure.value)]
    figures.sort(key=lambda figure: -(given.value(figure) or 0))
    is_count = isinstance(metric.adding, Count)
    ranks = [
        Rank(
            name=part(dimension, figure.key[0]),
            value=given.value(figure) or 0,
            shown=say(given.value(figure)),
            note="" if is_count else f"n {words.count(figure.n)}",
            leads=leads(metric.id, within={dimension: figure.key[0]}),
            quiet=figure.is_small_sample and not adds_up(metric),
        )
        for figure in figures[:RANKED]
    ]
    rows = [
        Row(
            [part(dimension, figure.key[0]), *cells_of(given, figure)],
            leads(metric.id, within={dimension: figure.key[0]}),
        )
        for figure in figures
    ]
    title = title_of("rank", metric, dimension)
    return drawn(
        f"rank-{metric.id}-{dimension}",
        title,
        lambda size: ranking.ranking(size, title, ranks),
        Table([words.dimension(dimension), *heads_of(metric)], rows),
    )
