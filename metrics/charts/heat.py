"""The week as a map of heat: weekdays down, hours across, nine steps of one color."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from metrics.charts import frame
from metrics.charts.frame import Size
from metrics.charts.svg import tag, text

HOURS = 24
STEPS = 8


def heat(
    size: Size, title: str, days: Sequence[str], values: Mapping[tuple[int, int], int], say: Callable[[int], str]
) -> str:
    """Return the map: ``days`` name Monday to Sunday, ``values`` count by (day 0-6, hour 0-23), ``say`` writes a count."""
    most = max(values.values(), default=0) or 1
    width = (size.width - size.left - size.right) / HOURS
    height = (size.bottom_y - size.top) / len(days)
    parts = []
    for day, name in enumerate(days):
        y = size.top + height * day
        parts.append(text(name, class_="tick", x=size.left - 8, y=y + height / 2 + 4, text_anchor="end"))
        for hour in range(HOURS):
            n = values.get((day, hour), 0)
            step = -(-n * STEPS // most)  # rounded up: one conversation is never nothing
            parts.append(
                tag(
                    "rect",
                    tag("title", escape(f"{name} {hour:02}h · {say(n)}")),
                    class_=f"heat h{step}",
                    x=size.left + width * hour + 1,
                    y=y + 1,
                    width=width - 2,
                    height=height - 2,
                    rx=2.5,
                )
            )
    parts += [
        text(f"{hour:02}h", class_="tick", x=size.left + width * (hour + 0.5), y=size.height - 8, text_anchor="middle")
        for hour in range(0, HOURS, 3 if size.labels > 4 else 6)
    ]
    return frame.drawing(size, title, {"x": [], "labels": [], "series": []}, *parts)
