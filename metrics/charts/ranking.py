"""A ranking: bars that lie, the name at the left, the value at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from metrics.charts import frame
from metrics.charts.frame import A_LETTER, Cell, Size
from metrics.charts.svg import tag, text

ROW = 30.0
THICK = 16.0


class Rank(NamedTuple):
    """One bar: ``shown`` is its value in the reader's words, ``note`` what stands behind it."""

    name: str
    value: float
    shown: str
    note: str = ""
    leads: str = ""
    quiet: bool = False  # too few to lean on


def ranking(size: Size, title: str, ranks: Sequence[Rank]) -> str:
    """Return the bars, in the order given; as high as they need. What is below zero has no bar, only its value."""
    size = replace(size, height=ROW * len(ranks) + 8, top=4, bottom=4)
    names = [_short(one.name, int(size.width * 0.34 / A_LETTER)) for one in ranks]
    left = max((len(name) for name in names), default=0) * A_LETTER + 14
    ends = [one.shown + (f" · {one.note}" if one.note else "") for one in ranks]
    right = max(map(len, ends), default=0) * A_LETTER + 12
    most = max((one.value for one in ranks), default=0) or 1
    parts = []
    for place, (one, name, end) in enumerate(zip(ranks, names, ends, strict=True)):
        y = size.top + ROW * place
        width = max((size.width - left - right) * max(one.value, 0) / most, 2 if one.value > 0 else 0)
        parts += [
            text(name, class_="label", x=left - 10, y=y + ROW / 2 + 4, text_anchor="end"),
            tag(
                "rect", class_=f"bar s1{' few' if one.quiet else ''}", x=left, y=y + (ROW - THICK) / 2, width=width,
                height=THICK, rx=3,
            ),
            text(end, class_="tick", x=left + width + 8, y=y + ROW / 2 + 4),
            tag("rect", class_="reach", x=0, y=y, width=size.width, height=ROW, data_place=str(place)),
        ]  # fmt: skip
    marks = [Cell(one.name, end, one.leads) for one, end in zip(ranks, ends, strict=True)]
    return frame.drawing(size, title, frame.cells(marks), *parts)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
