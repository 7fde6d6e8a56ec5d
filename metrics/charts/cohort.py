"""A triangle of cohorts: one row for who began together, one column for every month since, the color says how many stay."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from metrics.charts import frame
from metrics.charts.frame import A_LETTER, Cell, Size
from metrics.charts.svg import tag, text

ROW = 26.0
STEPS = 8
DARK = 5  # from this step on words are light


def cohort(
    size: Size,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[int, int], float],
    say: Callable[[float], str],
) -> str:
    """Return the triangle of shares 0 … 1: ``values`` by (row, column); what is not there is not over yet."""
    left = max(66.0, max(map(len, rows), default=0) * A_LETTER + 12)
    size = replace(size, height=ROW * (len(rows) + 1) + 8, top=ROW)
    width = min(64.0, (size.width - left - 4) / max(len(columns), 1))
    room = size.labels > 4 or len(columns) <= 6
    parts = [
        text(name, class_="tick", x=left + width * (place + 0.5), y=ROW - 10, text_anchor="middle")
        for place, name in enumerate(columns)
    ]
    marks: list[Cell] = []
    for row, name in enumerate(rows):
        y = size.top + ROW * row
        parts.append(text(name, class_="tick", x=left - 8, y=y + ROW / 2 + 4, text_anchor="end"))
        for column, month in enumerate(columns):
            if (row, column) not in values:
                continue
            value = values[row, column]
            step = math.ceil(value * STEPS)
            parts.append(
                tag(
                    "rect", class_=f"heat h{step}", x=left + width * column + 1, y=y + 1, width=width - 2, height=ROW - 2,
                    rx=2.5, data_place=str(len(marks)),
                )
            )  # fmt: skip
            if room:
                tone = "light" if step >= DARK else "label"
                parts.append(
                    text(
                        say(value),
                        class_=tone,
                        x=left + width * (column + 0.5),
                        y=y + ROW / 2 + 4,
                        text_anchor="middle",
                    )
                )
            marks.append(Cell(f"{name} · {month}", say(value)))
    return frame.drawing(size, title, frame.cells(marks), *parts)
