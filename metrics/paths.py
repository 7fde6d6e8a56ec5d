"""Paths: charts of where things go: from part to part, from step to step, from month to month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from metrics import tones, who, words
from metrics.asked import leads
from metrics.charts import cohort, funnel, sankey
from metrics.charts.funnel import Step
from metrics.charts.sankey import Flow
from metrics.plots import Chart, Row, Table, cells_of, drawn, heads_of, said, title_of
from metrics.query import Answer

MONTHS = 12  # columns of a triangle
FLOWS = 40  # bands that can still be told apart


def flows_of(given: Answer, title: str, *, numerator: bool = False) -> Chart:
    """Return how observations go through the dimensions of the answer, in their order; ``numerator``: only those in it."""
    metric, by = given.question.metric, given.question.by
    part = who.part_of(given.question.workspace, *by)
    found: dict[tuple[int, str, str], float] = {}
    colors: dict[str, int] = {}
    links: dict[tuple[int, str, str], str] = {}
    for figure in given.rows:
        value = (figure.numerator or 0) if numerator else figure.n
        if not value:
            continue
        for column in range(len(by) - 1):
            start, end = figure.key[column], figure.key[column + 1]
            key = (column, part(by[column], start), part(by[column + 1], end))
            found[key] = found.get(key, 0) + value
            colors |= {
                part(dimension, kind): tones.of_channel(kind)
                for dimension, kind in ((by[column], start), (by[column + 1], end))
                if kind and dimension.endswith("channel")
            }
            links[key] = leads(metric.id, within={by[column]: start, by[column + 1]: end})
    largest = sorted(found, key=lambda key: (key[0], -found[key], key))[:FLOWS]
    flows = [Flow(*key, found[key], links[key]) for key in largest]
    rows = [Row([one.start, one.end, words.count(one.value)], one.leads) for one in flows]
    return drawn(
        f"flows-{metric.id}",
        title,
        lambda size: sankey.sankey(size, title, flows, words.count, colors),
        Table([_("From"), _("To"), "n"], rows),
        is_wide=True,
    )


def funnel_of(answers: Sequence[Answer], title: str) -> Chart:
    """Return counts that follow each other, each with its share of the first and of the one before."""
    steps: list[Step] = []
    rows: list[Row] = []
    first = float(answers[0].total.n)
    before = first
    for place, given in enumerate(answers):
        n = given.total.n
        of_first = words.share(n / first) if first else "—"
        of_before = words.share(n / before) if before else "—"
        name, shown = str(given.question.metric.title), words.count(n)
        shares = of_first if place < 2 else f"{of_first} · {of_before} ↑"
        link = leads(given.question.metric.id)
        steps.append(Step(name, n, shown, shares, link))
        rows.append(Row([name, shown, of_first, of_before], link))
        before = float(n)
    table = Table([_("Step"), "n", _("% of the start"), _("% of the step before")], rows if first else [])
    return drawn("funnel", title, lambda size: funnel.funnel(size, title, steps), table)


def cohorts_of(given: Answer) -> Chart:
    """Return the share that stays, by the month people began in and the months since; expects the answer by month and months."""
    metric, say = given.question.metric, said(given)
    months = sorted({figure.key[0] or "" for figure in given.rows})
    values = {
        (months.index(figure.key[0] or ""), int(figure.key[1] or 0)): figure.value
        for figure in given.rows
        if figure.value is not None and int(figure.key[1] or 0) < MONTHS
    }
    names = [words.month(date.fromisoformat(f"{month}-01")) for month in months]
    columns = [f"+{number}" for number in range(max((column for _row, column in values), default=0) + 1)]
    rows = [
        Row([names[months.index(figure.key[0] or "")], f"+{figure.key[1]}", *cells_of(given, figure)])
        for figure in sorted(given.rows, key=lambda one: (one.key[0] or "", int(one.key[1] or 0)))
    ]
    title = title_of("cohorts", metric)
    return drawn(
        "cohorts",
        title,
        lambda size: cohort.cohort(size, title, names, columns, values, say),
        Table([_("Began in"), words.dimension("months"), *heads_of(metric)], rows),
        is_wide=True,
    )
