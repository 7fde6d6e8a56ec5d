"""The frame of a chart: its size, its axis of values, its labels below, and what the pointer and the keyboard read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from metrics.charts.scale import Scale, every
from metrics.charts.svg import data, tag, text


@dataclass(frozen=True)
class Size:
    """A drawing's width and height, the room at its left for values, and how many labels fit below."""

    name: str
    width: float
    height: float
    left: float = 52
    right: float = 14
    top: float = 12
    bottom: float = 26
    labels: int = 8

    @property
    def bottom_y(self) -> float:
        """Where zero lies."""
        return self.height - self.bottom


# Each is shown at about its own width, so that words are as large in every card.
BROAD = Size("broad", 1200, 340, labels=16)
LARGE = Size("large", 840, 290, labels=12)
WIDE = Size("wide", 560, 250, labels=7)
NARROW = Size("narrow", 340, 230, left=46, right=10, labels=4)
SIZES = (BROAD, LARGE, WIDE, NARROW)  # the style sheet shows the one that fits
A_LETTER = 6.3  # about as wide as one is at the size charts are written in


@dataclass(frozen=True)
class Series:
    """One row of values over the places: ``None`` is a gap. ``shown`` are the same values in the reader's words."""

    name: str
    values: Sequence[float | None]
    shown: Sequence[str]
    color: int = 1  # 1 … 6; 0 for what is left over
    quiet: bool = False  # drawn dashed and gray: what it is compared with


class Places(NamedTuple):
    """The places of a chart over time: their names, which one's time is not over, and where a click on each leads."""

    words: Sequence[str]
    partial: int | None = None
    leads: Sequence[str] = ()


class Axis(NamedTuple):
    """The axis of values: ``scaled`` makes its scale from values, bottom and top, ``say`` writes a value."""

    scaled: Callable[[Sequence[float], float, float], Scale]
    say: Callable[[float], str]


class Target(NamedTuple):
    """What is aimed at, and how the line is named."""

    value: float
    name: str


def drawing(size: Size, title: str, readout: object, *parts: str) -> str:
    """Return the SVG element: an image for readers, with what ``hover.js`` says of each place."""
    return tag(
        "svg",
        *parts,
        class_=f"chart {size.name}",
        viewBox=f"0 0 {size.width:g} {size.height:g}",
        role="img",
        aria_label=title,
        tabindex="0",
        data_readout=data(readout),
        data_top=size.top,
        data_bottom=size.bottom_y,
    )


def axis(size: Size, scale: Scale, say: Callable[[float], str]) -> str:
    """Return the lines of round values and their labels."""
    lines = []
    for value in scale.ticks:
        y = scale.y(value)
        lines += [
            tag("line", class_="base" if value == 0 else "grid", x1=size.left, x2=size.width - size.right, y1=y, y2=y),
            text(say(value), class_="tick", x=size.left - 8, y=y + 4, text_anchor="end"),
        ]
    return "".join(lines)


def labels(size: Size, xs: Sequence[float], words: Sequence[str]) -> str:
    """Return the labels below: as many as fit, the first at the left."""
    step = every(len(words), size.labels)
    return "".join(
        text(words[place], class_="tick", x=x, y=size.height - 8, text_anchor="middle")
        for place, x in enumerate(xs)
        if place % step == 0
    )


class Cell(NamedTuple):
    """A mark that is read by itself: its name, its value in the reader's words, and where a click on it leads."""

    label: str
    shown: str
    leads: str = ""


def cells(marks: Sequence[Cell], columns: int = 1) -> object:
    """Return what is said of marks that lie in rows of ``columns``; the drawing's elements name them by ``data-place``."""
    return {
        "columns": columns,
        "cells": [{"label": one.label, "shown": one.shown, "leads": one.leads} for one in marks],
    }


def readout(
    xs: Sequence[float], places: Places, series: Sequence[Series], ys: Sequence[Sequence[float | None]]
) -> object:
    """Return what is said of each place: its label, where it leads, and of each series its name, color, words and height."""
    return {
        "x": [round(x, 1) for x in xs],
        **({"leads": list(places.leads)} if places.leads else {}),
        "labels": list(places.words),
        "series": [
            {
                "name": one.name,
                "color": 0 if one.quiet else one.color,
                "shown": list(one.shown),
                "y": [None if y is None else round(y, 1) for y in heights],
            }
            for one, heights in zip(series, ys, strict=True)
        ],
    }
