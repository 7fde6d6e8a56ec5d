"""The week as a map of heat: weekdays down, hours across, nine steps of one color."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from metrics.charts import frame
from metrics.charts.frame import Cell, Size
from metrics.charts.svg import tag, text

HOURS = 24
STEPS = 8


def heat(
    size: Size,
    title: str,
    days: Sequence[str],
    values: Mapping[tuple[int, int], float],
    say: Callable[[float], str],
    leads: Callable[[int, int], str] | None = None,
) -> str:
    """Return the map: ``days`` name Monday to Sunday, ``values`` by (day 0-6, hour 0-23), ``say`` writes a value.

    ``leads`` says where a click on a day and hour goes. What was not measured is empty, not the lowest step.
    """
    most = max(values.values(), default=0) or 1
    width = (size.width - size.left - size.right) / HOURS
    height = (size.bottom_y - size.top) / len(days)
    parts: list[str] = []
    marks: list[Cell] = []
    for day, name in enumerate(days):
        y = size.top + height * day
        parts.append(text(name, class_="tick", x=size.left - 8, y=y + height / 2 + 4, text_anchor="end"))
        for hour in range(HOURS):
            value = values.get((day, hour), 0)
            parts.append(
                tag(
                    "rect",
                    class_=f"heat h{math.ceil(max(value, 0) / most * STEPS)}",  # rounded up: one is never nothing
                    x=size.left + width * hour + 1,
                    y=y + 1,
                    width=width - 2,
                    height=height - 2,
                    rx=2.5,
                    data_place=str(len(marks)),
                )
            )
            marks.append(
                Cell(
                    f"{name} {hour:02}h",
                    say(value) if (day, hour) in values else "—",
                    leads(day, hour) if leads and value else "",
                )
            )
    parts += [
        text(f"{hour:02}h", class_="tick", x=size.left + width * (hour + 0.5), y=size.height - 8, text_anchor="middle")
        for hour in range(0, HOURS, 3 if size.labels > 4 else 6)
    ]
    return frame.drawing(size, title, frame.cells(marks, HOURS), *parts)
