"""Brightness by the sun, dark in quiet hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from edge_agent.clock import CHINA
from edge_agent.led.brightness import (
    SLOTS,
    QuietHoursError,
    Spot,
    brightness_table,
    quiet_slots,
    sun_height_deg,
)

BEIJING, KASHGAR = Spot(39.9, 116.4), Spot(39.5, 76.0)
SUMMER, WINTER = date(2024, 6, 21), date(2024, 12, 21)


def sunrise_and_sunset(day: date, spot: Spot) -> tuple[int, int]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    up = [sun_height_deg(midnight + timedelta(minutes=m), spot) > -0.833 for m in range(1440)]
    return up.index(True), 1440 - up[::-1].index(True)


@pytest.mark.parametrize(
    ("day", "spot", "rise", "fall"),
    [
        (SUMMER, BEIJING, 4 * 60 + 46, 19 * 60 + 46),
        (WINTER, BEIJING, 7 * 60 + 33, 16 * 60 + 53),
        (date(2024, 3, 20), BEIJING, 6 * 60 + 18, 18 * 60 + 26),
    ],
)
def test_the_sun_rises_and_sets_within_minutes_of_the_almanac(
    day: date, spot: Spot, rise: int, fall: int
) -> None:
    up, down = sunrise_and_sunset(day, spot)
    assert abs(up - rise) <= 4
    assert abs(down - fall) <= 4


def test_the_west_of_china_is_bright_later_on_the_same_clock() -> None:
    east, west = brightness_table(WINTER, BEIJING), brightness_table(WINTER, KASHGAR)
    assert east.index(15) + 4 <= west.index(15)


def test_full_by_day_low_by_night_and_nothing_jumps() -> None:
    table = brightness_table(SUMMER, BEIJING)
    assert len(table) == SLOTS
    assert table[24] == 15
    assert 0 < table[0] < 6
    assert all(abs(a - b) <= 6 for a, b in pairwise(table))


def test_quiet_hours_are_dark_and_may_cross_midnight() -> None:
    table = brightness_table(SUMMER, BEIJING, quiet_hours="23:00-05:30")
    assert [slot for slot, level in enumerate(table) if level == 0] == [*range(11), 46, 47]
    assert quiet_slots("12:00-13:00") == {24, 25}
    assert quiet_slots("") == frozenset()


def test_a_weaker_panel_is_never_driven_above_its_setting() -> None:
    assert max(brightness_table(SUMMER, BEIJING, full=8)) == 8
    assert set(brightness_table(SUMMER, BEIJING, full=2)) == {2}


@pytest.mark.parametrize("hours", ["23-5", "abc", "23:00", "25:00-06:00", "23:00-05:30-06:00"])
def test_quiet_hours_in_another_form_are_refused_with_an_example(hours: str) -> None:
    with pytest.raises(QuietHoursError, match="23:00-05:30"):
        quiet_slots(hours)


def test_there_is_a_table_beyond_the_polar_circle_too() -> None:
    assert min(brightness_table(SUMMER, Spot(78.0, 16.0))) == 15
    assert max(brightness_table(WINTER, Spot(78.0, 16.0))) < 15
