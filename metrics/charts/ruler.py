"""A ruler: one interval between two messages, with the time in it that does not count marked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from metrics.charts.svg import tag, text

WIDTH, HEIGHT, EDGE = 560.0, 74.0, 8.0
THINNEST = 1.5


class Part(NamedTuple):
    """A part of the interval: its length in seconds, whether it counts, and why not."""

    seconds: float
    counts: bool
    why: str = ""


def ruler(title: str, begins: str, ends: str, parts: Sequence[Part]) -> str:
    """Return the ruler; ``begins`` and ``ends`` name its two ends, parts too short to see are drawn as thin as can be seen."""
    whole = sum(part.seconds for part in parts) or 1
    drawn, x = [], EDGE
    for part in parts:
        width = (WIDTH - 2 * EDGE) * part.seconds / whole
        kind = "counted" if part.counts else "apart"
        drawn.append(
            tag(
                "rect", *([] if part.counts else [tag("title", escape(part.why))]), class_=kind, x=x, y=24,
                width=max(width, THINNEST), height=18, fill=None if part.counts else "url(#hatch-0)",
            )
        )  # fmt: skip
        x += width
    return tag(
        "svg",
        *drawn,
        tag("line", class_="end", x1=EDGE, x2=EDGE, y1=18, y2=48),
        tag("line", class_="end", x1=WIDTH - EDGE, x2=WIDTH - EDGE, y1=18, y2=48),
        text(begins, class_="tick", x=EDGE, y=12),
        text(ends, class_="tick", x=WIDTH - EDGE, y=64, text_anchor="end"),
        class_="ruler",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        role="img",
        aria_label=title,
    )
