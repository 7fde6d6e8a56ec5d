"""A funnel: steps that follow each other, each as wide as what is left, with its share of the start and of the step before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from metrics.charts import frame
from metrics.charts.frame import Cell, Size
from metrics.charts.svg import path, tag, text

GAP = 2.0
NARROWEST = 3.0


class Step(NamedTuple):
    """One step: ``shown`` is its number in the reader's words, ``shares`` those of the start and of the step before."""

    name: str
    value: float
    shown: str
    shares: str
    leads: str = ""


def funnel(size: Size, title: str, steps: Sequence[Step]) -> str:
    """Return the funnel, the first step on top."""
    height = (size.height - size.top - 8) / max(len(steps), 1)
    middle, widest = size.width * 0.3, size.width * 0.56
    most = max((one.value for one in steps), default=0) or 1
    widths = [max(widest * max(one.value, 0) / most, NARROWEST) for one in steps]
    parts = []
    for place, one in enumerate(steps):
        top, bottom = size.top + height * place, size.top + height * (place + 1) - GAP
        above = widths[place]
        below = min(widths[place + 1], above) if place + 1 < len(steps) else above * 0.9
        corners = [
            (middle - above / 2, top), (middle + above / 2, top), (middle + below / 2, bottom), (middle - below / 2, bottom)
        ]  # fmt: skip
        parts += [
            tag("path", class_=f"step p{min(place, 4)}", d=path(corners) + "Z", data_place=str(place)),
            text(one.name, class_="label", x=size.width * 0.62, y=top + height / 2 - 3),
            text(f"{one.shown} · {one.shares}", class_="tick", x=size.width * 0.62, y=top + height / 2 + 12),
        ]
    marks = [Cell(one.name, f"{one.shown} · {one.shares}", one.leads) for one in steps]
    return frame.drawing(size, title, frame.cells(marks), *parts)
