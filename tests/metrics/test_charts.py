"""Drawings: compared with the ones people have looked at, kept beside this file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from metrics.charts import bar, heat, line, scale
from metrics.charts.frame import NARROW, WIDE, Series

GOLDEN = Path(__file__).parent / "golden"
DAYS = ["01/03", "02/03", "03/03", "04/03"]
MEDIAN = Series("median", [60, 90, None, 30], ["1 min", "1 min 30 s", "—", "30 s"], 1)
NINETY = Series("90 %", [300, 240, None, 600], ["5 min", "4 min", "—", "10 min"], 2)
BEFORE = Series("before", [80, 80, 80, 80], ["1 min 20 s"] * 4, quiet=True)
WHATSAPP = Series("WhatsApp", [3, 0, 5, 1], ["3", "0", "5", "1"], 1)
SHOP = Series("R&D <shop>", [1, 0, 0, 2], ["1", "0", "0", "2"], 2)


def minutes(seconds: float) -> str:
    """Write an axis in minutes."""
    return f"{seconds / 60:g} min"


def plain(value: float) -> str:
    """Write an axis in plain numbers."""
    return f"{value:g}"


DRAWN = {
    "lines": lambda: line.lines(WIDE, "First response", DAYS, [MEDIAN, NINETY, BEFORE], scale.seconds, minutes),
    "bars": lambda: bar.bars(NARROW, "Conversations", DAYS, [WHATSAPP, SHOP], scale.counts, plain, partial=3),
    "heat": lambda: heat.heat(NARROW, "Week", ["mon", "tue"], {(0, 9): 8, (1, 23): 1}, plain),
    "spark": lambda: line.spark([None, 3, 5, None, 4, 1]),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_draws_what_was_looked_at(name: str) -> None:
    """To accept a new drawing, look at it in a browser and put it in the folder ``golden``."""
    assert DRAWN[name]() == (GOLDEN / f"{name}.svg").read_text().rstrip("\n")


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_well_formed_and_carries_no_style(name: str) -> None:
    for element in ET.fromstring(DRAWN[name]()).iter():
        assert "style" not in element.attrib
        assert element.tag != "style"


def test_names_cannot_break_out_of_a_drawing() -> None:
    assert "<shop>" not in DRAWN["bars"]()


def test_a_gap_stays_a_gap() -> None:
    drawn = line.lines(WIDE, "t", DAYS, [Series("m", [1, 2, None, 3], ["", "", "", ""])], scale.counts, plain)
    assert drawn.count('class="line"') == 1
    assert drawn.count('class="dot"') == 2  # the lone last value, and the mark of the end on it


def test_nothing_to_draw_is_drawn_as_nothing() -> None:
    assert line.spark([None, None]) == ""
    assert line.spark([]) == ""
    assert "path" not in line.lines(WIDE, "t", DAYS, [Series("m", [None] * 4, [""] * 4)], scale.counts, plain)
    assert "path" not in bar.bars(WIDE, "t", [], [], scale.counts, plain)


@pytest.mark.parametrize(
    ("most", "ticks"), [(0, (0, 1)), (3, (0, 1, 2, 3)), (37, (0, 10, 20, 30, 40)), (1480, (0, 500, 1000, 1500))]
)
def test_counts_have_whole_round_lines(most: float, ticks: tuple[float, ...]) -> None:
    assert scale.counts([most], 100, 0).ticks == ticks


@pytest.mark.parametrize(("most", "step"), [(0, 15), (50, 15), (100, 30), (400, 120), (7000, 1800), (90_000, 43_200)])
def test_lengths_have_lines_people_say(most: float, step: float) -> None:
    assert scale.seconds([most], 100, 0).ticks[1] == step


@given(st.floats(0, 1e9, allow_nan=False), st.sampled_from([scale.counts, scale.seconds]))
def test_every_value_fits_under_the_top(most: float, scaled: object) -> None:
    made = scaled([most], 100.0, 0.0)  # type: ignore[operator]
    assert 0 <= made.y(most) <= 100
    assert 2 <= len(made.ticks) <= 6
