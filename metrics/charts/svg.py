"""The words of SVG: elements as text, everything escaped, never a style attribute."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

type Point = tuple[float, float]


def tag(name: str, /, *children: str, **attributes: object) -> str:
    """Return an element. ``class_`` is class, other underscores are hyphens; None leaves an attribute out."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{words}>{''.join(children)}</{name}>" if children else f"<{name}{words}/>"


def text(words: str, **attributes: object) -> str:
    """Return a text element with these words in it."""
    return tag("text", escape(words), **attributes)


def path(points: Iterable[Point]) -> str:
    """Return the way through the points as path data."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def number(value: float) -> str:
    """Write a coordinate: at most one decimal, the same in every language."""
    return f"{value:.1f}".removesuffix(".0")


def data(value: Any) -> str:
    """Write what a script reads from a data attribute."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _written(value: object) -> str:
    return number(value) if isinstance(value, int | float) else str(value)
