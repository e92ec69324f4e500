"""Deadlines of periodic items, as the papers give them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hub.notices import desk
from hub.notices.due import owed_by, period_of

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

QUARTER = {"kind": "after_period_end", "period": "quarter", "days": 10}
HALF = {"kind": "after_period_end", "period": "half", "days": 10}
MONTH_END = {"kind": "period_end", "period": "month"}
SELF_CHECK = {"kind": "day_of_month", "day": 30, "clamp": True}
YEARLY = {"kind": "fixed_date", "month": 1, "day": 31}


@pytest.mark.parametrize(
    ("deadline", "today", "due"),
    [
        (QUARTER, date(2023, 12, 31), date(2024, 1, 10)),
        (QUARTER, date(2024, 1, 10), date(2024, 1, 10)),
        (QUARTER, date(2024, 1, 11), date(2024, 4, 10)),
        (QUARTER, date(2024, 6, 30), date(2024, 7, 10)),
        (QUARTER, date(2024, 9, 30), date(2024, 10, 10)),
        (HALF, date(2024, 3, 1), date(2024, 7, 10)),
        (HALF, date(2024, 12, 1), date(2025, 1, 10)),
        (MONTH_END, date(2024, 2, 1), date(2024, 2, 29)),
        (MONTH_END, date(2023, 2, 28), date(2023, 2, 28)),
        (MONTH_END, date(2024, 3, 15), date(2024, 3, 31)),
        (SELF_CHECK, date(2024, 2, 5), date(2024, 2, 29)),
        (SELF_CHECK, date(2024, 4, 5), date(2024, 4, 30)),
        (SELF_CHECK, date(2024, 5, 31), date(2024, 6, 30)),
        (YEARLY, date(2024, 1, 31), date(2024, 1, 31)),
        (YEARLY, date(2024, 2, 1), date(2025, 1, 31)),
    ],
)
def test_an_item_falls_due_on_its_day(deadline: dict[str, Any], today: date, due: date) -> None:
    period = period_of(deadline, today)
    assert period is not None
    assert period.due == due
    assert period.begins <= period.due


def test_an_item_without_a_rhythm_has_no_period() -> None:
    assert period_of({"kind": "after_event", "days": 1}, date(2024, 1, 1)) is None


def test_what_was_published_for_the_period_is_no_longer_owed(
    people: Desk, notices: dict[str, dict[str, Any]]
) -> None:
    today = date(2024, 7, 8)
    assert "CW06" in {due.item.code for due in owed_by(people.village, today)}
    page = desk.draft_from_import(people.clerk, notices["N021"], people.village)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)

    owed = owed_by(people.village, today)
    assert "CW06" not in {due.item.code for due in owed}
    assert [due.days_left for due in owed] == sorted(due.days_left for due in owed)
