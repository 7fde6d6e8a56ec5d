"""Bars over time, stacked by what they are made of; the last one hatched while its time is not over."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.charts import frame
from metrics.charts.frame import Axis, Places, Series, Size
from metrics.charts.svg import tag

WIDEST = 44.0
GAP = 1.5  # between the parts of a stack
ROUND = 3.0
ROUNDING = 1e-9  # what the order of adding may change


def bars(size: Size, title: str, places: Places, series: Sequence[Series], axis: Axis) -> str:
    """Return a chart of stacked bars from zero, the partial place hatched. What is below zero has no bar."""
    words = places.words
    totals = [sum(max(one.values[place] or 0, 0) for one in series) for place in range(len(words))]
    scale = axis.scaled(totals, size.bottom_y, size.top)
    step = (size.width - size.left - size.right) / max(len(words), 1)
    width = min(WIDEST, step * 0.72)
    xs = [size.left + step * (place + 0.5) for place in range(len(words))]
    heights: list[list[float | None]] = [[] for _ in series]
    drawn = []
    for place, x in enumerate(xs):
        below = 0.0
        for one, ys in zip(series, heights, strict=True):
            value = max(one.values[place] or 0, 0)
            ys.append(scale.y(below + value) if value else None)
            if value:
                is_top = below + value >= totals[place] * (1 - ROUNDING)
                drawn.append(
                    _bar(
                        x - width / 2,
                        width,
                        scale.y(below),
                        scale.y(below + value),
                        one,
                        is_top,
                        place == places.partial,
                    )
                )
            below += value
    return frame.drawing(
        size,
        title,
        frame.readout(xs, places, series, heights),
        frame.axis(size, scale, axis.say),
        frame.labels(size, xs, words),
        *drawn,
    )


def _bar(x: float, width: float, bottom: float, top: float, series: Series, is_top: bool, is_partial: bool) -> str:  # noqa: FBT001
    """Return one part of a stack: only the top one has round corners."""
    height = max(bottom - top - (0 if is_top else GAP), 0.8)
    corner = min(ROUND, height, width / 2) if is_top else 0
    top = bottom - height if is_top else top + GAP
    right = x + width
    d = (
        f"M{x:.1f} {bottom:.1f}V{top + corner:.1f}Q{x:.1f} {top:.1f} {x + corner:.1f} {top:.1f}"
        f"H{right - corner:.1f}Q{right:.1f} {top:.1f} {right:.1f} {top + corner:.1f}V{bottom:.1f}Z"
    )
    hatch = f"url(#hatch-{series.color})" if is_partial else None
    return tag("path", class_=f"bar s{series.color}{' partial' if is_partial else ''}", fill=hatch, d=d)
