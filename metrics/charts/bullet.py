"""A bullet: how far a value is toward what is aimed at."""

from __future__ import annotations

from metrics.charts.svg import tag

WIDTH, HEIGHT = 200.0, 12.0


def bullet(value: float, target: float, *, is_reached: bool) -> str:
    """Return a small bar with the mark of the target, for the eye only; empty where nothing can be drawn."""
    most = max(value, target) * 1.15
    if most <= 0:
        return ""
    at = WIDTH * target / most
    return tag(
        "svg",
        tag("rect", class_="track", x=0, y=3, width=WIDTH, height=6, rx=3),
        tag("rect", class_="filled", x=0, y=3, width=max(WIDTH * max(value, 0) / most, 2), height=6, rx=3),
        tag("line", class_="aim", x1=at, x2=at, y1=0, y2=HEIGHT),
        class_=f"bullet {'good' if is_reached else 'bad'}",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
