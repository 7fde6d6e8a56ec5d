"""Drawings: compared with the ones people have looked at, kept beside this file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from metrics import board, tones
from metrics.charts import bar, bullet, cohort, funnel, heat, line, ranking, ruler, sankey, scale
from metrics.charts.frame import NARROW, WIDE, Axis, Places, Series, Target
from metrics.charts.funnel import Step
from metrics.charts.ranking import Rank
from metrics.charts.ruler import Part
from metrics.charts.sankey import Flow
from metrics.plots import Chart, Table

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


def share(value: float) -> str:
    """Write a share."""
    return f"{value:.0%}"


COUNTS, MINUTES = Axis(scale.counts, plain), Axis(scale.seconds, minutes)
GOING_ON = Places(DAYS, partial=3, leads=["open=a", "open=b", "open=c", "open=d"])
FLOWS = [Flow(0, "WhatsApp", "Sales", 6, "open=x"), Flow(0, "Shop", "Sales", 1), Flow(1, "Sales", "Resolved", 7)]
DRAWN = {
    "lines": lambda: line.lines(
        WIDE, "First response", Places(DAYS), [MEDIAN, NINETY, BEFORE], MINUTES, Target(120, "≤ 2 min")
    ),
    "area": lambda: line.lines(NARROW, "First response", Places(DAYS, partial=1), [MEDIAN, BEFORE], MINUTES),
    "bars": lambda: bar.bars(NARROW, "Conversations", GOING_ON, [WHATSAPP, SHOP], COUNTS),
    "heat": lambda: heat.heat(NARROW, "Week", ["mon", "tue"], {(0, 9): 8, (1, 23): 1}, plain, lambda *_: "open=w"),
    "spark": lambda: line.spark([None, 3, 5, None, 4, 1]),
    "ranking": lambda: ranking.ranking(
        NARROW, "By agent", [Rank("Ana <a>", 9, "9 min", "n 30", "open=r"), Rank("Beatriz Fonseca de Melo", 3, "3 min")]
    ),
    "funnel": lambda: funnel.funnel(
        NARROW, "Sale", [Step("Talks", 40, "40", "100 %"), Step("Sales", 10, "10", "25 %")]
    ),
    "sankey": lambda: sankey.sankey(NARROW, "Ways", FLOWS, plain),
    "cohort": lambda: cohort.cohort(
        NARROW, "Stay", ["jan", "feb"], ["+0", "+1"], {(0, 0): 1, (0, 1): 0.25, (1, 0): 1}, share
    ),
    "bullet": lambda: bullet.bullet(90, 120, is_reached=True),
    "ruler": lambda: ruler.ruler(
        "Wait", "17:50", "09:10", [Part(600, counts=True), Part(54_000, counts=False, why="<h>")]
    ),
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
    assert "<a>" not in DRAWN["ranking"]()
    assert "<h>" not in DRAWN["ruler"]()


def test_bands_carry_all_that_enters_and_leaves() -> None:
    drawn = DRAWN["sankey"]()
    assert "Sales 7" in drawn
    assert drawn.count('class="flow') == 3
    assert sankey.sankey(WIDE, "t", [], plain).count("path") == 0


def test_a_name_between_columns_takes_two_lines_where_one_would_reach_into_the_next() -> None:
    flows = [Flow(0, "WhatsApp", "Support team", 40), Flow(1, "Support team", "Agents", 40)]
    assert ">Support team 40</text>" in sankey.sankey(WIDE, "t", flows, plain)
    drawn = sankey.sankey(NARROW, "t", flows, plain)
    assert ">Support team</text>" in drawn
    assert drawn.rindex("<rect") < drawn.index("<text")


def test_a_name_has_one_color_wherever_it_stands() -> None:
    drawn = sankey.sankey(
        WIDE, "t", [Flow(0, "Shop", "WhatsApp", 3), Flow(0, "WhatsApp", "Shop", 2)], plain, {"Shop": 6}
    )
    assert drawn.count('class="bar s6"') == 2
    assert tones.of_parts("channel", ["sms", "whatsapp", "store"]) == [tones.of_channel("sms"), 1, 6]
    assert tones.of_parts("channel", ["instagram"]) == [2]  # alone it is what it is among others
    assert len(set(tones.of_parts("channel", ["phone", "sms", "telegram", "whatsapp", "email", "store"]))) == 6
    assert tones.of_parts("team", ["a", "b"]) == [1, 2]


def test_no_chart_stands_alone_in_its_row() -> None:
    cards = [
        Chart("c", "", [], Table([], []), [], is_empty=True, is_wide=wide)
        for wide in (False, True, False, False, False)
    ]
    assert [
        card.is_wide  # type: ignore[union-attr]
        for card in board.filled([*cards])
    ] == [True, True, False, False, True]


def test_what_lies_below_zero_is_drawn_below_it() -> None:
    made = scale.amounts([-50, 100], 100.0, 0.0)
    assert made.ticks == (-50, 0, 50, 100)
    assert (made.y(-50), made.y(100)) == (100, 0)
    assert scale.amounts([0.624], 100, 0).ticks == (0, 0.2, 0.4, 0.6000000000000001, 0.8)


def test_a_gap_stays_a_gap() -> None:
    drawn = line.lines(WIDE, "t", Places(DAYS), [Series("m", [1, 2, None, 3], ["", "", "", ""])], COUNTS)
    assert drawn.count('class="line"') == 1
    assert drawn.count('class="dot"') == 2  # the lone last value, and the mark of the end on it


def test_nothing_to_draw_is_drawn_as_nothing() -> None:
    assert line.spark([None, None]) == ""
    assert line.spark([]) == ""
    assert "path" not in line.lines(WIDE, "t", Places(DAYS), [Series("m", [None] * 4, [""] * 4)], COUNTS)
    assert "path" not in bar.bars(WIDE, "t", Places([]), [], COUNTS)


@pytest.mark.parametrize(
    ("most", "ticks"), [(0, (0, 1)), (3, (0, 1, 2, 3)), (37, (0, 10, 20, 30, 40)), (1480, (0, 500, 1000, 1500))]
)
def test_counts_have_whole_round_lines(most: float, ticks: tuple[float, ...]) -> None:
    assert scale.counts([most], 100, 0).ticks == ticks


@pytest.mark.parametrize(("most", "step"), [(0, 15), (50, 15), (100, 30), (400, 120), (7000, 1800), (90_000, 43_200)])
def test_lengths_have_lines_people_say(most: float, step: float) -> None:
    assert scale.seconds([most], 100, 0).ticks[1] == step


@given(st.floats(0, 1e9, allow_nan=False), st.sampled_from([scale.counts, scale.seconds, scale.amounts]))
def test_every_value_fits_under_the_top(most: float, scaled: object) -> None:
    made = scaled([most], 100.0, 0.0)  # type: ignore[operator]
    assert -1e-6 <= made.y(most) <= 100  # a millionth of a pixel is what dividing may cost
    assert 2 <= len(made.ticks) <= 6
