"""Numbers and lengths in the reader's words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from hub import lengths
from metrics import period, words

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "—"),
        (0, "0 s"),
        (2.44, "2,4 s"),
        (9.97, "10 s"),
        (42, "42 s"),
        (59.7, "1 min"),
        (175, "2 min 55 s"),
        (600, "10 min"),
        (3_599.6, "1 h"),
        (4_200, "1 h 10 min"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
        (86_400 * 1_500, "1.500 d"),
    ],
)
def test_lengths_are_written_in_two_units(seconds: float | None, shown: str) -> None:
    with override("pt-br"):
        assert words.length(seconds) == shown


def test_each_language_writes_its_own_way() -> None:
    with override("en"):
        assert (words.count(1480), words.day(date(2026, 11, 21)), words.weekdays()[0]) == ("1,480", "11/21", "Mon")
    with override("pt-br"):
        assert (words.count(1480), words.day(date(2026, 11, 21)), words.weekdays()[0]) == ("1.480", "21/11", "seg")


def test_days_of_another_year_say_it() -> None:
    with override("en"):
        assert words.span(date(2026, 3, 2), date(2026, 3, 8), 2026) == "3/2 – 3/8"
        assert words.span(date(2025, 12, 1), date(2026, 3, 8), 2026) == "12/1/2025 – 3/8/2026"
        assert words.span(date(2026, 3, 2), date(2026, 3, 2), 2026) == "Mon, 3/2"


def test_one_point_is_one_and_promises_are_said_in_hours() -> None:
    with override("en"):
        assert [words.points(size) for size in (1.04, 0.5, 2)] == ["1 point", "0.5 points", "2 points"]
    assert [lengths.said(seconds) for seconds in (86_400, 5_400, 45, 0)] == ["24 h", "1 h 30 min", "45 s", "0 s"]


def test_channels_nobody_knows_keep_their_own_name() -> None:
    with override("en"):
        assert [words.channel(kind) for kind in ("whatsapp", "carrier_pigeon", "")] == [
            "WhatsApp",
            "Carrier pigeon",
            "Unknown",
        ]


def test_periods_end_today_where_the_zone_says() -> None:
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)  # still 1 March in São Paulo
    assert [
        (one.first.isoformat(), one.last.isoformat())
        for key in period.TITLES
        if (one := period.named(key, now, SAO_PAULO))
    ] == [
        ("2026-03-01", "2026-03-01"),
        ("2026-02-28", "2026-02-28"),
        ("2026-02-23", "2026-03-01"),
        ("2026-02-02", "2026-03-01"),
        ("2025-12-01", "2026-03-01"),
        ("2026-03-01", "2026-03-01"),
        ("2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-03-01"),
        ("2025-04-01", "2026-03-01"),
    ]


def test_a_day_of_23_hours_has_23_places() -> None:
    new_york = ZoneInfo("America/New_York")
    day = period.named("today", datetime(2025, 3, 9, 18, tzinfo=UTC), new_york)
    places = day.places()
    assert (len(places), places[1][0], places[2][0]) == (23, "2025-03-09T01:00:00-05:00", "2025-03-09T03:00:00-04:00")
    assert day.place_of(datetime(2025, 3, 9, 18, 30, tzinfo=UTC)) == 13


def test_models_of_attribution_have_names_in_every_language() -> None:
    shown = {}
    for language in ("pt-br", "en", "es"):
        with override(language):
            shown[language] = [words.part("model", name) for name in ("paid_at", "last_non_direct", "another")]
    assert shown["pt-br"] == ["onde se pagou", "último não direto", "another"]
    assert shown["en"] == ["where it was paid", "last non-direct", "another"]
    assert shown["es"] == ["donde se pagó", "último no directo", "another"]
