"""Working hours: fixtures F1 and F2, nights, holidays, changed clocks and changed schedules, and the laws of any interval."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from hub.hours import Period, Schedule, after, business_seconds, segments

SAO_PAULO, NEW_YORK = "America/Sao_Paulo", "America/New_York"
OFFICE = tuple(Period(day, time(9), time(18)) for day in range(5))
ALWAYS = tuple(Period(day, time(0), time(0)) for day in range(7))
HOUR = 3600.0


def at(text: str, zone: str = SAO_PAULO) -> datetime:
    """An instant by the wall clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def office(*holidays: date, since: datetime | None = None) -> Schedule:
    """Monday to Friday, nine to six, in São Paulo."""
    return Schedule(zone=SAO_PAULO, periods=OFFICE, holidays=frozenset(holidays), since=since)


def test_it_works() -> None:
    start, end = at("2025-11-19 17:50"), at("2025-11-21 09:07")
    assert (end - start).total_seconds() == 39 * HOUR + 17 * 60
    assert business_seconds([office(date(2025, 11, 20))], start, end) == 1020.0
    assert business_seconds([office()], start, end) == 9 * HOUR + 17 * 60


def test_the_holidays_of_a_region_are_free_in_every_year() -> None:
    brazil = Schedule(zone=SAO_PAULO, periods=OFFICE, region="BR")
    state = Schedule(zone=SAO_PAULO, periods=OFFICE, region="BR-SP")
    assert business_seconds([brazil], at("2025-11-19 17:50"), at("2025-11-21 09:07")) == 1020.0  # F1
    for year in (2024, 2026):
        ninth = at(f"{year}-07-09 00:00"), at(f"{year}-07-10 00:00")
        assert [business_seconds([one], *ninth) for one in (brazil, state)] == [9 * HOUR, 0.0]
    assert [part.why for part in segments([state], *ninth)] == ["holiday"]
    nobodys = Schedule(zone=SAO_PAULO, periods=OFFICE, region="XX-YY")
    assert business_seconds([nobodys], *ninth) == 9 * HOUR


def test_an_hour_that_the_clocks_skip_counts_for_nobody() -> None:
    nights = Schedule(zone=NEW_YORK, periods=(Period(6, time(1), time(4)),))
    start, end = at("2025-03-09 01:30", NEW_YORK), at("2025-03-09 03:30", NEW_YORK)
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == HOUR
    assert business_seconds([nights], start, end) == HOUR


def test_an_hour_that_comes_twice_counts_twice() -> None:
    nights = Schedule(zone=NEW_YORK, periods=(Period(6, time(1), time(2)),))
    assert business_seconds([nights], at("2025-11-02 00:00", NEW_YORK), at("2025-11-02 06:00", NEW_YORK)) == 2 * HOUR


def test_a_night_belongs_to_the_evening_it_began_but_a_holiday_closes_its_whole_date() -> None:
    bar = (Period(4, time(20), time(2)),)  # Friday evening
    start, end = at("2025-06-06 12:00"), at("2025-06-07 12:00")
    assert business_seconds([Schedule(zone=SAO_PAULO, periods=bar)], start, end) == 6 * HOUR
    closed = Schedule(zone=SAO_PAULO, periods=bar, holidays=frozenset({date(2025, 6, 7)}))
    assert business_seconds([closed], start, end) == 4 * HOUR
    assert [(part.why, part.seconds / HOUR) for part in segments([closed], start, end)] == [
        ("hours", 8.0),
        ("open", 4.0),
        ("holiday", 12.0),
    ]


def test_each_part_is_measured_by_the_hours_in_force_then() -> None:
    change = at("2025-06-04 12:00")
    later = Schedule(zone=SAO_PAULO, periods=(Period(2, time(9), time(14)),), since=change)
    day = at("2025-06-04 00:00"), at("2025-06-05 00:00")
    assert business_seconds([office(), later], *day) == 3 * HOUR + 2 * HOUR
    assert business_seconds([office(since=change)], *day) == 9 * HOUR  # the first holds also before


@pytest.mark.parametrize("versions", [[], [Schedule(zone=SAO_PAULO, periods=ALWAYS)]])
def test_without_hours_or_around_the_clock_every_second_counts(versions: list[Schedule]) -> None:
    start, end = at("2018-11-03 22:10"), at("2018-11-05 01:00")  # the clocks changed in between
    assert business_seconds(versions, start, end) == (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
    assert business_seconds(versions, end, start) == 0.0


moments = st.datetimes(datetime(2024, 12, 1), datetime(2025, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
times = st.times().map(lambda value: value.replace(microsecond=0))
schedules = st.builds(
    Schedule,
    zone=st.sampled_from([SAO_PAULO, NEW_YORK, "Australia/Lord_Howe", "Asia/Kathmandu"]),
    periods=st.lists(st.builds(Period, st.integers(0, 6), times, times), max_size=8).map(tuple),
    holidays=st.frozensets(st.dates(date(2024, 12, 1), date(2025, 12, 1)), max_size=20),
    since=st.none(),
)


@given(schedules, moments, st.integers(0, 21 * 86_400), st.floats(0, 1))
def test_the_parts_of_any_interval_follow_each_other_and_add_up(
    schedule: Schedule, start: datetime, length: int, share: float
) -> None:
    end = start + timedelta(seconds=length)
    middle = start + timedelta(seconds=int(length * share))
    parts = segments([schedule], start, end)
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert sum(part.seconds for part in parts) == length
    assert all(part.seconds > 0 for part in parts)
    whole = business_seconds([schedule], start, end)
    assert 0 <= whole <= length
    halves = [business_seconds([schedule], start, middle), business_seconds([schedule], middle, end)]
    assert sum(halves) == pytest.approx(whole)


@given(schedules, moments, st.integers(1, 5 * 86_400))
def test_what_is_due_after_some_working_time_is_due_when_it_has_passed(
    schedule: Schedule, start: datetime, seconds: int
) -> None:
    due = after([schedule], start, seconds)
    if due is None:  # only what is hardly ever open
        assert business_seconds([schedule], start, start + timedelta(days=60)) < 5 * 86_400
        return
    assert business_seconds([schedule], start, due) == pytest.approx(seconds)
    assert business_seconds([schedule], start, due - timedelta(seconds=1)) == pytest.approx(seconds - 1)


def test_working_time_ends_where_it_is_open() -> None:
    versions = [
        office(),
        Schedule(zone=SAO_PAULO, periods=(Period(5, time(9), time(10)),), since=at("2025-11-24 00:00")),
    ]
    assert after(versions, at("2025-11-21 17:50"), 600) == at("2025-11-21 18:00")
    assert after(versions, at("2025-11-21 17:50"), 601) == at("2025-11-29 09:00:01")
    assert after([], at("2025-11-21 17:50"), 60) == at("2025-11-21 17:51")
    assert after([Schedule(zone=SAO_PAULO, periods=())], at("2025-11-21 17:50"), 1) is None
