"""A Sankey chart: how much goes from one column to the next, each band as thick as what it carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from metrics.charts import frame
from metrics.charts.frame import A_LETTER, Cell, Size
from metrics.charts.svg import number, tag, text

WIDE = 10.0  # a node
GAP = 12.0
AWAY = 6.0  # a name from its node
LINE = 14.0
TALLEST = 300.0
COLORS = 6


class Flow(NamedTuple):
    """What goes from a node of one column to a node of the next."""

    column: int
    start: str
    end: str
    value: float
    leads: str = ""


class _Node:
    """A node: where it lies, and up to where bands have left and entered."""

    def __init__(self, value: float, color: int) -> None:
        self.value = value
        self.color = color
        self.y = 0.0
        self.left = 0.0
        self.entered = 0.0


def sankey(
    size: Size, title: str, flows: Sequence[Flow], say: Callable[[float], str], tones: Mapping[str, int] | None = None
) -> str:
    """Return the chart; nodes are ordered by what goes through them, named beside with their value by ``say``.

    ``tones`` are the colors of names that have one; a name has the same color in every column.
    """
    size = replace(size, height=max(size.height, TALLEST))
    columns = _columns(flows, tones or {})
    if not columns:
        return frame.drawing(size, title, frame.cells([]))
    crowd = max(len(nodes) for nodes in columns)
    room = size.height - size.top - 10 - GAP * (crowd - 1)
    unit = room / max(sum(node.value for node in nodes.values()) for nodes in columns)
    for nodes in columns:
        _stack(nodes, size, unit)
    names = [len(f"{name} {say(node.value)}") * A_LETTER for name, node in columns[0].items()]
    ends = [len(f"{name} {say(node.value)}") * A_LETTER for name, node in columns[-1].items()]
    left = min(max(names) + 10, size.width * 0.3)
    right = size.width - min(max(ends) + 10, size.width * 0.3) - WIDE
    xs = [left + (right - left) * place / max(len(columns) - 1, 1) for place in range(len(columns))]
    marks = [Cell(f"{one.start} → {one.end}", say(one.value), one.leads) for one in flows]
    bands = [_band(place, one, columns, xs, unit) for place, one in enumerate(flows)]
    nodes_drawn, words = [], []  # words last: no node covers the name of one before it
    for place, (x, nodes) in enumerate(zip(xs, columns, strict=True)):
        inside = 0 < place < len(columns) - 1
        fits = xs[place + 1] - x - WIDE - AWAY if inside else size.width
        for name, node in nodes.items():
            height = max(node.value * unit, 1)
            box = tag("rect", class_=f"bar s{node.color}", x=x, y=node.y, width=WIDE, height=height, rx=2)
            nodes_drawn.append(box)
            words.append(_words([name, say(node.value)], x, node.y + height / 2, fits, height, outside=place == 0))
    return frame.drawing(size, title, frame.cells(marks), *bands, *nodes_drawn, *words)


def _columns(flows: Sequence[Flow], tones: Mapping[str, int]) -> list[dict[str, _Node]]:
    """Return the nodes of every column, the largest first; each as large as what enters or what leaves it."""
    if not flows:
        return []
    leaves: dict[tuple[int, str], float] = defaultdict(float)
    enters: dict[tuple[int, str], float] = defaultdict(float)
    for one in flows:
        leaves[one.column, one.start] += one.value
        enters[one.column + 1, one.end] += one.value
    columns: list[dict[str, _Node]] = []
    colors = dict(tones)
    for place in range(max(one.column for one in flows) + 2):
        names = {name for column, name in {**leaves, **enters} if column == place}
        sizes = {name: max(leaves[place, name], enters[place, name]) for name in names}
        nodes = {}
        for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
            nodes[name] = _Node(sizes[name], colors.setdefault(name, len(colors) % COLORS + 1))
        columns.append(nodes)
    return columns


def _stack(nodes: dict[str, _Node], size: Size, unit: float) -> None:
    y = size.top
    for node in nodes.values():
        node.y = y
        y += node.value * unit + GAP


def _band(place: int, flow: Flow, columns: Sequence[dict[str, _Node]], xs: Sequence[float], unit: float) -> str:
    start, end = columns[flow.column][flow.start], columns[flow.column + 1][flow.end]
    thick = flow.value * unit
    x1, x2 = xs[flow.column] + WIDE, xs[flow.column + 1]
    y1, y2 = start.y + start.left, end.y + end.entered
    start.left += thick
    end.entered += thick
    half = (x1 + x2) / 2
    a, b, m, p, q, r, s = map(number, (x1, x2, half, y1, y2, y2 + thick, y1 + thick))
    d = f"M{a} {p}C{m} {p} {m} {q} {b} {q}L{b} {r}C{m} {r} {m} {s} {a} {s}Z"
    return tag("path", class_=f"flow s{start.color}", d=d, data_place=str(place))


def _words(said: list[str], x: float, y: float, fits: float, height: float, *, outside: bool) -> str:
    """Name a node beside its middle: on two lines where one would reach into the next column and the node is as tall."""
    line = " ".join(said)
    at, anchor = (x - AWAY, "end") if outside else (x + WIDE + AWAY, None)
    if len(line) * A_LETTER <= fits or height < 2 * LINE:
        return text(line, class_="label", x=at, y=y + 4, text_anchor=anchor)
    return "".join(
        text(part, class_="label", x=at, y=y + 4 + LINE * (place - 0.5), text_anchor=anchor)
        for place, part in enumerate(said)
    )
