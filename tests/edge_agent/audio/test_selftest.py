"""When the loudspeaker tests itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge_agent.audio.selftest import is_selftest, selftests
from edge_agent.audio.timetable import AirRules, Calendar
from edge_agent.clock import CHINA

RULES = AirRules(calendar=Calendar.load())


def keys(now: datetime) -> list[str]:
    return [one.key for one in selftests(now, RULES)]


def test_every_monday_is_a_silent_one_and_every_first_of_the_month_an_audible_one() -> None:
    start, found = datetime(2026, 11, 20, 12, 0, tzinfo=CHINA), {}
    for hour in range(24 * 14):
        for one in selftests(start + timedelta(hours=hour), RULES):
            found[one.key] = one
    assert {key: one.muted for key, one in found.items()} == {
        "selftest-weekly@1#20261123": True,
        "selftest-weekly@1#20261130": True,
        "selftest-monthly@1#20261201": False,
    }
    assert {one.due_at.hour for one in found.values()} == {10}


def test_a_test_that_is_over_is_not_offered_again() -> None:
    assert keys(datetime(2026, 11, 23, 9, 59, tzinfo=CHINA)) == ["selftest-weekly@1#20261123"]
    assert keys(datetime(2026, 11, 23, 10, 1, tzinfo=CHINA)) == []


def test_quiet_days_are_quiet() -> None:
    rules = AirRules(calendar=Calendar.load())
    assert rules.quiet_reason(datetime(2027, 6, 7, 10, 0, tzinfo=CHINA))
    assert list(selftests(datetime(2027, 6, 7, 9, 0, tzinfo=CHINA), rules)) == []


@pytest.mark.parametrize(("name", "known"), [("selftest-weekly", True), ("N001", False)])
def test_self_tests_are_told_from_notices(name: str, *, known: bool) -> None:
    assert is_selftest(name) is known
