"""Lines over time, with gaps where nothing was measured; and the small line of a tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from metrics.charts import frame
from metrics.charts.frame import A_LETTER, Axis, Places, Series, Size, Target
from metrics.charts.scale import Scale
from metrics.charts.svg import Point, path, tag, text

NAME_HEIGHT = 14.0
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 120.0, 32.0, 4.0


def lines(
    size: Size, title: str, places: Places, series: Sequence[Series], axis: Axis, target: Target | None = None
) -> str:
    """Return a chart of lines, each named at its end. The way to the partial place is broken; one line alone has its area."""
    if len(series) > 1:
        size = replace(size, right=max(len(one.name) for one in series) * A_LETTER + 12)
    known = [value for one in series for value in one.values if value is not None]
    scale = axis.scaled([*known, target.value] if target else known, size.bottom_y, size.top)
    xs = spaced(size, len(places.words))
    ys = [[None if value is None else scale.y(value) for value in one.values] for one in series]
    alone = sum(not one.quiet for one in series) == 1 and scale.low == 0
    drawn = [
        _line(
            one, list(zip(xs, heights, strict=True)), places.partial, size.bottom_y if alone and not one.quiet else None
        )
        for one, heights in zip(series, ys, strict=True)
    ]
    return frame.drawing(
        size,
        title,
        frame.readout(xs, places, series, ys),
        frame.axis(size, scale, axis.say),
        frame.labels(size, xs, places.words),
        *drawn,
        _target(size, scale, target),
        _names(size, series, ys),
    )


def spaced(size: Size, count: int) -> list[float]:
    """Return where the places of a line lie: from edge to edge."""
    width = size.width - size.left - size.right - 12
    return [size.left + 6 + width * (place / (count - 1) if count > 1 else 0.5) for place in range(count)]


def spark(values: Sequence[float | None]) -> str:
    """Return the small line of a tile, for the eye only: its own height, a dot at the last value."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1
    width, height = SPARK_WIDTH - 2 * SPARK_MARGIN, SPARK_HEIGHT - 2 * SPARK_MARGIN
    points = [
        (
            SPARK_MARGIN + width * place / (len(values) - 1),
            None if value is None else SPARK_MARGIN + height * (1 - ((value - low) / reach if high > low else 0.5)),
        )
        for place, value in enumerate(values)
    ]
    parts = [tag("path", class_="line", d=path(run)) for run in _runs(points) if len(run) > 1]
    x, y = next((x, y) for x, y in reversed(points) if y is not None)
    return tag(
        "svg",
        *parts,
        tag("circle", class_="dot", cx=x, cy=y, r=2.5),
        class_="spark s1",
        viewBox=f"0 0 {SPARK_WIDTH:g} {SPARK_HEIGHT:g}",
        aria_hidden="true",
        preserveAspectRatio="none",
    )


def _line(
    series: Series, points: Sequence[tuple[float, float | None]], partial: int | None, area_to: float | None
) -> str:
    parts = []
    for run in _runs(points):
        if len(run) == 1:
            parts.append(tag("circle", class_="dot", cx=run[0][0], cy=run[0][1], r=3))
            continue
        if area_to is not None:
            ground = [*run, (run[-1][0], area_to), (run[0][0], area_to)]
            parts.append(tag("path", class_="area", d=path(ground) + "Z"))
        goes_on = not series.quiet and partial is not None and run[-1][0] == points[partial][0]
        whole = run[:-1] if goes_on else run
        if len(whole) > 1:
            parts.append(tag("path", class_="line", d=path(whole)))
        if goes_on:
            parts.append(tag("path", class_="line partial", d=path(run[-2:])))
    known = [(x, y) for x, y in points if y is not None]
    if known and not series.quiet:
        parts.append(tag("circle", class_="dot", cx=known[-1][0], cy=known[-1][1], r=3.5))
    return tag("g", *parts, class_=f"series {'quiet' if series.quiet else f's{series.color}'}") if parts else ""


def _target(size: Size, scale: Scale, target: Target | None) -> str:
    """Return the line of what is aimed at, its name over its beginning."""
    if target is None:
        return ""
    y = scale.y(target.value)
    over = y - 5 if y - size.top > NAME_HEIGHT else y + NAME_HEIGHT
    return tag("line", class_="target", x1=size.left, x2=size.width - size.right, y1=y, y2=y) + text(
        target.name, class_="name target-name", x=size.left + 4, y=over
    )


def _runs(points: Sequence[tuple[float, float | None]]) -> Iterator[list[Point]]:
    """Yield the stretches without a gap."""
    run: list[Point] = []
    for x, y in points:
        if y is not None:
            run.append((x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _names(size: Size, series: Sequence[Series], ys: Sequence[Sequence[float | None]]) -> str:
    """Name each line beside its last point, right of the drawing; names that would lie on each other move apart."""
    if len(series) < 2:
        return ""
    ends = sorted(
        (
            (next(y for y in reversed(heights) if y is not None) + 4, place)
            for place, heights in enumerate(ys)
            if any(y is not None for y in heights)
        )
    )
    named, below = [], size.bottom_y + 4 - NAME_HEIGHT * (len(ends) - 1)
    above = -NAME_HEIGHT
    for end, place in ends:
        above = max(min(end, below), above + NAME_HEIGHT)
        below += NAME_HEIGHT
        one = series[place]
        tone = "quiet" if one.quiet else f"s{one.color}"
        named.append(text(one.name, class_=f"name {tone}", x=size.width - size.right + 4, y=above))
    return "".join(named)
