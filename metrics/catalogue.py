"""Catalogue: every figure as a page of the documentation, written from the registry so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metrics.registry import METRICS, TIMES, Amounts, Count, Expected, Lengths, Metric, Rate, Ratio, Score, Sum

BEGINNING = """\
# Every figure, and exactly how it is reckoned

Written by `python manage.py describe_metrics > docs/metrics.md` from the registry (`metrics/registry`): the pages, the API and
the receipts read the same entries. How to ask is in [contract.md](contract.md). A figure is split by its own dimensions and,
where nothing else is said, by time: """
HOW = {
    Lengths: "times: n, mean, median, P75, P90, P95, longest; what still waits beside it, and then the Kaplan–Meier median",
    Amounts: "amounts: n, mean, median, P75, P90, P95, largest",
    Count: "a count",
    Sum: "a sum, with n beside it",
    Rate: "a share, with numerator, denominator and 95 % Wilson interval",
    Score: "points from −100 to 100, with their 95 % interval",
    Ratio: "a ratio, with numerator and denominator",
    Expected: "what is expected, with numerator, denominator, 80 % interval, and in the total how the model stands",
}


def page() -> str:
    """Return the page in Markdown."""
    listed = "\n".join(f"| [`{one.id}`](#{one.id}) | {one.title.en} | {one.unit} |" for one in METRICS.values())
    parts = [
        BEGINNING + ", ".join(f"`{word}`" for word in TIMES) + ".",
        f"| id | what | unit |\n|---|---|---|\n{listed}",
        *("\n".join(_entry(one)) for one in METRICS.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _entry(metric: Metric) -> Iterator[str]:
    source, kind = metric.source, metric.adding
    yield f"## {metric.id}\n"
    yield f"**{metric.title.en}** · {metric.title.pt_br} · {metric.title.es} — `{metric.id}@{metric.version}`\n"
    yield f"{metric.definition.en}\n"
    yield f"- Formula: {metric.formula.en}"
    yield f"- Shown as {HOW[type(kind)]}; unit {metric.unit}; headline {_headline(metric)}"
    if metric.better:
        yield f"- Better: {metric.better}"
    if metric.clocks:
        yield f"- Clocks: {_words(metric.clocks)}"
    yield f"- Split by and kept to: {_words(source.dimensions) or 'nothing'}{'; not by time' if source.timeless else ''}"
    if source.several:
        yield f"- A conversation counts under each {_words(source.several)} it has as of the answer, so rows may be more than the total"
    if source.usual:
        yield f"- Unless asked otherwise: {', '.join(f'`{name}={value}`' for name, value in source.usual.items())}"
    if metric.variants:
        yield "- Measured in one of several ways (`variant=`), the first unless asked otherwise:"
        for one in metric.variants:
            clocks = metric.measured(one.id).clocks
            fewer = f" Clocks: {_words(clocks)}." if clocks != metric.clocks else ""
            yield f"  - `{one.id}`: {one.definition.en}{fewer} Formula: {one.formula.en}"
    if source.set_aside:
        yield f"- Set aside, counted apart as `{source.set_aside[0]}`"
    if source.left_out:
        yield f"- Left out by rule, counted apart as {_words(source.left_out)}"
    if source.still_open:
        yield "- Not decided yet: `censored`, with `oldest_open_seconds`"


def _headline(metric: Metric) -> str:
    return {"p50": "median", "value": "the figure itself"}.get(metric.headline, metric.headline)


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
