"""Bullet: a goal as one bar: the figure, what was to be expected by now, and the target; colors are the style sheet's."""

from __future__ import annotations

WIDTH, HEIGHT = 320, 22
ROOM = 1.15  # how much of the scale lies beyond the largest of the three


def bullet(value: float | None, expected: float | None, target: float, state: str) -> str:
    """Return the drawing, for the eye only: the words beside it say the same."""
    most = max(value or 0, expected or 0, target, 0) * ROOM or 1
    low = min(value or 0, expected or 0, target, 0)

    def place(number: float) -> float:
        return round((number - low) / (most - low) * WIDTH, 1)

    parts = [f'<rect class="bullet-ground" y="3" width="{WIDTH}" height="16" rx="3"/>']
    if value is not None:
        parts.append(f'<rect class="bullet-bar" y="7" width="{max(place(value), 1)}" height="8" rx="2"/>')
    if expected is not None:
        at = place(expected)
        parts.append(f'<path class="bullet-expected" d="M{at - 4:g} 0h8l-4 6z"/>')
    parts.append(f'<rect class="bullet-target" x="{place(target) - 1.5:g}" y="1" width="3" height="20"/>')
    return f'<svg class="bullet {state}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{"".join(parts)}</svg>'
