"""Slots, holidays, quiet hours and quiet days."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.timetable import AirRules, Calendar, CalendarError, Slot
from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = Calendar.load()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2024, 2, 17), False),
        (date(2024, 2, 18), True),
    ],
)
def test_holidays_and_worked_weekends_are_known(day: date, *, works: bool) -> None:
    assert CALENDAR.works(day) is works


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(6, 29, True), (6, 30, False), (12, 0, False), (20, 59, False), (21, 0, True), (3, 0, True)],
)
def test_the_night_is_quiet_to_the_minute(hour: int, minute: int, *, quiet: bool) -> None:
    moment = datetime(2026, 11, 22, hour, minute, tzinfo=CHINA)
    assert bool(AirRules().quiet_reason(moment)) is quiet


def test_a_noon_rest_is_a_quiet_time_within_one_day() -> None:
    rules = AirRules(quiet_from=time(12, 30), quiet_until=time(14, 30))
    assert rules.quiet_reason(datetime(2026, 11, 22, 13, 0, tzinfo=CHINA))
    assert not rules.quiet_reason(datetime(2026, 11, 22, 3, 0, tzinfo=CHINA))


def test_the_next_slot_is_the_first_one_after_now() -> None:
    rules = AirRules(calendar=CALENDAR)
    seven = datetime(2026, 11, 22, 7, 0, tzinfo=CHINA)
    assert rules.next_slot(seven) == seven.replace(hour=12)
    assert rules.next_slot(seven.replace(hour=19)) == datetime(2026, 11, 23, 7, 0, tzinfo=CHINA)


def test_slots_of_working_days_jump_over_a_holiday() -> None:
    rules = AirRules(calendar=CALENDAR, slots=(Slot(time(7, 0), "workdays"),))
    eve = datetime(2026, 9, 30, 8, 0, tzinfo=CHINA)
    assert rules.next_slot(eve) == datetime(2026, 10, 8, 7, 0, tzinfo=CHINA)


def test_slots_of_holidays_fall_on_weekends() -> None:
    rules = AirRules(calendar=CALENDAR, slots=(Slot(time(9, 0), "holidays"),))
    monday = datetime(2026, 11, 23, 0, 0, tzinfo=CHINA)
    assert rules.next_slot(monday) == datetime(2026, 11, 28, 9, 0, tzinfo=CHINA)


def test_slots_jump_over_the_examination_days() -> None:
    rules = AirRules(calendar=CALENDAR)
    eve = datetime(2027, 6, 6, 19, 0, tzinfo=CHINA)
    assert rules.next_slot(eve) == datetime(2027, 6, 10, 7, 0, tzinfo=CHINA)


def test_a_village_without_slots_has_no_next_slot() -> None:
    assert AirRules(slots=()).next_slot(datetime(2026, 11, 22, tzinfo=CHINA)) is None


def test_a_county_may_bring_its_own_quiet_days(tmp_path: Path) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text(
        '[[quiet]]\nfirst = "12-30"\nlast = "01-02"\nreason = "封山"\n'
        '[[quiet]]\nfirst = "2026-05-20"\nlast = "2026-06-05"\nreason = "农忙"\n',
        encoding="utf-8",
    )
    calendar = Calendar.load(path)
    assert calendar.quiet_reason(date(2026, 5, 20)) == "农忙"
    assert calendar.quiet_reason(date(2027, 5, 20)) == ""
    assert calendar.quiet_reason(date(2027, 1, 1)) == "封山"


@pytest.mark.parametrize(
    "text",
    [
        'holidays = "2026-01-01"',
        '[holidays]\ndates = ["2026-13-01"]',
        "[holidays]\ndates = [20260101]",
        '[[quiet]]\nfirst = "06-07"\nlast = "2026-06-09"\nreason = "x"',
        '[[quiet]]\nfirst = "06-07"\nreason = "x"',
        "[[quiet]",
    ],
)
def test_a_wrong_calendar_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CalendarError, match="日历文件有误"):
        Calendar.load(path)
